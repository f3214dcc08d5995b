"""What is sold and under which rules: company, parameters, products, prices, delivery, tax, intervals."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from perennial.db.history import tracked
from perennial.db.models import Code
from perennial.kernel import states


@tracked
class Company(models.Model):
    """The one company that this installation serves. ``installation`` is part of every gateway key. ``phone`` and
    ``address`` stand in messages to customers.
    """

    id = models.SmallIntegerField(primary_key=True, db_default=1)
    installation = models.TextField()
    currency = models.TextField(null=True)
    name = models.TextField(db_default="")
    country = models.TextField(null=True)
    time_zone = models.TextField(db_default="UTC")
    languages = ArrayField(models.TextField(), db_default=models.Value("{en}"))
    from_email = models.TextField(null=True)
    vat_number = models.TextField(null=True)
    phone = models.TextField(null=True)
    address = models.TextField(null=True)
    notices_on = models.BooleanField(db_default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_company")]


@tracked
class Parameters(models.Model):
    """The continuity parameters of the call center; null is no limit.

    ``refund_limit_minor``: what is given back above it waits for somebody who approves it.
    """

    id = models.SmallIntegerField(primary_key=True, db_default=1)
    days_before_delivery = models.IntegerField(db_default=5)
    on_account_bill_days = models.IntegerField(db_default=10)
    on_account_terms_days = models.IntegerField(db_default=30)
    repeat_threshold = models.IntegerField(null=True)
    number_of_orders_to_create = models.IntegerField(null=True)
    revenue_journal = models.TextField(db_default="CONTREV")
    continuity_payment_profile = models.TextField(db_default="PREPAY")
    authorize_child_orders = models.BooleanField(db_default=True)
    authorize_days_before = models.IntegerField(db_default=3)
    reauthorization_limit = models.IntegerField(null=True, db_default=3)
    days_between_tries = models.IntegerField(db_default=1)
    soft_retry_days = ArrayField(models.IntegerField(), null=True)
    expired_retry_days = ArrayField(models.IntegerField(), db_default=models.Value("{}"))
    authentication_retry_days = ArrayField(models.IntegerField(), db_default=models.Value("{}"))
    retry_on_submit = models.BooleanField(db_default=False)
    order_dates_within_days = models.IntegerField(null=True, db_default=1100)
    authorization_renewals = models.IntegerField(null=True, db_default=5)
    card_link_days = models.IntegerField(db_default=7)
    days_to_keep_run_lists = models.IntegerField(null=True, db_default=60)
    prices_include_tax = models.BooleanField(db_default=False)
    delivery_window_days = models.IntegerField(db_default=5)
    refund_limit_minor = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_parameters")]


@tracked
class DeliveryMode(models.Model):
    """How a parcel goes out, what that costs and on which days it is done. ``active``: it may be given (``catalog.on_offer``)."""

    code = Code(unique=True)
    name = models.TextField(db_default="")
    charge_minor = models.BigIntegerField(db_default=0)
    tax_group = Code(null=True)
    working_days = ArrayField(models.SmallIntegerField(), db_default=models.Value("{1,2,3,4,5,6,7}"))
    holidays = models.TextField(null=True)
    closed_on = ArrayField(models.DateField(), db_default=models.Value("{}"))
    active = models.BooleanField(db_default=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(charge_minor__gte=0), name="delivery_charge_from_0")]


@tracked
class TaxRate(models.Model):
    """A tax group's percentage in a country, or one region of it, from a date on."""

    group = Code()
    country = Code()
    region = Code(null=True)
    percent = models.DecimalField(max_digits=9, decimal_places=6)
    valid_from = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "country", "region", "valid_from"], nulls_distinct=False, name="one_tax_rate"
            ),
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lte=1000), name="tax_percent_from_0"),
        ]


class Tariff(models.Model):
    """What was set up together of taxes and delivery charges: a version that orders keep (``catalog.tariffs``).

    ``made_on`` null: it came with the installation. ``applied_on``: on that day a person let open orders follow it.
    """

    number = models.IntegerField(primary_key=True)
    prices_include_tax = models.BooleanField()
    made_on = models.DateField(null=True)
    made_by = models.TextField(db_default="")
    made_because = models.TextField(null=True)
    applied_on = models.DateField(null=True)
    applied_by = models.TextField(null=True)
    applied_because = models.TextField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(number__gte=1), name="tariff_number_from_1")]


