"""The products that stand for programs: which program, how many of its events, how many shipments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from django.db import transaction

from perennial.catalog.models import Product
from perennial.catalog.values import ProductFacts
from perennial.db.history import context
from perennial.db.sql import tuples
from perennial.errors import Refused
from perennial.programs.models import ContinuityProduct, Program


def kind_faults(products: Sequence[ProductFacts], sold: Callable[[Collection[str]], set[str]]) -> dict[str, Refused]:
    """By number: the products that cannot become what they are given as, because something stands on what they are.

    ``sold`` says which of some products, by number, stand in an order.
    """
    stored = dict(Product.objects.filter(number__in=[p.number for p in products]).values_list("number", "kind"))
    turned = {p.number: p.kind for p in products if stored.get(p.number, p.kind) != p.kind}
    if not turned:
        return {}
    used = tuples(
        "select distinct p.number, r.schedule_id from programs_programeventproduct x"
        " join catalog_product p on p.id = x.product_id join programs_programevent e on e.id = x.event_id"
        " join programs_programrevision v on v.id = e.revision_id join programs_program r on r.id = v.program_id"
        " where p.number = any(%s) order by 1, 2 desc",
        [[n for n, kind in turned.items() if kind == "continuity"]],
    )
    faults = {number: Refused("product_in_events", "program", program=program) for number, program in used}
    for number in sold(turned):
        faults.setdefault(number, Refused("product_sold", "program", kind=stored[number]))
    return faults


def unpriced_uses(numbers: Sequence[str], *, except_of: Collection[str] = ()) -> dict[str, str]:
    """By number: a program of which an event ships the product without naming a price (newest revision or draft)."""
    found = tuples(
        "select distinct on (p.number) p.number, r.schedule_id from programs_programeventproduct x"
        " join catalog_product p on p.id = x.product_id join programs_programevent e on e.id = x.event_id"
        " join programs_programrevision v on v.id = e.revision_id join programs_program r on r.id = v.program_id"
        " where p.number = any(%s) and x.price_minor is null and e.event_id is not null and e.action <> 'skip'"
        " and r.schedule_id <> all(%s) and (not v.released or v.number = (select max(n.number)"
        " from programs_programrevision n where n.program_id = v.program_id and n.released)) order by 1, 2",
        [list(numbers), list(except_of)],
    )
    return dict(found)


@transaction.atomic
def set_continuity_products(*, products: Sequence[ProductFacts], by: str, reason: str | None = None) -> set[str]:
    """Make products stand for the programs that they name (or for none). Gives the numbers of those changed."""
    context(by=by, reason=reason)
    stored = {
        row.product.number: row
        for row in ContinuityProduct.objects.filter(product__number__in=[p.number for p in products]).select_related(
            "product"
        )
    }
    wanted = {p.number: p for p in products if p.program is not None}
    programs = dict(
        Program.objects.filter(schedule_id__in={p.program for p in wanted.values()}).values_list("schedule_id", "id")
    )
    ids = dict(Product.objects.filter(number__in=wanted).values_list("number", "id"))
    changed = {number for number in stored if number not in wanted}
    ContinuityProduct.objects.filter(pk__in=[stored[number].pk for number in changed]).delete()
    new = []
    for number, product in wanted.items():
        if product.program not in programs:
            raise Refused("name_unknown", "program", what="program", name=product.program)
        columns = {
            "program_id": programs[product.program],
            "event_duration": product.event_duration,
            "shipments": product.shipments,
        }
        row = stored.get(number)
        if row is None:
            new.append(ContinuityProduct(product_id=ids[number], **columns))
        elif any(getattr(row, name) != value for name, value in columns.items()):
            ContinuityProduct.objects.filter(pk=row.pk).update(**columns)
        else:
            continue
        changed.add(number)
    ContinuityProduct.objects.bulk_create(new, batch_size=1000)
    return changed
