"""How documents look as text: what a clerk reads out on the telephone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from perennial.cli.output import cell, facts, listing, say, section, table

if TYPE_CHECKING:
    from perennial.desk.beside import Beside
    from perennial.desk.read.search import CustomerHit, Hits

Document = Mapping[str, Any]


Parked = Mapping[str, Sequence[tuple[int, str]]]
"""By order numbers: the lines that are parked, and why."""


def order_page(order: Document, today: date, *, parked: Parked, beside: Beside, why: bool = False) -> None:
    """An order: whose it is, what was ordered, every shipment with its day, children, payments, what happened.

    ``why``: also where the date, the product and the price of every shipment come from.
    """
    held = [f"{h['code']} ({h['reason']}), stops {h['stops']}" for h in order["holds"] if not h["released_on"]]
    facts(
        {
            "order": order["number"],
            "reference": order["reference"],
            "customer": [order["customer"], beside.customer],
            "address": beside.address,
            "order_date": order["order_date"],
            "currency": order["currency"],
            "status": order["status"],
            "acceptance": None if order["acceptance"] == "none" else order["acceptance"],
            "held": "; ".join(held),
            "parked": "; ".join(f"line {line}: {reason}" for line, reason in parked.get(order["number"], ())),
        }
    )
    if beside.others:
        section("other addresses")
        for words in beside.others:
            say(f"  {words}")
    section("lines")
    table(
        ("line", "product", "quantity", "price", "status"),
        ([r[k] for k in ("line", "item_number", "quantity", "price", "status")] for r in order["lines"]),
        "  ",
    )
    if any(line["price"] is not None for line in order["lines"]):
        tax = f"tax {order['tax']}" + (" included" if beside.tax_included else "")
        say(f"  delivery {order['delivery']}, {tax}, total {order['total']} {order['currency']}")
    if beside.sent:
        say(f"  {beside.sent}")
    children = {child["number"]: child for child in order["children"]}
    for one in order["continuity"]:
        continuity_part(one, today, children, beside, why=why)
    if order["children"]:
        section("child orders")
        table(
            (
                *("number", "shipment", "ships on", "status", "products"),
                *("delivery", "tax incl." if beside.tax_included else "tax", "total", "carrier", "tracking"),
                *(["goes to"] if beside.children else []),
            ),
            (
                [
                    c["number"],
                    c["shipment"],
                    c["ship_on"],
                    c["status"] + (", held" if c["held"] else ""),
                    [product(line) for line in c["lines"]],
                    c["delivery"],
                    c["tax"],
                    c["total"],
                    c["carrier"],
                    c["tracking"],
                    *([beside.children.get(c["number"])] if beside.children else []),
                ]
                for c in order["children"]
            ),
            "  ",
        )
    payments_part(list(_collected(order["payments"], beside)))
    if order["events"]:
        section("what happened")
        listing(order["events"])


def product(line: Document) -> str:
    """A product with its quantity, where it is not 1."""
    return line["item_number"] if line["quantity"] == "1" else f"{line['quantity']} x {line['item_number']}"


def continuity_part(
    one: Document, today: date, children: Mapping[str, Document], beside: Beside, *, why: bool = False
) -> None:
    """The Continuity page of a line. ``children``: those of the order, by their numbers."""
    planned = "planned to its end" if one["complete"] else "more follows"
    pays = one["payment_method"] + (f" {one['card']}" if one["card"] else "")
    if words := beside.cards.get(one["card"]):
        pays += f" ({words})"
    if one["payment_schedule"]:
        pays += f", schedule {one['payment_schedule']}"
    section(
        f"line {one['line']}: {one['item_number']}, program {one['program']} revision {one['revision']}, "
        f"{one['status']}, {planned}, paid by {pays}"
    )
    if place := beside.lines.get(one["line"]):
        say(f"  goes to {place}")
    elsewhere = {shipment: place for (line, shipment), place in beside.shipments.items() if line == one["line"]}
    schedule_part(one["lines"], today, children, elsewhere)
    if why:
        why_part(one["lines"])
    if one["adjustments"]:
        section("changed by a person")
        listing(one["adjustments"])


def schedule_part(
    lines: Sequence[Document],
    today: date,
    children: Mapping[str, Document] | None = None,
    elsewhere: Mapping[int, str] | None = None,
) -> None:
    """The dated lines, and for each why it has not shipped and until when it can be changed.

    A line that was late when its child was made keeps the day that was planned, and one whose child was
    cancelled stays ordered: the note tells of the child. Of an event that repeats, the last shipment is the last.
    """
    last = max((line["shipment"] for line in lines if line["action"] == "end"), default=None)
    table(
        ("shipment", "event", "date", "ships on", "product", "price", "status", "child order", "change until", "note"),
        (
            [
                line["shipment"],
                cell(line["event_id"]) + (f".{line['repetition']}" if line["repetition"] else ""),
                line["event_on"],
                line["ship_on"],
                product(line),
                line["price"],
                line["status"] + (", last" if line["action"] == "end" and line["shipment"] == last else ""),
                line["child_order"],
                _change_until(line, today),
                [
                    line["why"]["not_shipped"] if line["blocked"] else None,
                    *_of_child(line, children or {}),
                    *_changed(line),
                    *_goes_to(line, elsewhere or {}),
                ],
            ]
            for line in lines
        ),
        "  ",
    )


def why_part(lines: Sequence[Document]) -> None:
    """Where the date, the product and the price of every line come from, and why it has not shipped."""
    section("why")
    for line in lines:
        say(f"  shipment {line['shipment']}, {product(line)}" if line["shipment"] else f"  {product(line)}")
        for name in ("date", "product", "price", "not_shipped"):
            if words := line["why"][name]:
                say(f"    {name.replace('_', ' ').ljust(len('not shipped'))}  {cell(words)}")


def _change_until(line: Document, today: date) -> str | None:
    """Until when a line can be changed. Where that day is past, the next run makes its child."""
    until: str | None = line["changeable_until"]
    if until is None or line["status"] == "cancelled":
        return None
    if date.fromisoformat(until) >= today:
        return until
    if line["status"] == "skipped":  # no run makes anything of it
        return None
    return "it goes on" if line["blocked"] else "the next run"


def _of_child(line: Document, children: Mapping[str, Document]) -> list[str]:
    child = children.get(line["child_order"])
    if child is None:
        return []
    if child["status"] == "cancelled":
        return ["its child is cancelled"]
    return [] if child["ship_on"] == line["ship_on"] else [f"its child ships on {child['ship_on']}"]


def _changed(line: Document) -> list[str]:
    return [f"changed: {cell(line['customised'])}"] if line["customised"] else []


def _goes_to(line: Document, elsewhere: Mapping[int, str]) -> list[str]:
    """Where a shipment goes that does not go where its line goes."""
    place = None if line["child_order"] else elsewhere.get(line["shipment"])
    return [f"goes to {place}"] if place else []


def _collected(payments: Sequence[Document], beside: Beside) -> Iterator[Document]:
    """Payments with the card in words and the day on which the money was taken."""
    told = {key: iter(found) for key, found in beside.payments.items()}
    for p in payments:
        card, captured_on = next(told.get((p["order"], p["purpose"], p["number"]), iter(())), ("", None))
        yield {**p, "method": f"{p['method']} {card}" if card else p["method"], "captured_on": captured_on}


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


def orders_page(orders: Iterable[Document]) -> None:
    """A line an order."""
    table(
        ("number", "reference", "customer", "ordered", "status", "programs", "children", "next shipment"),
        (
            [
                o["number"],
                o["reference"],
                o["customer"],
                o["order_date"],
                o["status"] + (", held" if o["held"] else ""),
                [c["program"] for c in o["continuity"]],
                sum(child["status"] != "cancelled" for child in o["children"]),
                min(_to_come(o), default=None),
            ]
            for o in orders
        ),
    )


def _to_come(order: Document) -> Iterator[str]:
    """The days of the shipments that are still to be sent: planned, or made and not sent."""
    yield from (child["ship_on"] for child in order["children"] if child["status"] == "open")
    for one in order["continuity"]:
        yield from (line["ship_on"] for line in one["lines"] if line["status"] in ("planned", "scheduled"))


def waiting_page(
    orders: Iterable[Document],
    held: Mapping[str, Sequence[str]],
    refunds: Mapping[str, str],
    parked: Parked,
    today: date,
) -> None:
    """What waits for a person, a line a thing.

    ``held``: why orders and children are held; ``refunds``: what is to be given back; both by their numbers.
    ``parked``: also that of which no shipment is to come.
    """
    rows = []
    for o in orders:
        waits = list(_waits(o, held, today))
        blocked = {c["line"] for c in o["continuity"] if any(line["blocked"] == "parked" for line in c["lines"])}
        for line, reason in parked.get(o["number"], ()):
            if line not in blocked:
                waits.append((f"line {line}", f"parked ({reason})"))
        if back := refunds.get(o["number"]):
            waits.append((o["number"], f"a refund of {back}: so much more was taken or billed than came"))
        rows += [(o["number"], o["customer"], "the order" if what == o["number"] else what, why) for what, why in waits]
    table(("order", "customer", "what", "waits for"), rows)
    if not rows:
        say("nothing waits")


def _waits(order: Document, held: Mapping[str, Sequence[str]], today: date) -> Iterator[tuple[str, str]]:
    """The holds; the payments that no hold tells of already; the shipments that wait for something else."""
    for number in (order["number"], *(child["number"] for child in order["children"])):
        for reason in held.get(number, ()):
            yield number, reason
    for p in order["payments"]:
        if p["status"] in ("failed", "unknown") and p["order"] not in held:
            yield p["order"], f"payment {p['number']} of {p['amount']} {order['currency']}, {p['status']}"
    shipments: dict[tuple[int, str], list[int]] = {}
    for one in order["continuity"]:
        for line in one["lines"]:
            if line["blocked"] in ("acceptance", "parked"):
                words = line["why"]["not_shipped"].removeprefix("waits: ")
                shipments.setdefault((one["line"], words), []).append(line["shipment"])
    for (number, words), numbers in shipments.items():
        yield _named(number, min(numbers), len(set(numbers))), words
    yield from _wait_for_cards(order, today)


def _wait_for_cards(order: Document, today: date) -> Iterator[tuple[str, str]]:
    """A line for each card that is of no use on the day of a shipment, with the first of those days."""
    cards: dict[str, set[tuple[str, int, int]]] = {}
    for one in order["continuity"]:
        for line in one["lines"]:
            if line["blocked"] == "card":
                cards.setdefault(one["card"], set()).add((line["ship_on"], one["line"], line["shipment"]))
    for card, shipments in cards.items():
        ship_on, line, shipment = min(shipments)
        expired = "had expired" if date.fromisoformat(ship_on) < today else "will have expired"
        words = f"card {card} {expired} by {ship_on}"
        if len(shipments) > 1:
            words += f", the first of {len(shipments)} shipments"
        yield _named(line, shipment, len(shipments)), words


def _named(line: int, shipment: int, many: int) -> str:
    """The first of so many shipments that wait for one thing."""
    return f"line {line} shipment {shipment}" + (f" and {many - 1} more" if many > 1 else "")


def program_page(program: Document) -> None:
    """A program with its events."""
    facts({name: value for name, value in program.items() if name not in ("events", "draft")})
    section("events")
    listing(program["events"])
    if program["draft"]:
        section(f"draft, revision {program['draft']['revision']}")
        listing(program["draft"]["events"])


def customer_page(customer: Document) -> None:
    """A customer with addresses, cards and orders."""
    facts({name: value for name, value in customer.items() if name not in ("addresses", "cards")})
    for name in ("addresses", "cards"):
        if customer[name]:
            section(name)
            listing(customer[name])


def customers_page(customers: Sequence[Document]) -> None:
    """A line a customer, with the last of the orders."""
    table(
        ("account", "name", "city", "phone", "e-mail", "orders", "last order"),
        (
            [
                c["account"],
                c["name"],
                list(dict.fromkeys(a["city"] for a in c["addresses"] if a["city"])),
                c["phone"],
                c["email"],
                len(c["orders"]),
                c["orders"][-1] if c["orders"] else None,
            ]
            for c in customers
        ),
    )
    if not customers:
        say("nobody fits")


def hits_page(found: Hits) -> None:
    """A line a customer, then a line an order."""
    table(
        ("account", "name", "postcode", "city", "phone", "open orders", "next", "found by"),
        (
            [c.account, c.name, c.postcode, c.city, c.phone, c.open_orders, c.next_ship_on, _found_by(c)]
            for c in found.customers
        ),
    )
    if found.customers and found.orders:
        say()
    table(
        ("order", "reference", "account", "name", "status", "ordered", "ships"),
        ([o.number, o.reference, o.account, o.name, o.status, o.order_date, o.ship_on] for o in found.orders),
    )
    if not found.customers and not found.orders:
        say("nobody fits")


def _found_by(hit: CustomerHit) -> str:
    words = [f"{', '.join(hit.matched)}{' exactly' if hit.exact else ''}"]
    return "; ".join([*words, *(["a payment was declined"] if hit.declined else [])])


def preview_page(found: Document, today: date, country: str | None, *, why: bool = False) -> None:
    """What would be planned, and what would be owed with the taxes of the company's ``country``."""
    schedule_part(found["lines"], today)
    if why:
        why_part(found["lines"])
    say("planned to its end" if found["complete"] else "more follows")
    payments_part(found["payments"])
    if found["payments"]:
        where = (
            f"taxes are those of {country}, the company's country"
            if country
            else "no taxes: the company has no country"
        )
        say(f"  {where}; an order has those of the place it goes to")
