"""The customer's copy of a program: its dated occurrences, what a person changed, what is parked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from perennial.catalog.models import DeliveryMode, PaymentSchedule, Product, Tariff
from perennial.customers.models import Address, Customer, StoredCard
from perennial.db.history import tracked
from perennial.db.models import Code
from perennial.db.state_machine import state_machine
from perennial.kernel import states
from perennial.orders.models import OrderLine, SalesOrder
from perennial.programs.models import Program, ProgramRevision


@tracked
class ContinuityOrder(models.Model):
    """One per parent line: its revision, and every fact that planning asked of the day it was made.

    ``first_event`` is the key of the event that was current on the order date (null: the first).
    ``owed_minor``: what an order that is billed up front costs in all, as far as it is planned now (null: not reckoned yet).
    ``schedule_chosen``: a person has chosen its payment schedule, so it does not follow the program's.
    ``prices`` holds minor units by product number. ``complete``: nothing of the program follows.
    ``keeps_tariff``: all of it was paid or asked for when another tariff was applied, so it follows none any more.
    ``tariff``: the taxes and delivery charges of what is still to come, those of the day it was entered until an update
    that was applied moves it on.
    ``shares``: in how many ways what is billed up front is paid (``kernel.shares``); null: by ``payment_method`` alone.
    ``last_shipment``: the number after which a person stopped it (0: before the first). ``every``: how often this
    member wants it (``planning.every_of``), ``times``: how many shipments in all; null: as the program says.
    """

    parent_line = models.OneToOneField(OrderLine, models.PROTECT, related_name="continuity")
    order = models.ForeignKey(SalesOrder, models.PROTECT, related_name="continuity")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    program = models.ForeignKey(Program, models.PROTECT, related_name="+", db_index=False)
    revision = models.ForeignKey(ProgramRevision, models.PROTECT, related_name="+", db_index=False)
    status = models.TextField()
    complete = models.BooleanField(db_default=False)
    order_date = models.DateField()
    start_date = models.DateField(null=True)
    first_event = Code(null=True)
    event_duration = models.IntegerField(db_default=0)
    shipments = models.IntegerField(null=True)
    last_shipment = models.IntegerField(null=True)
    every = models.JSONField(null=True)
    times = models.IntegerField(null=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    threshold = models.IntegerField(null=True)
    consolidate = models.BooleanField(db_default=False)
    upfront = models.BooleanField(db_default=False)
    owed_minor = models.BigIntegerField(null=True)
    prices = models.JSONField(db_default=models.Value("{}", output_field=models.JSONField()))
    payment_method = models.TextField()
    shares = models.JSONField(null=True)
    card = models.ForeignKey(StoredCard, models.PROTECT, null=True, related_name="+")
    payment_schedule = models.ForeignKey(PaymentSchedule, models.PROTECT, null=True, related_name="+", db_index=False)
    schedule_chosen = models.BooleanField(db_default=False)
    tariff = models.ForeignKey(Tariff, models.PROTECT, db_default=1, related_name="+", db_index=False)
    keeps_tariff = models.BooleanField(db_default=False)
    ship_to = models.ForeignKey(Address, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        triggers = (state_machine(states.CONTINUITY_ORDER),)
        constraints = [
            models.CheckConstraint(condition=Q(status__in=list(states.CONTINUITY_ORDER)), name="continuity_status"),
            models.CheckConstraint(condition=Q(payment_method__in=list(states.METHODS)), name="continuity_method"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="continuity_quantity_above_0"),
        ]
        indexes = [
            models.Index(fields=["program", "revision", "id"], condition=Q(status="open"), name="open_by_revision"),
            models.Index(fields=["tariff", "id"], condition=Q(status="open"), name="open_by_tariff"),
            models.Index(fields=["id"], condition=Q(status="open", complete=False), name="open_incomplete"),
            models.Index(fields=["id"], condition=Q(status="open", complete=True), name="open_complete"),
        ]


class Occurrence(models.Model):
    """One shipment step of one order, once: (continuity order, event, repetition) is unique.

    ``position`` is its place in the walk. ``blocked`` null: it may ship; else why it waits. ``why``: the rule that
    gave its dates (``kernel.reasons.DateReason``). ``why_cancelled``: who, or which revision, has left it out.
    """

    continuity_order = models.ForeignKey(ContinuityOrder, models.CASCADE, related_name="occurrences", db_index=False)
    event_key = Code()
    repetition = models.IntegerField()
    position = models.IntegerField()
    event_on = models.DateField()
    ship_on = models.DateField()
    shipment = models.IntegerField(null=True)
    status = models.TextField()
    blocked = models.TextField(null=True)
    child = models.ForeignKey(SalesOrder, models.PROTECT, null=True, related_name="+", db_index=False)
    delivery_mode = models.ForeignKey(DeliveryMode, models.PROTECT, null=True, related_name="+", db_index=False)
    payment_schedule = models.ForeignKey(PaymentSchedule, models.PROTECT, null=True, related_name="+", db_index=False)
    ship_to = models.ForeignKey(Address, models.PROTECT, null=True, related_name="+", db_index=False)
    why = models.JSONField(db_default=models.Value('{"rule": "taken_over"}', output_field=models.JSONField()))
    why_cancelled = models.JSONField(null=True)

    class Meta:
        triggers = (state_machine(states.LINE),)
        constraints = [
            models.UniqueConstraint(fields=["continuity_order", "event_key", "repetition"], name="once_occurrence"),
            models.CheckConstraint(condition=Q(status__in=list(states.LINE)), name="occurrence_status"),
            models.CheckConstraint(
                condition=Q(blocked__isnull=True) | Q(blocked__in=list(states.BLOCKED), status="scheduled"),
                name="occurrence_blocked",
            ),
            models.CheckConstraint(
                condition=Q(status="ordered", child__isnull=False) | (~Q(status="ordered") & Q(child__isnull=True)),
                name="ordered_has_child",
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled", shipment__isnull=True) | (~Q(status="cancelled") & Q(shipment__gte=1)),
                name="shipment_unless_cancelled",
            ),
            models.CheckConstraint(condition=Q(repetition__gte=0), name="repetition_from_0"),
        ]
        indexes = [
            models.Index(fields=["ship_on", "id"], condition=Q(status="scheduled", blocked__isnull=True), name="due"),
            models.Index(fields=["blocked", "ship_on", "id"], condition=Q(blocked__isnull=False), name="waiting"),
        ]


class ContinuityLine(models.Model):
    """One product of an occurrence: what, how many, at which price, and why (``kernel.reasons.LineReason``)."""

    occurrence = models.ForeignKey(Occurrence, models.CASCADE, related_name="lines", db_index=False)
    line = models.IntegerField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_index=False)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    price_minor = models.BigIntegerField()
    why = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["occurrence", "line"], name="one_continuity_line"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="continuity_line_quantity"),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="continuity_line_price"),
        ]


@tracked
class Adjustment(models.Model):
    """What a person changed on one occurrence; every plan applies it again. ``line`` 0: on all of it."""

    continuity_order = models.ForeignKey(ContinuityOrder, models.CASCADE, related_name="adjustments")
    event_key = Code()
    repetition = models.IntegerField()
    line = models.IntegerField(db_default=0)
    kind = models.TextField()
    value = models.JSONField(null=True)
    by = models.TextField(db_default="")
    on_date = models.DateField()
    reason = models.TextField(null=True)
    undone_on = models.DateField(null=True)
    undone_by = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["continuity_order", "event_key", "repetition", "line", "kind"],
                condition=Q(undone_on__isnull=True),
                name="one_adjustment",
            ),
            models.CheckConstraint(condition=Q(kind__in=list(states.ADJUSTMENTS)), name="adjustment_kind"),
        ]


class Parked(models.Model):
    """An order that a job could not do; nothing later of it is made until it is retried.

    ``because``: why (``kernel.reasons``); ``reason``: the words of an older version, or of a bundle.
    """

    continuity_order = models.ForeignKey(ContinuityOrder, models.CASCADE, related_name="parked")
    shipment = models.IntegerField(null=True)
    job = models.TextField()
    run_id = models.BigIntegerField(null=True)
    sqlstate = models.TextField(null=True)
    reason = models.TextField(db_default="")
    because = models.JSONField(null=True)
    on_date = models.DateField()
    resolved_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["continuity_order", "job"],
                condition=Q(resolved_on__isnull=True),
                name="one_open_parked",
            )
        ]
