from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("continuity", "0006_no_version"),
        ("customers", "0003_gateways"),
        ("orders", "0010_no_version"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="occurrence",
            name="waiting",
        ),
        migrations.AddIndex(
            model_name="occurrence",
            index=models.Index(
                condition=models.Q(("blocked__isnull", False)), fields=["blocked", "ship_on", "id"], name="waiting"
            ),
        ),
    ]
