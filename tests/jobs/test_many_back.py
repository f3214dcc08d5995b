"""A run of many orders is taken back order by order, where nothing has used or changed it since; the others say why."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.template import Context

from perennial.catalog.queries import company
from perennial.catalog.queries import set_up as read_set_up
from perennial.continuity.models import Adjustment, ContinuityOrder
from perennial.continuity.planning import read_orders
from perennial.db import sql
from perennial.desk.many.back import Back, ShipmentBack
from perennial.errors import Refused
from perennial.jobs import many
from perennial.jobs.many import How
from perennial.jobs.models import JobRun
from perennial.jobs.night import one_night
from perennial.jobs.runner import RUN_LOCK
from perennial.jobs.take_back import _rows
from perennial.jobs.touched import as_document, read, touched
from perennial.web.templatetags.updates import shipment_told
from tests.jobs.meanwhile import url
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import ANNA, ON, adjustments, day, last_event, lines, make_children, order, payments, set_up

pytestmark = pytest.mark.django_db(transaction=True)

MARA = How(by="manager:mara", on=ON, reason="the printer is late")


@pytest.fixture(autouse=True)
def members(transactional_db: None) -> None:
    """A club as it is entered, and nobody in it yet."""
    put(set_up())


PROMISED = """
select md5(string_agg(one, '|' order by one)) from (
  select to_jsonb(o)::text || coalesce((select jsonb_agg(to_jsonb(l) - 'id' order by l.line)::text
                                          from continuity_continuityline l where l.occurrence_id = o.id), '') as one
    from continuity_occurrence o
  union all select (to_jsonb(c))::text from continuity_continuityorder c
  union all select (to_jsonb(a) - 'undone_by')::text from continuity_adjustment a where a.undone_on is null
  union all select (to_jsonb(p) - 'version')::text from payments_payment p where p.status <> 'cancelled') x
