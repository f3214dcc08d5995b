"""What all parts of an order that is taken over are read with: its customer, amounts, holds, history."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from math import inf
from typing import Any

from perennial.bundle.reading import values
from perennial.bundle.reading.codes import stopped
from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.file import TooLong
from perennial.bundle.reading.orders import OrderGiven
from perennial.bundle.reading.values import Given, keys
from perennial.bundle.takeover.lookup import Names, ProductRow
from perennial.desk.entry.customers import Buyer
from perennial.desk.entry.rows import EventRow, HoldRow, OrderRow, SentRow, ShipTo, TaxRow, stored_json
from perennial.errors import Refused
from perennial.kernel import limits
from perennial.kernel.reasons import Reason
from perennial.kernel.totals import Totals

HOLD = keys("code reason because stops on by released_on until reason_code released_by")
EVENT = keys("on kind by reason because data at")
TAX = keys("group base tax country region from")


class Context:
    """One order on its way in: what it says, who ordered it, and what its parts are read with."""

    def __init__(self, reading: Reading, names: Names, one: OrderGiven, buyer: Buyer) -> None:
        self.reading = reading
        self.names = names
        self.one = one
        self.thing = one.thing
        self.currency = names.currency
        self.buyer = buyer

    @property
    def has_ordinary(self) -> bool:
        """Has the order a line that is no continuity line?"""
        products = (self.names.products.get(line.item_number) for line in self.one.entry.lines)
        return any(product is not None and product.kind == "item" for product in products)

    def money(self, thing: Given, key: str, default: int = 0, *, required: bool = False) -> int:
        """An amount that is not below 0."""
        amount: int = thing.money(key, self.currency, default, required=required)
        if amount < 0:
            thing.fault(key, "below_zero", value=shown(thing.get(key)))
        return amount

    def place(self, thing: Given, key: str, given: Any, default: ShipTo = None) -> ShipTo:
        """The address that is meant: its code, or one in place."""
        if given is None:
            return default
        found = self.buyer.address(given)
        if found is None:
            thing.fault(key, "given_address_unknown", address=given)
        return found

    def payer(self, thing: Given) -> int | None:
        """The customer whom a payment, or a try, names as who paid it; None: who pays the order."""
        account = thing.code("payer")
        if account is None:
            return None
        found = self.names.customers.by_account.get(account)
        if found is None:
            thing.fault("payer", "name_unknown", what="customer", name=account, meant=None)
            return None
        return found.pk

    def card(self, thing: Given, key: str, token: str | None, payer: int | None = None) -> int | None:
        """The stored card that is meant, of who pays the order or of another ``payer``; None where none was named."""
        if token is None:
            return None
        found = (self.buyer.cards if payer is None else self.names.customers.cards[payer]).get(token)
        if found is None:
            thing.fault(key, "given_card_unknown", token=token)
        return found

    def only_card(self, thing: Given, key: str) -> int | None:
        """The customer's only card."""
        found = self.buyer.only_card()
        if found is None and self.buyer.cards:
            thing.fault(key, "which_card", count=len(self.buyer.cards))
        elif found is None:
            thing.fault(key, "no_stored_card")
        return found

    def mode(self, thing: Given, key: str = "delivery_mode") -> int | None:
        """The id of a delivery mode."""
        code = thing.name_of(key, "delivery_mode", self.reading.modes)
        mode = self.names.set_up.modes_by_code.get(code or "")
        return mode.id if mode else None

    def product(self, thing: Given) -> ProductRow | None:
        """An ordinary product."""
        number = thing.get("item_number")
        if type(number) is str and number not in self.reading.products.bad:
            found = self.names.products.get(number)
            if found is not None and found.kind != "continuity":
                return found
        number = thing.name_of("item_number", "product", self.reading.products, required=True)
        found = self.names.products.get(number or "")
        if found is not None and found.kind == "continuity":
            thing.fault("item_number", "ships_nothing_itself", product=number)
        return found

    def holds(self, thing: Given) -> list[HoldRow]:
        """Holds of a parent or of a child."""
        made, open_codes = [], set()
        for hold in thing.objects("holds", HOLD):
            code = hold.code("code", "hold")
            words, why = hold.text("reason", "", longest=limits.LINE), because(hold)
            row = HoldRow(
                code=code,
                reason=words if why is None else "",
                stops=stopped(hold, self.names.hold_codes.get(code, "both")),
                on=hold.day("on", self.reading.on),
                by=hold.text("by", "", longest=limits.LINE),
                released_on=hold.day("released_on"),
                until=hold.day("until"),
                reason_code=hold.code("reason_code"),
                released_by=hold.text("released_by", longest=limits.LINE),
                because=stored_json(why),
            )
            if row.released_on is None:
                if row.code in open_codes:
                    hold.fault("code", "second_open_hold", hold=row.code)
                open_codes.add(row.code)
            made.append(row)
        return made

    def events(self, thing: Given) -> list[EventRow]:
        """What happened to a parent or to a child."""
        made = []
        for event in thing.objects("events", EVENT):
            words = event.text("reason")  # a gateway's message, too
            data = _with(self.data(event), because(event))
            row = EventRow(
                on=event.day("on", self.reading.on),
                kind=event.text("kind", "", required=True),
                by=event.text("by", "", longest=limits.LINE),
                reason=None if isinstance(data, dict) and "because" in data else words,
                data=stored_json(data),
                at=instant(event, "at"),
            )
            made.append(row)
        return made

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

    def taxes(self, thing: Given) -> list[TaxRow] | None:
        """The tax of each tax group, with the rate that gave it; None where it was left out."""
        if not thing.given("taxes"):
            return None
        made: list[TaxRow] = []
        for tax in thing.objects("taxes", TAX):
            group, rate = tax.code("group", "", required=True), None
            if group in {one.group for one in made}:
                tax.fault("group", "tax_group_twice", group=group)
            if tax.given("country"):
                key = (group, tax.code("country", ""), tax.code("region"), tax.day("from"))
                rate = self.names.rates.get(key)  # one that is gone is not named again
            made.append(TaxRow(group, self.money(tax, "base"), self.money(tax, "tax"), rate.id if rate else None))
        return made

    def sent(self, thing: Given, default_on: date | None) -> SentRow | None:
        """What the warehouse sent; None where it sent nothing. Left out, it was not later than the invoice."""
        if default_on is not None and not thing.given("shipped_on") and (known := values.day(thing.get("invoiced_on"))):
            default_on = min(default_on, known)
        on = thing.day("shipped_on", default_on)
        carrier, tracking = thing.text("carrier", longest=limits.LINE), thing.number("tracking", longest=limits.LINE)
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

    def apply_amounts(
        self, thing: Given, row: OrderRow, computed: Totals, lines: int, tariff: int | None = None
    ) -> None:
        """The amounts that are given, or else ours. ``tariff``: that of its continuity order."""
        row.delivery_minor = self.money(thing, "delivery", computed.delivery)
        row.tax_minor = self.money(thing, "tax", computed.tax)
        included = self.names.set_up.tariff(tariff).prices_include_tax
        whole = lines + row.delivery_minor + (0 if included else row.tax_minor)
        row.total_minor = self.money(thing, "total", whole)
        taxes = self.taxes(thing)
        row.taxes = [TaxRow(g.group, g.base, g.tax, g.rate_id) for g in computed.groups] if taxes is None else taxes


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
    if isinstance(value, str) and (fault := limits.number_fault(value, len(value))):
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
