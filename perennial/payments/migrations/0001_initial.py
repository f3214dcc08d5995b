import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import perennial.db.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("continuity", "0001_initial"),
        ("customers", "0001_initial"),
        ("orders", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="orders.salesorder",
                    ),
                ),
                (
                    "continuity_order",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="continuity.continuityorder",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                ("purpose", models.TextField()),
                ("number", models.IntegerField()),
                ("method", models.TextField()),
                (
                    "card",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.storedcard",
                    ),
                ),
                ("currency", models.TextField()),
                ("amount_minor", models.BigIntegerField()),
                ("captured_minor", models.BigIntegerField(db_default=0)),
                ("refunded_minor", models.BigIntegerField(db_default=0)),
                ("due_on", models.DateField()),
                ("status", models.TextField()),
                ("at_invoice", models.BooleanField(db_default=False)),
                ("not_before_shipped", models.BooleanField(db_default=False)),
                ("attempts", models.IntegerField(db_default=0)),
                ("tried_on", models.DateField(null=True)),
                ("authorised_on", models.DateField(null=True)),
                ("gateway_ref", models.TextField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("status__in", ["due", "declined", "authorised", "sent", "capturing", "unknown"])
                        ),
                        fields=["at_invoice", "due_on", "id"],
                        name="payment_to_do",
                    ),
                    models.Index(
                        condition=models.Q(("continuity_order__isnull", False)),
                        fields=["continuity_order"],
                        name="payment_of_continuity",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "continuity_order", "purpose", "number"),
                        name="one_payment",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("continuity_order__isnull", False), ("order__isnull", True)),
                            models.Q(("continuity_order__isnull", True), ("order__isnull", False)),
                            _connector="OR",
                        ),
                        name="payment_pays_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["order", "shipment", "ordinary", "refund"])),
                        name="payment_purpose",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "draft",
                                    "due",
                                    "sent",
                                    "authorised",
                                    "capturing",
                                    "captured",
                                    "declined",
                                    "failed",
                                    "unknown",
                                    "voided",
                                    "expired",
                                    "cancelled",
                                    "written_off",
                                    "billed",
                                    "paid",
                                ],
                            )
                        ),
                        name="payment_status",
                    ),
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="payment_amount_above_0"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("captured_minor__gte", 0), ("captured_minor__lte", models.F("amount_minor"))
                        ),
                        name="captured_at_most_owed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("refunded_minor__gte", 0), ("refunded_minor__lte", models.F("captured_minor"))
                        ),
                        name="refunded_at_most_captured",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Bill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bill", to="payments.payment"
                    ),
                ),
                ("on_date", models.DateField()),
                ("due_on", models.DateField()),
                ("amount_minor", models.BigIntegerField()),
                ("run_id", models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "payment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tries",
                        to="payments.payment",
                    ),
                ),
                (
                    "card",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.storedcard",
                    ),
                ),
                ("kind", models.TextField()),
                ("number", models.IntegerField()),
                ("key", perennial.db.models.Code(unique=True)),
                ("amount_minor", models.BigIntegerField()),
                ("on_date", models.DateField()),
                ("sent_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("outcome", models.TextField(null=True)),
                ("hard", models.BooleanField(db_default=False)),
                ("final", models.BooleanField(db_default=False)),
                ("gateway_ref", models.TextField(null=True)),
                ("message", models.TextField(null=True)),
                ("run_id", models.BigIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("payment", "kind", "number"), name="one_attempt"),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome__isnull", True), ("outcome", "unknown"), _connector="OR"),
                        fields=("payment",),
                        name="one_unresolved_attempt",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["authorise", "capture", "charge", "void", "refund"])),
                        name="attempt_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__isnull", True),
                            ("outcome__in", ["approved", "declined", "unknown", "not_found"]),
                            _connector="OR",
                        ),
                        name="attempt_outcome",
                    ),
                ],
            },
        ),
    ]
