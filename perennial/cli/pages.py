"""How an order, a program or a customer looks as text: what a clerk reads out on the telephone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from perennial.cli.output import cell, facts, listing, say, section, sentence, table
from perennial.desk import contract
from perennial.desk.contract import amount
from perennial.desk.program_document import program_json
from perennial.desk.read.customer import Customer
from perennial.desk.read.order import Child, ChildLine, Continuity, Order
from perennial.desk.read.payment_why import payment_whys
from perennial.desk.read.preview import Preview
from perennial.desk.read.program import Program
from perennial.desk.read.shipment import ShipmentLine
from perennial.desk.read.values import Address, Hold, Payment
from perennial.kernel.money import plain
from perennial.language import reader
from perennial.language.reasons import not_shipped, reason_words

Document = Mapping[str, Any]
MOST_NAMED = 3


def order_page(order: Order, today: date, *, why: bool = False) -> None:
    """An order: whose it is, what was ordered, every shipment with its day, children, payments, what happened.

    ``why``: also where the date, the product and the price of every shipment come from.
    """
    to = reader()
    held = [_held(hold, reason_words(hold.reason, to)) for hold in order.holds if hold.open]
    parked = [
        f"line {one.line}: {reason_words(parked.reason, to)}" for one in order.continuity for parked in one.parked
    ]
    others = order.other_addresses
    names = _names([*([order.ship_to] if order.ship_to else []), *others])
    facts(
        {
            "order": order.number,
            "reference": order.reference,
            "customer": [order.account, order.customer],
            "address": _written(order.ship_to) if order.ship_to else None,
            "order_date": order.order_date,
            "currency": order.currency,
            "status": order.status,
            "acceptance": None if order.acceptance == "none" else order.acceptance,
            "held": "; ".join(held),
            "parked": "; ".join(parked),
            "payer": [order.payer.account, order.payer.name] if order.payer else None,
            "gift_message": order.gift_message,
            "source_code": order.source_code,
            "prices": "hidden" if order.hide_prices else None,
        }
    )
    if others:
        section("other addresses")
        for address in others:
            say(f"  {_written(address)}")
    section("lines")
    table(
        ("line", "product", "quantity", "price", "status"),
        ([r.line, r.product.number, plain(r.quantity), amount(r.price), r.status] for r in order.lines),
        "  ",
    )
    if any(line.price is not None for line in order.lines):
        tax = f"tax {amount(order.tax)}" + (" included" if order.tax_included else "")
        say(f"  delivery {amount(order.delivery)}, {tax}, total {amount(order.total)} {order.currency}")
    if order.sent:
        say(
            "  "
            + ", ".join(word for word in (f"sent on {order.sent.on}", order.sent.carrier, order.sent.tracking) if word)
        )
    for one in order.continuity:
        continuity_part(one, order, today, names, why=why)
    if order.children:
        children_part(order, names)
    payments_part([payment_row(payment) for payment in order.payments])
    if why:
        why_paid(order, today)
    if order.history:
        section("what happened")
        listing([contract.event_json(event, to) for event in order.history])
    if order.notes:
        section("notes")
        listing([contract.note_json(note) for note in order.notes])


def _held(hold: Hold, reason: str) -> str:
    code = "held" if hold.until is None else "held_until"
    return sentence("outcome", code, code=hold.code, reason=reason, stops=hold.stops, until=hold.until)


def children_part(order: Order, names: Mapping[int, str]) -> None:
    """The child orders of an order, and where they go that go elsewhere than the order."""
    own = order.ship_to.id if order.ship_to else None
    goes_to = {c.number: names[c.ship_to.id] for c in order.children if c.ship_to and c.ship_to.id != own}
    taxed = [c.tax_included for c in order.children if c.tax.minor]
    all_included = bool(taxed) and all(taxed)
    section("child orders")
    table(
        (
            *("number", "shipment", "ships on", "status", "products"),
            *(
                "delivery",
                "tax incl." if all_included else "tax",
                "total",
                "carrier",
                "tracking",
            ),
            *(["goes to"] if goes_to else []),
        ),
        (
            [
                c.number,
                c.shipment,
                c.ship_on,
                c.status + (", held" if c.held else ""),
                [product(line) for line in c.lines],
                amount(c.delivery),
                f"{amount(c.tax)} incl." if c.tax_included and not all_included else amount(c.tax),
                amount(c.total),
                c.sent.carrier if c.sent else None,
                c.sent.tracking if c.sent else None,
                *([goes_to.get(c.number)] if goes_to else []),
            ]
            for c in order.children
        ),
        "  ",
    )


def _as_asked(one: Continuity) -> str:
    """How often and how many times a member wants it, where that is not as the program says."""
    words = ""
    if one.every is not None:
        interval = one.every.interval
        words = f"every {one.every.days} days, " if interval is None else f"on the dates of {interval.code}, "
    return words if one.times is None else f"{words}{one.times} in all, "


def product(line: ShipmentLine | ChildLine) -> str:
    """A product with its quantity, where it is not 1."""
    return line.product.number if line.quantity == 1 else f"{plain(line.quantity)} x {line.product.number}"


def continuity_part(one: Continuity, order: Order, today: date, names: Mapping[int, str], *, why: bool = False) -> None:
    """The Continuity page of a line; ``names`` are those of addresses."""
    planned = "planned to its end" if one.complete else "more follows"
    pays = one.payment_method
    if one.card:
        pays += f" {one.card.token}" + (f" ({one.card.words})" if one.card.words else "")
    if one.payment_schedule:
        pays += f", schedule {one.payment_schedule}"
    if one.tariff_kept:
        pays += f", keeps tariff {one.tariff}"
    section(
        f"line {one.line}: {one.product.number}, program {one.program} revision {one.revision}, "
        f"{one.status}, {planned}, {_as_asked(one)}paid by {pays}"
    )
    if one.ship_to and (order.ship_to is None or one.ship_to.id != order.ship_to.id):
        say("  " + sentence("outcome", "goes_to", address=names[one.ship_to.id]))
    schedule_part(one.lines, one.ends_with, today, names)
    if why:
        why_part(one.lines)
    if one.adjustments:
        section("changed on this order")
        listing([contract.adjustment_json(adjustment) for adjustment in one.adjustments])


def schedule_part(
    lines: Sequence[ShipmentLine], last: int | None, today: date, names: Mapping[int, str] | None = None
) -> None:
    """The dated lines, and for each why it has not shipped and until when it can be changed.

    A line that was late when its child was made keeps the day that was planned, and one whose child was
    cancelled stays ordered: the note tells of the child. Of an event that repeats, the ``last`` shipment is the last.
    """
    to = reader()
    table(
        ("shipment", "event", "date", "ships on", "product", "price", "status", "child order", "change until", "note"),
        (
            [
                line.shipment,
                cell(line.event_id) + (f".{line.repetition}" if line.repetition else ""),
                line.event_on,
                line.ship_on,
                product(line),
                amount(line.price),
                line.status + (", last" if line.last and line.shipment == last else ""),
                line.child,
                _change_until(line, today),
                [
                    *(not_shipped(reason, to) for reason in line.waits),
                    *_of_child(line),
                    *(
                        [sentence("outcome", "changed_by_person", what=cell(line.customised))]
                        if line.customised
                        else []
                    ),
                    *(
                        [sentence("outcome", "goes_to", address=names[line.ship_to.id])]
                        if line.ship_to and names
                        else []
                    ),
                ],
            ]
            for line in lines
        ),
        "  ",
    )


def why_part(lines: Sequence[ShipmentLine]) -> None:
    """Where the date, the product and the price of every line come from, and why it has not shipped."""
    section("why")
    to = reader()
    for line in lines:
        say(f"  shipment {line.shipment}, {product(line)}" if line.shipment else f"  {product(line)}")
        words = contract.why_words(line, to)
        for name in ("date", "product", "price", "not_shipped"):
            if words[name]:
                say(f"    {name.replace('_', ' ').ljust(len('not shipped'))}  {cell(words[name])}")


def _change_until(line: ShipmentLine, today: date) -> str | None:
    """Until when a line can be changed. Where that day is past, the next run makes its child."""
    until = line.changeable(today)
    return str(line.changeable_until) if until == "until_day" else until and sentence("outcome", until)


def _of_child(line: ShipmentLine) -> list[str]:
    if line.child is None:
        return []
    if line.child_status == "cancelled":
        return [sentence("outcome", "child_is_cancelled")]
    if line.child_ships_on == line.ship_on:
        return []
    return [sentence("outcome", "child_ships_on", on=line.child_ships_on)]


def _written(address: Address) -> str:
    """An address on one line, its code first."""
    words = _parts(address)
    return f"{address.code}: {', '.join(words)}" if address.code else ", ".join(words) or _name(address)


def _parts(a: Address) -> list[str]:
    city = " ".join(word for word in (a.postcode, a.city) if word)
    land = " ".join(word for word in (a.region, a.country) if word)
    return [" ".join(word.split()) for word in (a.recipient, a.street, city, land) if word]


def _name(address: Address) -> str:
    """Its code; without one, the first of its words names an address."""
    return address.code or next(iter(_parts(address)), "an empty address")


def _names(addresses: Sequence[Address]) -> dict[int, str]:
    """What each is called; those of one name are written out."""
    often = Counter(_name(address) for address in addresses)
    return {a.id: _name(a) if often[_name(a)] == 1 else _written(a) for a in addresses}


def payment_row(payment: Payment) -> Document:
    """What is owed, with the card in words and the day on which the money was taken."""
    return {**contract.payment_json(payment), "method": method_words(payment), "captured_on": payment.captured_on}


def method_words(payment: Payment) -> str:
    """How it is paid, with the card in words."""
    card = payment.card.words if payment.card else ""
    return f"{payment.method} {card}" if card else payment.method


def why_paid(order: Order, today: date) -> None:
    """Why each payment has its amount, its day and its card, and how it stands."""
    found = payment_whys(order, today)
    if not found:
        return
    section("why of payments")
    for one in found:
        say(f"  {one.payment.order} {one.payment.purpose} {one.payment.number}")
        for part, words in contract.why_paid_words(one, reader()).items():
            say(f"    {part}: {words}")


def payments_part(payments: Sequence[Document]) -> None:
    """What is owed and what became of it."""
    if payments:
        section("payments")
        columns = (
            *("order", "shipment", "purpose", "number", "method"),
            *("amount", "due_on", "status", "captured", "captured_on"),
        )
        names = [name for name in columns if any(p.get(name) not in (None, "") for p in payments)]
        table([name.replace("_", " ") for name in names], ([p.get(name) for name in names] for p in payments), "  ")


def still_open_line(order: Order) -> str:
    """What of a cancelled order goes on."""
    under_way = [
        f"{one.number} ({one.status})" if isinstance(one, Child) else f"line {one.line} ({one.status})"
        for one in order.under_way
    ]
    more = max(0, len(under_way) - MOST_NAMED)
    return sentence("outcome", "stays_open", what=under_way[:MOST_NAMED], more=more)


def program_page(program: Program) -> None:
    """A program with its events."""
    document = program_json(program)
    facts({name: value for name, value in document.items() if name not in ("events", "draft")})
    section("events")
    listing(document.get("events", []))
    if program.draft:
        section(f"draft, revision {program.draft.number}")
        listing(document["draft"]["events"])


def customer_page(customer: Customer) -> None:
    """A customer with addresses, cards, orders and notes."""
    document = contract.customer_json(customer)
    tables = ("addresses", "cards", "notes")
    facts({name: value for name, value in document.items() if name not in tables})
    for name in tables:
        if document[name]:
            section(name)
            listing(document[name])


def preview_page(found: Preview, today: date, *, why: bool = False) -> None:
    """What would be planned, and what would be owed with the taxes of the company's country."""
    schedule_part(found.lines, found.ends_with, today)
    if why:
        why_part(found.lines)
    say(sentence("outcome", "planned_to_its_end" if found.complete else "more_follows"))
    payments_part(contract.preview_json(found)["payments"])
    if found.payments:
        code = "preview_taxes" if found.country else "preview_without_taxes"
        say("  " + sentence("outcome", code, country=found.country))