"""


def promised() -> str:
    """All that orders promise and owe, in one sum."""
    return str(sql.value(PROMISED))


def why(done: dict[str, Any]) -> dict[str, list[str]]:
    return {one["code"]: one["orders"] for one in done["passed_over"]}


@pytest.mark.parametrize(
    "asked",
    [
        {"by_days": 4, "customer": "C-1"},
        {"by_days": 7, "following": True, "customer": "C-1"},
        {"product": "B1", "item": "B6", "price": "1.00"},
    ],
)
def test_all_is_as_it_was_when_nothing_has_used_it(asked: dict[str, Any]) -> None:
    for program in ("CLUB", "UP", "PART", "LOOP", "MISS"):
        order(program)
    by_hand = order("CLUB", "UP")
    actions.move(number=by_hand, shipment=1, to=day(2), line=1, **ANNA)
    before = promised()
    change = many.substitute if "item" in asked else many.move
    done = change(MARA, **asked)  # type: ignore[operator]
    assert done["counts"]["orders"] >= 4
    assert promised() != before
    said = many.take_back(How(by="mara", on=ON, dry=True), run=done["run"])
    back = many.take_back(MARA, run=done["run"])
    assert back["counts"] == said["counts"] == {"orders": done["counts"]["orders"], "passed_over": 0}
    assert promised() == before
    assert {one.what for one in touched(back["run"]).rows} == {"taken_back"}
    for dry in (True, False):
        assert many.take_back(How(by="mara", on=day(1), dry=dry), run=done["run"]) == back | {"already": True}


def test_a_row_says_what_differs_or_is_left_out() -> None:
    number = order("CLUB")
    rows = ContinuityOrder.objects.filter(order__number=number)
    (state,) = read_orders(read_set_up(), list(rows.values_list("pk", flat=True)))
    now, parent = state.occurrences[0], state.row.order_id

    def told(**was: Any) -> list[tuple[str, str]]:
        back = Back(parent, number, shipments=(ShipmentBack(state, 1, replace(now, **was), now),))
        found = [read(one) for one in _rows({parent: 1}, [back])]
        shown = [(one.before, one.after) for one in found]
        page = Context({"visitor": SimpleNamespace(company=company())})
        return [(shipment_told(page, a, b), shipment_told(page, b, a)) for a, b in shown]

    assert told(shipment=2) == [("", "")]  # the order alone
    before, after = told(status="cancelled")[0]
    assert (before, after) == ("2026-03-10, B1, 10.00 USD, cancelled", "2026-03-10, B1, 10.00 USD, scheduled")


def test_what_a_clerk_or_a_night_has_used_stays_and_says_why() -> None:
    free, clerk_moved, made, skipped_later = (order("CLUB") for _ in range(4))
    late = order("CLUB", order_date=day(30))
    done = many.move(MARA, by_days=7, program="CLUB")
    assert done["counts"]["orders"] == 5
    actions.move(number=clerk_moved, shipment=1, to=day(9), **ANNA)
    actions.skip(number=skipped_later, shipment=4, **ANNA)
    actions.hold(number=free, reason="a word", **ANNA)
    actions.release(number=free, **ANNA)
    back = many.take_back(MARA, run=done["run"])
    assert {(one["reason"], *one["orders"]) for one in back["passed_over"]} == {
        (f"{free} was changed since: release by clerk:anna on 2026-03-10", free),
        (f"{clerk_moved} was changed since: move by clerk:anna on 2026-03-10", clerk_moved),
        (f"{skipped_later} was changed since: skip by clerk:anna on 2026-03-10", skipped_later),
    }
    assert back["counts"] == {"orders": 2, "passed_over": 3}
    assert lines(clerk_moved, "ship_on")[0] == "2026-03-19"
    assert lines(made, "ship_on")[0] == "2026-03-10"
    assert lines(late, "ship_on")[0] == "2026-04-09"
    kind, _, by, reason, data = last_event(made)
    assert (kind, by, reason) == ("undone", "manager:mara", "the printer is late")
    assert data == {"action": "move", "run": back["run"], "of_run": done["run"]}
    assert adjustments(made) == []
    # What the clerk takes back himself lets the run be taken back too.
    actions.undo(number=skipped_later, **ANNA)
    more = many.take_back(MARA, run=done["run"])
    assert [one["orders"] for one in more["passed_over"]] == [[free], [clerk_moved]]
    assert lines(skipped_later, "ship_on")[0] == "2026-03-10"


def test_a_child_that_a_night_made_keeps_its_order_as_it_is() -> None:
    number, later = order("CLUB"), order("CLUB", order_date=day(60))
    done = many.move(MARA, by_days=1, program="CLUB")
    make_children(ON)
    back = many.take_back(MARA, run=done["run"])
    assert why(back) == {"undo_used": [number]}
    assert back["counts"] == {"orders": 1, "passed_over": 1}
    assert lines(number, "ship_on")[0] == "2026-03-11"
    assert lines(later, "ship_on")[0] == "2026-05-11"  # 9 May is a Saturday


def test_a_shipment_that_would_come_back_late_is_sent_only_when_it_is_said() -> None:
    number = order("CLUB", order_date=day(1))
    before = lines(number, "ship_on")
    done = many.move(MARA, by_days=40, program="CLUB", event="A")
    one_night(ON)  # it would have made a child of the first shipment, which was on the 11th
    tomorrow = How(by="mara", on=day(1))
    back = many.take_back(tomorrow, run=done["run"])
    assert why(back) == {"undo_late": [number]}
    assert lines(number, "ship_on")[0] == "2026-04-20"
    late = many.take_back(tomorrow, run=done["run"], send_late=True)
    assert late["counts"] == {"orders": 1, "passed_over": 0}
    assert lines(number, "ship_on") == before


def test_what_is_owed_up_front_is_as_before() -> None:
    number = order("UP")
    before = payments(number)
    done = many.substitute(MARA, product="B2", item="B6", price="99.00")
    assert payments(number) != before
    many.take_back(MARA, run=done["run"])
    assert payments(number) == before


@pytest.mark.patient
def test_a_run_that_nobody_goes_on_with_is_given_up_and_taken_back(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    first, second, third = (order("CLUB") for _ in range(3))
    settings.PERENNIAL_CHUNK_SIZE = 1
    dies_after(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        many.move(MARA, by_days=7, program="CLUB")
    monkeypatch.undo()
    run = JobRun.objects.get(status="open")
    assert [lines(one, "ship_on")[0][5:] for one in (first, second, third)] == ["03-17", "03-10", "03-10"]
    with pytest.raises(Refused) as other:  # nobody else finishes it by the way
        many.move(MARA, by_days=3, program="CLUB")
    assert (other.value.code, other.value.facts["run"]) == ("run_unfinished", run.pk)
    with psycopg.connect(url()) as alive:  # somebody is still at work on it
        alive.execute("select pg_advisory_lock_shared(%s, %s)", [RUN_LOCK, run.pk])
        with pytest.raises(Refused) as refused:
            many.take_back(MARA, run=run.pk)
        assert refused.value.code == "run_at_work"
    back = many.take_back(MARA, run=run.pk)
    assert back["counts"] == {"orders": 1, "passed_over": 0}
    assert lines(first, "ship_on")[0] == "2026-03-10"
    run.refresh_from_db()
    assert (run.status, run.report["counts"]) == (
        "done",
        {"orders": 1, "shipments": 1, "following": 0, "passed_over": 2},
    )
    told = [as_document(one) for one in touched(run.pk).rows]
    assert [(one["order"], one["shipment"], one["what"]) for one in told] == [
        (first, 1, "moved"),
        (second, 1, "passed_over"),
        (third, 1, "passed_over"),
    ]
    # The next one begins anew: nothing of the old one is done any more.
    done = many.move(MARA, by_days=1, program="CLUB")
    assert done["counts"]["orders"] == 3
    assert lines(third, "ship_on")[0] == "2026-03-11"


def test_the_same_command_of_another_day_goes_on_with_it_and_does_nothing_twice(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    numbers = [order("CLUB") for _ in range(3)]
    settings.PERENNIAL_CHUNK_SIZE = 1
    dies_after(monkeypatch, 2)
    with pytest.raises(KeyboardInterrupt):
        many.move(MARA, by_days=7, program="CLUB")
    monkeypatch.undo()
    done = many.move(How(by="somebody else", on=day(1), reason=MARA.reason), by_days=7, program="CLUB")
    assert (done["on"], done["counts"]["orders"]) == (str(ON), 3)
    assert {lines(one, "ship_on")[0] for one in numbers} == {"2026-03-17"}
    assert set(Adjustment.objects.values_list("by", flat=True)) == {"manager:mara"}


def test_no_run_but_one_of_these_is_taken_back() -> None:
    order("CLUB")
    rehearsed = many.move(How(by="mara", on=ON, dry=True), by_days=7, program="CLUB")
    with pytest.raises(Refused) as refused:
        many.take_back(MARA, run=rehearsed["run"])
    assert refused.value.code == "run_not_taken_back"


def dies_after(monkeypatch: pytest.MonkeyPatch, chunks: int) -> None:
    """The process ends when it has done so many chunks."""
    from perennial.jobs.change_many import ChangeMany

    work, done = ChangeMany.work, [0]

    def worked(self: ChangeMany, *args: Any) -> Any:
        if done[0] == chunks:
            raise KeyboardInterrupt
        done[0] += 1
        return work(self, *args)

    monkeypatch.setattr(ChangeMany, "work", worked)
