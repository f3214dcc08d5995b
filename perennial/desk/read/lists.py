"""Products, programs, customers, child orders, payments and planned shipments, in pages by key (``db.pages``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from perennial.catalog import models
from perennial.catalog.queries import product_by_number
from perennial.customers.models import Customer
from perennial.customers.queries import customer_by_account
from perennial.db import sql
from perennial.db.pages import Page, day_and_id, page, page_of
from perennial.desk.read import rows, waits
from perennial.desk.read.exceptions import INVOICED_WITHIN
from perennial.desk.read.from_rows import payment_of
from perennial.desk.read.order import ChildLine
from perennial.desk.read.values import Payment, Product
from perennial.errors import Refused
from perennial.kernel import states
from perennial.kernel.calendar import add_days
from perennial.kernel.money import Money
from perennial.orders.models import SalesOrder
from perennial.programs.models import ContinuityProduct, Program, ProgramRevision
from perennial.programs.queries import program_by_id

SIZE = 50
MOST_TO_CHOOSE = 200
_SQL = sql.named("perennial.desk.read", "lists.sql")


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A product. ``program``: the one that a continuity product stands for."""

    number: str
    name: str
    kind: str
    tax_group: str | None
    program: str | None


@dataclass(frozen=True, slots=True)
class ListedProgram:
    """A program. ``revision``: the one for new orders; ``draft``: the one that collects edits."""

    schedule_id: str
    name: str
    active: bool
    revision: int | None
    draft: int | None


class ProgramChoice(NamedTuple):
    """A program as a form offers it."""

    schedule_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """A customer."""

    account: str
    name: str
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class ListedChild:
    """A child order of an order's line. ``waits``: why one that is open may not ship, words of ``states.BLOCKED``."""

    number: str
    order: str
    account: str
    customer: str
    program: str
    line: int
    shipment: int
    status: str
    ship_on: date
    waits: tuple[str, ...]
    lines: tuple[ChildLine, ...]
    total: Money


@dataclass(frozen=True, slots=True)
class ListedPayment:
    """A payment of an order: ``order`` is the parent, ``payment.order`` what is paid, the parent or its child."""

    order: str
    account: str
    customer: str
    payment: Payment


@dataclass(frozen=True, slots=True)
class ListedShipment:
    """A planned shipment of which no child is made yet; where several events ship as one, what one of them sends.

    ``waits``: why its child is not made, words of ``states.BLOCKED``.
    """

    order: str
    account: str
    customer: str
    program: str
    line: int
    shipment: int
    ship_on: date
    waits: tuple[str, ...]
    lines: tuple[ChildLine, ...]


def products(*, size: int = SIZE, after: str | None = None) -> Page[ListedProduct]:
    """A page of the products, by number."""
    page = page_of(models.Product.objects.all(), "number", size=size, after=after)
    stands_for = dict(
        ContinuityProduct.objects.filter(product__in=page.rows).values_list("product", "program__schedule_id")
    )
    return Page(
        tuple(
            ListedProduct(row.number, row.name, row.kind, row.tax_group, stands_for.get(row.pk)) for row in page.rows
        ),
        page.next,
    )


def programs(*, size: int = SIZE, after: str | None = None) -> Page[ListedProgram]:
    """A page of the programs, by schedule id."""
    page = page_of(Program.objects.all(), "schedule_id", size=size, after=after)
    of_page = ProgramRevision.objects.filter(program__in=page.rows).order_by("number")
    newest = dict(of_page.filter(released=True).values_list("program", "number"))
    drafts = dict(of_page.filter(released=False).values_list("program", "number"))
    return Page(
        tuple(
            ListedProgram(row.schedule_id, row.name, row.active, newest.get(row.pk), drafts.get(row.pk))
            for row in page.rows
        ),
        page.next,
    )


def programs_to_choose() -> list[ProgramChoice]:
    """The programs among which a form lets somebody choose, by schedule id: the first 200, in one statement for every page."""
    found = "select schedule_id, name from programs_program order by schedule_id limit %s"
    return sql.rows(ProgramChoice, found, [MOST_TO_CHOOSE])


class Whose(NamedTuple):
    """A customer as a list of orders shows them."""

    account: str
    name: str


def whose(orders: Iterable[str]) -> dict[str, Whose]:
    """By the number of an order its customer."""
    found = SalesOrder.objects.filter(number__in=set(orders))
    return {number: Whose(*of) for number, *of in found.values_list("number", "customer__account", "customer__name")}


def customers(*, size: int = SIZE, after: str | None = None) -> Page[ListedCustomer]:
    """A page of the customers, by account. ``search`` finds some of them by words."""
    page = page_of(Customer.objects.all(), "account", size=size, after=after)
    return Page(tuple(ListedCustomer(row.account, row.name, row.email, row.phone) for row in page.rows), page.next)


