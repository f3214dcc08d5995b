"""A refund knows how much of it had been paid for what did not come any more."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0024_refunds_sent_back")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="overpaid_minor",
            field=models.BigIntegerField(null=True),
        ),
        AddConstraintNotValid(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("overpaid_minor__isnull", True),
                    models.Q(
                        ("overpaid_minor__gte", 0),
                        ("overpaid_minor__lte", models.F("amount_minor")),
                        ("purpose", "refund"),
                    ),
                    _connector="OR",
                ),
                name="overpaid_at_most_given_back",
            ),
        ),
    ]
