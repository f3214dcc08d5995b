"""An order as it stands somewhere else: with its state, its dated lines, its children and payments.

What is given is taken as it stands and nothing is planned; what is left out of it is what planning, or
the jobs, would have made (docs/contract.md). Contradictions are faults.

The parts: ``shipments`` reads the continuity orders with their lines and adjustments, ``children`` the
children, ``payments`` the payments. Here is the order itself.
"""

from __future__ import annotations

from typing import Any

from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.orders import OrderGiven
from perennial.bundle.takeover.children import children, shipments_with_child
from perennial.bundle.takeover.context import Context, plain_json
from perennial.bundle.takeover.lookup import Names
from perennial.bundle.takeover.payment_rules import holds_have_reason
from perennial.bundle.takeover.payments import payments
from perennial.bundle.takeover.shipments import continuity_orders
from perennial.bundle.takeover.taken import Places, TakenOver
from perennial.desk.entry.customers import Buyer
from perennial.desk.entry.rows import EventRow, LineRow, OrderRow, stored_json
from perennial.errors import Refused
from perennial.kernel import states
from perennial.kernel.money import line_amount
from perennial.kernel.states import ACCEPTANCE, SENT
from perennial.kernel.totals import Charge


def take_over(reading: Reading, names: Names, one: OrderGiven) -> TakenOver | None:
    """The rows of an order; None when it is at fault."""
    thing, entry = one.thing, one.entry
    for at, _ in enumerate(thing.entries("continuity")):
        thing.fault(f"continuity[{at}]", "continuity_without_line")
    if thing.bad or not {entry.customer, entry.payer or entry.customer} <= names.customers.by_account.keys():
        return None
    ctx = Context(reading, names, one, Buyer.of(names.customers, entry.customer, entry.payer))
    order = _order(ctx)
    _ordinary(ctx, order)
    taken = TakenOver(order, addresses=ctx.buyer.written, places=Places(thing))
    walks = continuity_orders(ctx, order, shipments_with_child(one))
    for walk in walks:
        taken.continuity.append(walk.row)
        taken.places.walk(walk)
    for child, place in children(ctx, order, walks):
        taken.children.append(child)
        taken.places.children[child.number] = place
    if not thing.bad:
        payments(ctx, taken, walks)
    order.holds = ctx.holds(thing)
    if not thing.bad:
        holds_have_reason(taken)
    if thing.given("events"):
        order.events = ctx.events(thing)
    else:
        order.events = [EventRow(reading.on, "moved_in", reading.by, reading.reason)]
    _came_here(ctx, taken)
    return None if thing.bad else taken


def _order(ctx: Context) -> OrderRow:
    """The parent, without what belongs to it."""
    thing, entry = ctx.thing, ctx.one.entry
    default = "open" if entry.submit or thing.entries("children") else "draft"
    status = thing.word("status", tuple(states.ORDER), default)
    acceptance = thing.word("acceptance", ACCEPTANCE, "awaited" if entry.acceptance_required else "none")
    if entry.acceptance_required and acceptance == "none":
        thing.fault("acceptance", "acceptance_required")
    if thing.given("currency") and thing.text("currency") != ctx.currency:
        thing.fault("currency", "currency_of_installation", currency=ctx.currency)
    literal = thing.given("total") and "ship_to" in thing.value
    return OrderRow(
        number=entry.number or "",
        customer_id=ctx.buyer.pk,
        order_date=entry.order_date or ctx.reading.on,
        status=status,
        currency=ctx.currency,
        reference=entry.reference,
        acceptance=acceptance,
        ship_to=ctx.place(thing, "ship_to", entry.ship_to, None if literal else ctx.buyer.delivery),
        entry=stored_json(_as_given(ctx)),
        gift_message=entry.gift_message,
        hide_prices=entry.hide_prices,
        payer_id=ctx.buyer.payer.pk if ctx.buyer.payer else None,
        source_code=entry.source_code,
    )


def _came_here(ctx: Context, taken: TakenOver) -> None:
    """The day on which order and children came here; none of what their history tells as made here."""
    told = taken.order.events
    data = [e.data.obj for e in told if e.kind == "child_created" and e.data is not None]
    made = {facts.get("child") for facts in data if isinstance(facts, dict)}
    entered = any(e.kind == "entered" for e in told)
    for order in taken.orders:
        thing = ctx.thing if order.parent is None else taken.places.children[order.number]
        here = entered if order.parent is None else order.number in made
        order.taken_over_on = thing.day("taken_over_on", None if here else ctx.reading.on)
        ctx.thing.spoil(thing)


def _as_given(ctx: Context) -> dict[str, Any] | None:
    """The facts of the entry: those that a former import noted, else those of this order."""
    noted = ctx.thing.get("entry")
    if not isinstance(noted, dict):
        return ctx.one.entry.as_given
    try:
        found: dict[str, Any] = plain_json(noted)
        return found
    except Refused as refused:
        ctx.thing.note(refused.at(ctx.thing.at("entry")))
        return None


def _ordinary(ctx: Context, order: OrderRow) -> None:
    """The parent's lines, and what its ordinary ones cost."""
    names, one = ctx.names, ctx.one
    charges = []
    modes: set[int] = set()
    shipped = False
    for at, (entry, thing) in enumerate(zip(one.entry.lines, one.lines, strict=True), 1):
        product = names.products.get(entry.item_number)
        if product is None:
            continue
        if thing.given("line") and thing.get("line") != at:
            thing.fault("line", "line_out_of_place", value=shown(thing.get("line")), place=at)
        default = {"draft": "open", "shipped": "shipped", "invoiced": "invoiced", "cancelled": "cancelled"}
        status = thing.word("status", tuple(states.ORDER_LINE), default.get(order.status, "open"))
        price, amount, mode_id = 0, 0, None
        if product.kind == "item":
            known = names.price_on(product.number, order.order_date)
            price = ctx.money(thing, "price", 0 if known is None else known)
            if known is None and not thing.given("price"):
                thing.fault("price", "agreed_price_required", product=product.number)
            amount = line_amount(entry.quantity, price)
            mode = names.set_up.modes_by_code.get(entry.delivery_mode or "")
            mode_id = mode.id if mode else None
            charges.append(Charge(amount, product.tax_group))
            if mode is not None:
                modes.add(mode.id)
            shipped |= status in SENT
            if thing.given("continuity"):
                thing.fault("continuity", "no_continuity_product", product=product.number)
        elif thing.given("delivery_mode"):
            thing.fault("delivery_mode", "continuity_delivery_mode")
        order.lines.append(
            LineRow(
                line=at,
                product_id=product.id,
                quantity=entry.quantity,
                price_minor=price,
                amount_minor=amount,
                delivery_mode_id=mode_id,
                status=status,
            )
        )
    where = ctx.buyer.where(order.ship_to)
    computed = names.set_up.tariff().totals(
        charges, sorted(modes), country=where.country, region=where.region, on=order.order_date
    )
    ctx.apply_amounts(ctx.thing, order, computed, sum(line.amount_minor for line in order.lines))
    order.sent = ctx.sent(ctx.thing, order.order_date if shipped and not ctx.thing.given("total") else None)
    order.invoiced_on = ctx.invoiced_on(ctx.thing, order)
