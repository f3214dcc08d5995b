"""What a draft would change on open orders: the update that follows does just that, order by order, and is taken back whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from perennial.catalog.models import Company
from perennial.catalog.queries import set_up as rules
from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.customers.models import Customer
from perennial.desk.entry import PayEntry
from perennial.desk.read import orders as read
from perennial.desk.read.coming import coming
from perennial.errors import Refused
from perennial.jobs import change_preview, kept_rows, many, requests
from perennial.jobs.change_orders import group_orders
from perennial.jobs.change_preview import Preview, Since
from perennial.jobs.kept_rows import KeptRows
from perennial.jobs.many import How
from perennial.jobs.models import ChangedOrder, ChangePreview, JobRun, JobTouched, PreviewedOrder
from perennial.jobs.night import one_night
from perennial.jobs.price_told import told_of
from perennial.jobs.runner import run_job
from perennial.jobs.touched import as_document, touched
from perennial.jobs.update_orders import UpdateOrders
from perennial.kernel.states import CARD_OWES, TO_COME
from perennial.notices.models import Notice, NoticeKind
from perennial.orders.models import OrderEvent, SalesOrder
from perennial.payments.models import Payment
from perennial.programs.actions import release
from perennial.programs.draft import edit_draft
from perennial.programs.models import ProgramRevision
from perennial.programs.values import ProgramFacts
from perennial.worker import program_change
from tests.jobs.test_many_back import promised, why
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import ANNA, ON, day, line, make_children, order, set_up

pytestmark = pytest.mark.django_db(transaction=True)

MARA: dict[str, Any] = {"by": "manager:mara", "on": ON}


@pytest.fixture(autouse=True)
def members(transactional_db: None, settings: Any) -> None:
    """A club as it is entered, and nobody in it yet."""
    settings.PERENNIAL_TODAY = ON
    put(set_up())


def edited(program: str = "CLUB", price: int = 9900) -> int:
    """A draft: the third event is dearer, the fourth brings something else; its number."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        *first, third, fourth = facts.events
        dearer = replace(third, products=(replace(third.products[0], price_minor=price), *third.products[1:]))
        other = replace(fourth, products=(replace(fourth.products[0], item_number="B5", quantity=Decimal(2)),))
        return replace(facts, events=(*first, dearer, other))

    edit_draft(schedule_id=program, edit=edit, by="mara")
    return ProgramRevision.objects.get(program__schedule_id=program, released=False).number


def without_second(facts: ProgramFacts) -> ProgramFacts:
    """The second event is left out: what comes behind it comes earlier."""
    kept = [event for event in facts.events if event.event_id != 2]
    return replace(facts, events=tuple(replace(event, event_id=at) for at, event in enumerate(kept, 1)))


def previewed(program: str = "CLUB", refresh: int | None = None) -> Preview:
    """Ask for it, and let a worker count it."""
    asked = program_change.ask_for_preview(schedule_id=program, refresh=refresh, **MARA)
    requests.perform(asked.pk)
    asked.refresh_from_db()
    assert asked.status == "done", asked.refused
    return change_preview.preview(asked.runs[-1])


def applied(found: Preview, **given: Any) -> JobRun:
    """Apply it, and let a worker do it."""
    asked = program_change.apply(schedule_id=found.program, run=found.run, **MARA, **given)
    requests.perform(asked.pk)
    asked.refresh_from_db()
    assert asked.status == "done", asked.refused
    return JobRun.objects.get(pk=asked.runs[-1])


def rows(run: int) -> list[dict[str, Any]]:
    return [as_document(one) for one in touched(run).rows]


def to_come() -> int:
    """What is planned of all open orders, as their pages have it; of those billed up front what is still to be taken."""
    upfront = ContinuityOrder.objects.filter(upfront=True)
    parents = list(SalesOrder.objects.filter(parent=None).exclude(continuity__in=upfront).values_list("pk", flat=True))
    payments = Payment.objects.filter(continuity_order__in=upfront, purpose="order", status__in=CARD_OWES)
    return sum(one.amount_minor for one in payments) + sum(
        shipment.cost.minor
        for one in read.orders(parents, on=ON)
        for shipment in coming(one, rules())
        if shipment.child is None and shipment.status in TO_COME
    )


