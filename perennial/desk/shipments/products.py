"""What a planned shipment brings: another product, one more, one less, another quantity, another price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from perennial.catalog.models import Product
from perennial.catalog.on_offer import product_off
from perennial.catalog.queries import prices_on, product_by_number
from perennial.continuity.difference import Difference
from perennial.continuity.planning import LineRow, OccurrenceRow, OrderState
from perennial.desk.action import action
from perennial.desk.adjusting import Adjusted
from perennial.desk.locking import LockedOrder, adjust, changed, lock_parent, open_shipment, take_back, touch, write
from perennial.desk.outcome import Outcome
from perennial.desk.queries import refunds
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel import plan as kernel
from perennial.kernel.money import Money
from perennial.kernel.reasons import LineReason
from perennial.kernel.states import NOT_ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Substituted(Outcome):
    """Another product comes, at this price."""

    order: str
    shipment: int
    item_number: str
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Added(Outcome):
    """One more product comes with a shipment, so many at this price."""

    order: str
    shipment: int
    item_number: str
    quantity: Decimal
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed(Outcome):
    """A product does not come with a shipment. ``to_refund``: what was paid up front for more than comes now."""

    order: str
    shipment: int
    item_number: str
    to_refund: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced(Outcome):
    """A shipment's product has another price."""

    order: str
    shipment: int
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Outcome):
    """So many are sent: in one shipment, or (None) in all that have no child yet."""

    order: str
    shipment: int | None
    quantity: Decimal


@action(undo=True)
def substitute(
    *,
    number: str,
    shipment: int,
    item: str,
    on: date,
    by: str,
    replaces: str | None = None,
    price: str | None = None,
    reason: str | None = None,
    reason_code: str | None = None,
    line: int | None = None,
) -> Substituted:
    """Send another product in a planned shipment; it keeps the price that the line would have unless one is given (D17).

    Refused: an unknown product, a continuity product, one that is not in use, a shipment with several products unless
    one is named.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason, reason_code=reason_code)
    state = locked.state(line)
    found = open_shipment(state, shipment, "substitute")
    product = product_to_give(item)
    given = None if price is None else given_price(locked.set_up.currency, price)
    difference = Difference()
    done = substituted(state, found, Substitute(product, replaces, given), _numbers(found), difference)
    difference.write()
    write(locked, done.adjusted)
    locked.event("substituted", line=state.row.parent_line.line, shipment=shipment, item=item, instead_of=done.original)
    changed(locked, [state])
    return Substituted(
        order=number, shipment=shipment, item_number=item, price=Money(done.price_minor, locked.set_up.currency)
    )


@dataclass(frozen=True, slots=True)
class Substitute:
    """Another product for one of a shipment (``replaces``; None: for its only one), at a price or at the standing one."""

    product: Product
    replaces: str | None
    price_minor: int | None


@dataclass(frozen=True, slots=True)
class LineSubstituted:
    """A product line that brings another product: at which price, instead of which one of the program."""

    adjusted: list[Adjusted]
    price_minor: int
    original: str


def product_that_ships(item: str) -> Product:
    """A product by its number. Refused: an unknown one, one that stands for a program."""
    product = product_by_number(item, "item")
    if product.kind == "continuity":
        raise Refused("continuity_product", "item", item=item)
    return product


def product_to_give(item: str) -> Product:
    """A product that a shipment is newly given. Refused: as above, and one that is not in use."""
    product = product_that_ships(item)
    if not product.active:
        raise product_off(item, "item")
    return product


def substituted(
    state: OrderState,
    found: Sequence[OccurrenceRow],
    wanted: Substitute,
    numbers: Mapping[int, str],
    difference: Difference,
) -> LineSubstituted:
    """The shipment with the other product. ``numbers``: the numbers of its products, by id."""
    occurrence, old = one_line(found, numbers, wanted.replaces)
    base = _of_program(state, occurrence, old.line)
    given, item = wanted.price_minor, wanted.product.number
    amount = given if given is not None else _standing_price(state, occurrence, old, base)
    original = base.item if base is not None else numbers[old.product_id]
    why = replace(LineReason.read(old.why), product="substitute", instead_of=original)
    adjusted = [Adjusted.of(occurrence, "substitute", {"item": item}, line=old.line)]
    if given is not None:
        why = replace(why, price="given")
        adjusted.append(Adjusted.of(occurrence, "price", given, line=old.line))
    new = old._replace(product_id=wanted.product.pk, price_minor=amount, why=why.stored())
    lines = tuple(new if one.line == new.line else one for one in occurrence.lines)
    difference.add([occurrence], [replace(occurrence, lines=lines)], cancel=False)
    return LineSubstituted(adjusted, amount, original)


@action(undo=True)
def price(
    *,
    number: str,
    shipment: int,
    price: str,
    on: date,
    by: str,
    replaces: str | None = None,
    reason: str | None = None,
    reason_code: str | None = None,
    line: int | None = None,
) -> Priced:
    """Give a planned shipment's product another price."""
    locked = lock_parent(number, on=on, by=by, reason=reason, reason_code=reason_code)
    state = locked.state(line)
    found = open_shipment(state, shipment, "price")
    amount = given_price(locked.set_up.currency, price)
    occurrence, old = one_line(found, _numbers(found), replaces)
    adjust(locked=locked, state=state, occurrence=occurrence, kind="price", value=amount, line=old.line)
    why = replace(LineReason.read(old.why), price="given")
    _write_line(occurrence, old._replace(price_minor=amount, why=why.stored()))
    locked.event(
        "price_changed",
        line=state.row.parent_line.line,
        shipment=shipment,
        old=money.text(old.price_minor, locked.set_up.currency),
        new=money.text(amount, locked.set_up.currency),
    )
    changed(locked, [state])
    return Priced(order=number, shipment=shipment, price=Money(amount, locked.set_up.currency))


