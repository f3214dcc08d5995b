"""What delivery modes and products lose by a bundle that does not repeat it: whoever only meant to change a price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perennial.bundle.reading.notes import Note, note
from perennial.catalog.models import DeliveryMode, Product
from perennial.catalog.values import ModeFacts, ProductFacts


def lost(modes: Sequence[ModeFacts], products: Sequence[ProductFacts]) -> Iterator[Note]:
    """What is stored of them and is no more when they are made as they are given."""
    given = {mode.code: mode for mode in modes}
    for row in DeliveryMode.objects.filter(code__in=given).order_by("code"):
        mode = given[row.code]
        was = {
            "charge": (row.charge_minor, mode.charge_minor),
            "tax_group": (row.tax_group, mode.tax_group),
            "days_off": (len(row.working_days) < 7, len(mode.working_days) < 7),
            "holidays": (row.holidays, mode.holidays),
            "closed_on": (row.closed_on, mode.closed_on),
        }
        if gone := [name for name, (before, now) in was.items() if before and not now]:
            yield note("delivery_mode_loses", mode=row.code, gone=gone)
    for number, before, now in retaxed(products):
        if before and not now:
            yield note("product_loses_tax_group", product=number, group=before)


def retaxed(products: Sequence[ProductFacts]) -> Iterator[tuple[str, str | None, str | None]]:
    """The stored products that have another tax group as they are given: number, the old one, the new one."""
    groups = {product.number: product.tax_group for product in products}
    stored = Product.objects.filter(number__in=groups).order_by("number")
    for number, group in stored.values_list("number", "tax_group"):
        if groups[number] != group:
            yield number, group, groups[number]