def people(*programs: str) -> dict[str, str]:
    """Orders of every kind, by what was done to them."""
    program = programs[0]
    found = {name: order(program) for name in ("plain", "sent", "moved", "swapped", "skipped", "stopped")}
    for name in ("plain", "moved", "swapped", "skipped", "stopped"):  # they wait, so that only one has a child
        actions.hold(number=found[name], reason="a word", **ANNA)
    make_children(ON)
    for name in ("plain", "moved", "swapped", "skipped", "stopped"):
        actions.release(number=found[name], **ANNA)
    actions.move(number=found["moved"], shipment=3, to=day(45), **ANNA)
    actions.substitute(number=found["swapped"], shipment=3, item="B6", **ANNA)
    actions.skip(number=found["skipped"], shipment=2, **ANNA)
    actions.cancel(number=found["stopped"], after=1, **ANNA)
    found["two"] = order(line(program), line(program))
    return found


@pytest.mark.parametrize("program", ["CLUB", "UP", "PART"])
@pytest.mark.parametrize("edit", [None, without_second])
def test_the_update_does_what_the_preview_has_shown_and_is_taken_back_whole(
    program: str, edit: Callable[[ProgramFacts], ProgramFacts] | None, settings: Any
) -> None:
    settings.PERENNIAL_CHUNK_SIZE = 3  # the two lines of one order are in two chunks
    people(program)
    if edit is None:
        edited(program)
    else:
        edit_draft(schedule_id=program, edit=edit, by="mara")
    NoticeKind.objects.create(kind="price_changed", is_on=True, changed_on=ON)
    before, was = promised(), to_come()
    found = previewed(program)
    assert promised() == before
    who = [one for one in found.groups if one.kind in ("changes", "changes_and_keeps", "same")]
    assert sum(one.orders for one in who) == found.orders == found.changed + found.same
    assert (
        found.more.minor == sum(one.amount.minor for one in who) == sum(one.amount.minor for one in found.differences)
    )
    for one in found.groups:
        listed = group_orders(found.run, one.number, size=100).rows
        assert (len(listed), sum(row.more.minor for row in listed)) == (one.orders, one.amount.minor)
    assert found.to_come.minor == was
    run = applied(found, letters=True)
    assert rows(run.pk) == rows(found.run)
    assert to_come() == found.new_to_come.minor
    counts = JobRun.objects.get(pk=found.run).report["counts"]
    assert run.report["counts"] == counts
    assert counts["updated"] == found.changed
    assert promised() != before
    back = many.take_back(How(by="mara", on=ON, dry=True), run=run.pk)
    back = many.take_back(How(**MARA), run=run.pk)
    assert why(back) == {}
    assert promised() == before
    assert not ProgramRevision.objects.filter(apply=True).exists()


