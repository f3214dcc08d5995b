"""One open link for the same, and whether what waited for its card was charged."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_codes"),
        ("orders", "0018_codes"),
        ("payments", "0019_refunds_to_approve"),
    ]

    operations = [
        migrations.AddField(
            model_name="cardlink",
            name="charged_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="cardlink",
            index=models.Index(
                condition=models.Q(("charged_at__isnull", True), ("stored_at__isnull", False)),
                fields=["id"],
                name="card_links_to_charge",
            ),
        ),
        migrations.AddConstraint(
            model_name="cardlink",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at__isnull", True), ("stored_at__isnull", True)),
                fields=("customer", "order", "channel"),
                name="one_open_card_link",
                nulls_distinct=False,
            ),
        ),
    ]
