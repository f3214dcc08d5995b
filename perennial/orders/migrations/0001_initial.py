import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import perennial.db.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        ("customers", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SalesOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", perennial.db.models.Code(unique=True)),
                ("reference", perennial.db.models.Code(null=True, unique=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="orders", to="customers.customer"
                    ),
                ),
                ("currency", models.TextField()),
                ("order_date", models.DateField()),
                ("status", models.TextField()),
                ("acceptance", models.TextField(db_default="none")),
                (
                    "ship_to",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.address",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="orders.salesorder",
                    ),
                ),
                ("shipment", models.IntegerField(null=True)),
                ("try_no", models.IntegerField(null=True)),
                ("ship_on", models.DateField(null=True)),
                (
                    "delivery_mode",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.deliverymode",
                    ),
                ),
                ("delivery_minor", models.BigIntegerField(db_default=0)),
                ("tax_minor", models.BigIntegerField(db_default=0)),
                ("total_minor", models.BigIntegerField(db_default=0)),
                ("invoiced_on", models.DateField(null=True)),
                ("external", models.TextField(null=True)),
                ("entry", models.JSONField(null=True)),
                ("version", models.IntegerField(db_default=1)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("parent__isnull", False)), fields=["parent"], name="children_of"),
                    models.Index(
                        condition=models.Q(("parent__isnull", True), ("status", "open")),
                        fields=["id"],
                        name="open_parents",
                    ),
                    models.Index(
                        condition=models.Q(("parent__isnull", False), ("status", "open")),
                        fields=["ship_on", "id"],
                        name="children_to_ship",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["draft", "open", "shipped", "invoiced", "cancelled"])),
                        name="order_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("acceptance__in", ["none", "awaited", "given"])), name="order_acceptance"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("delivery_minor__gte", 0), ("tax_minor__gte", 0), ("total_minor__gte", 0)),
                        name="order_amounts_from_0",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.salesorder",
                    ),
                ),
                ("line", models.IntegerField()),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
                ("quantity", models.DecimalField(decimal_places=3, max_digits=12)),
                ("price_minor", models.BigIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                (
                    "delivery_mode",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.deliverymode",
                    ),
                ),
                ("status", models.TextField(db_default="open")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("order", "line"), name="one_order_line"),
                    models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="line_quantity_above_0"),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gte", 0), ("price_minor__gte", 0)), name="line_price_from_0"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["open", "shipped", "invoiced", "cancelled"])),
                        name="line_status",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderTax",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="taxes",
                        to="orders.salesorder",
                    ),
                ),
                ("group", perennial.db.models.Code()),
                ("base_minor", models.BigIntegerField()),
                ("tax_minor", models.BigIntegerField()),
                (
                    "rate",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.taxrate",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("order", "group"), name="one_tax_group")],
            },
        ),
        migrations.CreateModel(
            name="OrderPay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pay",
                        to="orders.salesorder",
                    ),
                ),
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
                ("percent", models.DecimalField(decimal_places=6, max_digits=9, null=True)),
                ("amount_minor", models.BigIntegerField(null=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("order", "number"), name="one_order_pay")],
            },
        ),
        migrations.CreateModel(
            name="OrderEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="orders.salesorder",
                    ),
                ),
                ("on_date", models.DateField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("kind", models.TextField()),
                ("by", models.TextField(db_default="")),
                ("reason", models.TextField(null=True)),
                ("data", models.JSONField(null=True)),
            ],
            options={
                "indexes": [models.Index(models.F("order"), models.F("id"), name="order_event_of")],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="holds", to="orders.salesorder"
                    ),
                ),
                ("code", perennial.db.models.Code()),
                ("reason", models.TextField(db_default="")),
                ("stops", models.TextField(db_default="both")),
                ("on_date", models.DateField()),
                ("by", models.TextField(db_default="")),
                ("released_on", models.DateField(null=True)),
                ("released_by", models.TextField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_on__isnull", True)),
                        fields=("order", "code"),
                        name="one_open_hold",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stops__in", ["shipping", "charging", "both"])), name="hold_stops"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Shipment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sent", to="orders.salesorder"
                    ),
                ),
                ("carrier", models.TextField(null=True)),
                ("tracking", models.TextField(null=True)),
                ("on_date", models.DateField()),
            ],
        ),
        migrations.AddField(
            model_name="salesorder",
            name="parent_line",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="children",
                to="orders.orderline",
            ),
        ),
        migrations.AddConstraint(
            model_name="salesorder",
            constraint=models.UniqueConstraint(
                condition=models.Q(("parent_line__isnull", False)),
                fields=("parent_line", "shipment", "try_no"),
                name="once_child",
            ),
        ),
        migrations.AddConstraint(
            model_name="salesorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("parent__isnull", True),
                        ("parent_line__isnull", True),
                        ("shipment__isnull", True),
                        ("try_no__isnull", True),
                    ),
                    models.Q(
                        ("parent__isnull", False),
                        ("parent_line__isnull", False),
                        ("ship_on__isnull", False),
                        ("shipment__gte", 1),
                        ("try_no__gte", 1),
                    ),
                    _connector="OR",
                ),
                name="child_is_whole",
            ),
        ),
    ]
