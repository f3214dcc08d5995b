"""Products, programs and customers, in pages by key (``db.pages``)."""

from __future__ import annotations

from dataclasses import dataclass

from perennial.catalog.models import Product
from perennial.customers.models import Customer
from perennial.db.pages import Page, page_of
from perennial.programs.models import ContinuityProduct, Program, ProgramRevision

SIZE = 50


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


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """A customer."""

    account: str
    name: str
    email: str | None
    phone: str | None


def products(*, size: int = SIZE, after: str | None = None) -> Page[ListedProduct]:
    """A page of the products, by number."""
    page = page_of(Product.objects.all(), "number", size=size, after=after)
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


def customers(*, size: int = SIZE, after: str | None = None) -> Page[ListedCustomer]:
    """A page of the customers, by account. ``search`` finds some of them by words."""
    page = page_of(Customer.objects.all(), "account", size=size, after=after)
    return Page(tuple(ListedCustomer(row.account, row.name, row.email, row.phone) for row in page.rows), page.next)
