"""Continuity programs, revision by revision; a released revision is never changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from perennial.catalog.models import DeliveryMode, PaymentSchedule, Product
from perennial.db.history import tracked
from perennial.db.models import Code
from perennial.kernel import states


@tracked
class Program(models.Model):
    """A plan of products that ship in sequence.

    ``current_…``: where the last night found it. That night counts as ``advanced`` what differs from the night before,
    and never goes back to an earlier event; an export says it, so that the count goes on elsewhere.
    """

    schedule_id = Code(unique=True)
    name = models.TextField(db_default="")
    active = models.BooleanField(db_default=True)
    current_key = Code(null=True)
    current_event_id = models.IntegerField(null=True)
    current_repetition = models.IntegerField(null=True)
    current_since = models.DateField(null=True)
    version = models.IntegerField(db_default=1)


@tracked
class ProgramRevision(models.Model):
    """The program as it was released once; ``released`` false: the draft that collects edits."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="revisions")
    number = models.IntegerField()
    released = models.BooleanField(db_default=True)
    apply = models.BooleanField(db_default=False)
    started_on = models.DateField(null=True)
    order_start = models.TextField(db_default="first_event")
    bill_upfront = models.BooleanField(db_default=False)
    consolidate = models.BooleanField(db_default=False)
    catch_up = models.TextField(db_default="resume")
    prompt_for_start_date = models.BooleanField(db_default=False)
    prompt_for_payment_schedule = models.BooleanField(db_default=False)
    payment_schedule = models.ForeignKey(PaymentSchedule, models.PROTECT, null=True, related_name="+")
    days_after_order_date = models.IntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "number"], name="one_revision"),
            models.UniqueConstraint(fields=["program"], condition=Q(released=False), name="one_draft"),
            models.CheckConstraint(
                condition=Q(order_start__in=["first_event", "current_event"]), name="revision_order_start"
            ),
            models.CheckConstraint(condition=Q(catch_up__in=list(states.CATCH_UP)), name="revision_catch_up"),
            models.CheckConstraint(
                condition=Q(order_start="first_event") | Q(started_on__isnull=False),
                name="current_event_needs_start",
            ),
        ]


@tracked
class ValidPaymentSchedule(models.Model):
    """A payment schedule that the clerk may choose at order entry."""

    revision = models.ForeignKey(ProgramRevision, models.CASCADE, related_name="valid_schedules")
    schedule = models.ForeignKey(PaymentSchedule, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["revision", "schedule"], name="one_valid_schedule")]


@tracked
class ProgramEvent(models.Model):
    """One event of a revision. ``key`` is its identity for ever, ``event_id`` its place as people see it.

    ``place`` orders all events of the revision, removed ones (``event_id`` null) included. The rule of
    its interval is copied, so that a revision stays whole when the interval is changed.
    ``times_to_repeat`` null: until stopped.
    """

    revision = models.ForeignKey(ProgramRevision, models.CASCADE, related_name="events")
    key = Code()
    place = models.IntegerField()
    event_id = models.IntegerField(null=True)
    days_from_last = models.IntegerField(db_default=0)
    interval_code = Code(null=True)
    interval_rule = models.TextField(null=True)
    interval_anchor = models.DateField(null=True)
    start_order_date = models.DateField(null=True)
    delivery_mode = models.ForeignKey(DeliveryMode, models.PROTECT, null=True, related_name="+")
    payment_schedule = models.ForeignKey(PaymentSchedule, models.PROTECT, null=True, related_name="+")
    action = models.TextField(db_default="none")
    times_to_repeat = models.IntegerField(null=True, db_default=0)
    probability = models.DecimalField(max_digits=9, decimal_places=6, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "key"], name="one_event_key"),
            models.UniqueConstraint(fields=["revision", "place"], name="one_event_place"),
            models.UniqueConstraint(fields=["revision", "event_id"], name="one_event_id"),
            models.CheckConstraint(condition=Q(action__in=["none", "skip", "end"]), name="event_action"),
            models.CheckConstraint(condition=Q(days_from_last__gte=0), name="event_days_from_0"),
            models.CheckConstraint(
                condition=Q(times_to_repeat__isnull=True) | Q(times_to_repeat__gte=0, times_to_repeat__lte=999),
                name="event_times",
            ),
            models.CheckConstraint(
                condition=Q(times_to_repeat=0) | Q(interval_rule__isnull=False) | Q(days_from_last__gt=0),
                name="event_that_repeats_has_time",
            ),
        ]


@tracked
class ProgramEventProduct(models.Model):
    """One product of an event; never a continuity product (a composite key holds that)."""

    event = models.ForeignKey(ProgramEvent, models.CASCADE, related_name="products")
    line = models.IntegerField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    product_kind = models.TextField(db_default="item")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    unit = models.TextField(null=True)
    price_minor = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "line"], name="one_event_product"),
            models.CheckConstraint(condition=Q(product_kind="item"), name="no_continuity_inside"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="event_quantity_above_0"),
            models.CheckConstraint(
                condition=Q(price_minor__isnull=True) | Q(price_minor__gte=0), name="event_price_from_0"
            ),
        ]


@tracked
class ContinuityProduct(models.Model):
    """The parent product that stands for a program; it ships nothing itself."""

    product = models.OneToOneField(Product, models.PROTECT, related_name="continuity")
    program = models.ForeignKey(Program, models.PROTECT, related_name="products")
    event_duration = models.IntegerField(db_default=0)
    shipments = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(event_duration__gte=0) & (Q(event_duration=0) | Q(shipments__isnull=True)),
                name="duration_or_shipments",
            ),
        ]
