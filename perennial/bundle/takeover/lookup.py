"""What orders that are taken over refer to, found again by its name: products, programs, customers, cards, rates."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from perennial.bundle.takeover.projection import Plans
from perennial.catalog.models import HoldCode, Product, Tariff
from perennial.catalog.queries import SetUp, in_force, price_lists, set_up
from perennial.desk.entry.customers import Customers
from perennial.kernel.tax import Rate
from perennial.programs.models import ContinuityProduct, Program, ProgramRevision
from perennial.programs.queries import LoadedRevision, load_revisions


class ProductRow(NamedTuple):
    """A product as orders need it."""

    id: int
    number: str
    kind: str
    tax_group: str | None


class Sold(NamedTuple):
    """What a continuity product stands for."""

    program: str
    event_duration: int
    shipments: int | None


class Names:
    """Set-up, read once an import; and the customers of one batch of orders."""

    def __init__(self) -> None:
        self.set_up: SetUp = set_up()
        self.currency = self.set_up.currency
        self.products = {
            number: ProductRow(pk, number, kind, group)
            for pk, number, kind, group in Product.objects.values_list("id", "number", "kind", "tax_group")
        }
        self.groups = {product.id: product.tax_group for product in self.products.values()}
        self.sold = {
            number: Sold(program, duration, shipments)
            for number, program, duration, shipments in ContinuityProduct.objects.values_list(
                "product__number", "program__schedule_id", "event_duration", "shipments"
            )
        }
        self.programs = dict(Program.objects.values_list("schedule_id", "id"))
        self.hold_codes = dict(HoldCode.objects.values_list("code", "stops"))
        """What each kind of hold stops."""
        self.schedules = {s.name: pk for pk, s in self.set_up.schedules.items() if pk is not None}
        self.rates: dict[tuple[str, str, str | None, date | None], Rate] = {
            (rate.group, rate.country, rate.region, rate.valid_from): rate for rate in self.set_up.tariff().rates
        }
        self.tariffs = frozenset(Tariff.objects.values_list("number", flat=True))
        self._prices = price_lists(self.groups)
        self._revision_ids: dict[tuple[str, int], int] = {}
        self._newest: dict[str, int] = {}
        for pk, program, number in (
            ProgramRevision.objects.filter(released=True)
            .order_by("number")
            .values_list("id", "program__schedule_id", "number")
        ):
            self._revision_ids[program, number] = pk
            self._newest[program] = number
        self._loaded: dict[int, LoadedRevision] = {}
        self.customers = Customers(())
        self.plans = Plans()
        self._prices_on: dict[tuple[frozenset[str], date], dict[str, int]] = {}

    def meet(self, accounts: Collection[str]) -> None:
        """Read the customers of the next batch, with their addresses and cards."""
        self.customers = Customers(accounts)

    def newest(self, program: str) -> int | None:
        """The number of a program's newest released revision."""
        return self._newest.get(program)

    def revision(self, program: str, number: int) -> LoadedRevision | None:
        """A released revision of a program."""
        pk = self._revision_ids.get((program, number))
        if pk is None:
            return None
        if pk not in self._loaded:
            self._loaded.update(load_revisions(self.set_up, [pk]))
        return self._loaded[pk]

    def price_on(self, number: str, on: date) -> int | None:
        """A product's price in force on a date; its earliest if it had none then; None if it has none."""
        product = self.products.get(number)
        prices = self._prices.get(product.id) if product else None
        return in_force(prices, on) if prices else None

    def prices(self, numbers: Iterable[str], on: date) -> dict[str, int]:
        """The prices in force on a date of those that have one."""
        key = (frozenset(numbers), on)
        if key not in self._prices_on:
            found = {number: self.price_on(number, on) for number in numbers}
            self._prices_on[key] = {number: price for number, price in found.items() if price is not None}
        return self._prices_on[key]
