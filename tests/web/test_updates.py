"""Many orders changed on pages: found, shown, done, taken back. The test does what a worker does."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from perennial.jobs import ahead, requests
from perennial.jobs.models import JobFile, JobRequest, JobRun
from perennial.people.models import Preferences
from perennial.programs.actions import release
from perennial.programs.draft import edit_draft
from perennial.programs.models import ProgramEvent
from perennial.programs.values import ProgramFacts
from tests.web.asked import always
from tests.web.test_exports import taken
from tests.worlds import actions
from tests.worlds.book_club import club, order
from tests.worlds.desk import lines
from tests.worlds.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 3, 10)
LATER = {"way": "by", "by_days": "7", "program": "BOM", "following": "1", "reason": "the printer is late"}


@pytest.fixture(autouse=True)
def _today(settings: Any) -> None:
    settings.PERENNIAL_TODAY = TODAY
    club()
    order()
    order()


def work(answer: Any) -> JobRequest:
    """What a worker does with what was asked for last."""
    assert answer.status_code == 302, answer.content.decode()
    newest = JobRequest.objects.latest("pk")
    assert answer["Location"] == f"/updates/requests/{newest.pk}"
    requests.perform(newest.pk)
    return JobRequest.objects.get(pk=newest.pk)


def shown(client: Client, request: JobRequest) -> tuple[str, int]:
    """The page to which its request leads, and its run."""
    answer = client.get(f"/updates/requests/{request.pk}")
    assert answer.status_code == 302, answer.content.decode()
    run = int(answer["Location"].rpartition("/")[2])
    return client.get(answer["Location"]).content.decode(), run


def title(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)<span", page, re.DOTALL)
    assert found is not None
    return found[1].strip()


def test_orders_are_moved_and_put_back() -> None:
    manager = signed_in("manager")
    before = lines("SO-000001", "ship_on")
    page, dry = shown(manager, work(manager.post("/updates", LATER)))
    assert title(page) == "2 orders would change"
    assert lines("SO-000001", "ship_on") == before
    assert manager.get(f"/updates/{dry}?list=changed").content.decode().count("SO-000002") > 1
    assert "SO-000002" not in manager.get(f"/updates/{dry}?list=stays").content.decode()
    assert len(taken(manager, f"/updates/{dry}.csv")) > 2
    Preferences.objects.update(language="it")
    told = [one["Prima"] for one in taken(manager, f"/updates/{dry}.csv")]
    assert any("19.95" in one for one in told), told  # amounts as in any other file
    Preferences.objects.update(language="en")
    made = work(manager.post(f"/updates/{dry}/apply"))
    page, real = shown(manager, made)
    assert title(page) == "2 orders changed"
    assert "the printer is late" in page
    after = lines("SO-000001", "ship_on")
    assert after != before
    assert manager.post(f"/updates/{dry}/apply")["Location"] == f"/updates/requests/{made.pk}"  # once
    assert "asked for after this dry run" in manager.get(f"/updates/{dry}").content.decode()
    assert manager.post(f"/updates/{real}/take-back", {"reason": ""}).status_code == 422
    page, back = shown(manager, work(manager.post(f"/updates/{real}/take-back", {"reason": "it came after all"})))
    assert title(page) == "2 orders would be put back"
    assert lines("SO-000001", "ship_on") == after
    page, done = shown(manager, work(manager.post(f"/updates/{back}/apply")))
    assert title(page) == "2 orders put back"
    assert lines("SO-000001", "ship_on") == before
    assert 'id="back"' not in manager.get(f"/updates/{real}").content.decode()
    history = manager.get("/updates").content.decode().split('id="done"')[1]
    assert f"taken back in run {done}" in history
    assert "it came after all" in history


def test_the_same_days_once_more_want_to_be_meant() -> None:
    manager = signed_in("manager")
    for _ in range(2):
        _, dry = shown(manager, work(manager.post("/updates", LATER)))
        answer = manager.post(f"/updates/{dry}/apply")
        if answer.status_code == 422:
            break
        work(answer)
    page = answer.content.decode()
    assert 'id="f-again"' in page
    assert "has been done" in page or "already" in page
    before = lines("SO-000001", "ship_on")
    work(manager.post(f"/updates/{dry}/apply", {"again": "1"}))
    assert lines("SO-000001", "ship_on") != before


def test_of_many_orders_the_number_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "MANY_ORDERS", 1)
    manager = signed_in("manager")
    page, dry = shown(manager, work(manager.post("/updates", LATER)))
    assert 'id="f-orders"' in page
    for typed in ("", "3", "two"):
        answer = manager.post(f"/updates/{dry}/apply", {"orders": typed})
        assert answer.status_code == 422, typed
        assert 'id="f-orders-err"' in answer.content.decode(), typed
    order()  # one more than was shown
    asked = work(manager.post(f"/updates/{dry}/apply", {"orders": "2"}))
    assert asked.status == "refused"
    assert not JobRun.objects.filter(dry=False).exists()
    page = manager.get(f"/updates/requests/{asked.pk}").content.decode()
    assert "3 orders fit now, 2 when they were counted" in page
    again = work(manager.post(f"/updates/requests/{asked.pk}/again"))
    page, dry = shown(manager, again)
    assert (title(page), again.dry, again.arguments) == ("3 orders would change", True, asked.arguments)
    assert work(manager.post(f"/updates/{dry}/apply", {"orders": "3"})).status == "done"


@pytest.mark.parametrize(
    ("left_out", "given", "field"),
    [
        ("reason", {}, "reason"),
        ("by_days", {}, "by_days"),
        ("program", {}, ""),
        ("", {"by_days": "3000000"}, "by_days"),
        ("", {"by_days": "30000"}, "by_days"),
        ("", {"program": "NOWHERE"}, "program"),
        ("", {"program": "", "event": "E1"}, "event"),
        ("", {"way": "to", "to": "someday"}, "to"),
        ("", {"way": "to", "to": "2026-03-01"}, "to"),
        ("", {"way": "to", "to": "2036-03-01"}, "to"),
        ("", {"way": "swap", "product": "0013"}, "item"),
        ("", {"way": "swap", "product": "0013", "item": "0013"}, "item"),
        ("", {"way": "swap", "product": "0013", "item": "0014", "price": "1.234"}, "price"),
        ("", {"way": "file"}, "file"),
        ("", {"way": "sideways"}, ""),
    ],
)
def test_a_fault_stands_in_the_form_and_nothing_is_asked(left_out: str, given: dict[str, str], field: str) -> None:
    asked = {name: value for name, value in {**LATER, **given}.items() if name != left_out}
    answer = signed_in("manager").post("/updates", asked)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'class="err"' in page
    if field:
        assert re.search(f'id="f-{field}"[^>]*aria-invalid', page), field
    assert "the printer is late" in page or left_out == "reason"  # what was typed is there
    assert not JobRequest.objects.exists()


def test_days_the_wrong_way_round_are_told_as_days() -> None:
    backwards = {**LATER, "ships_from": "20/3", "ships_to": "10/3"}
    page = signed_in("manager").post("/updates", backwards).content.decode()
    assert "the last day, Tue 10 Mar, is before the first one, Fri 20 Mar" in page


def test_a_day_years_away_is_meant_by_a_tick() -> None:
    manager = signed_in("manager")
    given = {**LATER, "way": "to", "to": "2036-03-03", "meant": "1"}
    _, dry = shown(manager, work(manager.post("/updates", given)))
    assert work(manager.post(f"/updates/{dry}/apply")).status == "done"
    assert "2036-03-03" in lines("SO-000001", "ship_on")


def test_a_product_comes_instead_of_another() -> None:
    manager = signed_in("manager")
    given = {"way": "swap", "product": "0014", "item": "0013", "price": "12,50", "reason": "out of print"}
    page, dry = shown(manager, work(manager.post("/updates", given)))
    assert "0013 instead of 0014" in page
    assert re.search(r'href="/customers/C-1">Ada', page), "whose order it is"
    assert "Tue 14 Apr, 0014, $19.95" in page
    assert "Tue 14 Apr, 0013, $12.50" in page
    assert "not written to" in manager.get("/updates").content.decode()
    work(manager.post(f"/updates/{dry}/apply"))
    assert lines("SO-000002", "item_number") == ["0013", "0013", "0015"]


def named(client: Client) -> list[str]:
    """The events of the program as the form offers them."""
    answer = client.get("/updates/events?program=BOM", HTTP_HX_REQUEST="true").content.decode()
    return re.findall(r">([^<>]+)</option>", answer)[1:]


def test_an_event_has_the_names_of_all_versions_that_orders_are_on() -> None:
    def renamed(facts: ProgramFacts) -> ProgramFacts:
        first, *others = facts.events
        other = replace(first.products[0], item_number="0015")
        return replace(facts, events=(replace(first, products=(other,)), *others))

    manager = signed_in("manager")
    assert named(manager) == ["1 Book 1", "2 Book 2", "3 Book 3"]
    edit_draft(schedule_id="BOM", edit=renamed, by="mara")
    release(schedule_id="BOM", on=TODAY, by="mara")
    assert named(manager) == ["1 Book 1 / Book 3", "2 Book 2", "3 Book 3"]


def test_a_run_is_told_with_the_place_of_its_event() -> None:
    manager = signed_in("manager")
    ProgramEvent.objects.filter(event_id=2).update(key="second")
    page, _ = shown(manager, work(manager.post("/updates", {**LATER, "event": "second"})))
    head = page.split("<h1")[1].split("</header>")[0]
    assert "event 2<" in head, head
    assert "second" not in head


def sent(client: Client, content: str) -> Any:
    file = SimpleUploadedFile("moves.csv", content.encode(), "text/csv")
    return client.post("/updates", {"way": "file", "file": file, "reason": "as agreed"})


def test_a_file_says_each_day() -> None:
    manager = signed_in("manager")
    wrong = sent(
        manager, "order,shipment,new date\nSO-000001,1,2026-04-31\nSO-000001,9,2026-04-30\nSO-99,1,2026-04-30\n"
    )
    assert wrong.status_code == 422
    page = wrong.content.decode()
    for place in ("line 2, new date", "line 3, shipment", "line 4, order"):
        assert place in page
    assert not JobRequest.objects.exists()
    assert sent(manager, "a,b\n1,2\n").status_code == 422
    Preferences.objects.update(language="it")
    page = sent(manager, "ordine;spedizione;nuova data\nSO-000001;2;29.2.2026\n").content.decode()
    assert "riga 2, nuova data" in page
    asked = work(sent(manager, "ordine;spedizione;nuova data\nSO-000001;2;29/4/2026\n"))
    _, dry = shown(manager, asked)
    work(manager.post(f"/updates/{dry}/apply"))
    assert "2026-04-29" in lines("SO-000001", "ship_on")
    assert JobFile.objects.count() == 3  # those whose rows were wrong, and this one: each once


def test_what_was_stopped_goes_on_and_a_dry_run_of_yesterday_does_not(settings: Any) -> None:
    manager = signed_in("manager")
    _, dry = shown(manager, work(manager.post("/updates", LATER)))
    asked = manager.post(f"/updates/{dry}/apply")["Location"]
    number = int(asked.rpartition("/")[2])
    assert manager.post(f"/jobs/requests/{number}/stop")["Location"] == f"/jobs/requests/{number}"
    assert manager.get(f"/jobs/requests/{number}")["Location"] == asked
    page = manager.get(asked).content.decode()
    assert "Stopped by manager" in page
    assert 'id="f-by_days" name="by_days" value="7"' in manager.get(f"/updates?request={number}").content.decode()
    assert manager.post(f"/jobs/requests/{number}/again").status_code in (404, 409, 422)  # not on that page
    settings.PERENNIAL_TODAY = date(2026, 3, 11)
    assert "Find once more" in manager.get(f"/updates/{dry}").content.decode()
    assert manager.post(f"/updates/{dry}/apply").status_code == 422
    again = manager.get(f"/updates?like={dry}").content.decode()
    assert 'id="f-by_days" name="by_days" value="7"' in again
    assert 'value="BOM" selected' in again


def test_what_was_stopped_half_way_goes_on_or_is_taken_back(settings: Any) -> None:
    settings.PERENNIAL_CHUNK_SIZE = 1
    manager = signed_in("manager")

    def half() -> tuple[int, int]:
        """It is stopped behind its first order; the request, and the run."""
        _, dry = shown(manager, work(manager.post("/updates", LATER)))
        number = int(manager.post(f"/updates/{dry}/apply", {"again": "1"})["Location"].rpartition("/")[2])
        requests.perform(number, opened=lambda run: requests.stop(number, by="manager"))
        return number, JobRequest.objects.get(pk=number).runs[0]

    before = lines("SO-000001", "ship_on"), lines("SO-000002", "ship_on")
    number, run = half()
    assert (lines("SO-000001", "ship_on") == before[0], lines("SO-000002", "ship_on") == before[1]) == (False, True)
    assert f'action="/updates/{run}/go-on"' in manager.get(f"/updates/requests/{number}").content.decode()
    page, _ = shown(manager, work(manager.post(f"/updates/{run}/go-on")))
    assert title(page) == "2 orders changed"
    assert manager.post(f"/updates/{run}/go-on").status_code in (409, 422)
    after = lines("SO-000001", "ship_on"), lines("SO-000002", "ship_on")
    assert after[1] != before[1]
    _, run = half()
    assert f'action="/updates/{run}/go-on"' in manager.get(f"/updates/{run}").content.decode()
    _, back = shown(manager, work(manager.post(f"/updates/{run}/take-back", {"reason": "half is enough"})))
    page, _ = shown(manager, work(manager.post(f"/updates/{back}/apply")))
    assert title(page) == "1 order put back"
    assert (lines("SO-000001", "ship_on"), lines("SO-000002", "ship_on")) == after
    assert JobRun.objects.get(pk=run).status == "done"


def test_what_is_taken_back_in_part_says_so_and_why_by_what_was_done() -> None:
    manager = signed_in("manager")
    for _ in range(3):
        order()
    _, dry = shown(manager, work(manager.post("/updates", LATER)))
    _, run = shown(manager, work(manager.post(f"/updates/{dry}/apply")))
    given = {"way": "swap", "product": "0013", "item": "0015", "program": "BOM", "reason": "out of print"}
    actions.skip(number="SO-000001", shipment=1, by="clerk:marco", on=TODAY)
    actions.skip(number="SO-000002", shipment=1, by="clerk:marco", on=TODAY)
    _, dry = shown(manager, work(manager.post("/updates", {**given, "also_adjusted": "1"})))
    work(manager.post(f"/updates/{dry}/apply"))
    actions.undo(number="SO-000003", by="manager:marta", on=TODAY)  # of the second change
    _, back = shown(manager, work(manager.post(f"/updates/{run}/take-back", {"reason": "too early"})))
    page, done = shown(manager, work(manager.post(f"/updates/{back}/apply")))
    over = re.findall(r'<th scope="row">(.*?)</th><td class="n"[^>]*>(\d+)', page.split('id="over"')[1])
    assert over == [("changed since: skip by clerk:marco", "2"), ("changed since: substitute by manager", "2")]
    assert f"taken back in part, 1 of 5, in run {done}" in manager.get(f"/updates/{run}").content.decode()
    assert f"taken back in part, 1 of 5, in run {done}" in manager.get("/updates").content.decode()


def test_however_much_was_done_the_pages_ask_the_same() -> None:
    manager = signed_in("manager")

    def asks(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert manager.get(address).status_code == 200
        return always(captured)

    counts = []
    for _ in range(2):
        _, dry = shown(manager, work(manager.post("/updates", LATER)))
        work(manager.post(f"/updates/{dry}/apply", {"again": "1"}))
        real = JobRun.objects.latest("pk").pk
        counts.append([asks("/updates"), asks(f"/updates/{dry}"), asks(f"/updates/{real}")])
        order()
        order()
    assert counts[0] == counts[1]


def test_numbers_that_lead_nowhere() -> None:
    manager = signed_in("manager")
    work(manager.post("/updates", LATER))
    JobRun.objects.create(job="close-orders", on_date=TODAY, arguments={}, status="done")
    other = JobRun.objects.latest("pk").pk
    for address in (
        "/updates/999",
        f"/updates/{other}",
        "/updates/requests/999",
        "/updates/999.csv",
        "/updates?like=x",
    ):
        assert manager.get(address).status_code in (404, 409, 422), address
