"""An order while it is entered: what it will ship and cost, what may be chosen, what is owed when, how the bank answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from perennial.catalog.queries import SetUp, company, set_up
from perennial.continuity.models import ContinuityOrder
from perennial.db import sql
from perennial.desk.entry.values import PayEntry
from perennial.desk.read.coming import ComingShipment, coming
from perennial.desk.read.customer import Customer, customer
from perennial.desk.read.order import Continuity, Line, Order
from perennial.desk.read.orders import order
from perennial.desk.read.shipment import clipped
from perennial.desk.read.values import Card
from perennial.errors import Refused
from perennial.kernel import oddities
from perennial.kernel.money import Money, line_amount
from perennial.kernel.plan import Behind, behind
from perennial.kernel.reasons import Reason
from perennial.kernel.states import METHODS, NOT_ANSWERED, PREPAID, REFUSED
from perennial.payments import gateways
from perennial.payments.due import child_parts
from perennial.payments.gateways.contract import KeepsCards
from perennial.programs.queries import load_revisions

_SQL = sql.named("perennial.desk.read", "entry.sql")
TAKEN = ("authorised", "captured")
TRAINING = ("tok_visa", "tok_declined", "tok_hard", "tok_lost", "tok_pending")
"""Tokens of the built-in gateway, each of which answers in its way."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a continuity line's program asks for, and what may be chosen. ``schedules``: the names that are offered."""

    start: bool = False
    schedule: bool = False
    own_schedule: str | None = None
    schedules: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("card",)


@dataclass(frozen=True, slots=True)
class Due:
    """Money with its day. ``purpose`` as of payments; ``part`` of ``parts`` of what it pays; ``shipment``: which one."""

    on: date
    amount: Money
    purpose: str
    line: int | None
    shipment: int | None
    method: str
    card: Card | None
    part: int
    parts: int


@dataclass(frozen=True, slots=True)
class Way:
    """A way to deliver ordinary lines, and what it costs before tax. ``active``: it may be given."""

    code: str
    charge: Money
    active: bool = True