def children(
    on: date,
    *,
    status: str | None = None,
    customer: str | None = None,
    program: str | None = None,
    uninvoiced: bool = False,
    size: int = SIZE,
    after: str | None = None,
) -> Page[ListedChild]:
    """A page of the child orders that fit, what ships first first; why they wait is told as of a date.

    ``uninvoiced``: sent long enough ago (``exceptions.INVOICED_WITHIN``) to have been invoiced.
    Refused: a status, customer or program that does not exist.
    """
    if status is not None and status not in states.ORDER:
        raise Refused("order_status_unknown", "status", status=status, known=tuple(states.ORDER))
    statuses = list(states.ORDER) if status is None else [status]
    given = {
        "statuses": [one for one in statuses if one == "shipped"] if uninvoiced else statuses,
        "sent_by": add_days(on, -INVOICED_WITHIN) if uninvoiced else None,
        "customer": _customer(customer),
        "program": None if program is None else program_by_id(program).pk,
    }
    ids, following = _keys("child_keys", given, size, after)
    found = sql.rows(rows.ListedChild, _SQL["children"], {"ids": ids})
    stopped = waits.children_that_may_not_ship(ids, on)
    lines = _lines("sent_by_children", ids)
    return Page(
        tuple(
            ListedChild(
                number=row.number,
                order=row.order,
                account=row.account,
                customer=row.customer,
                program=row.program,
                line=row.line,
                shipment=row.shipment,
                status=row.status,
                ship_on=row.ship_on,
                waits=stopped.get(row.id, ()) if row.status == "open" else (),
                lines=lines[row.id],
                total=Money(row.total, row.currency),
            )
            for row in found
        ),
        following,
    )


def payments(
    *, status: str | None = None, customer: str | None = None, size: int = SIZE, after: str | None = None
) -> Page[ListedPayment]:
    """A page of the payments that fit, what is due first first. Refused: a status or customer that does not exist."""
    if status is not None and status not in states.PAYMENT:
        raise Refused("payment_status_unknown", "status", status=status, known=tuple(states.PAYMENT))
    given = {"statuses": list(states.PAYMENT) if status is None else [status], "customer": _customer(customer)}
    ids, following = _keys("payment_keys" if customer is None else "payment_keys_of_customer", given, size, after)
    found = sql.rows(rows.ListedPayment, _SQL["payments"], {"ids": ids})
    return Page(tuple(map(_payment, found)), following)


def shipments(
    on: date,
    *,
    customer: str | None = None,
    program: str | None = None,
    product: str | None = None,
    size: int = SIZE,
    after: str | None = None,
) -> Page[ListedShipment]:
    """A page of the planned shipments that fit, what ships first first; why they wait is told as of a date.

    ``product``: a continuity product, or one that a shipment sends. Refused: what is named does not exist.
    """
    given = {
        "blocked": [None, *states.BLOCKED],
        "customer": _customer(customer),
        "program": None if program is None else program_by_id(program).pk,
        "product": None if product is None else product_by_number(product, "product").pk,
    }
    ids, following = _keys("shipment_keys" if customer is None else "shipment_keys_of_customer", given, size, after)
    found = sql.rows(rows.ListedShipment, _SQL["shipments"], {"ids": ids})
    waiting = waits.shipments_that_wait(list({row.continuity for row in found}), on)
    lines = _lines("sent_by_shipments", ids)
    return Page(
        tuple(
            ListedShipment(
                order=row.order,
                account=row.account,
                customer=row.customer,
                program=row.program,
                line=row.line,
                shipment=row.shipment,
                ship_on=row.ship_on,
                waits=waits.in_turn(row.blocked, waiting.get((row.continuity, row.shipment), ())),
                lines=lines[row.id],
            )
            for row in found
        ),
        following,
    )


def _payment(row: rows.ListedPayment) -> ListedPayment:
    return ListedPayment(
        order=row.order,
        account=row.account,
        customer=row.customer,
        payment=payment_of(row, order=row.pays, line=row.line, shipment=row.shipment, currency=row.currency),
    )


def _customer(account: str | None) -> int | None:
    return None if account is None else customer_by_account(account, "customer").pk


def _keys(name: str, given: Mapping[str, object], size: int, after: str | None) -> tuple[list[int], str | None]:
    """The ids of a page, and the key of the next one."""
    day, pk = day_and_id(after)
    found = page(sql.tuples(_SQL[name], {**given, "day": day, "id": pk, "most": size + 1}), size, lambda key: key)
    return [key[1] for key in found.rows], found.next


def _lines(name: str, ids: list[int]) -> dict[int, tuple[ChildLine, ...]]:
    """By id, what is sent."""
    lines: dict[int, tuple[ChildLine, ...]] = defaultdict(tuple)
    for pk, number, words, many, price, currency in sql.tuples(_SQL[name], {"ids": ids}):
        lines[pk] += (ChildLine(Product(number, words), many, Money(price, currency)),)
    return lines
