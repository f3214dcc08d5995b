"""Sales orders: parents, children and ordinary ones, their lines, holds, shipments and what happened."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from perennial.catalog.models import DeliveryMode, Product, TaxRate
from perennial.customers.models import Address, Customer, StoredCard
from perennial.db.models import Code
from perennial.db.state_machine import state_machine
from perennial.kernel import states
from perennial.kernel.reasons import Reason, Said


class SalesOrder(models.Model):
    """A sales order. A child knows its parent, the parent's line, its shipment number and its try.

    Amounts are minor units of ``currency``; of a parent they are those of its ordinary lines.
    ``entry`` keeps the facts of a parent's entry as they were given, to know a repeated entry again.
    ``taken_over_on``: the day on which it came here from elsewhere, an order with its past or a child; null: made here.
    ``payer``: who pays, where that is not the customer, who receives (the invoice account); null of children.
    ``gift_message`` and ``hide_prices``: what papers in the parcels of a parent say, and do not say.
    ``source_code``: where a parent comes from.
    """

    number = Code(unique=True)
    reference = Code(null=True, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders")
    payer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+", db_index=False)
    currency = models.TextField()
    order_date = models.DateField()
    status = models.TextField()
    acceptance = models.TextField(db_default="none")
    ship_to = models.ForeignKey(Address, models.PROTECT, null=True, related_name="+", db_index=False)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children", db_index=False)
    parent_line = models.ForeignKey("OrderLine", models.PROTECT, null=True, related_name="children", db_index=False)
    shipment = models.IntegerField(null=True)
    try_no = models.IntegerField(null=True)
    ship_on = models.DateField(null=True)
    delivery_mode = models.ForeignKey(DeliveryMode, models.PROTECT, null=True, related_name="+", db_index=False)
    delivery_minor = models.BigIntegerField(db_default=0)
    tax_minor = models.BigIntegerField(db_default=0)
    total_minor = models.BigIntegerField(db_default=0)
    invoiced_on = models.DateField(null=True)
    external = models.TextField(null=True)
    taken_over_on = models.DateField(null=True)
    entry = models.JSONField(null=True)
    gift_message = models.TextField(null=True)
    hide_prices = models.BooleanField(db_default=False)
    source_code = Code(null=True)

    @property
    def paid_by(self) -> int:
        """The id of the customer who pays a parent."""
        return self.payer_id or self.customer_id

    class Meta:
        triggers = (state_machine(states.ORDER, ("new.parent_id is null", states.PARENT_AGAIN)),)
        constraints = [
            models.UniqueConstraint(
                fields=["parent_line", "shipment", "try_no"],
                condition=Q(parent_line__isnull=False),
                name="once_child",
            ),
            models.CheckConstraint(condition=Q(status__in=list(states.ORDER)), name="order_status"),
            models.CheckConstraint(condition=Q(acceptance__in=list(states.ACCEPTANCE)), name="order_acceptance"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True, parent_line__isnull=True, shipment__isnull=True, try_no__isnull=True)
                | Q(
                    parent__isnull=False,
                    parent_line__isnull=False,
                    shipment__gte=1,
                    try_no__gte=1,
                    ship_on__isnull=False,
                ),
                name="child_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(delivery_minor__gte=0, tax_minor__gte=0, total_minor__gte=0),
                name="order_amounts_from_0",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | Q(gift_message__isnull=True, hide_prices=False),
                name="gift_of_parent",
            ),
            models.CheckConstraint(condition=Q(parent__isnull=True) | Q(payer__isnull=True), name="payer_of_parent"),
        ]
        indexes = [
            models.Index(fields=["parent"], condition=Q(parent__isnull=False), name="children_of"),
            models.Index(fields=["id"], condition=Q(parent__isnull=True, status="open"), name="open_parents"),
            models.Index(fields=["payer", "id"], condition=Q(payer__isnull=False), name="paid_by"),
            models.Index(
                fields=["status", "ship_on", "id"],
                condition=Q(parent__isnull=False),
                name="children_by_status",
            ),
            models.Index(
                fields=["order_date", "id"],
                condition=Q(parent__isnull=True, acceptance="awaited", status="open"),
                name="awaiting_acceptance",
            ),
            models.Index(
                fields=["order_date", "id"],
                condition=Q(parent__isnull=True, status="open", total_minor__gt=0),
                name="open_with_ordinary_lines",
            ),
            models.Index(
                fields=["source_code", "order_date", "id"],
                condition=Q(parent__isnull=True, source_code__isnull=False),
                name="orders_by_source",
            ),
        ]


class Rest(models.Model):
    """A child that brings what another one of the same shipment went without: ``of``, which went first."""

    child = models.OneToOneField(SalesOrder, models.CASCADE, primary_key=True, related_name="+")
    of = models.ForeignKey(SalesOrder, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(child=F("of")), name="rest_of_another")]


class OrderLine(models.Model):
    """One line of an order. A parent's continuity line has price 0 and is never shipped itself."""

    order = models.ForeignKey(SalesOrder, models.CASCADE, related_name="lines", db_index=False)
    line = models.IntegerField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_index=False)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    price_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    delivery_mode = models.ForeignKey(DeliveryMode, models.PROTECT, null=True, related_name="+", db_index=False)
    status = models.TextField(db_default="open")

    class Meta:
        triggers = (state_machine(states.ORDER_LINE),)
        constraints = [
            models.UniqueConstraint(fields=["order", "line"], name="one_order_line"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_above_0"),
            models.CheckConstraint(condition=Q(price_minor__gte=0, amount_minor__gte=0), name="line_price_from_0"),
            models.CheckConstraint(condition=Q(status__in=list(states.ORDER_LINE)), name="line_status"),
        ]


class OrderTax(models.Model):
    """The tax of one tax group on one order, with the rate that was in force on its tax date."""

    order = models.ForeignKey(SalesOrder, models.CASCADE, related_name="taxes", db_index=False)
    group = Code()
    base_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    rate = models.ForeignKey(TaxRate, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "group"], name="one_tax_group")]