class TariffCharge(models.Model):
    """What a delivery mode charges in a tariff."""

    tariff = models.ForeignKey(Tariff, models.CASCADE, related_name="charges", db_index=False)
    delivery_mode = models.ForeignKey(DeliveryMode, models.PROTECT, related_name="+", db_index=False)
    charge_minor = models.BigIntegerField()
    tax_group = Code(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tariff", "delivery_mode"], name="one_tariff_charge"),
            models.CheckConstraint(condition=Q(charge_minor__gte=0), name="tariff_charge_from_0"),
        ]


class TariffRate(models.Model):
    """A tax rate in a tariff: what it is for is that of the rate, the percentage is its own."""

    tariff = models.ForeignKey(Tariff, models.CASCADE, related_name="rates", db_index=False)
    rate = models.ForeignKey(TaxRate, models.PROTECT, related_name="+", db_index=False)
    group = Code()
    country = Code()
    region = Code(null=True)
    percent = models.DecimalField(max_digits=9, decimal_places=6)
    valid_from = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tariff", "rate"], name="one_tariff_rate"),
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lte=1000), name="tariff_percent_from_0"),
        ]
        indexes = [models.Index(fields=["tariff", "group", "country"], name="rates_of_tariff")]


@tracked
class DateInterval(models.Model):
    """A recurrence rule that events use; ``anchor`` null: counted from the order's first event."""

    code = Code(unique=True)
    name = models.TextField(db_default="")
    rule = models.TextField()
    anchor = models.DateField(null=True)


@tracked
class PaymentSchedule(models.Model):
    """How an amount is spread over time."""

    name = Code(unique=True)
    allocation = models.TextField()
    unit = models.TextField()
    every = models.IntegerField(db_default=1)
    after = models.IntegerField(db_default=0)
    number_of_payments = models.IntegerField(db_default=1)
    amount_minor = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(allocation__in=["total", "fixed_amount", "fixed_quantity", "specified"]),
                name="schedule_allocation",
            ),
            models.CheckConstraint(condition=Q(unit__in=["day", "month", "year"]), name="schedule_unit"),
            models.CheckConstraint(
                condition=Q(every__gte=0, after__gte=0, number_of_payments__gte=1), name="schedule_counts"
            ),
        ]


@tracked
class PaymentScheduleLine(models.Model):
    """One part of a ``specified`` schedule."""

    schedule = models.ForeignKey(PaymentSchedule, models.CASCADE, related_name="lines")
    number = models.IntegerField()
    after = models.IntegerField()
    percent = models.DecimalField(max_digits=9, decimal_places=6)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "number"], name="one_schedule_line")]


@tracked
class Product(models.Model):
    """Something that is sold: an ``item`` that ships, or a ``continuity`` product that stands for a program. ``active``: it
    may be given (``catalog.on_offer``).
    """

    number = Code(unique=True)
    name = models.TextField(db_default="")
    kind = models.TextField(db_default="item")
    tax_group = Code(null=True)
    active = models.BooleanField(db_default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["item", "continuity"]), name="product_kind"),
            models.UniqueConstraint(fields=["id", "kind"], name="product_with_kind"),
        ]


@tracked
class Price(models.Model):
    """A product's price from a date on; ``valid_from`` null: from the beginning."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="prices")
    price_minor = models.BigIntegerField()
    valid_from = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "valid_from"], nulls_distinct=False, name="one_price"),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="price_from_0"),
        ]


@tracked
class SourceCode(models.Model):
    """Where an order comes from: a catalogue, a letter, an advertisement. It may be used of orders of its days, both
    included, as long as it is ``active``.
    """

    code = Code(unique=True)
    description = models.TextField(db_default="")
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    active = models.BooleanField(db_default=True)


@tracked
class ReasonCode(models.Model):
    """Why something is done to an order; ``actions``: what it may be given for (``states.REASON_ACTIONS``)."""

    code = Code(unique=True)
    description = models.TextField(db_default="")
    actions = ArrayField(models.TextField(), db_default=models.Value("{}"))
    active = models.BooleanField(db_default=True)


@tracked
class HoldCode(models.Model):
    """A kind of hold: what it stops, and which roles may release it (none named: whoever may hold)."""

    code = Code(unique=True)
    description = models.TextField(db_default="")
    stops = models.TextField(db_default="both")
    released_by = ArrayField(models.TextField(), db_default=models.Value("{}"))
    active = models.BooleanField(db_default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stops__in=list(states.HOLDS_STOP)), name="hold_code_stops"),
        ]
