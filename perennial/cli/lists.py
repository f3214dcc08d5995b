"""How what a command lists looks as text, a line a thing."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from perennial.cli.output import facts, say, section, sentence, table
from perennial.cli.pages import method_words, product
from perennial.desk.contract import amount
from perennial.desk.read.customer import Customer
from perennial.desk.read.lists import ListedChild, ListedPayment, ListedShipment
from perennial.desk.read.order import Order
from perennial.desk.read.search import CustomerHit, Hits
from perennial.desk.read.waiting import Waiting
from perennial.jobs.touched import Touched, as_document
from perennial.language import phrase, reader
from perennial.language.values import in_a_line


def orders_page(orders: Iterable[Order]) -> None:
    """A line an order."""
    table(
        ("number", "reference", "customer", "ordered", "status", "programs", "children", "next shipment"),
        (
            [
                o.number,
                o.reference,
                o.account,
                o.order_date,
                o.status + (", held" if o.held else ""),
                [c.program for c in o.continuity],
                sum(child.status != "cancelled" for child in o.children),
                o.next_ship_on,
            ]
            for o in orders
        ),
    )


def waiting_page(found: Iterable[Waiting]) -> None:
    """What waits for a person, a line a thing."""
    to = reader()
    rows = [[one.order, one.account, _what(one), phrase("waiting", one.code, one.facts, to)] for one in found]
    table(("order", "customer", "what", "waits for"), rows)
    if not rows:
        say(sentence("outcome", "nothing_waits"))


def _what(one: Waiting) -> str:
    """What waits: a shipment, the first of so many, or all of a line; the order; one of its children."""
    if one.line is None:
        return sentence("outcome", "of_order") if one.number == one.order else one.number
    more = max(0, one.shipments - 1)
    return sentence("outcome", "of_shipment", line=one.line, shipment=one.shipment, more=more)


def night_report_page(found: Mapping[str, Any]) -> None:
    """A night: what was due and waits, the money by how it is paid, the jobs."""
    facts({name: value for name, value in found.items() if name not in ("waits", "money", "jobs")})
    facts({f"waits: {word}": number for word, number in found.get("waits", {}).items()})
    if found.get("money"):
        section(sentence("outcome", "money"))
        table(tuple(found["money"][0]), (list(one.values()) for one in found["money"]), "  ")
    if found.get("jobs"):
        section(sentence("outcome", "jobs"))
        rows = ([one["job"], one["run"], {n: v for n, v in one["counts"].items() if v}] for one in found["jobs"])
        table(("job", "run", "counts"), rows, "  ")


TOUCHED = ("name", "line", "shipment", "what", "before", "after")


def touched_page(rows: Sequence[Touched]) -> None:
    """A line a thing that a run touched; why it stays as it is, where some do."""
    if any(one.what == "passed_over" for one in rows):
        table([*TOUCHED, "reason"], ([*_touched(one), as_document(one, reader())["reason"]] for one in rows))
    else:
        table(TOUCHED, (_touched(one) for one in rows))
    if not rows:
        say(sentence("outcome", "nothing_touched"))


def touched_sheet(rows: Iterable[Touched]) -> None:
    """The same as CSV, row by row."""
    lines = csv.writer(sys.stdout)
    lines.writerow([*TOUCHED, "reason"])
    for one in rows:
        lines.writerow([*_touched(one), as_document(one)["reason"]])


def _touched(one: Touched) -> list[Any]:
    said = as_document(one)
    return [one.name, one.line, one.shipment, one.what, in_a_line(said["before"]), in_a_line(said["after"])]


def customers_page(customers: Sequence[Customer]) -> None:
    """A line a customer, with the last of the orders."""
    table(
        ("account", "name", "city", "phone", "e-mail", "orders", "last order"),
        (
            [
                c.account,
                c.name,
                list(dict.fromkeys(a.city for a in c.addresses if a.city)),
                c.phone,
                c.email,
                len(c.orders),
                c.orders[-1] if c.orders else None,
            ]
            for c in customers
        ),
    )
    if not customers:
        say(sentence("outcome", "nobody_fits"))


def listed_children_page(children: Sequence[ListedChild]) -> None:
    """A line a child order."""
    table(
        ("number", "account", "customer", "program", "ships on", "status", "products", "total", "waits for"),
        (
            [c.number, c.account, c.customer, c.program, c.ship_on, c.status, _products(c), amount(c.total), c.waits]
            for c in children
        ),
    )
    if not children:
        say(sentence("outcome", "no_child_fits"))


def listed_payments_page(payments: Sequence[ListedPayment]) -> None:
    """A line a payment."""
    table(
        (
            *("order", "account", "customer", "line", "purpose", "number"),
            *("method", "amount", "due on", "status", "captured"),
        ),
        (
            [
                *(p.order, one.account, one.customer, p.line, p.purpose, p.number),
                *(method_words(p), amount(p.amount), p.due_on, p.status, amount(p.captured)),
            ]
            for one in payments
            for p in [one.payment]
        ),
    )
    if not payments:
        say(sentence("outcome", "no_payment_fits"))


def listed_shipments_page(shipments: Sequence[ListedShipment]) -> None:
    """A line a shipment; where several events ship as one, a line each."""
    table(
        ("order", "line", "shipment", "account", "customer", "program", "ships on", "products", "waits for"),
        (
            [s.order, s.line, s.shipment, s.account, s.customer, s.program, s.ship_on, _products(s), s.waits]
            for s in shipments
        ),
    )
    if not shipments:
        say(sentence("outcome", "no_shipment_fits"))


def _products(one: ListedChild | ListedShipment) -> list[str]:
    return [product(line) for line in one.lines]


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
        say(sentence("outcome", "nobody_fits"))


def _found_by(hit: CustomerHit) -> str:
    words = [f"{', '.join(hit.matched)}{' exactly' if hit.exact else ''}"]
    return "; ".join([*words, *([sentence("outcome", "payment_was_declined")] if hit.declined else [])])