class OrderPay(models.Model):
    """How the ordinary lines of a parent are paid: an amount or a percentage each."""

    order = models.ForeignKey(SalesOrder, models.CASCADE, related_name="pay", db_index=False)
    number = models.IntegerField()
    method = models.TextField()
    card = models.ForeignKey(StoredCard, models.PROTECT, null=True, related_name="+", db_index=False)
    percent = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    amount_minor = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="one_order_pay")]


class Hold(models.Model):
    """Why an order waits, and what it stops. An order is held while it has an open hold.

    ``until``: the business date with whose run of create-child-orders it is released by itself; null: a person does.
    ``because``: why a job placed it (``kernel.reasons``); ``reason``: what a person wrote.
    """

    order = models.ForeignKey(SalesOrder, models.CASCADE, related_name="holds")
    code = Code()
    reason = models.TextField(db_default="")
    reason_code = Code(null=True)
    stops = models.TextField(db_default="both")
    on_date = models.DateField()
    until = models.DateField(null=True)
    by = models.TextField(db_default="")
    released_on = models.DateField(null=True)
    released_by = models.TextField(null=True)
    because = models.JSONField(null=True)

    @property
    def why(self) -> Said:
        """What is said of it; of one without words its code."""
        return Reason.read(self.because) or self.reason or self.code

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "code"], condition=Q(released_on__isnull=True), name="one_open_hold"
            ),
            models.CheckConstraint(condition=Q(stops__in=list(states.HOLDS_STOP)), name="hold_stops"),
        ]
        indexes = [
            models.Index(
                fields=["until"], condition=Q(released_on__isnull=True, until__isnull=False), name="holds_that_end"
            ),
            models.Index(fields=["on_date", "id"], condition=Q(released_on__isnull=True), name="open_holds_by_day"),
        ]


class Note(models.Model):
    """What is to be known of a customer, or of one order of theirs: who wrote it, and when. Never changed."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="notes", db_index=False)
    order = models.ForeignKey(SalesOrder, models.CASCADE, null=True, related_name="notes", db_index=False)
    on_date = models.DateField()
    at = models.DateTimeField(db_default=models.functions.Now())
    by = models.TextField(db_default="")
    text = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["customer", "id"], condition=Q(order__isnull=True), name="notes_of_customer"),
            models.Index(fields=["order", "id"], condition=Q(order__isnull=False), name="notes_of_order"),
        ]


class Shipment(models.Model):
    """What the warehouse sent: carrier, tracking, the day."""

    order = models.OneToOneField(SalesOrder, models.CASCADE, related_name="sent")
    carrier = models.TextField(null=True)
    tracking = models.TextField(null=True)
    on_date = models.DateField()


class OrderEvent(models.Model):
    """What happened to an order: the day, who did it (``clerk:anna``, ``job:17``), why. Never changed.

    ``reason`` is what a person wrote; why a job did it is ``data["because"]`` (``kernel.reasons``).

    ``place``: where it stands among what its run did about the order, since processes that share a run write in any
    order: the line's id, of a payment where it stood in the work list. The view ``orders_history`` tells the order of all.
    """

    order = models.ForeignKey(SalesOrder, models.CASCADE, related_name="events", db_index=False)
    on_date = models.DateField()
    at = models.DateTimeField(db_default=models.functions.Now())
    kind = models.TextField()
    by = models.TextField(db_default="")
    reason = models.TextField(null=True)
    data = models.JSONField(null=True)
    place = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(F("order"), F("id"), name="order_event_of")]
