"""A program with its versions: what new orders get, the draft that collects edits, where its own calendar stands. And the
list of programs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from perennial.catalog.models import Product
from perennial.catalog.queries import currency, prices_on, set_up
from perennial.continuity.models import ContinuityOrder
from perennial.db.pages import Page
from perennial.desk.read.lists import SIZE, ListedProgram, programs
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.plan import current_event
from perennial.programs.facts import Written, ever_offered, read_facts, written
from perennial.programs.models import ContinuityProduct, ProgramRevision
from perennial.programs.models import Program as ProgramRow
from perennial.programs.queries import LoadedRevision, load_revisions, newest_released, program_by_id
from perennial.programs.values import ProgramFacts


@dataclass(frozen=True, slots=True)
class Version:
    """One revision. ``apply``: open orders follow it in the next night. ``open_orders``: the lines that stand on it.
    ``written``: when it was released, by whom and why; of a draft, when it was edited last.
    """

    number: int
    released: bool
    apply: bool
    open_orders: int
    facts: ProgramFacts
    written: Written | None = None


@dataclass(frozen=True, slots=True)
class SoldBy:
    """A product that stands for the program: all its events, so many of them (``events``), or so many ``shipments``."""

    number: str
    name: str
    events: int
    shipments: int | None


@dataclass(frozen=True, slots=True)
class Program:
    """A program; ``versions`` by their number. ``current``: the event and the repetition where its calendar stands.
    ``version`` counts what was changed of it: who changes it says which one they saw. ``was_offered``: here, now or before.
    """

    schedule_id: str
    name: str
    active: bool
    currency: str
    versions: tuple[Version, ...]
    current: tuple[int | None, int] | None
    version: int = 1
    sold_by: tuple[SoldBy, ...] = ()
    was_offered: bool = True

    @property
    def newest(self) -> Version | None:
        """The version for new orders; None of a program that was never released."""
        return next((version for version in reversed(self.versions) if version.released), None)

    @property
    def draft(self) -> Version | None:
        """The version that collects edits."""
        return next((version for version in self.versions if not version.released), None)

    @property
    def open_orders(self) -> int:
        """How many open lines of orders stand on any of its versions."""
        return sum(version.open_orders for version in self.versions)

    @property
    def behind(self) -> int:
        """How many of them stand on an older version than the one for new orders."""
        newest = self.newest
        return 0 if newest is None else self.open_orders - newest.open_orders

    def numbered(self, number: int) -> Version:
        """A version by its number. Refused: there is none."""
        for version in self.versions:
            if version.number == number:
                return version
        raise Refused("program_version_unknown", "version", program=self.schedule_id, version=number)


def program(schedule_id: str, *, on: date) -> Program:
    """A program with all its versions as it is on a date. Refused when there is none."""
    row = program_by_id(schedule_id)
    rules = set_up()
    revisions = list(ProgramRevision.objects.filter(program=row).order_by("number"))
    facts = read_facts([revision.pk for revision in revisions])
    open_orders = ContinuityOrder.objects.filter(program=row, status="open")
    standing = dict(open_orders.values("revision_id").annotate(many=Count("pk")).values_list("revision_id", "many"))
    newest = next((revision for revision in reversed(revisions) if revision.released), None)
    current = None
    if newest is not None and newest.started_on is not None:
        current = _current(load_revisions(rules, [newest.pk])[newest.pk], on)
    told = written(row.pk)
    return Program(
        schedule_id=row.schedule_id,
        name=row.name,
        active=row.active,
        currency=rules.currency,
        versions=tuple(
            Version(
                number=revision.number,
                released=revision.released,
                apply=revision.apply,
                open_orders=standing.get(revision.pk, 0),
                facts=facts[revision.pk],
                written=told.get(revision.number),
            )
            for revision in revisions
        ),
        current=current,
        version=row.version,
        sold_by=_sold_by(row.pk),
        was_offered=bool(standing) or row.pk in ever_offered([row.pk]),
    )


def _sold_by(program_id: int) -> tuple[SoldBy, ...]:
    rows = ContinuityProduct.objects.filter(program_id=program_id).select_related("product").order_by("product__number")
    return tuple(SoldBy(row.product.number, row.product.name, row.event_duration, row.shipments) for row in rows)


@dataclass(frozen=True, slots=True)
class ProductOf:
    """A product of a program's events: its name, and its own price on a date; None where it has none. ``active``: it may be
    given.
    """

    number: str
    name: str
    price: Money | None
    active: bool = True

    @property
    def called(self) -> str:
        """How it is called: its number and its name."""
        return f"{self.number} {self.name}".strip()


def products_of(versions: Iterable[ProgramFacts], *, on: date) -> dict[str, ProductOf]:
    """The products that the events of these revisions send, by number."""
    numbers = {p.item_number for facts in versions for event in facts.events for p in event.products}
    rows = list(Product.objects.filter(number__in=numbers).values_list("pk", "number", "name", "active"))
    prices = prices_on([pk for pk, *_ in rows], on)
    money = currency() if prices else ""
    return {
        number: ProductOf(number, name, Money(prices[pk], money) if pk in prices else None, active)
        for pk, number, name, active in rows
    }


@dataclass(frozen=True, slots=True)
class ProgramInList:
    """A program as the list shows it: as ``lists.programs`` says, with its open orders, what sells it, the event that is
    current, and whether it is or was offered.
    """

    schedule_id: str
    name: str
    active: bool
    revision: int | None
    draft: int | None
    open_orders: int
    sold_by: tuple[str, ...]
    current: tuple[int | None, int] | None
    was_offered: bool


def program_list(*, on: date, size: int = SIZE, after: str | None = None) -> Page[ProgramInList]:
    """A page of the programs by schedule id, as they stand on a date."""
    page = programs(size=size, after=after)
    ids = {
        row.schedule_id: row.pk for row in ProgramRow.objects.filter(schedule_id__in=[p.schedule_id for p in page.rows])
    }
    released = newest_released(ids.values())
    loaded = load_revisions(set_up(), released.values())
    orders = ContinuityOrder.objects.filter(program__in=ids.values(), status="open")
    counted = dict(orders.values("program_id").annotate(many=Count("pk")).values_list("program_id", "many"))
    offered = ever_offered(ids.values()) | counted.keys()
    sold: dict[int, list[str]] = {}
    selling = ContinuityProduct.objects.filter(program__in=ids.values()).order_by("product__number")
    for program_id, number in selling.values_list("program_id", "product__number"):
        sold.setdefault(program_id, []).append(number)

    def made(one: ListedProgram) -> ProgramInList:
        pk = ids[one.schedule_id]
        revision = loaded[released[pk]] if pk in released else None
        return ProgramInList(
            **{name: getattr(one, name) for name in ("schedule_id", "name", "active", "revision", "draft")},
            open_orders=counted.get(pk, 0),
            sold_by=tuple(sold.get(pk, ())),
            current=None if revision is None else _current(revision, on),
            was_offered=pk in offered,
        )

    return Page(tuple(made(one) for one in page.rows), page.next)


def _current(revision: LoadedRevision, on: date) -> tuple[int | None, int] | None:
    """Where the calendar of a revision stands."""
    if revision.started_on is None:
        return None
    found = current_event(revision.plan, revision.started_on, on)
    return (found.event_id, found.repetition) if found else None
