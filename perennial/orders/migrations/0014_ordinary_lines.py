from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # orders are entered meanwhile
    dependencies = [
        ("catalog", "0001_initial"),
        ("customers", "0004_cards_by_end"),
        ("orders", "0013_gifts"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="salesorder",
            index=models.Index(
                condition=models.Q(("parent__isnull", True), ("status", "open"), ("total_minor__gt", 0)),
                fields=["order_date", "id"],
                name="open_with_ordinary_lines",
            ),
        ),
    ]
