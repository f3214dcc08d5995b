"""An order as it stands somewhere else: with its state, its dated lines, its children and payments.

What is given is taken as it stands and nothing is planned; what is left out of it is what planning, or
the jobs, would have made (docs/contract.md). Contradictions are faults.

The parts: ``walking`` reads the continuity orders with their lines and adjustments, ``childhood`` the
children, ``owing`` the payments. Here is the order itself, and what all of them need.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from math import inf
from typing import Any

from perennial.bundle.reading import values
from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.file import TooLong
from perennial.bundle.reading.orders import OrderGiven
from perennial.bundle.reading.values import Given, keys
from perennial.bundle.taken import AddressRow, EventRow, HoldRow, LineRow, OrderRow, Place, Places, SentRow, TakenOver
from perennial.bundle.takeover.lookup import Names, ProductRow
from perennial.errors import Refused
from perennial.kernel import limits, states
from perennial.kernel.money import line_amount
from perennial.kernel.reasons import Reason
from perennial.kernel.states import ACCEPTANCE, HOLDS_STOP, SENT
from perennial.kernel.totals import Charge, Totals, totals
from perennial.payments.due import NOWHERE
from perennial.payments.due import Place as Where

HOLD = keys("code reason because stops on by released_on until reason_code released_by")
EVENT = keys("on kind by reason because data at")
TAX = keys("group base tax country region from")


class Standing:
    """One order on its way in: what is read of it, the rows that it becomes, and whether it contradicts itself."""

    def __init__(self, reading: Reading, names: Names, one: OrderGiven) -> None:
        self.reading = reading
        self.names = names
        self.one = one
        self.thing = one.thing
        self.currency = names.currency
        self.places: list[AddressRow] = []

    # --- what all parts need

    def of_status(self, thing: Given, pairs: dict[str, set[str]], default: str) -> str:
        """A word of state."""
        status: str = thing.word("status", tuple(pairs), default)
        return status

    def money(self, thing: Given, key: str, default: int = 0, *, required: bool = False) -> int:
        """An amount that is not below 0."""
        amount: int = thing.money(key, self.currency, default, required=required)
        if amount < 0:
            thing.fault(key, "below_zero", value=shown(thing.get(key)))
        return amount

    def place(self, thing: Given, key: str, given: Any, default: Place = None) -> Place:
        """The address that is meant: its code, or one in place (the same one each time that it is the same)."""
        if given is None:
            return default
        if isinstance(given, str):
            found = self.names.customers.addresses[self.customer_id].get(given)
            if found is None:
                thing.fault(key, "given_address_unknown", address=given)
            return found
        for known in self.places:
            if known.values == given:
                return known
        made = AddressRow(self.customer_id, given)
        self.places.append(made)
        return made

    def where(self, place: Place) -> Where:
        """An address as tax sees it."""
        if isinstance(place, AddressRow):
            return Where(place.values["country"], place.values["region"])
        return NOWHERE if place is None else self.names.customers.places.get(place, NOWHERE)

    def card(self, thing: Given, key: str, token: str | None) -> int | None:
        """The stored card that is meant; None where none was named."""
        if token is None:
            return None
        found = self.names.customers.cards[self.customer_id].get(token)
        if found is None:
            thing.fault(key, "given_card_unknown", token=token)
        return found

    def only_card(self, thing: Given, key: str) -> int | None:
        """The customer's only card."""
        cards = self.names.customers.cards[self.customer_id]
        if len(cards) != 1:
            if cards:
                thing.fault(key, "which_card", count=len(cards))
            else:
                thing.fault(key, "no_stored_card")
            return None
        return next(iter(cards.values()))

    def mode(self, thing: Given, key: str = "delivery_mode") -> int | None:
        """The id of a delivery mode."""
        code = thing.name_of(key, "delivery_mode", self.reading.modes)
        mode = self.names.set_up.modes_by_code.get(code or "")
        return mode.id if mode else None

    def product(self, thing: Given) -> ProductRow | None:
        """An ordinary product."""
        number = thing.name_of("item_number", "product", self.reading.products, required=True)
        found = self.names.products.get(number or "")
        if found is not None and found.kind == "continuity":
            thing.fault("item_number", "ships_nothing_itself", product=number)
        return found

    def holds(self, thing: Given) -> list[HoldRow]:
        """Holds of a parent or of a child."""
        made, open_codes = [], set()
        for hold in thing.objects("holds", HOLD):
            row = HoldRow(
                hold.code("code", "hold"),
                hold.text("reason", "", longest=limits.LINE),
                hold.word("stops", HOLDS_STOP, "both"),
                hold.day("on", self.reading.on),
                hold.text("by", "", longest=limits.LINE),
                hold.day("released_on"),
                hold.day("until"),
                hold.code("reason_code"),
                hold.text("released_by", longest=limits.LINE),
                because(hold),
            )
            if row.released_on is None:
                if row.code in open_codes:
                    hold.fault("code", "second_open_hold", hold=row.code)
                open_codes.add(row.code)
            made.append(row)
        return made

    def events(self, thing: Given) -> list[EventRow]:
        """What happened to a parent or to a child."""
        return [
            EventRow(
                event.day("on", self.reading.on),
                event.text("kind", "", required=True),
                event.text("by", "", longest=limits.LINE),
                event.text("reason"),  # a gateway's message, too
                _with(self.data(event), because(event)),
                instant(event, "at"),
            )
            for event in thing.objects("events", EVENT)
        ]

    def data(self, event: Given) -> Any:
        """Whatever belongs to an event; it cannot hold what a JSON column cannot."""
        data = event.get("data")
        if data is None:
            return None
        try:
            return plain_json(data)
        except Refused as refused:
            event.note(refused.at(event.at("data")))
        return None

    def taxes(self, thing: Given) -> list[tuple[str, int, int, int | None]] | None:
        """The tax of each tax group, with the rate that gave it; None where it was left out."""
        if not thing.given("taxes"):
            return None
        made: list[tuple[str, int, int, int | None]] = []
        for tax in thing.objects("taxes", TAX):
            group, rate = tax.code("group", "", required=True), None
            if group in {one[0] for one in made}:
                tax.fault("group", "tax_group_twice", group=group)
            if tax.given("country"):
                key = (group, tax.code("country", ""), tax.code("region"), tax.day("from"))
                rate = self.names.rates.get(key)  # one that is gone is not named again
            made.append((group, self.money(tax, "base"), self.money(tax, "tax"), rate.id if rate else None))
        return made

    def sent(self, thing: Given, default_on: date | None) -> SentRow | None:
        """What the warehouse sent; None where it sent nothing. Left out, it was not later than the invoice."""
        if default_on is not None and not thing.given("shipped_on") and (known := values.day(thing.get("invoiced_on"))):
            default_on = min(default_on, known)
        on = thing.day("shipped_on", default_on)
        carrier, tracking = thing.text("carrier", longest=limits.LINE), thing.text("tracking", longest=limits.LINE)
        return None if on is None else SentRow(on, carrier, tracking)

    def invoiced_on(self, thing: Given, row: OrderRow) -> date | None:
        """When it was invoiced; where that was left out, the day on which it was sent."""
        if "invoiced_on" in thing.value:
            found: date | None = thing.day("invoiced_on")
            if found is not None and row.sent is not None and found < row.sent.on:
                thing.fault("invoiced_on", "invoiced_before_sent", on=found, sent_on=row.sent.on)
            return found
        invoiced = any(line.status == "invoiced" and line.amount_minor for line in row.lines)
        return (row.sent.on if row.sent else row.ship_on) if invoiced else None

    def amounts(self, charges: list[Charge], deliveries: list[Charge], place: Place, on: date) -> Totals:
        """What an order costs by our own rules."""
        where = self.where(place)
        rules = self.names.set_up
        return totals(
            charges, deliveries, rules.rates, where.country, where.region, on, rules.parameters.prices_include_tax
        )

    def apply_amounts(self, thing: Given, row: OrderRow, computed: Totals, lines: int) -> None:
        """The amounts that are given, or else ours."""
        row.delivery_minor = self.money(thing, "delivery", computed.delivery)
        row.tax_minor = self.money(thing, "tax", computed.tax)
        included = self.names.set_up.parameters.prices_include_tax
        whole = lines + row.delivery_minor + (0 if included else row.tax_minor)
        row.total_minor = self.money(thing, "total", whole)
        taxes = self.taxes(thing)
        row.taxes = [(g.group, g.base, g.tax, g.rate_id) for g in computed.groups] if taxes is None else taxes

    # --- the order

    def build(self) -> TakenOver | None:
        """The rows of the order; None when it is at fault."""
        from perennial.bundle.childhood import children, shipments_with_child
        from perennial.bundle.owing import payments
        from perennial.bundle.paid import holds_have_reason
        from perennial.bundle.walking import continuity_orders

        thing, entry = self.thing, self.one.entry
        for at, _ in enumerate(thing.entries("continuity")):
            thing.fault(f"continuity[{at}]", "continuity_without_line")
        customer = self.names.customers.by_account.get(entry.customer)
        if customer is None or thing.bad:
            return None
        self.customer_id = customer.pk
        default = "open" if entry.submit or thing.entries("children") else "draft"
        status = self.of_status(thing, states.ORDER, default)
        acceptance = thing.word("acceptance", ACCEPTANCE, "awaited" if entry.acceptance_required else "none")
        if entry.acceptance_required and acceptance == "none":
            thing.fault("acceptance", "acceptance_required")
        if thing.given("currency") and thing.text("currency") != self.currency:
            thing.fault("currency", "currency_of_installation", currency=self.currency)
        literal = thing.given("total") and "ship_to" in thing.value
        ship_to = self.place(
            thing, "ship_to", entry.ship_to, None if literal else self.names.customers.delivery.get(customer.pk)
        )
        self.order = OrderRow(
            entry.number or "",
            customer.pk,
            entry.order_date or self.reading.on,
            status,
            self.currency,
            entry.reference,
            acceptance,
            ship_to,
            entry=self.as_given(),
        )
        self.taken = TakenOver(self.order, Places(thing))
        self._lines()
        self.with_child = shipments_with_child(self)
        continuity_orders(self)
        children(self)
        payments(self)
        self.order.holds = self.holds(thing)
        if not thing.bad:
            holds_have_reason(self.taken)
        if thing.given("events"):
            self.order.events = self.events(thing)
        else:
            self.order.events = [
                EventRow(self.reading.on, "moved_in", self.reading.by, self.reading.reason, None, None)
            ]
        self.taken.addresses = self.places
        self._taken_over()
        return None if thing.bad else self.taken

    def _taken_over(self) -> None:
        """The day on which order and children came here; none of what their history tells as made here."""
        told = self.order.events
        made = {e.data.get("child") for e in told if e.kind == "child_created" and isinstance(e.data, dict)}
        entered = any(e.kind == "entered" for e in told)
        for order in self.taken.orders:
            thing = self.thing if order.parent is None else self.taken.places.children[order.number]
            here = entered if order.parent is None else order.number in made
            order.taken_over_on = thing.day("taken_over_on", None if here else self.reading.on)
            if thing is not self.thing:
                self.thing.spoil(thing)

    def as_given(self) -> dict[str, Any] | None:
        """The facts of the entry: those that a former import noted, else those of this order."""
        noted = self.thing.get("entry")
        if not isinstance(noted, dict):
            return self.one.entry.as_given
        try:
            found: dict[str, Any] = plain_json(noted)
            return found
        except Refused as refused:
            self.thing.note(refused.at(self.thing.at("entry")))
            return None

    def _lines(self) -> None:
        """The parent's lines, and what its ordinary ones cost."""
        order, names = self.order, self.names
        charges, modes, sum_ = [], {}, 0
        shipped = self.has_ordinary = False
        for at, (entry, thing) in enumerate(zip(self.one.entry.lines, self.one.lines, strict=True), 1):
            product = names.products.get(entry.item_number)
            if product is None:
                continue
            if thing.given("line") and thing.get("line") != at:
                thing.fault("line", "line_out_of_place", value=shown(thing.get("line")), place=at)
            default = {"draft": "open", "shipped": "shipped", "invoiced": "invoiced", "cancelled": "cancelled"}
            status = self.of_status(thing, states.ORDER_LINE, default.get(order.status, "open"))
            price, amount, mode_id = 0, 0, None
            if product.kind == "item":
                self.has_ordinary = True
                known = names.price_on(product.number, order.order_date)
                price = self.money(thing, "price", 0 if known is None else known)
                if known is None and not thing.given("price"):
                    thing.fault("price", "agreed_price_required", product=product.number)
                amount = line_amount(entry.quantity, price)
                mode = names.set_up.modes_by_code.get(entry.delivery_mode or "")
                mode_id = mode.id if mode else None
                charges.append(Charge(amount, product.tax_group))
                if mode is not None:
                    modes[mode.id] = Charge(mode.charge_minor, mode.tax_group)
                sum_ += amount
                shipped |= status in SENT
                if thing.given("continuity"):
                    thing.fault("continuity", "no_continuity_product", product=product.number)
            elif thing.given("delivery_mode"):
                thing.fault("delivery_mode", "continuity_delivery_mode")
            order.lines.append(LineRow(order, at, product.id, entry.quantity, price, amount, mode_id, status))
        deliveries = [charge for _, charge in sorted(modes.items())]
        self.ordinary = sum_
        self.apply_amounts(self.thing, order, self.amounts(charges, deliveries, order.ship_to, order.order_date), sum_)
        order.sent = self.sent(self.thing, order.order_date if shipped and not self.thing.given("total") else None)
        order.invoiced_on = self.invoiced_on(self.thing, order)


def instant(thing: Given, key: str) -> datetime | None:
    """An instant with its offset, as an export writes it."""
    value = thing.get(key)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        thing.fault(key, "not_an_instant", value=shown(value))
        return None
    return found


def plain_json(value: Any) -> Any:
    """JSON as a database keeps it. Refused: numbers that do not fit, texts with NUL, what is nested too deeply."""
    try:
        return _plain(value)
    except RecursionError:
        raise Refused("nested_too_deeply") from None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, TooLong) or value in (inf, -inf):
        raise Refused("number_too_large")
    if isinstance(value, str) and (fault := limits.text_fault(value, len(value))):
        raise fault
    return value


def because(thing: Given) -> Any:
    """Why a job did something, as data; None where a bundle has words alone."""
    found = thing.get("because")
    if found is None:
        return None
    try:
        stored = plain_json(found)
        if not isinstance(found["code"], str):
            raise TypeError
        Reason.read(stored)
    except (Refused, KeyError, TypeError, ValueError, AttributeError):
        thing.wrong("because", found, "object")
        return None
    return stored


def _with(data: Any, because: Any) -> Any:
    return data if because is None else {**(data if isinstance(data, dict) else {}), "because": because}
