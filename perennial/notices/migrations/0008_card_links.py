"""A message that asks a customer for a card by a link. What is there fits, and is not read."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_codes"),
        ("notices", "0007_checked"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="notice",
            name="notice_kind",
        ),
        migrations.RemoveConstraint(
            model_name="noticekind",
            name="notice_switch_kind",
        ),
        migrations.RemoveConstraint(
            model_name="noticetext",
            name="notice_text_kind",
        ),
        AddConstraintNotValid(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        (
                            "card_link",
                            "card_expired",
                            "declined",
                            "bill",
                            "order_confirmed",
                            "shipment_ahead",
                            "shipped",
                            "card_expiring",
                            "price_changed",
                            "charges_changed",
                            "refunded",
                            "ended",
                        ),
                    )
                ),
                name="notice_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="noticekind",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        (
                            "card_link",
                            "card_expired",
                            "declined",
                            "bill",
                            "order_confirmed",
                            "shipment_ahead",
                            "shipped",
                            "card_expiring",
                            "price_changed",
                            "charges_changed",
                            "refunded",
                            "ended",
                        ),
                    )
                ),
                name="notice_switch_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="noticetext",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        (
                            "card_link",
                            "card_expired",
                            "declined",
                            "bill",
                            "order_confirmed",
                            "shipment_ahead",
                            "shipped",
                            "card_expiring",
                            "price_changed",
                            "charges_changed",
                            "refunded",
                            "ended",
                        ),
                    )
                ),
                name="notice_text_kind",
            ),
        ),
    ]
