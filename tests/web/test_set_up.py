"""The pages of the company and the parameters: changed, refused under its field, met by somebody else, taken back, with their history."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from perennial.bundle.set_up.things import COMPANY, PARAMETERS, thing
from perennial.catalog.models import Company, Parameters, Tariff
from perennial.language import Reader
from perennial.language.formats import fact
from perennial.web.set_up import drawn
from tests.worlds.book_club import club, order
from tests.worlds.desk import elsewhere
from tests.worlds.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _club() -> None:
    club()


def form(kind: str, **changed: str) -> dict[str, Any]:
    """What a browser sends: all fields as they are, but for what is changed."""
    sent: dict[str, Any] = {}
    for name, value in thing(kind).document.items():
        sent[f"was_{name}"] = json.dumps(value)
        if value is True:
            sent[name] = "1"
        elif value is not None and value is not False:
            sent[name] = value
    return {**sent, **changed}


def test_every_value_is_on_the_pages_with_what_it_does_in_both_languages() -> None:
    columns = {one.name for one in Parameters._meta.fields} - {"id"}
    assert set(PARAMETERS) == columns
    assert set(COMPANY) == {one.name for one in Company._meta.fields} - {"id", "installation", "currency", "notices_on"}
    for language in ("en", "it"):
        html = signed_in("manager", language=language).get("/setup/parameters").content.decode()
        assert html.count('<small class="q" id="h-') == len(PARAMETERS)


def test_a_change_is_kept_with_who_and_why_and_taken_back() -> None:
    manager = signed_in("manager")
    sent = form("parameters", days_before_delivery="8", repeat_threshold="", reason="the post is slow")
    assert manager.post("/setup/parameters", sent)["Location"] == "/setup/parameters"
    assert Parameters.objects.get().days_before_delivery == 8
    html = manager.get("/setup/parameters").content.decode()
    assert "Changed: Days before delivery" in html.split('id="say"')[1]
    assert "Changed: Days before delivery" not in manager.get("/setup/parameters").content.decode().split('id="say"')[1]
    assert "the post is slow" in html
    assert "manager" in html.split('id="changes"')[1]
    manager.post("/setup/undo/parameters", {"seen": thing("parameters").version})
    assert Parameters.objects.get().days_before_delivery == 5


def _told(html: str) -> list[str]:
    """The changes on a page."""
    log = html.split('id="changes">')[1].split("</ul>")[0]
    return [re.sub(r"<[^>]*>", "", one) for one in log.split("<li>")[1:]]


def test_every_change_of_a_value_is_told_with_who_and_why_also_after_an_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = signed_in("manager")
    for days, reason in (("6", "six"), ("7", "seven"), ("8", "eight")):
        manager.post("/setup/parameters", form("parameters", days_before_delivery=days, reason=reason))
    signed_in("administrator").post("/setup/undo/parameters", {"seen": thing("parameters").version})
    changes = _told(manager.get("/setup/parameters").content.decode())
    assert [re.findall(r"(\d) → (\d) (\w+).*?(?:“(\w+)”)?$", one)[0] for one in changes] == [
        ("8", "7", "admin", ""),
        ("7", "8", "manager", "eight"),
        ("6", "7", "manager", "seven"),
        ("5", "6", "manager", "six"),
    ]
    monkeypatch.setattr(drawn, "CHANGES_ON_A_PAGE", 3)
    html = manager.get("/setup/parameters").content.decode()
    assert _told(html) == changes[:3]
    assert 'href="/setup/parameters?changes=1#h-changes">1 older change<' in html
    assert _told(manager.get("/setup/parameters?changes=1").content.decode()) == changes[3:]
    assert _told(manager.get("/setup/parameters?changes=x").content.decode()) == changes[:3]


def test_the_last_changes_are_told_by_the_companys_clock(settings: Any) -> None:
    zone, day = elsewhere()
    settings.PERENNIAL_TODAY = day
    Company.objects.update(time_zone=zone)
    manager = signed_in("manager")
    manager.post("/setup/parameters", form("parameters", days_before_delivery="8"))
    html = manager.get("/setup/parameters").content.decode()
    assert fact(day, "", Reader(dates="weekday", year=day.year)) in html.split('id="changes"')[1]


@pytest.mark.parametrize(
    ("name", "typed"), [("days_before_delivery", ""), ("days_before_delivery", "soon"), ("repeat_threshold", "1000")]
)
def test_a_fault_stands_under_its_field_and_nothing_is_changed(name: str, typed: str) -> None:
    answer = signed_in("manager").post(
        "/setup/parameters", form("parameters", **{name: typed, "days_between_tries": "4"})
    )
    assert answer.status_code == 422
    html = answer.content.decode()
    assert re.search(rf'id="f-{name}"[^>]* aria-invalid="true"', html)
    assert 'value="4"' in html
    assert Parameters.objects.get().days_between_tries == 1


def test_what_somebody_else_has_set_meanwhile_is_said_and_the_second_time_meant() -> None:
    mine = form("parameters", days_before_delivery="8")
    signed_in("administrator").post(
        "/setup/parameters", form("parameters", days_before_delivery="7", days_between_tries="2")
    )
    manager = signed_in("manager")
    answer = manager.post("/setup/parameters", mine)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "admin has set 7 meanwhile" in html
    manager.post("/setup/parameters", {**mine, "was_days_before_delivery": "7"})
    found = Parameters.objects.get()
    assert (found.days_before_delivery, found.days_between_tries) == (8, 2)  # theirs of another field stays


def test_open_orders_keep_their_prices_when_tax_is_to_be_in_them() -> None:
    order()
    manager = signed_in("manager")
    sent = form("parameters", prices_include_tax="1")
    html = manager.post("/setup/parameters", sent).content.decode()
    assert (
        "1 open order keeps an older one until the tariff is applied" in html
    )  # what follows is said before it is done
    assert not Parameters.objects.get().prices_include_tax
    assert Tariff.objects.count() == 1
    agreed = re.search(r'name="agreed" value="(\w+)"', html)
    assert agreed
    manager.post("/setup/parameters", {**sent, "agreed": agreed[1]})
    assert Parameters.objects.get().prices_include_tax
    assert Tariff.objects.count() == 2


def test_the_company_and_its_faults() -> None:
    manager = signed_in("manager")
    manager.post("/setup/company", form("company", name="Aurora & Co", phone="+1 212 555 0100"))
    assert (Company.objects.get().name, Company.objects.get().phone) == ("Aurora & Co", "+1 212 555 0100")
    for name, typed in (("country", "Italy"), ("time_zone", "Mars/Olympus")):
        assert manager.post("/setup/company", form("company", **{name: typed})).status_code == 422
    manager.post("/setup/undo/company", {"seen": thing("company").version})
    assert Company.objects.get().phone is None


def test_a_clerk_sets_nothing_up() -> None:
    assert signed_in("clerk").get("/setup/parameters").status_code == 403
    assert signed_in("clerk").post("/setup/undo/company").status_code == 403


def test_a_fault_elsewhere_does_not_make_what_somebody_else_has_set_ours() -> None:
    mine = form("parameters", repeat_threshold="1000")
    signed_in("administrator").post("/setup/parameters", form("parameters", days_before_delivery="9"))
    manager = signed_in("manager")
    html = manager.post("/setup/parameters", mine).content.decode()
    seen = dict(re.findall(r'name="was_(\w+)" value="([^"]*)"', html))
    assert seen["days_before_delivery"] == "5"
    again = {**mine, **{f"was_{name}": value.replace("&quot;", '"') for name, value in seen.items()}}
    assert manager.post("/setup/parameters", {**again, "repeat_threshold": "7"}).status_code == 302
    found = Parameters.objects.get()
    assert (found.days_before_delivery, found.repeat_threshold) == (9, 7)


def test_undo_takes_back_the_change_that_was_seen_and_no_other() -> None:
    manager = signed_in("manager")
    manager.post("/setup/parameters", form("parameters", days_before_delivery="8"))
    seen = thing("parameters").version
    signed_in("administrator").post("/setup/parameters", form("parameters", days_between_tries="3"))
    assert manager.post("/setup/undo/parameters", {"seen": seen}).status_code in (409, 422)
    assert Parameters.objects.get().days_between_tries == 3