@dataclass(frozen=True, slots=True)
class Share:
    """How a part of the ordinary lines is paid; neither an amount nor a percentage: all the rest."""

    method: str
    card: str | None
    amount: Money | None
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Entry:
    """All that is shown while an order is entered. ``order`` None: nothing was added yet.

    ``ways``: how ordinary lines may be delivered, ``deliveries``: how they are, by line, ``usual_delivery``: what is
    proposed for another. ``shipments``: what it will ship, skipped ones too. ``dues``: all that it will owe as far as it is planned, by day.
    """

    customer: Customer
    currency: str
    today: date
    order: Order | None = None
    shipments: tuple[ComingShipment, ...] = ()
    dues: tuple[Due, ...] = ()
    asked: Mapping[int, Asked] = field(default_factory=dict)
    shares: tuple[Share, ...] = ()
    ways: tuple[Way, ...] = ()
    deliveries: Mapping[int, str] = field(default_factory=dict)
    usual_delivery: str | None = None
    payer: Customer | None = None
    """Who pays, where that is not the customer."""
    notes: tuple[Reason, ...] = ()
    """What may be a slip: of the customer, of where it goes, of the cards that pay, of the programs."""

    @property
    def pays(self) -> Customer:
        """The customer who pays."""
        return self.payer or self.customer

    @property
    def cards(self) -> tuple[Card, ...]:
        """The stored cards that can be charged, the newest first."""
        found = (stored.card for stored in reversed(self.pays.cards))
        return tuple(card for card in found if not card.refused and card.expires_on >= self.today)

    @property
    def usual(self) -> tuple[str | None, str | None]:
        """How a new line is paid unless something else is said: (method, card's token)."""
        if self.order is not None and self.order.continuity:
            first = self.order.continuity[0]
            return first.payment_method, first.card.token if first.card else None
        if self.cards:
            return "card", self.cards[0].token
        return ("on_account", None) if self.pays.allow_on_account else (None, None)

    @property
    def no_way_to_pay(self) -> Refused | None:
        """Why a new line cannot be paid: no card can be charged, and there is no account; None: there is a way."""
        if self.usual[0] is not None:
            return None
        stored = [one.card for one in self.pays.cards]
        if not stored:
            return Refused("no_way_to_pay", "item")
        last = max(stored, key=lambda card: card.expires_on)
        if last.expires_on < self.today:
            return Refused("cards_expired", "item", count=len(stored), card=last.words or None, on=last.expires_on)
        return Refused("cards_refused", "item", count=len(stored))

    def paid_without(self, line: int) -> tuple[PayEntry, ...] | None:
        """How the ordinary lines are paid once this line is gone: as now, though the line whose card paid is not there."""
        if self.order is None or self.shares or not self.ordinary:
            return None
        left = [one.line for one in self.order.continuity if one.line != line]
        first = self.ordinary[0]
        return None if left else (PayEntry(first.method, first.card.token if first.card else None),)

    def continuity(self, line: int) -> Continuity | None:
        """The continuity order of a line."""
        return next((one for one in self.order.continuity if one.line == line), None) if self.order else None

    def behind(self, line: int) -> Behind | None:
        """What the start date of a line has put into the past."""
        one = self.continuity(line)
        if one is None or self.order is None:
            return None
        lines = (each for shipment in self.of_line(line) for each in shipment.lines)
        return behind(self.order.order_date, one.start_date, clipped(lines))

    def of_line(self, line: int) -> tuple[ComingShipment, ...]:
        """The shipments of a line."""
        return tuple(one for one in self.shipments if one.line == line)

    def sent(self, line: int | None = None) -> tuple[ComingShipment, ...]:
        """The shipments that are not skipped, of a line or of all."""
        return tuple(one for one in self.shipments if one.status != "skipped" and line in (None, one.line))

    def amount(self, line: Line) -> Money:
        """What a line costs: an ordinary one by itself, a continuity line all that is planned of it."""
        if line.price is not None:
            return Money(line_amount(line.quantity, line.price.minor), self.currency)
        return self.sum_of(line.line)

    def sum_of(self, line: int | None = None) -> Money:
        """What the shipments cost, of a line or of all."""
        return Money(sum(one.cost.minor for one in self.sent(line)), self.currency)

    def ways_of(self, line: int) -> list[Way]:
        """The ways among which a line lets somebody choose: those in use, and the one that it has."""
        return [way for way in self.ways if way.active or way.code == self.deliveries.get(line)]

    @property
    def whole(self) -> Money:
        """All that is planned, and the ordinary lines."""
        ordinary = self.order.total.minor if self.order else 0
        return Money(ordinary + self.sum_of().minor, self.currency)

    @property
    def ordinary(self) -> tuple[Due, ...]:
        """What the ordinary lines owe."""
        return tuple(one for one in self.dues if one.purpose == "ordinary")

    @property
    def has_parts(self) -> bool:
        """Are there days on which money is due and nothing ships, or not all of what ships?"""
        return any(one.parts > 1 for one in self.dues)


def new_entry(account: str, *, on: date) -> Entry:
    """An order before its first line. Refused: there is no such customer."""
    found = company()
    usual = sql.value(_SQL["usual_delivery"], {"order": None, "account": account})
    return Entry(customer(account), found.currency or "", on, usual_delivery=usual)


def entry(number: str, *, on: date) -> Entry:
    """An order as it is entered. Refused: there is none of this number."""
    return _entry(order(number, on=on), set_up(), on)


def town_of(postcode: str, country: str | None) -> str | None:
    """The one town that our addresses know with this postcode; None: none, or several."""
    found = sql.tuples(_SQL["towns"], {"postcode": postcode, "country": country}) if postcode.strip() else []
    return found[0][0] if len(found) == 1 else None


