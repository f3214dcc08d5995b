from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("customers", "0003_gateways"),
        ("orders", "0010_no_version"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="salesorder",
            name="children_to_ship",
        ),
        migrations.AddIndex(
            model_name="salesorder",
            index=models.Index(
                condition=models.Q(("parent__isnull", False)),
                fields=["status", "ship_on", "id"],
                name="children_by_status",
            ),
        ),
    ]
