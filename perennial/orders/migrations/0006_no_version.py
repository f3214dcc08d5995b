from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0005_history"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="salesorder",
            name="version",
        ),
    ]
