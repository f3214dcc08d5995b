"""Refunds that wait until somebody has approved them."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("continuity", "0014_checked"),
        ("customers", "0005_codes"),
        ("orders", "0018_codes"),
        ("payments", "0018_declines"),
    ]

    operations = [
        migrations.CreateModel(
            name="RefundRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.TextField()),
                ("asked_by", models.TextField()),
                ("asked_on", models.DateField()),
                ("reason", models.TextField()),
                ("approved", models.BooleanField(null=True)),
                ("decided_by", models.TextField(null=True)),
                ("decided_on", models.DateField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.salesorder",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="payment",
            name="request",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payments",
                to="payments.refundrequest",
            ),
        ),
        AddConstraintNotValid(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("request__isnull", True), ("purpose", "refund"), _connector="OR"),
                name="only_a_refund_is_asked_for",
            ),
        ),
        migrations.AddIndex(
            model_name="refundrequest",
            index=models.Index(
                condition=models.Q(("approved__isnull", True)), fields=["asked_on", "id"], name="refunds_to_approve"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("approved__isnull", True)), fields=("order",), name="one_refund_to_approve"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="asked_for_above_0"),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved__isnull", True), ("decided_by__isnull", True), ("decided_on__isnull", True)),
                    models.Q(("approved__isnull", False), ("decided_by__isnull", False), ("decided_on__isnull", False)),
                    _connector="OR",
                ),
                name="decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved", True), _negated=True),
                    models.Q(("decided_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="approved_by_another",
            ),
        ),
    ]
