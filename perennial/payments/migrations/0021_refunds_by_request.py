"""Refunds are found by who asked for them. Built beside whoever is at work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("payments", "0020_card_links")]

    operations = [
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("request__isnull", False)), fields=["request"], name="payment_asked_for"
            ),
        )
    ]