def differences(before: Entry, after: Entry) -> frozenset[tuple[int, int, str]]:
    """(line, shipment, what): the dates and costs of shipments that differ, and shipments that are new."""
    was = {(one.line, one.number): one for one in before.shipments}
    found = set()
    for one in after.shipments:
        old = was.get((one.line, one.number))
        if old is None or old.ship_on != one.ship_on:
            found.add((one.line, one.number, "date"))
        if old is None or old.cost != one.cost or old.status != one.status:
            found.add((one.line, one.number, "cost"))
    return frozenset(found)


def _entry(found: Order, rules: SetUp, on: date) -> Entry:
    given = {"order": found.number}
    who = customer(found.account)
    payer = customer(found.payer.account) if found.payer else None
    shipments = tuple(coming(found, rules))
    asked = {
        line: _asked(found, line, _Offer(start, schedule, own, tuple(valid)), rules, payer or who)
        for line, start, schedule, own, valid in sql.tuples(_SQL["asked"], given)
    }
    schedules = {(line, shipment): key for line, shipment, key in sql.tuples(_SQL["schedules"], given)}
    shares = tuple(
        Share(method, token, None if minor is None else Money(minor, found.currency), percent)
        for method, token, minor, percent in sql.tuples(_SQL["pays"], given)
    )
    deliveries = dict(sql.tuples(_SQL["deliveries"], given))
    dues = sorted(_dues(found, shipments, schedules, rules), key=lambda due: (due.on, due.line or 0, due.part))
    return Entry(
        customer=who,
        currency=found.currency,
        today=on,
        order=found,
        shipments=shipments,
        dues=tuple(dues),
        asked=asked,
        shares=shares,
        ways=tuple(_ways(rules, found.currency)),
        deliveries=deliveries,
        usual_delivery=_usual_delivery(found, deliveries, rules),
        payer=payer,
        notes=tuple(_notes(found, who, dues, rules, on)),
    )


def _ways(rules: SetUp, currency: str) -> Iterator[Way]:
    """How an order can be sent, and what that costs today; what is not in use may still stand in a line."""
    for mode in rules.modes_by_code.values():
        charge = rules.tariff().delivery(mode.id)
        yield Way(mode.code, Money(charge.amount if charge else 0, currency), mode.active)


def _notes(found: Order, who: Customer, dues: Sequence[Due], rules: SetUp, on: date) -> Iterator[Reason]:
    """What is odd about a draft, each thing once."""
    yield from oddities.of_name(who.account, who.name)
    places = [found.ship_to, *(one.ship_to for one in found.continuity)]
    for address in dict.fromkeys(place for place in places if place is not None):
        yield from oddities.of_address(who.account, address.code, address.street)
    taxed = {rate.country for rate in rules.tariff().rates}
    for country in dict.fromkeys(place.country for place in places if place is not None):
        yield from oddities.of_country(country, taxed)
    cards = [one.card for one in found.continuity if one.payment_method == "card"] + [due.card for due in dues]
    for card in dict.fromkeys(card for card in cards if card is not None):
        yield from oddities.of_card(who.account, card.words or card.token, card.expires_on, on)
    revisions = dict(
        ContinuityOrder.objects.filter(order__number=found.number)
        .order_by("pk")
        .values_list("revision_id", "program__schedule_id")
    )
    for pk, revision in load_revisions(rules, revisions).items() if revisions else ():
        yield from oddities.of_program(revisions[pk], revision.plan.events)


def _usual_delivery(found: Order, deliveries: Mapping[int, str], rules: SetUp) -> str | None:
    """As the last ordinary line is delivered, were it not at all, unless that is not in use any more; else what is usual for
    this order and customer.
    """
    usual: str | None = sql.value(_SQL["usual_delivery"], {"order": found.number, "account": found.account})
    ordinary = [one.line for one in found.lines if one.price is not None]
    last = deliveries.get(ordinary[-1]) if ordinary else usual
    return usual if last is not None and not rules.modes_by_code[last].active else last


class _Offer(NamedTuple):
    """What the program of a line asks at entry, and the payment schedules that it offers."""

    start: bool
    schedule: bool
    own: str | None
    valid: tuple[str, ...]