@action(undo=True)
def quantity(
    *,
    number: str,
    quantity: Decimal,
    on: date,
    by: str,
    shipment: int | None = None,
    replaces: str | None = None,
    reason: str | None = None,
    line: int | None = None,
) -> Counted:
    """Change how many are sent: of one planned shipment, or of all that has no child yet (program times quantity, D5)."""
    quantity = money.quantity(f"{quantity:f}", "quantity")
    locked = lock_parent(number, on=on, by=by, reason=reason)
    state = locked.state(line)
    if shipment is not None:
        difference = _of_shipment(locked, state, shipment, quantity, replaces)
    else:
        difference = _of_all(state, quantity)
    difference.write()
    locked.event("quantity_changed", line=state.row.parent_line.line, shipment=shipment, quantity=money.plain(quantity))
    changed(locked, [state])
    return Counted(order=number, shipment=shipment, quantity=quantity)


@action(undo=True)
def add_product(
    *,
    number: str,
    shipment: int,
    item: str,
    on: date,
    by: str,
    quantity: Decimal = Decimal(1),
    price: str | None = None,
    reason: str | None = None,
    line: int | None = None,
) -> Added:
    """Put one more product into a planned shipment; ``price`` left out: what it costs today. Later changes of the program
    keep it.

    Refused: an unknown product, a continuity product, one that is not in use, one without a price, one that the
    shipment brings already.
    """
    quantity = money.quantity(f"{quantity:f}", "quantity")
    locked = lock_parent(number, on=on, by=by, reason=reason)
    state = locked.state(line)
    found = open_shipment(state, shipment, "add_product")
    product = product_to_give(item)
    if any(one.product_id == product.pk for o in found for one in o.lines):
        raise Refused("product_in_shipment_already", "item", item=item, shipment=shipment)
    amount = (
        prices_on([product.pk], on).get(product.pk) if price is None else given_price(locked.set_up.currency, price)
    )
    if amount is None:
        raise Refused("product_has_no_price", "price", product=item)
    occurrence = found[-1]
    own = max((one.line for one in occurrence.lines), default=0)
    adjusted = max((a.line for a in state.adjustments if (a.key, a.repetition) == occurrence.pair), default=0)
    place = max(own, adjusted, kernel.FIRST_ADDED - 1) + 1
    value = {"item": item, "quantity": money.plain(quantity), "price_minor": amount}
    adjust(locked=locked, state=state, occurrence=occurrence, kind="add", value=value, line=place)
    why = LineReason(product="added", price="given").stored()
    _write_lines(occurrence, (*occurrence.lines, LineRow(place, product.pk, quantity, amount, why)))
    locked.event(
        "product_added",
        line=state.row.parent_line.line,
        shipment=shipment,
        item=item,
        quantity=money.plain(quantity),
        price=money.text(amount, locked.set_up.currency),
    )
    changed(locked, [state])
    return Added(
        order=number,
        shipment=shipment,
        item_number=item,
        quantity=quantity,
        price=Money(amount, locked.set_up.currency),
    )


