"""Questions about programs: a revision as the kernel plans from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from perennial.catalog.queries import SetUp
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.calendar import Interval
from perennial.kernel.guess import likely
from perennial.kernel.plan import Event, EventProduct, Revision
from perennial.programs.models import Program, ProgramEvent

SQL = sql.named("perennial.programs", "revisions.sql")


@dataclass(frozen=True)
class LoadedRevision:
    """A revision whole: what the kernel plans from, and the ids that the rows are written with."""

    id: int
    program_id: int
    program: str
    number: int
    started_on: date | None
    order_start: str
    bill_upfront: bool
    consolidate: bool
    catch_up: str
    payment_schedule_id: int | None
    asks_for_schedule: bool
    plan: Revision
    mode_ids: dict[str, int | None]
    schedule_ids: dict[str, int | None]
    product_ids: dict[str, int]

    @property
    def products_to_price(self) -> set[str]:
        """The numbers of the products whose price is the product's own, not the event's."""
        return {p.item for e in self.plan.events if e.ships for p in e.products if p.price_minor is None}

    def place_of(self, key: str) -> int | None:
        """The place of an event, from 1, as people name it; None: it is gone, or was never in it."""
        return next((event.event_id for event in self.plan.events if event.key == key), None)

    def billed_as(self, other: LoadedRevision) -> bool:
        """Is it billed as another revision is: whole or not, by the same payment schedules?"""
        if (self.bill_upfront, self.payment_schedule_id) != (other.bill_upfront, other.payment_schedule_id):
            return False
        both = self.schedule_ids.keys() & other.schedule_ids.keys()
        return self.bill_upfront or all(self.schedule_ids[key] == other.schedule_ids[key] for key in both)


class _RevisionRow(NamedTuple):
    id: int
    program_id: int
    program: str
    number: int
    started_on: date | None
    order_start: str
    bill_upfront: bool
    consolidate: bool
    catch_up: str
    payment_schedule_id: int | None
    asks_for_schedule: bool
    days_after_order_date: int


class _EventRow(NamedTuple):
    revision_id: int
    id: int
    key: str
    event_id: int | None
    days_from_last: int
    interval_code: str | None
    interval_rule: str | None
    interval_anchor: date | None
    start_order_date: date | None
    action: str
    times_to_repeat: int | None
    delivery_mode_id: int | None
    payment_schedule_id: int | None


class _ProductRow(NamedTuple):
    event_id: int
    line: int
    product_id: int
    number: str
    quantity: Decimal
    price_minor: int | None


def load_revisions(set_up: SetUp, ids: Iterable[int]) -> dict[int, LoadedRevision]:
    """The revisions with these ids, with the delivery modes as they are now."""
    wanted = {"ids": sorted(set(ids))}
    products: dict[int, list[_ProductRow]] = {}
    for product in sql.rows(_ProductRow, SQL["products"], wanted):
        products.setdefault(product.event_id, []).append(product)
    events: dict[int, list[_EventRow]] = {}
    for event in sql.rows(_EventRow, SQL["events"], wanted):
        events.setdefault(event.revision_id, []).append(event)
    found = sql.rows(_RevisionRow, SQL["revisions"], wanted)
    return {r.id: _loaded(set_up, r, events.get(r.id, []), products) for r in found}


def _loaded(
    set_up: SetUp, revision: _RevisionRow, events: list[_EventRow], products: dict[int, list[_ProductRow]]
) -> LoadedRevision:
    planned = []
    for event in events:
        interval = None
        if event.interval_rule is not None:
            interval = Interval(event.interval_code or "", event.interval_rule, event.interval_anchor)
        planned.append(
            Event(
                key=event.key,
                event_id=event.event_id,
                products=tuple(
                    EventProduct(p.line, p.number, p.quantity, p.price_minor) for p in products.get(event.id, [])
                ),
                days_from_last=event.days_from_last,
                interval=interval,
                start_order_date=event.start_order_date,
                action=event.action,
                times_to_repeat=event.times_to_repeat,
                mode=set_up.working_days(event.delivery_mode_id),
            )
        )
    return LoadedRevision(
        id=revision.id,
        program_id=revision.program_id,
        program=revision.program,
        number=revision.number,
        started_on=revision.started_on,
        order_start=revision.order_start,
        bill_upfront=revision.bill_upfront,
        consolidate=revision.consolidate,
        catch_up=revision.catch_up,
        payment_schedule_id=revision.payment_schedule_id,
        asks_for_schedule=revision.asks_for_schedule,
        plan=Revision(revision.program, revision.number, revision.days_after_order_date, tuple(planned)),
        mode_ids={e.key: e.delivery_mode_id for e in events},
        schedule_ids={e.key: e.payment_schedule_id for e in events},
        product_ids={p.number: p.product_id for e in events for p in products.get(e.id, [])},
    )


def newest_released(program_ids: Iterable[int] | None = None) -> dict[int, int]:
    """By program id, the id of its newest released revision: the one for new orders."""
    wanted = None if program_ids is None else list(program_ids)
    return dict(sql.tuples(SQL["newest_released"], {"programs": wanted}))


def last_places(program_id: int, keys: Iterable[str]) -> dict[str, int]:
    """Where these events of a program stood when they were in it last, by their keys."""
    found = ProgramEvent.objects.filter(revision__program=program_id, key__in=list(keys)).order_by("revision__number")
    return {key: at for key, at in found.values_list("key", "event_id") if at is not None}


def program_by_id(schedule_id: str, field: str = "program") -> Program:
    """A program by its schedule id. Refused when there is none."""
    found = Program.objects.filter(schedule_id=schedule_id).first()
    if found is None:
        known = Program.objects.order_by("schedule_id").values_list("schedule_id", flat=True)
        raise Refused("program_unknown", field, program=schedule_id, meant=likely(schedule_id, list(known)))
    return found


def revision_by_number(program: Program, number: int, field: str = "version") -> int:
    """The id of a program's revision by its number. Refused when there is none."""
    found = program.revisions.filter(number=number).values_list("pk", flat=True).first()
    if found is None:
        raise Refused("program_version_unknown", field, program=program.schedule_id, version=number)
    return found


def programs_naming(*, products: Collection[str] = (), modes: Collection[str] = ()) -> dict[tuple[str, str], list[str]]:
    """The active programs (schedule ids) whose version for new orders names these: by kind (``product``,
    ``delivery_mode``) and name. What none names is absent.
    """
    found: dict[tuple[str, str], list[str]] = {}
    given = {"products": list(products), "modes": list(modes)}
    for kind, name, program in sql.tuples(SQL["naming"], given) if products or modes else ():
        found.setdefault((kind, name), []).append(program)
    return found
