"""What becomes of delivery modes and products that whoever sends a bundle wants to hear: what they lose by not being
repeated, and what goes on sending them though they are taken out of use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perennial.bundle.reading.notes import MOST_NAMED, Note, note
from perennial.catalog.models import DeliveryMode, Product
from perennial.catalog.values import ModeFacts, ProductFacts
from perennial.programs.queries import programs_naming


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
        if mode.active and not row.active:
            yield note("delivery_mode_in_use_again", mode=row.code)
    wanted = {product.number: product for product in products}
    stored = Product.objects.filter(number__in=wanted).order_by("number")
    for number, group, active in stored.values_list("number", "tax_group", "active"):
        if group and not wanted[number].tax_group:
            yield note("product_loses_tax_group", product=number, group=group)
        if wanted[number].active and not active:
            yield note("product_in_use_again", product=number)


def still_named(modes: Sequence[ModeFacts], products: Sequence[ProductFacts]) -> Iterator[Note]:
    """Of those that are taken out of use: the programs that go on with them."""
    numbers = [product.number for product in products if not product.active]
    codes = [mode.code for mode in modes if not mode.active]
    given_up = set(Product.objects.filter(number__in=numbers, active=True).values_list("number", flat=True))
    modes_given_up = set(DeliveryMode.objects.filter(code__in=codes, active=True).values_list("code", flat=True))
    for (what, name), programs in programs_naming(products=given_up, modes=modes_given_up).items():
        yield still_named_by(what, name, programs)


def still_named_by(what: str, name: str, programs: Sequence[str]) -> Note:
    """The programs that go on with a thing (``product``, ``delivery_mode``) that is not in use."""
    first, more = programs[:MOST_NAMED], len(programs) - MOST_NAMED
    return note(f"{what}_still_named", name=name, programs=first, count=len(programs), more=max(more, 0) or None)


def retaxed(products: Sequence[ProductFacts]) -> Iterator[tuple[str, str | None, str | None]]:
    """The stored products that have another tax group as they are given: number, the old one, the new one."""
    groups = {product.number: product.tax_group for product in products}
    stored = Product.objects.filter(number__in=groups).order_by("number")
    for number, group in stored.values_list("number", "tax_group"):
        if groups[number] != group:
            yield number, group, groups[number]
