"""What a draft or a new version would change on the open orders of its program: groups with examples, and the money.

Nothing is written. The orders are planned by the same function as update-orders plans them by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from perennial.catalog.models import Product
from perennial.catalog.queries import SetUp, price_lists, set_up
from perennial.continuity.models import ContinuityOrder
from perennial.continuity.planning import Difference, LineRow, OccurrenceRow, OrderState, read_orders
from perennial.continuity.update import Update, planned_with
from perennial.customers.models import Customer
from perennial.errors import Refused
from perennial.kernel.money import Money, line_amount
from perennial.kernel.states import TO_COME
from perennial.orders.models import OrderLine, SalesOrder
from perennial.payments.due import Place, places, shipment_totals, tax_groups, taxed_on
from perennial.programs.models import ProgramRevision
from perennial.programs.queries import LoadedRevision, load_revisions, program_by_id

BATCH = 300
EXAMPLES = 50


@dataclass(frozen=True, slots=True)
class Example:
    """One order that changes, or keeps what a person set. ``shipment`` as it is numbered after, else before."""

    order: str
    account: str
    customer: str
    line: int
    shipment: int | None
    ship_on: date | None
    """Before; None: it is new."""
    new_ship_on: date | None
    """After; None: it is left out."""
    amount: Money | None
    """What the products cost before, without delivery and tax."""
    new_amount: Money | None


@dataclass(frozen=True, slots=True)
class Group:
    """One difference of the program, on all the orders that it changes.

    ``kind``: ``price``, ``product``, ``quantity`` (``before`` and ``after`` say which), ``date``, ``delivery``,
    ``added``, ``left_out``; ``kept`` (``before`` is the kind of what a person set, which stays) and ``gone`` (which no
    longer applies). ``event``: its key; ``event_id``: its place in the version, None when it is not in it.
    ``amount``: so much more or less of what is planned, without delivery and tax.
    """

    kind: str
    event: str
    event_id: int | None
    before: Money | Decimal | str | None
    after: Money | Decimal | str | None
    orders: int
    amount: Money
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """What a version would change. ``orders`` = ``changed`` + ``same`` + ``refused`` (lines, of open orders that stand on
    another version); ``kept`` of them had been changed by a person. ``made``: child orders that are made and not sent,
    never touched. ``to_come``: planned shipments with delivery and tax, before and after.
    """

    program: str
    version: int
    orders: int
    changed: int
    same: int
    kept: int
    refused: tuple[tuple[str, Refused], ...]
    made: int
    to_come: Money
    new_to_come: Money
    groups: tuple[Group, ...]


def change_preview(program: str, *, version: int | None = None, examples: int = EXAMPLES) -> ChangePreview:
    """What a version would change on open orders; left out: the draft, else the newest one.

    Refused: an unknown program, a version that it does not have.
    """
    row = program_by_id(program)
    found = ProgramRevision.objects.filter(program=row).order_by("-number")
    revision = found.first() if version is None else found.filter(number=version).first()
    if revision is None:
        raise Refused("version_unknown", "version", program=program, version=version)
    rules = set_up()
    loaded = load_revisions(rules, [revision.pk])[revision.pk]
    prices = price_lists(loaded.product_ids[item] for item in loaded.products_to_price)
    made = _Made(rules, loaded, examples)
    open_orders = ContinuityOrder.objects.filter(program=row, status="open").exclude(revision=revision)
    last = 0
    while ids := list(open_orders.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        last = ids[-1]
        updates = []
        for state in read_orders(rules, ids):
            try:
                updates.append((state, planned_with(state, loaded, prices)))
            except Refused as refused:
                made.refused.append((state.row.order.number, refused))
        made.take(updates)
    lines = open_orders.values("parent_line_id")
    children = SalesOrder.objects.filter(parent_line_id__in=lines, status="open")
    return made.preview(program, children.count())


class _Change(NamedTuple):
    """One difference of one line of one occurrence."""

    kind: str
    event: str
    before: int | Decimal | str | None
    after: int | Decimal | str | None
    old: OccurrenceRow | None
    new: OccurrenceRow | None
    old_amount: int | None
    new_amount: int | None


@dataclass
class _Collected:
    """A group while orders are read."""

    orders: set[int] = field(default_factory=set)
    amount: int = 0
    first: list[tuple[OrderState, _Change]] = field(default_factory=list)


@dataclass
class _Made:
    """What is known so far."""

    rules: SetUp
    revision: LoadedRevision
    examples: int
    changed: int = 0
    same: int = 0
    kept: int = 0
    refused: list[tuple[str, Refused]] = field(default_factory=list)
    to_come: int = 0
    new_to_come: int = 0
    groups: dict[tuple[str, str, object, object], _Collected] = field(default_factory=dict)

    def take(self, updates: Sequence[tuple[OrderState, Update]]) -> None:
        """Take a batch of orders in."""
        both = [o for state, update in updates for o in (*state.occurrences, *update.after)]
        groups = tax_groups(line.product_id for o in both for line in o.lines)
        where = places([*(o.ship_to_id for o in both), *(state.row.ship_to_id for state, _ in updates)])
        numbers = dict(Product.objects.filter(pk__in=groups).values_list("pk", "number"))
        for state, update in updates:
            frozen = [o for o in state.frozen if o.child_id is None]
            before = [o for o in state.walk if o.child_id is None]
            self.to_come += self._cost(state, before, where, groups)
            self.new_to_come += self._cost(state, [*frozen, *update.after], where, groups)
            differs = Difference().add(update.before, update.after) or state.row.complete != update.complete
            self.changed += bool(differs)
            self.same += not differs
            self.kept += bool(state.adjustments)
            for change in (*_changes(update, numbers), *_kept(state, update)):
                self._note(state, change)

    def _cost(
        self,
        state: OrderState,
        occurrences: Sequence[OccurrenceRow],
        where: Mapping[int | None, Place],
        groups: dict[int, str | None],
    ) -> int:
        shipments: dict[int, list[OccurrenceRow]] = {}
        for o in occurrences:
            if o.status in TO_COME and o.shipment is not None:
                shipments.setdefault(o.shipment, []).append(o)
        cost = 0
        for together in shipments.values():
            place = where[together[-1].ship_to_id or state.row.ship_to_id]
            on = taxed_on(upfront=state.row.upfront, order_date=state.row.order_date, ship_on=together[-1].ship_on)
            cost += shipment_totals(self.rules.tariff(state.row.tariff_id), together, place, groups, on).total
        return cost

    def _note(self, state: OrderState, change: _Change) -> None:
        collected = self.groups.setdefault((change.kind, change.event, change.before, change.after), _Collected())
        if change.kind not in ("kept", "gone"):
            collected.amount += (change.new_amount or 0) - (change.old_amount or 0)
        if state.row.pk not in collected.orders and len(collected.first) < self.examples:
            collected.first.append((state, change))
        collected.orders.add(state.row.pk)

    def preview(self, program: str, made: int) -> ChangePreview:
        """The whole."""
        states = [state for of in self.groups.values() for state, _ in of.first]
        names = dict(Customer.objects.filter(pk__in={s.row.customer_id for s in states}).values_list("pk", "account"))
        people = dict(Customer.objects.filter(pk__in=names).values_list("pk", "name"))
        lines = dict(OrderLine.objects.filter(pk__in={s.row.parent_line_id for s in states}).values_list("pk", "line"))
        places_ = {event.key: event.event_id for event in self.revision.plan.events}
        currency = self.rules.currency

        def money(minor: int | None) -> Money | None:
            return None if minor is None else Money(minor, currency)

        def example(state: OrderState, change: _Change) -> Example:
            shown = change.new or change.old
            return Example(
                order=state.row.order.number,
                account=names[state.row.customer_id],
                customer=people[state.row.customer_id],
                line=lines[state.row.parent_line_id],
                shipment=shown.shipment if shown else None,
                ship_on=change.old.ship_on if change.old else None,
                new_ship_on=change.new.ship_on if change.new else None,
                amount=money(change.old_amount),
                new_amount=money(change.new_amount),
            )

        def value(kind: str, given: object) -> Money | Decimal | str | None:
            return Money(given, currency) if kind == "price" and isinstance(given, int) else given  # type: ignore[return-value]

        groups = [
            Group(
                kind=kind,
                event=event,
                event_id=places_.get(event),
                before=value(kind, before),
                after=value(kind, after),
                orders=len(of.orders),
                amount=Money(of.amount, currency),
                examples=tuple(example(state, change) for state, change in of.first),
            )
            for (kind, event, before, after), of in self.groups.items()
        ]
        groups.sort(key=lambda group: (group.kind in ("kept", "gone"), group.event_id or 0, -group.orders, group.kind))
        return ChangePreview(
            program=program,
            version=self.revision.number,
            orders=self.changed + self.same + len(self.refused),
            changed=self.changed,
            same=self.same,
            kept=self.kept,
            refused=tuple(self.refused),
            made=made,
            to_come=Money(self.to_come, currency),
            new_to_come=Money(self.new_to_come, currency),
            groups=tuple(groups),
        )


def _amount(o: OccurrenceRow | None) -> int | None:
    """What the products of a planned occurrence cost."""
    if o is None or o.status not in TO_COME:
        return None
    return sum(line_amount(line.quantity, line.price_minor) for line in o.lines)


def _changes(update: Update, numbers: Mapping[int, str]) -> Iterator[_Change]:
    """What an update changes, a difference at a time; only the first of one occurrence carries its amounts."""
    for old, new in update.pairs():
        shown = new or old
        amounts = _amount(old), _amount(new)
        for kind, was, now in _differences(old, new, numbers):
            yield _Change(kind, shown.event_key if shown else "", was, now, old, new, *amounts)
            amounts = None, None


Value = int | Decimal | str | None


def _differences(
    old: OccurrenceRow | None, new: OccurrenceRow | None, numbers: Mapping[int, str]
) -> Iterator[tuple[str, Value, Value]]:
    if old is None or new is None:
        yield ("added" if old is None else "left_out"), None, None
        return
    lines = {line.line: line for line in old.lines}
    for line in new.lines:
        yield from _of_line(lines.pop(line.line, None), line, numbers)
    for line in lines.values():
        yield "product", numbers[line.product_id], None
    if old.ship_on != new.ship_on or old.event_on != new.event_on or old.shipment != new.shipment:
        yield "date", None, None
    if old.delivery_mode_id != new.delivery_mode_id:
        yield "delivery", None, None


def _of_line(was: LineRow | None, now: LineRow, numbers: Mapping[int, str]) -> Iterator[tuple[str, Value, Value]]:
    if was is None:
        yield "product", None, numbers[now.product_id]
        return
    if was.product_id != now.product_id:
        yield "product", numbers[was.product_id], numbers[now.product_id]
    if was.price_minor != now.price_minor:
        yield "price", was.price_minor, now.price_minor
    if was.quantity != now.quantity:
        yield "quantity", was.quantity, now.quantity


def _kept(state: OrderState, update: Update) -> Iterator[_Change]:
    """What a person had set on planned occurrences, and stays; and what no longer applies."""
    for a, o in update.set_by_people(state):
        yield _Change(
            kind="gone" if o is None else "kept",
            event=a.key,
            before=a.kind,
            after=None,
            old=o,
            new=o,
            old_amount=_amount(o),
            new_amount=_amount(o),
        )
