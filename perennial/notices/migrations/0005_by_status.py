from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0004_sending"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["status", "id"], name="notices_by_status"),
        ),
    ]
