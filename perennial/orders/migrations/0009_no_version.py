from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0008_because"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="salesorder",
            name="version",
        ),
    ]
