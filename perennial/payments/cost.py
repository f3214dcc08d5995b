"""What shipments and whole orders come to: lines, delivery charge and tax, by the tariff of their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol, TypeVar

from perennial.catalog.models import Product
from perennial.continuity.planning import LineRow, OccurrenceRow
from perennial.customers.models import Address
from perennial.kernel.money import line_amount, sum_of
from perennial.kernel.states import COUNTED
from perennial.kernel.tariff import Tariff
from perennial.kernel.totals import Charge, Totals
from perennial.orders.models import Rest, SalesOrder


class Place(NamedTuple):
    """Where something goes, as tax sees it."""

    country: str | None
    region: str | None


NOWHERE = Place(None, None)


class Ships(Protocol):
    """An occurrence that is stored, or that is to be."""

    @property
    def shipment(self) -> int | None: ...
    @property
    def status(self) -> str: ...
    @property
    def ship_on(self) -> date: ...
    @property
    def delivery_mode_id(self) -> int | None: ...
    @property
    def lines(self) -> tuple[LineRow, ...]: ...


S = TypeVar("S", bound=Ships)


def places(address_ids: Iterable[int | None]) -> dict[int | None, Place]:
    """Country and region by address id; no address is nowhere."""
    found: dict[int | None, Place] = {None: NOWHERE}
    known = Address.objects.filter(pk__in={i for i in address_ids if i is not None})
    for pk, *place in known.values_list("pk", "country", "region"):
        found[pk] = Place(*place)
    return found


def tax_groups(product_ids: Iterable[int]) -> dict[int, str | None]:
    """Tax group by product id."""
    return dict(Product.objects.filter(pk__in=set(product_ids)).values_list("pk", "tax_group"))


def taxed_on(*, upfront: bool, order_date: date, ship_on: date) -> date:
    """The day whose tax rates hold for a shipment: the day it ships, of an order billed up front the order date."""
    return order_date if upfront else ship_on


def shipment_totals(
    tariff: Tariff,
    occurrences: Sequence[Ships],
    place: Place,
    groups: dict[int, str | None],
    on: date,
) -> Totals:
    """What one child of these occurrences costs: its lines, the delivery charge of the last one's mode, tax."""
    lines = [
        Charge(line_amount(line.quantity, line.price_minor), groups.get(line.product_id))
        for o in occurrences
        for line in o.lines
    ]
    return child_totals(tariff, lines, occurrences[-1].delivery_mode_id, place, on)


def child_totals(tariff: Tariff, lines: Iterable[Charge], mode_id: int | None, place: Place, on: date) -> Totals:
    """What one child with these lines costs by the tariff of its order, sent by a delivery mode to a place and taxed on a
    date.
    """
    return tariff.totals(lines, [mode_id], country=place.country, region=place.region, on=on)


def whole_order(
    tariff: Tariff,
    occurrences: Sequence[OccurrenceRow],
    default_place: int | None,
    on: date,
    known_places: dict[int | None, Place],
    groups: dict[int, str | None],
    made: Mapping[int, int] | None = None,
) -> tuple[int, date | None]:
    """``planned_total`` of stored occurrences. ``made``: the totals of children that exist, by id; nothing changes
    them any more.
    """
    return planned_total(
        tariff=tariff,
        occurrences=occurrences,
        place_of=lambda o: known_places[o.ship_to_id or default_place],
        on=on,
        groups=groups,
        made=lambda o: None if made is None or o.child_id is None else made.get(o.child_id),
    )


def planned_total(
    tariff: Tariff,
    occurrences: Sequence[S],
    place_of: Callable[[S], Place],
    on: date,
    groups: dict[int, str | None],
    made: Callable[[S], int | None] = lambda o: None,
) -> tuple[int, date | None]:
    """The sum of the planned children of an order billed up front, taxed on the order date, and the first
    ``ship_on``. Skipped and cancelled occurrences do not count: what will not come is not owed. ``made``: what the
    child of a shipment came to, which exists already.
    """
    shipments = by_shipment(occurrences)
    amounts = amounts_of(tariff, shipments, place_of=place_of, on=on, groups=groups, made=made)
    first = min((o.ship_on for together in shipments.values() for o in together), default=None)
    return sum_of(amounts.values()), first


def by_shipment(occurrences: Iterable[S]) -> dict[int, list[S]]:
    """What ships together, by its number: what is sent or will be."""
    found: dict[int, list[S]] = {}
    for o in occurrences:
        if o.status in COUNTED and o.shipment is not None:
            found.setdefault(o.shipment, []).append(o)
    return found


def amounts_of(
    tariff: Tariff,
    shipments: Mapping[int, Sequence[S]],
    *,
    place_of: Callable[[S], Place],
    on: date,
    groups: dict[int, str | None],
    made: Callable[[S], int | None],
) -> dict[int, int]:
    """What each shipment comes to, by its number."""
    found = {}
    for number, together in shipments.items():
        known = made(together[-1])
        if known is None:
            known = shipment_totals(tariff, together, place_of(together[-1]), groups, on).total
        found[number] = known
    return found


def totals_made(children: Mapping[int, SalesOrder]) -> dict[int, int]:
    """By child what it costs, together with those that bring what it went without."""
    found = {pk: child.total_minor for pk, child in children.items()}
    rests = Rest.objects.filter(of__in=found).exclude(child__status="cancelled")
    for first, total in rests.values_list("of", "child__total_minor"):
        found[first] += total
    return found