@action(undo=True)
def remove_product(
    *,
    number: str,
    shipment: int,
    item: str,
    on: date,
    by: str,
    reason: str | None = None,
    line: int | None = None,
) -> Removed:
    """Leave one product out of a planned shipment that brings several. Later changes of the program keep it out.

    Refused: a product that the shipment does not bring; the last one of an event: skip it.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    state = locked.state(line)
    found = open_shipment(state, shipment, "remove_product")
    occurrence, old = one_line(found, _numbers(found), item, field="item")
    if len(occurrence.lines) < 2:
        raise Refused("last_product_of_shipment", "item", item=item, shipment=shipment)
    if old.line >= kernel.FIRST_ADDED:
        take_back(locked, state, occurrence, ("add", "substitute", "price", "quantity"), old.line)
    else:
        adjust(locked=locked, state=state, occurrence=occurrence, kind="remove", value={"item": item}, line=old.line)
    _write_lines(occurrence, tuple(one for one in occurrence.lines if one.line != old.line))
    locked.event("product_removed", line=state.row.parent_line.line, shipment=shipment, item=item)
    changed(locked, [state])
    return Removed(order=number, shipment=shipment, item_number=item, to_refund=refunds([locked.order.pk]).get(number))


def _of_shipment(
    locked: LockedOrder, state: OrderState, shipment: int, quantity: Decimal, replaces: str | None
) -> Difference:
    """The quantity of one shipment, or of one of its products."""
    found = open_shipment(state, shipment, "quantity")
    chosen = [(o, one) for o in found for one in o.lines]
    if replaces is not None:
        chosen = [one_line(found, _numbers(found), replaces)]
    for o, one in chosen:
        adjust(locked=locked, state=state, occurrence=o, kind="quantity", value=money.plain(quantity), line=one.line)
    wanted = {(o.id, one.line) for o, one in chosen}
    difference = Difference()
    for o in found:
        lines = tuple(one._replace(quantity=quantity) if (o.id, one.line) in wanted else one for one in o.lines)
        difference.add([o], [replace(o, lines=lines)], cancel=False)
    return difference


def _of_all(state: OrderState, quantity: Decimal) -> Difference:
    """The quantity of the order: of all that has no child yet and no quantity of its own."""
    if state.row.status not in NOT_ENDED:
        raise Refused("order_ended", "number", order=state.row.order.number, status=state.row.status)
    before = state.row.quantity
    own = {(a.key, a.repetition, a.line) for a in state.adjustments if a.kind in ("quantity", "add")}
    state.row.quantity = quantity
    difference = Difference()
    for o in state.walk:
        if o.child_id is not None:
            continue
        rewritten = []
        for one in o.lines:
            base = _of_program(state, o, one.line)
            if (*o.pair, one.line) in own or (*o.pair, 0) in own:
                rewritten.append(one)
            else:
                many = base.quantity if base is not None else one.quantity / before * quantity
                rewritten.append(one._replace(quantity=many))
        difference.add([o], [replace(o, lines=tuple(rewritten))], cancel=False)
    touch([state.row], "quantity")
    state.row.parent_line.quantity = quantity
    state.row.parent_line.save(update_fields=["quantity"])
    return difference


def one_line(
    found: Sequence[OccurrenceRow], numbers: Mapping[int, str], wanted: str | None, field: str = "replaces"
) -> tuple[OccurrenceRow, LineRow]:
    """The product line of a shipment that was meant (``replaces``): the one of this product, or the only one."""
    lines = [(o, line) for o in found for line in o.lines]
    if wanted is not None:
        lines = [(o, line) for o, line in lines if numbers[line.product_id] == wanted]
        if not lines:
            raise Refused("product_not_in_shipment", field, item=wanted)
    if len(lines) != 1:
        items = sorted({numbers[line.product_id] for _, line in lines})
        raise Refused("several_products", field, items=items)
    return lines[0]


def _numbers(found: Sequence[OccurrenceRow]) -> dict[int, str]:
    ids = {line.product_id for o in found for line in o.lines}
    return dict(Product.objects.filter(pk__in=ids).values_list("pk", "number"))


def _of_program(state: OrderState, occurrence: OccurrenceRow, line: int) -> kernel.Line | None:
    """The line as the program has it, with the order's facts and no adjustment; None when the event is gone."""
    for event in state.revision.plan.events:
        if event.key == occurrence.event_key:
            for made in kernel.lines_of(state.revision.plan, state.facts, event):
                if made.line == line:
                    return made
    return None


def _write_line(occurrence: OccurrenceRow, line: LineRow) -> None:
    _write_lines(occurrence, tuple(line if old.line == line.line else old for old in occurrence.lines))


def _write_lines(occurrence: OccurrenceRow, lines: tuple[LineRow, ...]) -> None:
    wanted = replace(occurrence, lines=lines)
    difference = Difference()
    difference.add([occurrence], [wanted], cancel=False)
    difference.write()


def _standing_price(state: OrderState, occurrence: OccurrenceRow, old: LineRow, base: kernel.Line | None) -> int:
    """The price that the line would have without a substitute: a person's, else the program's, else its own."""
    for a in state.adjustments:
        if (a.key, a.repetition, a.kind) == (*occurrence.pair, "price") and a.line in (0, old.line):
            return int(a.value)
    return base.price_minor if base is not None else old.price_minor


def given_price(currency: str, price: str) -> int:
    """A price as it was typed, in minor units. Refused: none, one below 0."""
    amount = money.minor(price, currency, "price")
    if amount < 0:
        raise Refused("price_below_0", "price", price=Money(amount, currency))
    return amount
