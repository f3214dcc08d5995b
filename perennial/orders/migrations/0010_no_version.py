from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0009_holds_that_end"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="salesorder",
            name="version",
        ),
    ]