def told(found: Preview) -> tuple[Any, ...]:
    """All that a preview says, whatever the numbers of its groups and runs."""
    by_kind = {one.number: (one.kind, one.event, one.before, one.after) for one in found.groups}
    groups = sorted((by_kind[one.number], one.event_id, one.orders, one.amount) for one in found.groups)
    listed = [(of, group_orders(found.run, number, size=100).rows) for number, of in by_kind.items()]
    numbers = replace(found, run=0, list_run=0, at=day(0), groups=())
    run = JobRun.objects.get(pk=found.list_run)
    report = {**run.report, "counts": {word: number for word, number in run.report["counts"].items() if number}}
    report["reasons"] = sorted(report["reasons"], key=str)
    return numbers, repr(groups), sorted(listed, key=repr), rows(found.list_run), report, run.selected


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("program", ["CLUB", "UP"])
def test_what_has_changed_since_is_counted_anew_and_all_else_stays(
    program: str, apart: bool, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PERENNIAL_CHUNK_SIZE = 3
    known = people(program)
    edited(program)
    if apart:
        monkeypatch.setattr(kept_rows, "IN_MEMORY", 1)
    NoticeKind.objects.create(kind="price_changed", is_on=True, changed_on=ON)
    first = previewed(program)
    assert change_preview.since(first.run, thoroughly=True) is None
    # Three change, one of which has two lines; one is new, one is gone; one customer has an address to write to.
    actions.skip(number=known["plain"], shipment=3, **ANNA)
    actions.undo(number=known["moved"], **ANNA)
    actions.move(number=known["two"], line=1, shipment=2, to=day(50), **ANNA)
    new = order(program)
    actions.cancel(number=known["skipped"], **ANNA)
    assert change_preview.since(first.run) == Since(5)
    Customer.objects.update(email="ada@example.com")
    assert change_preview.since(first.run, thoroughly=True) == Since(len(known) + 1)
    Customer.objects.update(email=None)
    assert change_preview.since(first.run, thoroughly=True) == Since(5)
    with pytest.raises(Refused) as refused:
        applied(first, letters=True)
    assert refused.value.code == "orders_changed_since"
    fresh = previewed(program, refresh=first.run)
    assert change_preview.since(fresh.run, thoroughly=True) is None
    assert (fresh.list_run, JobRun.objects.get(pk=fresh.run).selected) == (first.run, 5)  # lines
    assert {row["order"] for row in rows(fresh.run)} == {known["plain"], known["moved"], known["two"], new}
    assert told(fresh) == told(previewed(program))
    # It is applied by the run that refreshed it alone.
    ChangePreview.objects.exclude(pk=fresh.list_run).delete()
    with pytest.raises(Refused) as refused:
        applied(first, letters=True)
    assert refused.value.code == "preview_refreshed"
    run = applied(fresh, letters=True)
    assert rows(run.pk) == rows(fresh.list_run)
    assert to_come() == fresh.new_to_come.minor
    assert run.report["counts"] == JobRun.objects.get(pk=fresh.list_run).report["counts"]


def test_the_whole_is_counted_again_when_the_draft_or_a_rule_is_another_one() -> None:
    order("CLUB")
    skipped = order("CLUB")
    edited()
    first = previewed()
    actions.skip(number=skipped, shipment=2, **ANNA)
    put({"products": [{"number": "B3", "price": "77.00"}]}, on=ON)
    assert change_preview.since(first.run) == Since(1, ("prices",))
    second = previewed(refresh=first.run)
    assert (second.list_run, second.orders) == (second.run, 2)
    edited(price=8800)
    assert change_preview.since(second.run) == Since(0, ("version",))
    third = previewed(refresh=second.run)
    assert (third.list_run, third.orders) == (third.run, 2)
    assert change_preview.since(third.run, thoroughly=True) is None
    # What is kept of a list for some time only is counted as a whole, too.
    PreviewedOrder.objects.filter(run=third.run).delete()
    assert change_preview.since(third.run, thoroughly=True) == Since(0, ("version",))
    fourth = previewed(refresh=third.run)
    assert fourth.list_run == fourth.run
    for given, code in (
        ({"program": "CLUB", "revision": 2, "refresh": 99}, "preview_unknown"),
        ({"program": "UP", "revision": 1, "refresh": fourth.run}, "preview_unknown"),
        ({"program": "CLUB", "refresh": fourth.run}, "option_goes_with"),
    ):
        with pytest.raises(Refused) as refused:
            run_job(UpdateOrders(), on=ON, arguments=given, dry=True)
        assert refused.value.code == code
    with pytest.raises(Refused) as refused:
        run_job(UpdateOrders(), on=ON, arguments={"program": "UP", "revision": 1, "refresh": fourth.run})
    assert refused.value.code == "refresh_is_dry"


def dies(monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
    """Whoever works is killed after so many chunks."""
    work, done = UpdateOrders.work, [0]

    def killed(self: UpdateOrders, *given: Any) -> Any:
        if done[0] == after:
            raise KeyboardInterrupt
        done[0] += 1
        return work(self, *given)

    monkeypatch.setattr(UpdateOrders, "work", killed)


def test_a_worker_that_is_killed_over_a_preview_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.PERENNIAL_CHUNK_SIZE = 1
    monkeypatch.setattr(kept_rows, "IN_MEMORY", 1)  # rows are written apart as they come
    for _ in range(3):
        order("CLUB")
    edited()
    asked = program_change.ask_for_preview(schedule_id="CLUB", **MARA)
    with monkeypatch.context() as killed:
        killed.setattr(KeptRows, "drop", KeptRows._end)  # its session ends, and nothing else
        dies(killed, after=2)
        with pytest.raises(KeyboardInterrupt):
            requests.perform(asked.pk)
    assert JobRun.objects.filter(dry=True, status="open").count() == 1
    assert JobTouched.objects.exists()
    requests.perform(asked.pk)  # the next worker counts it anew
    (run,) = JobRun.objects.filter(dry=True)
    assert run.status == "done"
    found = change_preview.preview(run.pk)
    assert (found.orders, found.changed, found.busy) == (3, 3, 0)
    assert {row["order"] for row in rows(run.pk)} == {"SO-000001", "SO-000002", "SO-000003"}
    assert len({(row.number, row.seq) for row in ChangedOrder.objects.all()}) == sum(g.orders for g in found.groups)
    with monkeypatch.context() as stopped:  # one that is stopped clears up itself
        dies(stopped, after=2)
        again = program_change.ask_for_preview(schedule_id="CLUB", **MARA)
        with pytest.raises(KeyboardInterrupt):
            requests.perform(again.pk)
    assert JobRun.objects.filter(dry=True).count() == 1


def test_a_worker_that_is_killed_over_an_update(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PERENNIAL_CHUNK_SIZE = 1
    for _ in range(3):
        order("CLUB")
    before = promised()
    edited()
    found = previewed()
    asked = program_change.apply(schedule_id="CLUB", run=found.run, letters=True, **MARA)
    with monkeypatch.context() as killed:
        dies(killed, after=1)
        with pytest.raises(KeyboardInterrupt):
            requests.perform(asked.pk)
    run = JobRun.objects.get(dry=False)
    assert run.status == "open"
    # Taken back as far as it came; whoever goes on with the request finds it done.
    back = many.take_back(How(**MARA), run=run.pk)
    assert back["counts"] == {"orders": 1, "passed_over": 0}
    assert promised() == before
    requests.perform(asked.pk)
    one_night(ON)
    assert {one.revision.number for one in ContinuityOrder.objects.select_related("revision")} == {1}
    assert many.take_back(How(**MARA), run=run.pk)["already"]
    # Another draft: killed, and gone on with.
    edited(price=7700)
    found = previewed()
    asked = program_change.apply(schedule_id="CLUB", run=found.run, letters=True, **MARA)
    with monkeypatch.context() as killed:
        dies(killed, after=1)
        with pytest.raises(KeyboardInterrupt):
            requests.perform(asked.pk)
    requests.perform(asked.pk)
    run = JobRun.objects.filter(dry=False, job="update-orders").latest("pk")
    assert rows(run.pk) == rows(found.run)


def test_what_a_job_or_a_person_has_used_stays_and_nobody_undoes_the_update_by_accident() -> None:
    skipped, made, plain = order("CLUB"), order("CLUB"), order("CLUB")
    actions.skip(number=skipped, shipment=2, **ANNA)
    edit_draft(schedule_id="CLUB", edit=without_second, by="mara")
    run = applied(previewed(), letters=True)
    # The last change that a clerk has made is the skip, and the update has used it.
    with pytest.raises(Refused) as refused:
        actions.undo(number=skipped, **ANNA)
    assert refused.value.code == "undo_used"
    actions.move(number=made, shipment=2, to=day(60), **ANNA)
    back = many.take_back(How(**MARA), run=run.pk)
    assert why(back) == {"changed_since": [made]}
    assert back["counts"] == {"orders": 2, "passed_over": 1}
    assert sorted((one.order.number, one.revision.number) for one in stands()) == [(skipped, 1), (made, 2), (plain, 1)]
    actions.undo(number=skipped, **ANNA)  # as before the update


def second_after(days: int, then: int) -> Callable[[ProgramFacts], ProgramFacts]:
    """So many days before the second event, and before the third."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        first, second, third, *rest = facts.events
        dated = replace(second, days_from_last=days), replace(third, days_from_last=then)
        return replace(facts, events=(first, *dated, *rest))

    return edit


def test_a_day_that_nobody_sees_is_no_change() -> None:
    edit_draft(schedule_id="CLUB", edit=second_after(11, 10), by="mara")
    release(schedule_id="CLUB", by="mara")
    number = order("CLUB")
    edit_draft(
        schedule_id="CLUB", edit=second_after(12, 9), by="mara"
    )  # a Sunday, and not a Saturday: both leave on Monday
    found = previewed()
    assert (found.changed, found.same, found.differences) == (0, 1, ())
    assert rows(found.run) == []
    dates = Occurrence.objects.filter(event_key="B").values_list("event_on", "ship_on")
    assert dates.get() == (day(11), day(13))
    release(schedule_id="CLUB", by="mara")
    assert run_job(UpdateOrders(), on=ON, arguments={"program": "CLUB"})["counts"]["unchanged"] == 1
    assert dates.get() == (day(12), day(13))  # all behind it is dated from there
    assert not OrderEvent.objects.filter(order__number=number, kind="updated").exists()


def third_by_another_way(facts: ProgramFacts) -> ProgramFacts:
    """The third event is dearer, two of it come, and they are sent more cheaply, without tax on it."""
    first, second, third, fourth = facts.events
    dearer = replace(third.products[0], price_minor=3200, quantity=Decimal(2))
    return replace(facts, events=(first, second, replace(third, products=(dearer,), delivery_mode="ANY"), fourth))


def test_each_difference_has_its_own_money() -> None:
    for _ in range(2):
        order("CLUB")
    edit_draft(schedule_id="CLUB", edit=third_by_another_way, by="mara")
    found = previewed()
    amounts = {one.kind: one.amount.minor for one in found.differences if one.amount.minor}
    assert amounts == {"price": 2 * 220, "quantity": 2 * 3520, "delivery": 2 * (100 - 550)}
    assert found.more.minor == sum(amounts.values())


def with_a_new_one(times: int) -> Callable[[ProgramFacts], ProgramFacts]:
    """Behind the first event another one comes two days later, so many times."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        first, second, *rest = [event for event in facts.events if event.key in "ABCD"]
        new = replace(second, key=None, delivery_mode="ANY", days_from_last=2, times_to_repeat=times - 1)
        events = (first, new, second, *rest)
        return replace(facts, events=tuple(replace(event, event_id=at) for at, event in enumerate(events, 1)))

    return edit


def at_once(found: Preview) -> dict[str, list[str]]:
    """Whose shipments leave with the next night only because of the change, and who gets more than one."""
    return {one.kind: [row.order for row in group_orders(found.run, one.number).rows] for one in found.at_once}


def test_what_would_leave_with_the_next_night_is_said_and_leaves() -> None:
    made, held = order("CLUB"), order("CLUB")
    make_children(ON)
    fresh = order("CLUB")  # its first shipment leaves then anyway
    actions.hold(number=held, reason="a word", **ANNA)
    edit_draft(schedule_id="CLUB", edit=with_a_new_one(1), by="mara")
    assert at_once(previewed()) == {"leaves_at_once": [made, fresh], "several_at_once": [fresh]}
    edit_draft(schedule_id="CLUB", edit=with_a_new_one(2), by="mara")
    found = previewed()
    assert at_once(found) == {kind: [made, fresh] for kind in ("leaves_at_once", "several_at_once")}
    (row, _) = group_orders(found.run, found.at_once[0].number).rows
    assert (row.shipment, row.ship_on, row.new_ship_on) == (2, None, day(2))
    applied(found)
    one_night(ON)
    children = [SalesOrder.objects.filter(parent__number=number).count() for number in (made, held, fresh)]
    assert children == [3, 1, 3]
    edit_draft(schedule_id="CLUB", edit=with_a_new_one(3), by="mara")
    (more,) = (one for one in previewed().differences if one.kind in ("added", "more_often"))
    assert (more.kind, more.event_id, more.orders) == ("more_often", 2, 3)


def test_only_what_was_shown_is_applied() -> None:
    order("CLUB")
    edited()
    with pytest.raises(Refused) as refused:
        run_job(UpdateOrders(), on=ON, arguments={"program": "CLUB", "revision": 2})
    assert refused.value.code == "revision_not_newest"  # a draft
    for given, code in (
        ({"program": "CLUB", "revision": 9}, "version_unknown"),
        ({"revision": 2}, "option_goes_with"),
        ({"program": "CLUB", "keep": True}, "option_goes_with"),
    ):
        with pytest.raises(Refused) as refused:
            run_job(UpdateOrders(), on=ON, arguments=given, dry=True)
        assert refused.value.code == code
    found = previewed()
    with pytest.raises(Refused) as refused:
        applied(found)
    assert refused.value.code == "price_notice_off"
    NoticeKind.objects.create(kind="price_changed", is_on=True, changed_on=ON)
    Company.objects.update(notices_on=True)
    with pytest.raises(Refused) as refused:
        applied(previewed())
    assert refused.value.code == "price_notice_silent"
    Customer.objects.update(email="ada@example.com")
    run = applied(previewed())
    (told,) = Notice.objects.filter(kind="price_changed")
    many.take_back(How(**MARA), run=run.pk)
    assert not Notice.objects.filter(pk=told.pk).exists()  # it had not left


@pytest.mark.parametrize(("program", "event"), [("CLUB", 4), ("UP", 3)])
def test_delivery_that_costs_more_is_a_higher_price_of_shipments_that_come(program: str, event: int) -> None:
    def dearer(facts: ProgramFacts) -> ProgramFacts:
        changed = [replace(one, delivery_mode="STD") if one.event_id == event else one for one in facts.events]
        return replace(facts, events=tuple(changed))

    Company.objects.update(notices_on=True)
    number, skipped = order(program), order(program)
    order(line(program, card="tok_bo"), customer="C-2", ship_to="barn", pay=(PayEntry("card", "tok_bo"),))
    actions.skip(number=skipped, shipment=event, **ANNA)
    Customer.objects.filter(account="C-1").update(email="ada@example.com")
    edit_draft(schedule_id=program, edit=dearer, by="mara")
    found = previewed(program)
    assert (found.rises, found.silent) == (2, 1)
    with pytest.raises(Refused) as refused:
        applied(found)
    assert refused.value.code == "price_notice_off"
    NoticeKind.objects.create(kind="price_changed", is_on=True, changed_on=ON)
    run = applied(found, letters=True)
    assert run.report["counts"]["prices_rise"] == 2
    (told,) = Notice.objects.filter(kind="price_changed")
    assert (told.facts["order"], told.facts["instead"]) == (number, {"old": "ANY", "new": "STD"})
    assert (told.facts["old_price_minor"], told.facts["new_price_minor"]) == (100, 500)
    assert [(one.order, one.notice) for one in told_of(found.run, mailed=True).rows] == [(number, told.pk)]
    assert [one.customer for one in told_of(found.run, mailed=False).rows] == ["Bo"]


def stands() -> list[ContinuityOrder]:
    return list(ContinuityOrder.objects.select_related("order", "revision"))
