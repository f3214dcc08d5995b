"""What delivery modes and products lose by a bundle that does not repeat it: whoever only meant to change a price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perennial.catalog.models import DeliveryMode, Product
from perennial.catalog.values import ModeFacts, ProductFacts


def lost(modes: Sequence[ModeFacts], products: Sequence[ProductFacts]) -> Iterator[str]:
    """In words, what is stored of them and is no more when they are made as they are given."""
    given = {mode.code: mode for mode in modes}
    for row in DeliveryMode.objects.filter(code__in=given).order_by("code"):
        mode = given[row.code]
        gone = [
            *_gone("charge", row.charge_minor, mode.charge_minor),
            *_gone("tax group", row.tax_group, mode.tax_group),
            *_gone("days off", len(row.working_days) < 7, len(mode.working_days) < 7),
            *_gone("holidays", row.holidays, mode.holidays),
            *_gone("closed days", row.closed_on, mode.closed_on),
        ]
        if gone:
            yield f"delivery mode {row.code}: {' and '.join(gone)} taken away, as none is given"
    groups = {product.number: product.tax_group for product in products}
    stored = Product.objects.filter(number__in=groups, tax_group__isnull=False).order_by("number")
    for number, group in stored.values_list("number", "tax_group"):
        if not groups[number]:
            yield f"product {number}: tax group {group} taken away, as none is given"


def _gone(name: str, before: object, now: object) -> list[str]:
    return [name] if before and not now else []
