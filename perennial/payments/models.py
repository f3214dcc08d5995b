"""Money owed, every try to collect it, every bill."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q

from perennial.continuity.models import ContinuityOrder
from perennial.customers.models import Customer, StoredCard
from perennial.db.models import Code
from perennial.db.state_machine import state_machine
from perennial.kernel import states
from perennial.orders.models import SalesOrder
from perennial.payments.gateways.contract import CATEGORIES


class Payment(models.Model):
    """One amount owed on one day: by an order (a child, or the ordinary lines), or by a whole continuity order.

    ``at_invoice``: authorised before it is due and captured when what it pays is invoiced; else charged
    on its day. ``not_before_shipped``: a later part of a child, never charged before the child is sent.
    ``gateway`` knows it as ``gateway_ref``, and can capture it up to ``authorised_until`` (null of what was taken
    over: as the present gateway says). ``approval_code``: the bank has approved it on the telephone, and no gateway knows of it.
    ``lapsed``: so often an authorisation of it ended unused while it was owed.
    A row of the purpose ``refund`` gives back a part of the payment that ``refunds`` names; when that is done, it says so
    in its own ``captured_minor`` and in ``refunded_minor`` there. It is a ``draft`` while it waits to be approved
    (``request``). ``overpaid_minor``: so much of it had been paid up front for what did not come any more; what comes after
    all is owed anew (null: a refund of something else, or from before this was noted; ``due`` notes it then).
    """

    order = models.ForeignKey(SalesOrder, models.PROTECT, null=True, related_name="payments", db_index=False)
    continuity_order = models.ForeignKey(
        ContinuityOrder, models.PROTECT, null=True, related_name="payments", db_index=False
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    purpose = models.TextField()
    number = models.IntegerField()
    method = models.TextField()
    card = models.ForeignKey(StoredCard, models.PROTECT, null=True, related_name="+", db_index=False)
    currency = models.TextField()
    amount_minor = models.BigIntegerField()
    captured_minor = models.BigIntegerField(db_default=0)
    refunded_minor = models.BigIntegerField(db_default=0)
    due_on = models.DateField()
    status = models.TextField()
    at_invoice = models.BooleanField(db_default=False)
    not_before_shipped = models.BooleanField(db_default=False)
    attempts = models.IntegerField(db_default=0)
    tried_on = models.DateField(null=True)
    authorised_on = models.DateField(null=True)
    authorised_until = models.DateField(null=True)
    lapsed = models.IntegerField(db_default=0)
    gateway = Code(null=True)
    gateway_ref = models.TextField(null=True)
    approval_code = models.TextField(null=True)
    refunds = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    overpaid_minor = models.BigIntegerField(null=True)
    request = models.ForeignKey("RefundRequest", models.PROTECT, null=True, related_name="payments", db_index=False)

    class Meta:
        triggers = (state_machine(states.PAYMENT, ("new.purpose = 'refund'", states.REFUND_SENT_BACK)),)
        constraints = [
            models.UniqueConstraint(
                fields=["order", "continuity_order", "purpose", "number"],
                nulls_distinct=False,
                name="one_payment",
            ),
            models.CheckConstraint(
                condition=Q(order__isnull=True, continuity_order__isnull=False)
                | Q(order__isnull=False, continuity_order__isnull=True),
                name="payment_pays_one",
            ),
            models.CheckConstraint(condition=Q(purpose__in=list(states.PURPOSES)), name="payment_purpose"),
            models.CheckConstraint(condition=Q(status__in=list(states.PAYMENT)), name="payment_status"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_amount_above_0"),
            models.CheckConstraint(
                condition=Q(captured_minor__gte=0, captured_minor__lte=models.F("amount_minor")),
                name="captured_at_most_owed",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=models.F("captured_minor")),
                name="refunded_at_most_captured",
            ),
            models.CheckConstraint(
                condition=Q(refunds__isnull=True) | Q(purpose="refund"), name="only_a_refund_gives_back"
            ),
            models.CheckConstraint(
                condition=Q(request__isnull=True) | Q(purpose="refund"), name="only_a_refund_is_asked_for"
            ),
            models.CheckConstraint(
                condition=Q(overpaid_minor__isnull=True)
                | Q(purpose="refund", overpaid_minor__gte=0, overpaid_minor__lte=models.F("amount_minor")),
                name="overpaid_at_most_given_back",
            ),
        ]
        indexes = [
            models.Index(
                fields=["at_invoice", "due_on", "id"],
                condition=Q(status__in=list(states.TO_DO)),
                name="payment_to_do",
            ),
            models.Index(fields=["status", "due_on", "id"], name="payment_by_status"),
            models.Index(
                fields=["continuity_order"],
                condition=Q(continuity_order__isnull=False),
                name="payment_of_continuity",
            ),
            models.Index(fields=["refunds"], condition=Q(refunds__isnull=False), name="payment_given_back"),
            models.Index(fields=["request"], condition=Q(request__isnull=False), name="payment_asked_for"),
            models.Index(fields=["id"], condition=Q(status="due", lapsed__gt=0), name="payment_lapsed"),
            models.Index(
                fields=["card"],
                condition=Q(status__in=states.NOT_ASKED) & (Q(at_invoice=False) | Q(purpose="order")),
                name="parts_to_come_of_card",
            ),
        ]


class RefundRequest(models.Model):
    """Somebody wants to give back more than they may: its payments wait until another person has approved or declined it.

    ``order``: the parent. ``approved`` null: nobody has decided yet.
    """

    order = models.ForeignKey(SalesOrder, models.PROTECT, related_name="+", db_index=False)
    amount_minor = models.BigIntegerField()
    currency = models.TextField()
    asked_by = models.TextField()
    asked_on = models.DateField()
    reason = models.TextField()
    approved = models.BooleanField(null=True)
    decided_by = models.TextField(null=True)
    decided_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(approved__isnull=True), name="one_refund_to_approve"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="asked_for_above_0"),
            models.CheckConstraint(
                condition=Q(approved__isnull=True, decided_by__isnull=True, decided_on__isnull=True)
                | Q(approved__isnull=False, decided_by__isnull=False, decided_on__isnull=False),
                name="decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(approved=True) | ~Q(decided_by=models.F("asked_by")), name="approved_by_another"
            ),
        ]
        indexes = [
            models.Index(fields=["asked_on", "id"], condition=Q(approved__isnull=True), name="refunds_to_approve")
        ]


class Attempt(models.Model):
    """One call to the gateway, written before it is made. ``outcome`` null or unknown: nobody knows yet.

    ``card`` is the one that was asked, at ``gateway``, whatever card pays later. ``category``: why it was declined
    (a word of the gateway contract). ``final``: declined, and no more tries.
    ``run_id``: the run that made it or, while nobody knew the answer, the last that asked for it. ``place``: where the
    payment stood in the run's work list: in that order the gateway's answers count, whichever process asked.
    ``gateway_ref`` of one that is unknown: how the gateway calls it while it is pending there.
    ``not_found``: a capture whose authorisation had lapsed; or a person found out that it never happened.
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="tries", db_index=False)
    card = models.ForeignKey(StoredCard, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.TextField()
    number = models.IntegerField()
    key = Code(unique=True)
    amount_minor = models.BigIntegerField()
    on_date = models.DateField()
    sent_at = models.DateTimeField(db_default=models.functions.Now())
    outcome = models.TextField(null=True)
    category = models.TextField(null=True)
    final = models.BooleanField(db_default=False)
    gateway = Code(null=True)
    gateway_ref = models.TextField(null=True)
    network_transaction_id = models.TextField(null=True)
    message = models.TextField(null=True)
    run_id = models.BigIntegerField(null=True)
    place = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "kind", "number"], name="one_attempt"),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(outcome__isnull=True) | Q(outcome="unknown"),
                name="one_unresolved_attempt",
            ),
            models.CheckConstraint(condition=Q(kind__in=list(states.ATTEMPTS)), name="attempt_kind"),
            models.CheckConstraint(
                condition=Q(outcome__isnull=True) | Q(outcome__in=list(states.OUTCOMES)),
                name="attempt_outcome",
            ),
            models.CheckConstraint(
                condition=Q(category__isnull=True) | Q(category__in=CATEGORIES), name="attempt_category"
            ),
        ]
        indexes = [models.Index(fields=["card", "on_date"], condition=Q(card__isnull=False), name="attempts_of_card")]


