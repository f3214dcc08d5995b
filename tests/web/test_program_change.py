"""The page of what a draft would change: counted, looked at, applied, taken back; and what may come in between."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from perennial.catalog.models import Company
from perennial.continuity.models import ContinuityOrder
from perennial.customers.models import Customer
from perennial.desk.entry import PayEntry
from perennial.jobs import ahead, requests
from perennial.jobs.models import ChangedOrder, ChangePreview, JobRequest, JobRun
from perennial.jobs.night import one_night
from perennial.notices.models import Notice, NoticeKind
from perennial.programs.draft import edit_draft
from perennial.programs.models import Program, ProgramRevision
from perennial.programs.values import ProgramFacts
from perennial.web.pages import program_change as page
from perennial.worker import program_change
from tests.jobs.test_change_paid_upfront import third
from tests.jobs.test_change_preview import edited, promised, with_a_new_one
from tests.web.asked import always
from tests.web.test_exports import taken
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import ANNA, ON, day, line, order, set_up
from tests.worlds.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/programs/CLUB/change"


@pytest.fixture(autouse=True)
def members(transactional_db: None, settings: Any) -> None:
    """Three members of a club, one of whom has set something."""
    settings.PERENNIAL_TODAY = ON
    put(set_up())
    for _ in range(3):
        order("CLUB")
    actions.move(number="SO-000002", shipment=3, to=day(45), **ANNA)


def worked() -> JobRequest:
    """A worker does what was asked for last."""
    asked = JobRequest.objects.latest("pk")
    requests.perform(asked.pk)
    asked.refresh_from_db()
    return asked


def test_from_a_draft_to_open_orders_and_back() -> None:
    manager = signed_in("manager")
    shown = manager.get(PAGE).content.decode()
    assert "CLUB has no draft" in shown
    assert "All open orders stand on its newest version" in shown
    edited()
    before = promised()
    shown = manager.get(PAGE).content.decode()
    assert "What would version 2 change?" in shown
    assert "3 open orders are planned with the draft" in shown
    manager.post(f"{PAGE}/check")
    shown = manager.get(PAGE).content.decode()
    assert "Counting what version 2 would change" in shown
    assert 'hx-get="/jobs/requests/' in shown
    worked()
    shown = manager.get(PAGE).content.decode()
    assert "Version 2 would change 3 of 3 open orders" in shown
    assert "Kept: date moved by a person" in shown
    assert "Price of event 3" in shown
    found = ChangePreview.objects.get()
    price = found.run.change_groups.get(kind="price", event_key="C")
    first = manager.get(f"{PAGE}/{found.pk}/{price.number}/first", headers={"HX-Request": "true"}).content.decode()
    assert first.count("SO-00000") == 6  # each as a link
    assert "$75.90" in first  # 69 dollars more, with tax
    assert len(taken(manager, f"{PAGE}/{found.pk}/{price.number}.csv")) == 3
    assert "All 3 orders" in manager.get(f"{PAGE}/{found.pk}/{price.number}").content.decode()
    form = {"who": "all", "run": str(found.pk)}
    nobody = manager.post(
        f"{PAGE}/go", {"run": form["run"], "letters": "1"}
    )  # for whom is a choice that a person makes
    assert (nobody.status_code, JobRequest.objects.filter(dry=False).count()) == (422, 0)
    refused = manager.post(f"{PAGE}/go", form)
    assert refused.status_code == 422
    assert "A higher price or delivery charge needs a notice" in refused.content.decode()
    assert 'href="/setup/messages#k-price_changed"' in refused.content.decode()
    for _ in range(2):  # twice is once
        assert manager.post(f"{PAGE}/go", {**form, "letters": "1"}).status_code == 302
    assert JobRequest.objects.filter(dry=False).count() == 1
    assert "is being applied" in manager.get(PAGE).content.decode()
    worked()
    assert promised() != before
    shown = manager.get(PAGE).content.decode()
    assert "Version 2 is applied" in shown
    assert "Done: 3 updated, 1 with changes by a person" in shown
    assert "Take back 3 orders" in shown
    run = JobRun.objects.get(dry=False)
    for _ in range(2):
        assert manager.post(f"{PAGE}/back", {"run": str(run.pk)}).status_code == 302
    worked()
    assert promised() == before
    shown = manager.get(PAGE).content.decode()
    assert "Version 2 is for new orders only</h1>" in shown
    assert manager.post(f"{PAGE}/back", {"run": str(run.pk)}).status_code == 422
    assert "3 open orders stand on an older version" in shown
    one_night(day(1))
    assert ProgramRevision.objects.get(number=2).apply is False
    manager.post(f"{PAGE}/check")  # and once more, after all
    form["run"] = str(worked().runs[-1])
    assert "Version 2 would change" in manager.get(PAGE).content.decode()
    assert manager.post(f"{PAGE}/go", {**form, "letters": "1"}).status_code == 302
    worked()
    assert {one.revision.number for one in order_rows()} == {2}
    assert "Take back 3 orders" in manager.get(PAGE).content.decode()


def otherwise(facts: ProgramFacts) -> ProgramFacts:
    """The second event comes later, by another way and in parts; the third is left out."""
    first, second, _, *rest = facts.events
    later = replace(second, days_from_last=12, delivery_mode="ANY", payment_schedule="3X")
    return replace(facts, events=tuple(replace(one, event_id=at) for at, one in enumerate([first, later, *rest], 1)))


def test_a_count_that_ends_while_its_page_is_made_is_not_one_that_nobody_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager = signed_in("manager")
    edit_draft(schedule_id="CLUB", edit=otherwise, by="mara")
    manager.post(f"{PAGE}/check")
    read = program_change.last_preview

    def ends_behind_it(*of: Any) -> Any:
        found = read(*of)
        worked()
        return found

    monkeypatch.setattr(program_change, "last_preview", ends_behind_it)
    assert "Counting what version 2" in manager.get(PAGE).content.decode()
    monkeypatch.undo()
    assert "Version 2 would change" in manager.get(PAGE).content.decode()


def test_each_difference_says_from_the_start_how_it_is_now() -> None:
    manager = signed_in("manager")
    edit_draft(schedule_id="CLUB", edit=otherwise, by="mara")
    manager.post(f"{PAGE}/check")
    worked()
    shown = manager.get(PAGE).content.decode()
    rows = re.findall(
        r'data-row>.*?id="g-\d+-b".*?</svg>(.*?)</button>(.*?)</th>.*?"Now">(.*?)</td><td.*?>(.*?)</td>', shown
    )
    plain = [[re.sub(r"<.*?>|&ensp;", "", cell) for cell in row] for row in rows]
    assert plain == [
        ["What was event 3 does not come any more", "e.g. SO-000001", "Mon 30 Mar", "does not come"],
        ["Date of event 2", "e.g. SO-000001", "Fri 20 Mar", "Sun 22 Mar"],
        ["Delivery of event 2", "e.g. SO-000001", "STD", "ANY"],
        ["Payment schedule of event 2", "e.g. SO-000001", "none", "3X"],
        ["Date of event 3", "e.g. SO-000001", "Thu 9 Apr", "Wed 1 Apr"],
    ]


def test_what_leaves_at_once_is_said_before_all_else() -> None:
    manager = signed_in("manager")
    edit_draft(schedule_id="CLUB", edit=with_a_new_one(2), by="mara")
    manager.post(f"{PAGE}/check")
    worked()
    shown = manager.get(PAGE).content.decode()
    assert "3 orders have a shipment that leaves with the next night only because of this version" in shown
    assert "3 orders get more than one shipment at once" in shown
    assert shown.index('id="at-once"') < shown.index('id="h-who"')
    found = ChangePreview.objects.get()
    for kind in ("leaves_at_once", "several_at_once"):
        number = found.run.change_groups.get(kind=kind).number
        assert manager.get(f"{PAGE}/{found.pk}/{number}").content.decode().count('href="/orders/SO-') == 3
        assert len(taken(manager, f"{PAGE}/{found.pk}/{number}.csv")) == 3


def test_what_is_paid_up_front_is_said_with_its_sum() -> None:
    manager, other = signed_in("manager"), "/programs/UP/change"
    order("UP")
    edit_draft(schedule_id="UP", edit=third(5000), by="mara")
    manager.post(f"{other}/check")
    worked()
    shown = manager.get(other).content.decode()
    assert "1 order paid up front is charged $22.00 more later" in shown
    found = ChangePreview.objects.get()
    numbers = {one.kind: one.number for one in found.run.change_groups.all()}
    for kind in ("changes", "upfront_later"):
        assert (
            "$22.00 more with the first shipment" in manager.get(f"{other}/{found.pk}/{numbers[kind]}").content.decode()
        )
        (row,) = taken(manager, f"{other}/{found.pk}/{numbers[kind]}.csv")
        assert row["Paid up front: more later"] == "22.00"


def test_who_was_told_of_the_higher_price_stays_to_be_looked_up() -> None:
    manager = signed_in("manager")
    Company.objects.update(notices_on=True)
    NoticeKind.objects.create(kind="price_changed", is_on=True, changed_on=ON)
    Customer.objects.filter(account="C-2").update(email="bo@example.com")
    order(line("CLUB", card="tok_bo"), customer="C-2", ship_to="barn", pay=(PayEntry("card", "tok_bo"),))
    edited()
    manager.post(f"{PAGE}/check")
    worked()
    found = ChangePreview.objects.get()
    assert (
        "A price or delivery charge rises, no e-mail: for a letter on paper</a>" in manager.get(PAGE).content.decode()
    )
    manager.post(f"{PAGE}/go", {"who": "all", "run": str(found.pk), "letters": "1"})
    run = worked().runs[-1]
    assert [one.customer.account for one in Notice.objects.filter(kind="price_changed")] == [
        "C-2"
    ]  # no other one fails
    shown = manager.get(PAGE).content.decode()
    assert "Told by mail: 1</a>" in shown
    assert "For a letter on paper: 3 (no e-mail: 3)</a>" in shown
    letters, told = f"{PAGE}/{found.pk}/letters", f"{PAGE}/{found.pk}/told"
    assert f'href="{letters}"' in manager.get(f"/jobs/runs/{run}").content.decode()
    assert [(one["Order"], one["Without e-mail"], one["Message"]) for one in taken(manager, f"{letters}.csv")] == [
        (f"SO-00000{number}", "yes", "") for number in (1, 2, 3)
    ]
    shown = manager.get(letters).content.decode()
    assert (shown.count('href="/orders/SO-'), shown.count("no e-mail</td>")) == (3, 3)
    Notice.objects.update(status="sending")
    Notice.objects.update(status="sent", sent_at=timezone.now())
    (row,) = taken(manager, f"{told}.csv")
    assert (row["Order"], row["Account"], row["Message"], bool(row["Sent on"])) == ("SO-000004", "C-2", "sent", True)
    assert "/messages/" in manager.get(told).content.decode()
    Notice.objects.update(status="bounced")
    assert [one["Order"] for one in taken(manager, f"{letters}.csv")][-1] == "SO-000004"
    assert "Nobody." in manager.get(told).content.decode()
    assert manager.get(f"/programs/UP/change/{found.pk}/told").status_code == 404
    ChangedOrder.objects.all().delete()  # lists are kept for some time
    assert "The list is not kept any more" in manager.get(letters).content.decode()


def test_what_has_changed_since_is_said_and_not_applied() -> None:
    manager = signed_in("manager")
    edited()
    manager.post(f"{PAGE}/check")
    worked()
    found = ChangePreview.objects.get()
    form = {"who": "all", "run": str(found.pk), "letters": "1"}
    actions.skip(number="SO-000003", shipment=2, **ANNA)
    shown = manager.get(PAGE).content.decode()
    assert "1 order has changed since" in shown
    assert f'<input type="hidden" name="refresh" value="{found.pk}"><button class="btn" id="b-refresh">' in shown
    refused = manager.post(f"{PAGE}/go", form)
    assert (refused.status_code, JobRequest.objects.filter(dry=False).count()) == (422, 0)
    assert refused.content.decode().count("1 order has changed since") == 1  # beside what counts it anew
    manager.post(f"{PAGE}/check", {"refresh": str(found.pk)})
    assert worked().arguments["refresh"] == found.pk
    shown = manager.get(PAGE).content.decode()
    assert "changed since" not in shown
    assert "Version 2 would change 3 of 3 open orders" in shown
    refused = manager.post(f"{PAGE}/go", form)  # from a page that shows what was before
    assert f"the preview of run {found.pk} was refreshed by run" in refused.content.decode().lower()
    found.refresh_from_db()
    assert f'name="run" value="{found.runs[-1]}"' in shown
    price = found.run.change_groups.get(kind="price", event_key="C").number
    for run in found.runs:  # a page that is open goes on
        assert manager.get(f"{PAGE}/{run}/{price}").status_code == 200
    one_night(day(1))  # it makes children
    assert "orders have changed since" in manager.get(PAGE).content.decode()
    manager.post(f"{PAGE}/check")
    worked()
    last = ChangePreview.objects.latest("pk")
    put({"products": [{"number": "B3", "price": "77.00"}]}, on=ON)
    refused = manager.post(f"{PAGE}/go", {**form, "run": str(last.pk)})
    assert re.search(r"Changed since .* of .*: a product or a price\. What was shown", refused.content.decode())
    actions.skip(number="SO-000002", shipment=4, **ANNA)
    assert "a product or a price, and 1 order. What was shown" in manager.get(PAGE).content.decode()
    assert not Notice.objects.exists()


def test_only_new_orders_and_dropped() -> None:
    manager = signed_in("manager")
    edited()
    manager.post(f"{PAGE}/check")
    worked()
    form = {"who": "new", "run": str(ChangePreview.objects.get().pk)}
    edited(price=9800)
    refused = manager.post(f"{PAGE}/go", form)
    assert (refused.status_code, ": version 2. What was shown" in refused.content.decode()) == (422, True)
    edited(price=9900)
    manager.post(f"{PAGE}/check")
    worked()
    form["run"] = str(ChangePreview.objects.latest("pk").pk)
    for _ in range(2):  # twice is once
        assert manager.post(f"{PAGE}/go", form).status_code == 302
    one_night(ON)
    assert ProgramRevision.objects.get(number=2, released=True).apply is False
    assert sorted({one.revision.number for one in order_rows()}) == [1]
    edited(price=8800)
    discards = 'hx-get="/programs/CLUB/discard" hx-target="#head-panel">Discard the draft</button>'
    for page_of_draft in (PAGE, "/programs/CLUB/edit"):  # it asks, and says what is lost, on both
        assert discards in manager.get(page_of_draft).content.decode()
    seen = Program.objects.get(schedule_id="CLUB").version
    assert (
        f'name="seen" value="{seen}"'
        in manager.get("/programs/CLUB/discard", headers={"HX-Request": "true"}).content.decode()
    )
    assert manager.post("/programs/CLUB/discard", {"seen": str(seen)}).status_code == 302
    assert not ProgramRevision.objects.filter(released=False).exists()
    assert ChangedOrder.objects.exists()


def test_a_version_for_new_orders_reaches_open_ones_after_all() -> None:
    manager = signed_in("manager")
    edited()
    manager.post(f"{PAGE}/check")
    form = {"run": str(worked().runs[-1]), "who": "new"}
    manager.post(f"{PAGE}/go", form)
    lead = '<a id="behind" href="/programs/CLUB/change">3 open orders stand on an older version'
    assert lead in manager.get("/programs/CLUB").content.decode()
    shown = manager.get(PAGE).content.decode()  # what was counted of the draft is true of what it became
    assert "Version 2 would change 3 of 3 open orders" in shown
    assert 'id="since"' not in shown
    assert not [one for one in ("b-discard", "b-new") if f'id="{one}"' in shown]
    NoticeKind.objects.create(kind="price_changed", is_on=True, changed_on=ON)
    Company.objects.update(notices_on=True)
    actions.skip(number="SO-000003", shipment=2, **ANNA)
    shown = manager.get(PAGE).content.decode()
    assert "1 order has changed since" in shown  # that messages were turned on changes nothing of what was counted
    assert "3 orders have nobody with an e-mail address" in shown
    manager.post(f"{PAGE}/check", {"refresh": form["run"]})
    form = {"run": str(worked().runs[-1]), "who": "all"}
    assert manager.post(f"{PAGE}/go", form).status_code == 422
    Customer.objects.update(email="ada@example.com")
    manager.post(f"{PAGE}/check", {"refresh": form["run"]})
    form = {"run": str(worked().runs[-1]), "who": "all"}
    assert manager.post(f"{PAGE}/go", form).status_code == 302
    run = worked().runs[-1]
    assert {one.revision.number for one in order_rows()} == {2}
    assert ProgramRevision.objects.get(number=2).apply
    assert 'id="behind"' not in manager.get("/programs/CLUB").content.decode()
    assert "by mail already" not in manager.get(PAGE).content.decode()
    Notice.objects.filter(kind="price_changed").update(status="sending")
    Notice.objects.filter(kind="price_changed").update(status="sent")
    assert "3 customers were told of new prices by mail already" in manager.get(PAGE).content.decode()
    actions.skip(number="SO-000001", shipment=2, **ANNA)  # that one stays
    manager.post(f"{PAGE}/back", {"run": str(run)})
    worked()
    page = manager.get(PAGE).content.decode()
    assert "2 open orders stand on an older version" in page
    assert "Version 2 still applies to 1 order</h1>" in page
    assert "SO-000001 was changed since: skip by" in page
    assert "Try 1 order again" in page
    assert "Take back 1 order" not in page
    manager.post(f"{PAGE}/check")
    form = {"run": str(worked().runs[-1]), "who": "all", "letters": "1"}
    assert "Version 2 would change 2 of 2 open orders" in manager.get(PAGE).content.decode()
    manager.post(f"{PAGE}/go", form)
    run = worked().runs[-1]
    assert {one.revision.number for one in order_rows()} == {2}
    actions.undo(number="SO-000001", **ANNA)
    manager.post(f"{PAGE}/back", {"run": str(run)})
    worked()
    assert sorted(one.revision.number for one in order_rows()) == [1, 1, 2]
    shown_at = manager.post("/jobs/update-orders", {"program": "CLUB", "dry": "1"})["Location"]
    worked()
    assert "2 updated and taken back once before" in manager.get(shown_at).content.decode()


def test_the_job_raises_no_price_of_which_nobody_is_told_unless_that_is_said() -> None:
    manager = signed_in("manager")
    edited()
    assert manager.post("/programs/CLUB/release").status_code == 302
    shown = manager.get("/jobs").content.decode()
    assert 'data-l="Due now">0 <small><a href="/jobs/update-orders">and 3 that no night takes</a>' in shown
    lead = '<a href="/programs/CLUB/change">CLUB</a> 3 open orders stand on an older version'
    assert lead in manager.get("/jobs/update-orders").content.decode()
    asked = {"program": "CLUB", "dry": "0"}
    shown_at = manager.post("/jobs/update-orders", asked)["Location"]  # the dry run comes first
    assert worked().dry
    shown = manager.get(shown_at).content.decode()
    assert lead in shown
    assert "3 updated, 1 with changes by a person" in shown
    assert "3 with a higher price or delivery charge, 3 of these without e-mail" in shown
    assert "customers get no mail of changed prices: 3 would hear nothing" in shown
    assert 'href="/setup/messages#k-price_changed"' in shown
    assert manager.post("/jobs/update-orders", asked)["Location"] == shown_at
    refused = manager.post(f"{shown_at}/again")
    assert (refused.status_code, 'id="letters-err"' in refused.content.decode()) == (422, True)
    assert not JobRequest.objects.filter(dry=False).exists()
    assert manager.post(f"{shown_at}/again", {"letters": "1"}).status_code == 302
    assert worked().status == "done"
    assert {one.revision.number for one in order_rows()} == {2}


def order_rows() -> list[Any]:
    return list(ContinuityOrder.objects.select_related("revision"))


def test_many_are_said_twice_and_cost_the_page_no_more_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = signed_in("manager")
    edited()
    manager.post(f"{PAGE}/check")
    worked()

    def asks() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert manager.get(PAGE).status_code == 200
        return always(captured)

    asks()
    before = asks()
    for _ in range(4):
        order("CLUB")
    actions.substitute(number="SO-000007", shipment=3, item="B6", **ANNA)
    manager.post(f"{PAGE}/check")
    worked()
    assert asks() == before
    for place in (ahead, page):
        monkeypatch.setattr(place, "MANY_ORDERS", 5)
    found = ChangePreview.objects.latest("pk")
    form = {"who": "all", "run": str(found.pk), "letters": "1"}
    assert "Type the number of orders that change" in manager.get(PAGE).content.decode()
    for typed in ("", "6", "seven"):
        refused = manager.post(f"{PAGE}/go", {**form, "orders": typed})
        assert (refused.status_code, 'id="f-orders-err"' in refused.content.decode()) == (422, True)
    assert manager.post(f"{PAGE}/go", {**form, "orders": "7"}).status_code == 302
    worked()
    assert "Type the number of orders to take back" in manager.get(PAGE).content.decode()
    run = JobRun.objects.get(dry=False)
    assert manager.post(f"{PAGE}/back", {"run": str(run.pk)}).status_code == 422
    assert manager.post(f"{PAGE}/back", {"run": str(run.pk), "back_orders": "7"}).status_code == 302
    assert worked().status == "done"
    assert {one.revision.number for one in order_rows()} == {1}


def test_what_broke_off_is_said_and_gone_on_with() -> None:
    manager = signed_in("manager")
    edited()
    manager.post(f"{PAGE}/check")
    worked()
    found = ChangePreview.objects.get()
    form = {"who": "all", "run": str(found.pk), "letters": "1"}
    manager.post(f"{PAGE}/go", form)
    asked = JobRequest.objects.get(dry=False)
    manager.post(f"/jobs/requests/{asked.pk}/stop")
    shown = manager.get(PAGE).content.decode()
    assert "is not applied to all open orders" in shown
    assert 'id="b-go-on"' in shown
    manager.post(f"{PAGE}/go", form)
    worked()
    assert "Version 2 is applied" in manager.get(PAGE).content.decode()
    assert {one.revision.number for one in order_rows()} == {2}
