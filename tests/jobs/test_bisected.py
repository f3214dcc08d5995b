"""One order whose data is at fault among many in one chunk: that one is parked, all others are done, and the sum is what was due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest

from perennial.continuity.models import ContinuityOrder, Occurrence, Parked
from perennial.db import sql
from perennial.desk.entry import ContinuityEntry, LineEntry
from perennial.jobs import JOBS
from perennial.jobs.check import check, check_once
from perennial.jobs.runner import run_job
from perennial.orders.models import SalesOrder
from perennial.programs.models import ProgramEvent, ProgramRevision
from tests.worlds import actions
from tests.worlds.book_club import ORDERED, add_event, club, order

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 13
DUE = ORDERED + timedelta(2)
"""When the first shipment of each is due, and no other."""
CLUB = LineEntry("0016", continuity=ContinuityEntry(card="tok_visa"))
#: At fault, by their place: one in each half, at both ends, and two of different halves, and of the same.
AT_FAULT_REASON = {"code": "database_error", "message": "the data is at fault"}
AT_FAULT = [(0,), (4,), (9,), (12,), (3, 10), (8, 9)]

REFUSE = """
create function data_at_fault() returns trigger language plpgsql as $$
begin
  if to_jsonb(new) ->> tg_argv[0] = any (tg_argv[1:]) then
    raise exception 'the data is at fault' using errcode = '22023';
  end if;
  return new;
end $$
"""


@contextmanager
def at_fault(what: str, table: str, column: str, ids: Sequence[int], when: str = "true") -> Iterator[None]:
    """In here no row of these orders can be written to the table. ``what``: insert or update; ``when``: of such a row."""
    words = ", ".join(f"'{word}'" for word in (column, *ids))
    sql.execute(REFUSE)
    sql.execute(
        f"create trigger data_at_fault before {what} on {table} for each row when ({when})"
        f" execute function data_at_fault({words})"
    )
    try:
        yield
    finally:
        sql.execute("drop function data_at_fault cascade")


def many() -> list[ContinuityOrder]:
    """Orders of one continuity line each."""
    ids = [order(lines=(CLUB,)).continuity_order_ids[0] for _ in range(MANY)]
    return [ContinuityOrder.objects.select_related("order").get(pk=pk) for pk in ids]


def run(job: str, on: date) -> dict[str, Any]:
    """All that is to be done is in one chunk."""
    report = run_job(JOBS[job](), on=on)
    assert report["status"] == "done"
    assert sql.value("select count(*) from jobs_jobchunk where run_id = %s", [report["run"]]) <= 1
    return report


def are_parked(job: str, report: dict[str, Any], numbers: list[str]) -> None:
    """These and no others, by this job, with the reason."""
    found = Parked.objects.filter(resolved_on=None).order_by("id").values_list(
        "continuity_order__order__number", "job", "sqlstate", "because"
    )  # fmt: skip
    assert sorted(found) == [(number, job, "22023", AT_FAULT_REASON) for number in numbers]
    told = [(one["order"], one["blocked"], one["reason"]) for one in report["reasons"]]
    assert told == [(number, "parked", "the data is at fault") for number in numbers]
    blocked = Occurrence.objects.filter(blocked="parked").values_list("continuity_order__order__number", flat=True)
    assert sorted(set(blocked)) == numbers


def is_well() -> None:
    assert check()["faults"] == check_once()["faults"] == []


def with_child() -> list[str]:
    """The orders that have a child."""
    found = SalesOrder.objects.filter(parent__isnull=False).order_by("parent_id")
    return list(found.values_list("parent__number", flat=True))


def set_free(numbers: list[str], on: date) -> None:
    """A person has mended the data and lets the jobs try again."""
    for number in numbers:
        actions.parked_retry(number=number, on=on, by="clerk:anna")


@pytest.mark.parametrize("places", AT_FAULT)
def test_all_children_are_made_but_those_at_fault(places: tuple[int, ...]) -> None:
    club()
    orders = many()
    numbers = [one.order.number for one in orders]
    bad = [numbers[place] for place in places]
    with at_fault("insert", "orders_salesorder", "parent_id", [orders[place].order_id for place in places]):
        report = run("create-child-orders", DUE)
    assert {word: n for word, n in report["counts"].items() if n} == {"created": MANY - len(bad), "parked": len(bad)}
    are_parked("create-child-orders", report, bad)
    assert with_child() == [number for number in numbers if number not in bad]
    is_well()
    set_free(bad, DUE)
    report = run("create-child-orders", DUE)
    assert {word: n for word, n in report["counts"].items() if n} == {"created": len(bad)}
    assert with_child() == numbers
    is_well()


@pytest.mark.parametrize(
    ("places", "table", "column", "when"),
    [
        *((places, "orders_orderevent", "order_id", "new.kind = 'extended'") for places in AT_FAULT[3:]),
        # What is written with COPY is at fault like anything else.
        *((places, "continuity_occurrence", "continuity_order_id", "true") for places in AT_FAULT[4:]),
    ],
)
def test_all_orders_are_extended_but_those_at_fault(
    places: tuple[int, ...], table: str, column: str, when: str
) -> None:
    revision = club(repeat_threshold=1)
    ProgramEvent.objects.filter(revision=revision, key="E3").delete()
    ProgramEvent.objects.filter(revision=revision, key="E2").update(times_to_repeat=None)
    orders = many()
    numbers = [one.order.number for one in orders]
    bad = [numbers[place] for place in places]
    on = Occurrence.objects.latest("ship_on").ship_on
    planned = Occurrence.objects.count() // MANY

    def extended() -> list[str]:
        return [one.order.number for one in orders if Occurrence.objects.filter(continuity_order=one).count() > planned]

    ids = [orders[place].order_id if column == "order_id" else orders[place].pk for place in places]
    with at_fault("insert", table, column, ids, when):
        report = run("extend-lines", on)
    assert report["counts"]["orders"] == MANY - len(bad)
    assert report["counts"]["lines"] == Occurrence.objects.count() - planned * MANY
    are_parked("extend-lines", report, bad)
    assert extended() == [number for number in numbers if number not in bad]
    set_free(bad, on)
    # What was late has caught up: they run short again some days later, like the others.
    run("extend-lines", on + timedelta(90))
    assert extended() == numbers


@pytest.mark.parametrize("places", AT_FAULT[3:])
def test_all_orders_follow_a_release_but_those_at_fault(places: tuple[int, ...]) -> None:
    first = club()
    orders = many()
    numbers = [one.order.number for one in orders]
    bad = [numbers[place] for place in places]
    second = ProgramRevision.objects.create(
        program=first.program, number=2, started_on=first.started_on, days_after_order_date=5
    )
    for event in ProgramEvent.objects.filter(revision=first).order_by("place"):
        product = event.products.get().product
        add_event(second, event.place, product, event.delivery_mode, action=event.action, days_from_last=40)

    def updated() -> list[str]:
        found = ContinuityOrder.objects.filter(revision=second).order_by("order__number")
        return list(found.values_list("order__number", flat=True))

    ids = [orders[place].pk for place in places]
    with at_fault("update", "continuity_continuityorder", "id", ids):
        report = run("update-orders", ORDERED)
    assert report["counts"]["updated"] == MANY - len(bad)
    are_parked("update-orders", report, bad)
    assert updated() == [number for number in numbers if number not in bad]
    is_well()
    set_free(bad, ORDERED)
    assert run("update-orders", ORDERED)["counts"]["updated"] == len(bad)
    assert updated() == numbers
    is_well()
