"""What the orders of one batch refer to: customers, products, programs, prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from perennial.catalog.models import Product, SourceCode
from perennial.catalog.queries import SetUp, prices_on, set_up
from perennial.desk.entry.customers import Customers
from perennial.desk.entry.values import OrderEntry
from perennial.payments.cost import tax_groups
from perennial.programs.models import ContinuityProduct, ProgramRevision
from perennial.programs.queries import LoadedRevision, load_revisions, newest_released


class Known:
    """What the entries of one batch refer to, read with a constant number of queries."""

    def __init__(self, entries: Sequence[OrderEntry]) -> None:
        self.set_up: SetUp = set_up()
        self.customers = Customers({account for e in entries for account in (e.customer, e.payer) if account})
        given = any(e.source_code is not None for e in entries)
        self.sources = {one.code: one for one in SourceCode.objects.all()} if given else {}
        numbers = {line.item_number for e in entries for line in e.lines}
        self.products = {
            p.number: p for p in Product.objects.filter(number__in=numbers).select_related("continuity__program")
        }
        programs = {
            p.continuity.program_id for p in self.products.values() if p.kind == "continuity" and sold_by(p) is not None
        }
        newest = newest_released(programs)
        self.revisions: dict[int, LoadedRevision] = {
            r.program_id: r for r in load_revisions(self.set_up, newest.values()).values()
        }
        self.valid: dict[int, set[int]] = {}
        self.prompts: dict[int, bool] = {}
        for r in ProgramRevision.objects.filter(pk__in=list(newest.values())).prefetch_related("valid_schedules"):
            self.valid[r.program_id] = {v.schedule_id for v in r.valid_schedules.all()}
            self.prompts[r.program_id] = r.prompt_for_payment_schedule
        self.schedules = {s.name: pk for pk, s in self.set_up.schedules.items() if pk is not None}
        self.product_ids = dict(
            Product.objects.filter(
                pk__in={i for r in self.revisions.values() for i in r.product_ids.values()}
            ).values_list("number", "pk")
        )
        self.groups = tax_groups({*self.product_ids.values(), *(p.pk for p in self.products.values())})
        self._prices: dict[date, dict[int, int]] = {}
        self._price_of = {*self.product_ids.values(), *(p.pk for p in self.products.values())}

    def also(self, products: Mapping[str, int]) -> None:
        """Know these products too, ids by number: a person has put them in place of the program's."""
        self.product_ids.update(products)
        self.groups.update(tax_groups(products.values()))

    def prices(self, on: date) -> dict[int, int]:
        """Prices in force on an order date, by product id."""
        if on not in self._prices:
            self._prices[on] = prices_on(self._price_of, on)
        return self._prices[on]


def sold_by(product: Product) -> ContinuityProduct | None:
    """How a continuity product stands for its program; None for any other product."""
    return getattr(product, "continuity", None)
