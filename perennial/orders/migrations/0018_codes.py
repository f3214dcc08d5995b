"""Source codes on orders, and holds that stop a part alone."""

from django.db import migrations, models

import perennial.db.models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0007_codes"),
        ("customers", "0005_codes"),
        ("orders", "0017_payer"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="hold",
            name="hold_stops",
        ),
        migrations.AddField(
            model_name="salesorder",
            name="source_code",
            field=perennial.db.models.Code(null=True),
        ),
        migrations.AddIndex(
            model_name="salesorder",
            index=models.Index(
                condition=models.Q(("parent__isnull", True), ("source_code__isnull", False)),
                fields=["source_code", "order_date", "id"],
                name="orders_by_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "stops__in",
                        [
                            "children",
                            "sending",
                            "invoicing",
                            "charging",
                            "children+sending",
                            "children+invoicing",
                            "children+charging",
                            "sending+invoicing",
                            "sending+charging",
                            "invoicing+charging",
                            "shipping",
                            "children+sending+charging",
                            "children+invoicing+charging",
                            "sending+invoicing+charging",
                            "both",
                        ],
                    )
                ),
                name="hold_stops",
            ),
        ),
    ]
