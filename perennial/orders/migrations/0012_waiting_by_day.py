from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("customers", "0004_cards_by_end"),
        ("orders", "0011_lists"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                condition=models.Q(("released_on__isnull", True)), fields=["on_date", "id"], name="open_holds_by_day"
            ),
        ),
        migrations.AddIndex(
            model_name="salesorder",
            index=models.Index(
                condition=models.Q(("acceptance", "awaited"), ("parent__isnull", True), ("status", "open")),
                fields=["order_date", "id"],
                name="awaiting_acceptance",
            ),
        ),
    ]