def _asked(found: Order, line: int, offer: _Offer, rules: SetUp, who: Customer) -> Asked:
    """The rules are those by which entry refuses: what the program offers, where it offers some; else any."""
    start, schedule, own, valid = offer
    offered = valid if schedule or valid else tuple(sorted(one.name for one in rules.schedules.values()))
    one = next(each for each in found.continuity if each.line == line)
    methods = ["card"]
    if who.allow_on_account:
        methods.append("on_account")
    if one.upfront and one.payment_schedule is None:
        methods += PREPAID
    return Asked(
        start=start,
        schedule=schedule,
        own_schedule=own,
        schedules=tuple(dict.fromkeys([*([own] if own else []), *offered])),
        methods=tuple(method for method in METHODS if method in methods),
    )


def _dues(
    found: Order,
    shipments: tuple[ComingShipment, ...],
    schedules: Mapping[tuple[int, int], int | None],
    rules: SetUp,
) -> Iterator[Due]:
    """What is owed already, up front and of ordinary lines, and what each shipment will owe."""
    together: dict[tuple[str, int | None], int] = defaultdict(int)
    owed = [p for p in found.payments if p.purpose in ("ordinary", "order") and p.status != "cancelled"]
    for p in owed:
        together[p.purpose, p.line] += 1
    for p in owed:
        parts = 1 if p.purpose == "ordinary" else together[p.purpose, p.line]
        yield Due(
            on=p.due_on,
            amount=p.amount,
            purpose=p.purpose,
            line=p.line,
            shipment=None,
            method=p.method,
            card=p.card,
            part=p.number,
            parts=parts,
        )
    methods = {one.line: one for one in found.continuity}
    for shipment in shipments:
        if shipment.upfront or shipment.status == "skipped":
            continue
        one = methods[shipment.line]
        key = schedules.get((shipment.line, shipment.number))
        schedule = rules.schedules.get(key) if key is not None else None
        parts_of = child_parts(schedule, shipment.cost.minor, shipment.ship_on, one.payment_method)
        for part in parts_of:
            amount = Money(part.amount, found.currency)
            yield Due(
                on=part.due_on,
                amount=amount,
                purpose="shipment",
                line=one.line,
                shipment=shipment.number,
                method=one.payment_method,
                card=one.card,
                part=part.number,
                parts=len(parts_of),
            )


@dataclass(frozen=True, slots=True)
class Answered:
    """How the bank answered about an order that has just been submitted, in the worst case first.

    ``state``: ``unknown`` (it has not answered yet), ``declined``, ``taken`` (authorised or captured), ``nothing`` (it was
    not asked). ``said``: what it gave as its reason.
    """

    state: str
    amount: Money
    cards: tuple[Card, ...]
    said: str | None


def answered(found: Order, on: date) -> Answered:
    """What became of what is owed of an order, read of its payments; what is due by now is still to be asked for."""
    own = [p for p in found.payments if p.purpose in ("ordinary", "order")]
    for state, words in (("unknown", NOT_ANSWERED), ("declined", REFUSED), ("taken", TAKEN)):
        those = [p for p in own if p.status in words]
        if those:
            amount = Money(sum(p.amount.minor for p in those), found.currency)
            cards = tuple(dict.fromkeys(p.card for p in those if p.card))
            told = (e.reason for e in reversed(found.history) if e.kind in ("payment_declined", "payment_failed"))
            reason = next(told, None) if state == "declined" else None
            return Answered(state, amount, cards, reason if isinstance(reason, str) else None)
    due = [p for p in own if p.status == "due" and p.due_on <= on and p.method == "card"]
    if due:
        cards = tuple(dict.fromkeys(p.card for p in due if p.card))
        return Answered("due", Money(sum(p.amount.minor for p in due), found.currency), cards, None)
    return Answered("nothing", Money(0, found.currency), (), None)


def training_tokens() -> tuple[str, ...]:
    """The cards that a training desk may store; none where real cards are charged, or given on a page of the gateway, which
    does not know these.
    """
    now = gateways.current()
    return () if now.real or isinstance(now, KeepsCards) else TRAINING
