"""What a version changes on the open orders of its program, order by order, while an update is rehearsed: who changes, what
differs, what a person had set and stays, and the money.

An order stands in one group of those who change or not (``WHO``), and in a group for each thing that differs of it. By the
amounts of either sort of groups the same comes together: how much more or less is to come. Of an order that is billed up front
that is what its payments still ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from perennial.catalog.models import Product
from perennial.catalog.queries import SetUp
from perennial.continuity.planning import LineRow, OccurrenceRow, OrderState
from perennial.continuity.update import Update
from perennial.jobs import price_notices
from perennial.jobs.leaving import Leaves, NextNight, leaves, that_wait
from perennial.kernel.money import line_amount, plain
from perennial.kernel.states import TO_COME
from perennial.kernel.totals import Charge
from perennial.payments.asked import NOTHING_ASKED, AskedMore
from perennial.payments.cost import Place, child_totals, places, taxed_on
from perennial.programs.queries import LoadedRevision

CHANGES, KEEPS, SAME, ASIDE = WHO = ("changes", "changes_and_keeps", "same", "put_aside")
"""Who an order is: it changes; it changes and keeps what a person has set; it stays as it is; it cannot be done."""
TOLD, SILENT = NOTICES = ("told", "silent")
"""A price of the order rises: its customer is told by mail; there is no address to write to."""
PAID_UPFRONT = ("upfront_now", "upfront_later", "upfront_less", "upfront_back")
"""Of orders billed up front: what is charged more at once, and later; what is charged less; what was paid beyond the new sum."""
AT_ONCE = ("leaves_at_once", "several_at_once")
"""What only the change brings about: a shipment leaves with the next night; and so the order gets more than one at once."""
MOST_KNOWN = 50_000
"""So many costs of shipments are remembered; most orders of a program cost the same."""

Told = int | str | None


class Difference(NamedTuple):
    """What orders of a group have in common. ``before`` and ``after`` say which difference of its kind; amounts in minor
    units, quantities as they are written.
    """

    kind: str
    event: str | None = None
    before: Told = None
    after: Told = None


class Row(NamedTuple):
    """An order in a group, as ``ChangedOrder`` has it behind the number of the group."""

    seq: int
    order: str
    line: int | None = None
    shipment: int | None = None
    ship_on: date | None = None
    new_ship_on: date | None = None
    amount_minor: int | None = None
    new_amount_minor: int | None = None
    more_minor: int = 0


class Updated(NamedTuple):
    """An order that was rehearsed: as it was read, what it would be, whether that differs, and the tariffs that it stood
    and stands on.
    """

    state: OrderState
    was_complete: bool
    tariff: int
    update: Update | None = None
    differs: bool = False
    billing: tuple[str | None, str | None] | None = None
    billing_kept: str | None = None
    new_tariff: int = 0


class Costed(NamedTuple):
    """What a shipment costs depends on this, besides its tariff: its lines (product, quantity, price), how it is sent, where
    it goes and on which day it is taxed.
    """

    lines: tuple[tuple[int, Decimal, int], ...]
    mode: int | None
    place: Place
    on: date


class Differs(NamedTuple):
    """Something that differs of an occurrence, ``line`` of it; ``makes`` that line what it is then."""

    kind: str
    before: Told = None
    after: Told = None
    line: int | None = None
    makes: LineRow | None = None


@dataclass
class Counted:
    """A group so far."""

    number: int
    orders: int = 0
    amount: int = 0


class _Waits(NamedTuple):
    """The groups of an order that was rehearsed, and what the report of the run counts of it."""

    rows: list[tuple[Difference, Row]]
    counts: Mapping[str, int]


@dataclass
class ChangeGroups:
    """What is known so far. What was rehearsed waits by its id until it is counted: what is rehearsed twice, because
    something was locked, is counted once.
    """

    revision: LoadedRevision
    night: NextNight
    groups: dict[Difference, Counted] = field(default_factory=dict)
    to_come: int = 0
    new_to_come: int = 0
    _waits: dict[int, _Waits] = field(default_factory=dict)
    _products: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    _costs: dict[tuple[int, Costed], int] = field(default_factory=dict)

    def take(
        self,
        rules: SetUp,
        updated: Sequence[Updated],
        counts: Mapping[int, Mapping[str, int]],
        lines: Mapping[int, int],
        upfront: Mapping[int, AskedMore],
    ) -> None:
        """Take a batch of orders in; ``counts``: what the report counts of each, by their ids; ``lines``: the number of the
        line that each is, by the line's id; ``upfront``: what those are asked for that are billed up front.
        """
        both = [o for one in updated for o in (*one.state.occurrences, *(one.update.after if one.update else ()))]
        self._know({line.product_id for o in both for line in o.lines})
        where = places([*(o.ship_to_id for o in both), *(one.state.row.ship_to_id for one in updated)])
        at_once: dict[int, tuple[Row, list[Leaves]]] = {}
        for one in updated:
            row = one.state.row
            base = Row(row.pk, row.order.number, lines[row.parent_line_id])
            asked = upfront.get(row.pk, NOTHING_ASKED) if row.upfront else None
            order = _Order(self, rules, one, where, base=base, asked=asked)
            found = order.told()
            of = counts.get(row.pk, {})
            if of.get(price_notices.RISE):
                found.append((Difference(SILENT if of.get(price_notices.SILENT) else TOLD), base))
            if asked is not None:
                found += _paid_upfront(asked, base)
            if one.differs and (leaving := order.leaves()):
                at_once[row.pk] = base, leaving
            self._waits[row.pk] = _Waits(found, of)
        self._leave_at_once(at_once)

    def _leave_at_once(self, at_once: Mapping[int, tuple[Row, list[Leaves]]]) -> None:
        """Note the orders of which a shipment leaves with the next night only because of the change."""
        waits = that_wait({pk: leaving for pk, (_, leaving) in at_once.items()}, self.night)
        for pk, (base, leaving) in at_once.items():
            then = [one for one in leaving if (pk, one.shipment) not in waits]
            new = [one for one in then if one.is_new]
            if new:
                first = base._replace(
                    shipment=new[0].shipment, new_ship_on=new[0].ship_on, new_amount_minor=new[0].amount
                )
                kinds = AT_ONCE if len(then) > 1 else AT_ONCE[:1]
                self._waits[pk].rows.extend((Difference(kind), first) for kind in kinds)

    def put_aside(self, subject: int, order: str) -> None:
        """An order cannot be done."""
        self._waits[subject] = _Waits([(Difference(ASIDE), Row(subject, order))], {})

    def counts(self) -> dict[int, Mapping[str, int]]:
        """What the report counts of each order that waits."""
        return {subject: one.counts for subject, one in self._waits.items()}

    def counted(self) -> Iterator[tuple[int | str | date | None, ...]]:
        """Count what waits, and give its rows as ``ChangedOrder`` has them."""
        for one in self._waits.values():
            for of, row in one.rows:
                group = self.groups.setdefault(of, Counted(len(self.groups) + 1))
                group.orders += 1
                group.amount += row.more_minor
                if of.kind in WHO:
                    self.to_come += row.amount_minor or 0
                    self.new_to_come += row.new_amount_minor or 0
                yield (group.number, *row)
        self._waits = {}

    def of_kinds(self, *kinds: str) -> int:
        """How many orders are in the groups of these kinds, of which an order is in one."""
        return sum(group.orders for of, group in self.groups.items() if of.kind in kinds)

    def cost(self, rules: SetUp, tariff: int, costed: Costed) -> int:
        """What a planned shipment costs with delivery and tax."""
        key = (tariff, costed)
        if (known := self._costs.get(key)) is None:
            if len(self._costs) >= MOST_KNOWN:
                self._costs.clear()
            charges = tuple(
                Charge(line_amount(quantity, price), self._products[product][1])
                for product, quantity, price in costed.lines
            )
            known = child_totals(rules.tariff(tariff), charges, costed.mode, costed.place, costed.on).total
            self._costs[key] = known
        return known

    def number(self, product: int) -> str:
        """The number of a product that was read."""
        return self._products[product][0]

    def _know(self, products: set[int]) -> None:
        if missing := products - self._products.keys():
            found = Product.objects.filter(pk__in=missing).values_list("pk", "number", "tax_group")
            self._products |= {pk: (number, group) for pk, number, group in found}


@dataclass
class _Order:
    """One order: what differs of it, and what it costs before and after; ``asked``: what it is asked for, if it is billed
    up front.
    """

    groups: ChangeGroups
    rules: SetUp
    one: Updated
    where: Mapping[int | None, Place]
    base: Row
    asked: AskedMore | None

    def __post_init__(self) -> None:
        state, update = self.one.state, self.one.update
        walk = [o for o in state.walk if o.child_id is None]
        planned = [*(o for o in state.frozen if o.child_id is None), *update.after] if update else walk
        self.were, self.are = _by_last(walk), _by_last(planned)
        self.before = {pair: self._cost(of, self.one.tariff) for pair, of in self.were.items()}
        self.after = {pair: self._cost(of, self.one.new_tariff) for pair, of in self.are.items()}

    def told(self) -> list[tuple[Difference, Row]]:
        """The groups that it is in, each once, the first of its shipments that is, and by how much each differs. What has
        nothing to do with one difference goes with the first.
        """
        state, update, before, after = self.one.state, self.one.update, self.before, self.after
        more = {pair: after.get(pair, 0) - before.get(pair, 0) for pair in {**before, **after}}
        charges = Difference("charges", None, self.one.tariff, self.one.new_tariff)
        found: dict[Difference, Row] = {}

        def note(of: Difference, old: OccurrenceRow | None, new: OccurrenceRow | None, amount: int) -> None:
            shown = new or old
            row = found.get(of)
            if row is None:
                row = self.base._replace(
                    shipment=shown.shipment if shown else None,
                    ship_on=old.ship_on if old else None,
                    new_ship_on=new.ship_on if new else None,
                    amount_minor=before.get(old.pair) if old else None,
                    new_amount_minor=after.get(new.pair) if new else None,
                )
            found[of] = row._replace(more_minor=row.more_minor + amount) if amount else row

        for old, new, differs in self._differences():
            shown = new or old
            assert shown is not None
            amounts = self._amounts(shown, differs, more.pop(shown.pair, 0))
            for one, amount in zip(differs, amounts, strict=False):
                note(Difference(one.kind, shown.event_key, one.before, one.after), old, new, amount)
            if by_tariff := sum(amounts[len(differs) :]):
                note(charges, None, None, by_tariff)
        if self.one.billing is not None:
            note(Difference("billing", None, *self.one.billing), None, None, 0)
        if state.row.complete != self.one.was_complete:
            note(Difference("ends" if state.row.complete else "goes_on"), None, None, 0)
        if left := sum(more.values()):
            same = self.one.tariff == self.one.new_tariff
            note(next(iter(found), charges) if same else charges, None, None, left)
        was, now = sum(before.values()), sum(after.values())
        if self.asked is not None:  # what ships when says nothing of what is taken: what is paid is paid
            if paid := self.asked.more - (now - was):
                note(Difference("paid_already"), None, None, paid)
            was, now = self.asked.before, self.asked.after
        keeps = False
        for adjustment, kept in update.set_by_people(state) if update else ():
            keeps = keeps or kept is not None
            note(Difference("gone" if kept is None else "kept", None, adjustment.kind), kept, kept, 0)
        if self.one.billing_kept is not None:
            note(Difference("billing_kept", None, self.one.billing_kept), None, None, 0)
        who = Difference((KEEPS if keeps else CHANGES) if self.one.differs else SAME)
        return [(who, self.base._replace(amount_minor=was, new_amount_minor=now, more_minor=now - was)), *found.items()]

    def leaves(self) -> list[Leaves]:
        """What leaves with the next night; none: nothing of it only because of the change."""
        return leaves(self.were, self.are, self.after, self.groups.night)

    def _differences(self) -> Iterator[tuple[OccurrenceRow | None, OccurrenceRow | None, list[Differs]]]:
        """Each occurrence of which something differs, before and after. Of an event that comes anyway another repetition
        is added, or left out.
        """
        update = self.one.update
        if update is None:
            return
        had, has = {o.event_key for o in self.one.state.walk}, {o.event_key for o in update.after}
        for old, new in update.pairs():
            if old is None or new is None:
                shown = new or old
                assert shown is not None
                if old is None:
                    yield old, new, [Differs("more_often" if shown.event_key in had else "added")]
                else:
                    yield old, new, [Differs("less_often" if shown.event_key in has else "left_out")]
            elif differs := list(_differences(old, new, self.groups, self.rules)):
                yield old, new, differs

    def _amounts(self, shown: OccurrenceRow, differs: Sequence[Differs], more: int) -> list[int]:
        """How much of what a shipment costs ``more`` each difference of its last occurrence makes, and behind them the
        tariff: they are made one after the other. What none of them makes goes with the one that makes most.
        """
        were, are = self.were.get(shown.pair), self.are.get(shown.pair)
        amounts = [0] * len(differs)
        one_tariff = self.one.tariff == self.one.new_tariff
        if were is None or are is None or len(were) + len(are) > 2 or (one_tariff and len(differs) == 1):
            at = next((at for at, one in enumerate(differs) if one.kind in ("skipped", "comes")), 0)
            amounts[at] = more
            return amounts
        (old,), (new,) = were, are
        costed, lines = self._costed(were), {line.line: line for line in old.lines}
        last, left = self.before[shown.pair], more
        for at, one in enumerate(differs):
            if one.line is not None:
                lines.pop(one.line, None)
                if one.makes is not None:
                    lines[one.line] = one.makes
                costed = costed._replace(lines=_priced(lines[number] for number in sorted(lines)))
            elif one.kind == "delivery":
                costed = costed._replace(mode=new.delivery_mode_id)
            elif one.kind == "date":
                costed = costed._replace(on=self._costed(are).on)
            else:
                continue
            now = self.groups.cost(self.rules, self.one.tariff, costed)
            amounts[at], last, left = now - last, now, left - (now - last)
        if not one_tariff:
            amounts.append(left)
        elif left:
            amounts[max(range(len(amounts)), key=lambda at: abs(amounts[at]))] += left
        return amounts

    def _cost(self, together: Sequence[OccurrenceRow], tariff: int) -> int:
        return self.groups.cost(self.rules, tariff, self._costed(together))

    def _costed(self, together: Sequence[OccurrenceRow]) -> Costed:
        row, last = self.one.state.row, together[-1]
        on = taxed_on(upfront=row.upfront, order_date=row.order_date, ship_on=last.ship_on)
        lines = _priced(last.lines if len(together) == 1 else [line for o in together for line in o.lines])
        return Costed(lines, last.delivery_mode_id, self.where[last.ship_to_id or row.ship_to_id], on)


def _priced(lines: Iterable[LineRow]) -> tuple[tuple[int, Decimal, int], ...]:
    return tuple([(line.product_id, line.quantity, line.price_minor) for line in lines])


def _by_last(occurrences: Iterable[OccurrenceRow]) -> dict[tuple[str, int], list[OccurrenceRow]]:
    """What ships together and is to come, by its last occurrence."""
    shipments: dict[int, list[OccurrenceRow]] = {}
    for o in occurrences:
        if o.status in TO_COME and o.shipment is not None:
            shipments.setdefault(o.shipment, []).append(o)
    return {together[-1].pair: together for together in shipments.values()}


def _paid_upfront(asked: AskedMore, base: Row) -> Iterator[tuple[Difference, Row]]:
    """The groups of an order by what it is asked for as a whole, whatever ships when; with the day of what comes later."""
    now, later, less, back = PAID_UPFRONT
    if asked.now > 0:
        yield Difference(now), base._replace(more_minor=asked.now)
    if asked.later > 0:
        yield Difference(later), base._replace(new_ship_on=asked.later_on, more_minor=asked.later)
    if (fewer := min(asked.now, 0) + min(asked.later, 0)) < 0:
        yield Difference(less), base._replace(more_minor=fewer)
    if asked.beyond > 0:
        yield Difference(back), base._replace(more_minor=asked.beyond)


def _differences(old: OccurrenceRow, new: OccurrenceRow, groups: ChangeGroups, rules: SetUp) -> Iterator[Differs]:
    """What differs of an occurrence that a person would see."""
    lines = {line.line: line for line in old.lines}
    for line in new.lines:
        yield from _of_line(lines.pop(line.line, None), line, groups)
    for line in lines.values():
        yield Differs("product", groups.number(line.product_id), None, line.line)
    if old.ship_on != new.ship_on:
        yield Differs("date")
    if old.delivery_mode_id != new.delivery_mode_id:
        yield Differs("delivery", _mode(old, rules), _mode(new, rules))
    if old.payment_schedule_id != new.payment_schedule_id:
        yield Differs("parts", _schedule(old, rules), _schedule(new, rules))
    if old.status != new.status:
        yield Differs("skipped" if new.status == "skipped" else "comes")


def _mode(row: OccurrenceRow, rules: SetUp) -> str | None:
    return None if row.delivery_mode_id is None else rules.modes[row.delivery_mode_id].code


def _schedule(row: OccurrenceRow, rules: SetUp) -> str | None:
    return None if row.payment_schedule_id is None else rules.schedules[row.payment_schedule_id].name


def _of_line(was: LineRow | None, now: LineRow, groups: ChangeGroups) -> Iterator[Differs]:
    if was is None:
        yield Differs("product", None, groups.number(now.product_id), now.line, now)
        return
    if was.product_id != now.product_id:
        was_number, was = groups.number(was.product_id), was._replace(product_id=now.product_id)
        yield Differs("product", was_number, groups.number(now.product_id), now.line, was)
    if was.price_minor != now.price_minor:
        was_price, was = was.price_minor, was._replace(price_minor=now.price_minor)
        yield Differs("price", was_price, now.price_minor, now.line, was)
    if was.quantity != now.quantity:
        yield Differs("quantity", plain(was.quantity), plain(now.quantity), now.line, now)