class Surplus(models.Model):
    """A parent order of which more was taken, or billed, than came and will come: noted when somebody or a job changed
    something, so that no page looks through all orders (``noted``).
    """

    order = models.OneToOneField(SalesOrder, models.CASCADE, primary_key=True, related_name="+")
    minor = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(minor__gt=0), name="surplus_above_0")]


class CardEnd(models.Model):
    """A continuity order whose card will have ended by the day of one of its charges; ``first_on``: the first of those days.
    Noted as ``Surplus`` is.
    """

    continuity_order = models.ForeignKey(ContinuityOrder, models.CASCADE, related_name="+", db_index=False)
    card = models.ForeignKey(StoredCard, models.CASCADE, related_name="+")
    first_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["continuity_order", "card"], name="one_card_end")]
        indexes = [models.Index(fields=["first_on", "continuity_order"], name="card_ends_by_day")]


class Bill(models.Model):
    """What was sent to a customer who buys on account: which payment, when, to be paid by when."""

    payment = models.OneToOneField(Payment, models.PROTECT, related_name="bill")
    on_date = models.DateField()
    due_on = models.DateField()
    amount_minor = models.BigIntegerField()
    run_id = models.BigIntegerField(null=True)


class CardLink(models.Model):
    """A customer is asked for a card: one customer, one purpose, until a day. What the link holds is kept nowhere, only its
    keyed ``digest``.

    ``order``: for which it is asked, and which it pays then; ``replaces``: the card whose orders it takes over. ``page``: how the
    gateway calls its own page for it. ``consent``: the words that the customer agreed to, which are shown in ``language``.
    ``by``: who asked. ``charged_at``: what waited for the card was asked of it.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey(SalesOrder, models.PROTECT, null=True, related_name="+", db_index=False)
    replaces = models.ForeignKey(StoredCard, models.PROTECT, null=True, related_name="+", db_index=False)
    channel = models.TextField()
    digest = models.TextField(unique=True)
    language = Code()
    by = models.TextField()
    on_date = models.DateField()
    expires_on = models.DateField()
    created_at = models.DateTimeField(db_default=models.functions.Now())
    opened_at = models.DateTimeField(null=True)
    gateway = Code(null=True)
    page = models.TextField(null=True)
    consent = models.TextField(null=True)
    consented_at = models.DateTimeField(null=True)
    agent = models.TextField(null=True)
    stored_at = models.DateTimeField(null=True)
    card = models.ForeignKey(StoredCard, models.PROTECT, null=True, related_name="+", db_index=False)
    charged_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "page"], name="one_card_page"),
            models.UniqueConstraint(
                fields=["customer", "order", "channel"],
                condition=Q(stored_at__isnull=True, revoked_at__isnull=True),
                nulls_distinct=False,
                name="one_open_card_link",
            ),
            models.CheckConstraint(condition=Q(channel__in=states.CARD_CHANNELS), name="card_link_channel"),
            models.CheckConstraint(
                condition=Q(stored_at__isnull=True) | Q(consented_at__isnull=False), name="no_card_without_consent"
            ),
            models.CheckConstraint(
                condition=Q(stored_at__isnull=True) | Q(revoked_at__isnull=True), name="not_stored_and_revoked"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="card_links_of_customer"),
            models.Index(
                fields=["id"],
                condition=Q(page__isnull=False, stored_at__isnull=True, revoked_at__isnull=True),
                name="card_links_at_gateway",
            ),
            models.Index(
                fields=["id"],
                condition=Q(stored_at__isnull=False, charged_at__isnull=True),
                name="card_links_to_charge",
            ),
        ]

    def state(self, on: date) -> str:
        """How it stands on a business date, in a word of ``states.CARD_LINK``."""
        if self.stored_at is not None:
            return "stored"
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_on < on:
            return "expired"
        return "open" if self.opened_at is None else "opened"


class GatewayPace(models.Model):
    """From when on a gateway may be asked again, at the pace that it asks for (``pace``)."""

    gateway = Code(primary_key=True)
    next_at = models.DateTimeField()


class RefusedKey(models.Model):
    """A gateway that does not accept our key, which is in ``setting``, since when (``refused_keys``)."""

    gateway = Code(primary_key=True)
    setting = models.TextField()
    since = models.DateTimeField(db_default=models.functions.Now())


class GatewayEvent(models.Model):
    """What a gateway has told of itself: taken in once, by its ``reference`` there, and dealt with afterwards.

    ``facts``: the event (``gateways.contract.Event``), nothing else of what came. ``outcome``: what became of it, in a word;
    ``put_aside`` of one that is not dealt with, and is not tried again.
    """

    gateway = Code()
    reference = models.TextField()
    kind = models.TextField()
    facts = models.JSONField()
    received_at = models.DateTimeField(db_default=models.functions.Now())
    handled_at = models.DateTimeField(null=True)
    outcome = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "reference"], name="one_gateway_event"),
            models.CheckConstraint(condition=Q(kind__in=states.EVENT_KINDS), name="gateway_event_kind"),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(handled_at__isnull=True), name="gateway_events_to_do")]


class Dispute(models.Model):
    """A charge that a customer does not accept, told by the gateway or by a person.

    ``answer_by``: until when the bank takes an answer. ``told_at``: the gateway's own time of what was told last.
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes", db_index=False)
    gateway = Code(null=True)
    reference = models.TextField(null=True)
    amount_minor = models.BigIntegerField()
    currency = models.TextField()
    reason = models.TextField()
    status = models.TextField()
    opened_on = models.DateField()
    answer_by = models.DateField(null=True)
    answered_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    told_at = models.BigIntegerField(null=True)

    class Meta:
        triggers = (state_machine(states.DISPUTE),)
        constraints = [
            models.UniqueConstraint(fields=["gateway", "reference"], name="one_dispute"),
            models.CheckConstraint(condition=Q(status__in=list(states.DISPUTE)), name="dispute_status"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="disputed_amount_above_0"),
        ]
        indexes = [
            models.Index(fields=["payment"], name="disputes_of_payment"),
            models.Index(
                fields=["answer_by", "id"],
                condition=Q(status__in=states.DISPUTE_GOES_ON),
                name="disputes_that_go_on",
            ),
        ]
