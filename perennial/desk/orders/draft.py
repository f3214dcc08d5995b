"""Edit a draft order: its lines, and how its ordinary lines are paid.

A draft that was edited stands as the order that would have been entered so at once: what is added or changed goes through
the same entry (``desk.entry``), at the prices of the order date and by the newest revision of its program; what is not
touched keeps its rows. Nothing is sent or charged of a draft, so its lines close up: they are numbered from 1 without
gaps. What a person had changed of a line's shipments applies again when the line is entered anew.

None of this is taken back by ``undo``: a draft is edited back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.catalog.models import Product
from perennial.continuity.models import ContinuityOrder
from perennial.continuity.planning import OrderState
from perennial.db import sql
from perennial.desk.action import action
from perennial.desk.entry import enter
from perennial.desk.entry.customers import Buyer
from perennial.desk.entry.incoming import Incoming
from perennial.desk.entry.known import Known
from perennial.desk.entry.lines import add_line as enter_line
from perennial.desk.entry.ordinary import OrdinaryLine, add_ordinary
from perennial.desk.entry.rows import NewOrder
from perennial.desk.entry.values import ContinuityEntry, LineEntry, OrderEntry, PayEntry, Place
from perennial.desk.entry.writing import write
from perennial.desk.locking import LockedOrder, lock_parent
from perennial.desk.orders.cancel import Cancelled, ChildCancelled, EndsAfter, cancel
from perennial.desk.outcome import Outcome
from perennial.errors import Refused, refuse_all
from perennial.kernel.money import Money
from perennial.kernel.plan import Behind, behind
from perennial.kernel.reasons import DateReason
from perennial.kernel.shares import shares_of
from perennial.orders.models import OrderLine, OrderPay, SalesOrder
from perennial.payments.models import Payment

SQL = sql.named("perennial.desk.orders", "draft.sql")

MAY_BE_LEFT_OUT = ("start_date", "payment_schedule", "ship_to", "delivery_mode")
"""What a changed line can have as if it had never been said (``without``)."""

PARAMETERS = {"item_number": "item"}
"""How a field of an entered line is called here, where it has another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEdited(Outcome):
    """A draft as it is now. ``line``: the number of the line that was added, changed or removed; ``total``: what its
    ordinary lines cost; ``behind``: what the start date of the line puts into the past.
    """

    order: str
    line: int | None
    total: Money
    behind: Behind | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the draft as it will be: its row, if it has one already; what is entered, if it is entered (anew)."""

    row: OrderLine | None
    state: OrderState | None
    entry: LineEntry | None = None

    @property
    def item(self) -> LineEntry:
        """What entry has to know of."""
        assert self.row is not None or self.entry is not None
        return self.entry or LineEntry(self.row.product.number if self.row else "")

    @property
    def stands(self) -> bool:
        """Does it keep its row as it is?"""
        return self.entry is None


@dataclass(frozen=True, slots=True)
class _Written:
    """What was written of a draft, and what its ordinary lines cost."""

    rows: NewOrder
    total: Money

    def behind(self, line: int) -> Behind | None:
        """What the start date of a line that was entered puts into the past."""
        for row in self.rows.continuity:
            if row.parent_line.line == line:
                clipped = (
                    (o.shipment, o.event_on, o.ship_on)
                    for o in row.occurrences
                    if o.status != "skipped" and DateReason.read(o.why).ship == "order_date"
                )
                return behind(row.facts.order_date, row.facts.start_date, clipped)
        return None


@action()
def start(
    *,
    account: str,
    item: str,
    on: date,
    by: str,
    quantity: Decimal = Decimal(1),
    delivery_mode: str | None = None,
    payment_method: str | None = None,
    card: str | None = None,
    payer: str | None = None,
    source_code: str | None = None,
    meant: Sequence[date] = (),
    reason: str | None = None,
) -> DraftEdited:
    """Start a draft with its first line. ``payment_method`` and ``card`` pay it, whatever its kind; ``delivery_mode``: of
    an ordinary line; ``payer``: the account of who pays, where that is not who receives; ``source_code``: where it comes
    from; ``meant``: days that are not mistyped, though they are years away.

    Refused, all faults at once: an unknown customer or payer; what could not be entered so.
    """
    is_continuity = Product.objects.filter(number=item, kind="continuity").exists()
    named = payment_method is not None or card is not None
    line = LineEntry(
        item,
        quantity,
        delivery_mode=delivery_mode,
        continuity=ContinuityEntry(payment_method=payment_method, card=card) if is_continuity and named else None,
    )
    pay = (PayEntry(payment_method or "card", card),) if named and not is_continuity else ()
    entry = OrderEntry(account, (line,), pay=pay, payer=payer, source_code=source_code, meant=frozenset(meant))
    (entered,) = enter([entry], on=on, by=by)
    if isinstance(entered, list):
        refuse_all(_of_parameters(entered))
        raise AssertionError("an order that is not entered has faults")
    row = SalesOrder.objects.only("total_minor", "currency").get(pk=entered.id)
    return DraftEdited(order=entered.number, line=1, total=Money(row.total_minor, row.currency))


@action()
def add_line(
    *,
    number: str,
    item: str,
    on: date,
    by: str,
    quantity: Decimal = Decimal(1),
    delivery_mode: str | None = None,
    start_date: date | None = None,
    payment_method: str | None = None,
    card: str | None = None,
    payment_schedule: str | None = None,
    ship_to: Place = None,
    pay: Sequence[PayEntry] | None = None,
    meant: Sequence[date] = (),
    reason: str | None = None,
) -> DraftEdited:
    """Add a line behind the others: an ordinary product, or a continuity product, whose shipments are planned.

    What is left out is as at entry; ``pay``: how the ordinary lines are paid from now on (None: as before);
    ``meant``: days that are not mistyped, though they are years away. Refused, all faults at once: an order that is not a draft; what could not be entered so.
    """
    locked = _draft(number, on=on, by=by, reason=reason)
    given = ContinuityEntry(start_date, payment_method, card, payment_schedule, ship_to)
    entry = LineEntry(
        item, quantity, delivery_mode=delivery_mode, continuity=None if given == ContinuityEntry() else given
    )
    lines = [*_lines(locked), _Line(None, None, entry)]
    written = _write(locked, lines, pay, meant)
    locked.event("line_added", line=len(lines), item=item)
    return DraftEdited(order=number, line=len(lines), total=written.total, behind=written.behind(len(lines)))


@action()
def change_line(
    *,
    number: str,
    line: int | None = None,
    on: date,
    by: str,
    quantity: Decimal | None = None,
    delivery_mode: str | None = None,
    start_date: date | None = None,
    payment_method: str | None = None,
    card: str | None = None,
    payment_schedule: str | None = None,
    ship_to: Place = None,
    without: Sequence[str] = (),
    pay: Sequence[PayEntry] | None = None,
    meant: Sequence[date] = (),
    reason: str | None = None,
) -> DraftEdited:
    """Change a line: it is entered anew, with what is given in the place of what it had.

    None leaves a thing as it is; ``without`` names those that are to be as if never said (``MAY_BE_LEFT_OUT``);
    ``meant``: days that are not mistyped, though they are years away.
    Refused, all faults at once: an order that is not a draft, a line that it does not have; what could not be entered so.
    """
    for word in without:
        if word not in MAY_BE_LEFT_OUT:
            raise Refused("unknown_word", "without", word=word, known=MAY_BE_LEFT_OUT)
    locked = _draft(number, on=on, by=by, reason=reason)
    lines = _lines(locked)
    at, old = _chosen(locked, lines, line)
    given: dict[str, Any] = {
        "start_date": start_date,
        "payment_method": payment_method,
        "card": card,
        "payment_schedule": payment_schedule,
        "ship_to": ship_to,
    }
    entry = _as_entered(locked, old)
    before = entry.continuity or ContinuityEntry()
    if payment_method is not None or payment_schedule is not None:
        before = replace(before, shares=())  # another way to pay it is all of it
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    continuity = replace(before, **changes | {name: None for name in without if name in given})
    entry = replace(
        entry,
        quantity=entry.quantity if quantity is None else quantity,
        delivery_mode=None if "delivery_mode" in without else delivery_mode or entry.delivery_mode,
        continuity=None if continuity == ContinuityEntry() else continuity,
    )
    lines[at] = replace(old, entry=entry)
    written = _write(locked, lines, pay, meant)
    locked.event("line_changed", line=at + 1, item=entry.item_number)
    return DraftEdited(order=number, line=at + 1, total=written.total, behind=written.behind(at + 1))


@action()
def remove_line(
    *,
    number: str,
    line: int | None = None,
    on: date,
    by: str,
    pay: Sequence[PayEntry] | None = None,
    reason: str | None = None,
) -> DraftEdited:
    """Take a line out of a draft; those behind it move up.

    Refused: an order that is not a draft, a line that it does not have, its only line.
    """
    locked = _draft(number, on=on, by=by, reason=reason)
    lines = _lines(locked)
    at, old = _chosen(locked, lines, line)
    if len(lines) == 1:
        raise Refused("only_line", "line", order=number)
    assert old.row is not None
    del lines[at]
    total = _write(locked, lines, pay).total
    locked.event("line_removed", line=at + 1, item=old.row.product.number)
    return DraftEdited(order=number, line=at + 1, total=total)


@action()
def pay_draft(*, number: str, pay: Sequence[PayEntry], on: date, by: str, reason: str | None = None) -> DraftEdited:
    """Say anew how the ordinary lines of a draft are paid; nothing: as its first continuity line, else by the only card.

    Refused: an order that is not a draft; amounts or percentages that are not the whole; a card that the customer does
    not have.
    """
    locked = _draft(number, on=on, by=by, reason=reason)
    total = _write(locked, _lines(locked), pay).total
    locked.event("pay_changed")
    return DraftEdited(order=number, line=None, total=total)


@action()
def discard(*, number: str, on: date, by: str, reason: str | None = None) -> Cancelled | EndsAfter | ChildCancelled:
    """Throw a draft away: it is cancelled, and nothing of it was ever due. Refused: an order that is not a draft."""
    _draft(number, on=on, by=by, reason=reason)
    return cancel(number=number, on=on, by=by, reason=reason)


def total_anew(locked: LockedOrder) -> None:
    """Reckon the ordinary lines of a draft anew, after its address has changed: taxes, and what is to be paid."""
    _write(locked, _lines(locked), None)


def _draft(number: str, *, on: date, by: str, reason: str | None) -> LockedOrder:
    locked = lock_parent(number, on=on, by=by, reason=reason)
    if locked.order.status != "draft":
        raise Refused("only_drafts_are_edited", "number", order=number, status=locked.order.status)
    return locked


def _lines(locked: LockedOrder) -> list[_Line]:
    """The lines of a draft as they stand."""
    states = {state.row.parent_line_id: state for state in locked.states}
    rows = OrderLine.objects.filter(order=locked.order).select_related("product", "delivery_mode").order_by("line")
    return [_Line(row, states.get(row.pk)) for row in rows]


def _chosen(locked: LockedOrder, lines: Sequence[_Line], line: int | None) -> tuple[int, _Line]:
    """The line that is meant, or the only one, and its place from 0."""
    if line is None:
        if len(lines) > 1:
            raise Refused("which_line", "line", order=locked.order.number, lines=list(range(1, len(lines) + 1)))
        line = 1
    if not 0 < line <= len(lines):
        raise Refused("line_unknown", "line", order=locked.order.number, line=line)
    return line - 1, lines[line - 1]


def _as_entered(locked: LockedOrder, old: _Line) -> LineEntry:
    """A line as it would be entered to be what it is: what stands as left out is left out."""
    assert old.row is not None
    product, mode = old.row.product.number, old.row.delivery_mode
    if old.state is None:
        return LineEntry(product, old.row.quantity, delivery_mode=mode.code if mode else None)
    row = ContinuityOrder.objects.select_related("card", "payment_schedule", "ship_to").get(pk=old.state.row.pk)
    chosen = row.payment_schedule if row.schedule_chosen else None
    elsewhere = row.ship_to if row.ship_to_id != locked.order.ship_to_id else None
    return LineEntry(
        product,
        row.quantity,
        continuity=ContinuityEntry(
            start_date=row.start_date,
            payment_method=row.payment_method,
            card=row.card.token if row.card else None,
            payment_schedule=chosen.name if chosen else None,
            ship_to=elsewhere.code or elsewhere.pk if elsewhere else None,
            shares=shares_of(row.shares),
        ),
    )


def _pay(locked: LockedOrder) -> tuple[PayEntry, ...]:
    """How the ordinary lines are paid as it was said; another card may have been given to a payment since."""
    cards = dict(
        Payment.objects.filter(order=locked.order, purpose="ordinary", card__isnull=False).values_list(
            "number", "card__token"
        )
    )
    found = OrderPay.objects.filter(order=locked.order).select_related("card").order_by("number")
    return tuple(
        PayEntry(p.method, cards.get(p.number, p.card.token if p.card else None), p.amount_minor, p.percent)
        for p in found
    )


def _write(
    locked: LockedOrder, lines: Sequence[_Line], pay: Sequence[PayEntry] | None, meant: Sequence[date] = ()
) -> _Written:
    """Let the draft have these lines."""
    order = locked.order
    before = _lines(locked)
    entry = OrderEntry(
        order.customer.account,
        tuple(line.item for line in lines),
        number=order.number,
        order_date=order.order_date,
        pay=_pay(locked) if pay is None else tuple(pay),
        payer=order.payer.account if order.payer else None,
        meant=frozenset(meant),
    )
    known = Known([entry])
    incoming = Incoming(known, entry, Buyer.of(known.customers, entry.customer, entry.payer), locked.on)
    row = incoming.order
    row.id, row.ship_to = order.pk, order.ship_to_id
    ordinary: list[OrdinaryLine] = []
    for at, line in enumerate(lines):
        found = _add(incoming, at, line)
        if found is not None:
            ordinary.append(found)
    refuse_all(_of_parameters(incoming.faults))
    add_ordinary(incoming, ordinary)
    refuse_all(_of_parameters(incoming.faults))
    kept = {line.row.pk: at for at, line in enumerate(lines, 1) if line.row and line.stands}
    staying = {line.row.pk for line in lines if line.row}
    were = [line.row.pk for line in before if line.row]
    values = {
        "order": order.pk,
        "lines": [pk for pk in were if pk not in kept],
        "gone": [pk for pk in were if pk not in staying],
        "ids": list(kept),
        "numbers": list(kept.values()),
        "delivery": row.delivery_minor,
        "tax": row.tax_minor,
        "total": row.total_minor,
    }
    for statement in SQL.values():  # in the order of the file
        sql.execute(statement, values)
    write([incoming.rows])
    return _Written(incoming.rows, Money(row.total_minor, order.currency))


def _add(incoming: Incoming, at: int, line: _Line) -> OrdinaryLine | None:
    """Add a line to what is written: as it stands, or entered (anew)."""
    if line.entry is not None:
        return enter_line(incoming, at, line.entry, stood=line.row, again=line.state)
    if line.state is not None:
        if incoming.first_method is None:
            incoming.first_method = (line.state.row.payment_method, line.state.row.card_id)
        return None
    assert line.row is not None
    return OrdinaryLine(line.row.product, line.row.price_minor, line.row.amount_minor, line.row.delivery_mode_id)


def _of_parameters(faults: Sequence[Refused]) -> list[Refused]:
    """What entry found at fault, each of the parameter that it is about."""
    return [fault.at(_parameter(fault.field)) for fault in faults]


def _parameter(field: str) -> str:
    """``lines[2].continuity.start_date`` is the start date of the line that is edited."""
    if not field.startswith("lines["):
        return field
    name = field.rpartition(".")[2]
    return PARAMETERS.get(name, name)
