"""The pages of every kind of set-up: added, changed, refused under its field, met by somebody else; products by a file."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from perennial.bundle.set_up.examples import instalments, next_dates
from perennial.bundle.set_up.things import KINDS, thing, things
from perennial.catalog.models import Company, DeliveryMode, Product, Tariff
from perennial.catalog.queries import company
from perennial.continuity.models import Occurrence
from perennial.kernel import money
from perennial.kernel.states import HOLD_STOPS
from perennial.language import Reader
from perennial.programs.models import ProgramRevision
from perennial.web.set_up.fields import Amount, Day, Days, Field, Percent, Rows, Stops, Weekdays, Whole
from perennial.web.set_up.forms import FORMS, Form
from tests.web.asked import always
from tests.web.test_order import Desk, text_of
from tests.worlds import desk
from tests.worlds.bundle import put

VISIT: Any = SimpleNamespace(
    visitor=SimpleNamespace(
        today=desk.ON,
        reader=Reader("it"),
        preferences=SimpleNamespace(day_first=True),
        company=SimpleNamespace(currency="USD"),
    )
)

NEW: dict[str, dict[str, Any]] = {
    "delivery-modes": {
        "code": "SEA/1", "name": "By sea", "charge": "2,50", "working_days": ["1", "3"], "holidays": "IT",
        "closed_on": "24/12/2026\n2026-12-31", "active": "1",
    },
    "date-intervals": {"code": "NM", "name": "First", "rule": "FREQ=MONTHLY;BYMONTHDAY=1", "anchor": "1/1/2020"},
    "payment-schedules": {
        "name": "50-50", "allocation": "specified", "unit": "day", "number_of_payments": "7", "lines[0].after": "0",
        "lines[0].percent": "50", "lines[1].after": "", "lines[1].percent": "", "lines[2].after": "30",
        "lines[2].percent": "50,0 %",
    },
    "tax-rates": {"group": "FOOD", "country": "IT", "region": "", "from": "1/1/2026", "percent": "4,5"},
    "products": {
        "number": "B-9", "name": "Ninth", "tax_group": "BOOKS", "prices[0].price": "9.90", "prices[0].from": "",
        "prices[1].price": "$10.90", "prices[1].from": "1/6/2026", "active": "1",
    },
    "source-codes": {"code": "MAIL", "description": "A letter", "from": "+0", "until": "", "active": "1"},
    "reason-codes": {"code": "DEAR", "description": "Too dear", "actions": ["cancel", "price"], "active": "1"},
    "hold-codes": {"code": "DOOR", "stops": ["sending", "invoicing"], "released_by": ["manager"], "active": "1"},
}  # fmt: skip
"""Something new of each kind, as it is typed."""

CHANGED = {
    "delivery-modes": ("charge", "3.00"),
    "date-intervals": ("name", "Second"),
    "payment-schedules": ("unit", "month"),
    "tax-rates": ("percent", "5"),
    "products": ("tax_group", "FOOD"),
    "source-codes": ("description", "Two letters"),
    "reason-codes": ("actions", ["cancel"]),
    "hold-codes": ("stops", ["charging"]),
}


def form_of(slug: str, address: str) -> dict[str, Any]:
    """What a browser sends of a thing's page: all fields as they are."""
    form, stored = FORMS[slug], thing(FORMS[slug].section, address)
    sent: dict[str, Any] = {}
    for one in form.fields:
        if not one.fixed:
            sent[f"was_{one.name}"] = json.dumps(stored.document[one.name])
            sent |= filled(one, stored.document[one.name])
    return sent


def filled(one: Field, value: Any) -> dict[str, Any]:
    raw = one.show(value, VISIT)
    match one.control:
        case "flag":
            return {one.name: "1"} if raw else {}
        case "anchor":
            return {"anchor_is": raw[0], "anchor": raw[1]}
        case "rows":
            cells = one.columns  # type: ignore[attr-defined]
            return {
                f"{one.name}[{at}].{cell.name}": typed
                for at, row in enumerate(raw)
                for cell, typed in zip(cells, row, strict=True)
            }
    return {one.name: raw}


def post(client: Client, address: str, sent: dict[str, Any]) -> HttpResponse:
    return client.post(address, sent)  # type: ignore[return-value]


def added(client: Client, slug: str) -> str:
    """The address of something new."""
    answer = post(client, f"/setup/new/{slug}", NEW[slug])
    assert answer.status_code == 302, text_of(answer.content.decode())
    return answer["Location"]


@pytest.mark.parametrize("slug", NEW)
def test_a_thing_of_each_kind_is_added_changed_and_told(at_desk: Desk, slug: str) -> None:
    manager = at_desk("manager")
    where = added(manager, slug)
    html = manager.get(where).content.decode()
    assert "Added" in html
    assert added(manager, slug) == where  # sent twice, it is there once
    name, value = CHANGED[slug]
    key = where.removeprefix(f"/setup/{slug}/").replace("%20", " ")
    sent = {**form_of(slug, key), name: value, "reason": "as agreed"}
    again = post(manager, where, sent)
    if again.status_code == 200:  # what follows is said first
        agreed = re.search(r'name="agreed" value="(\w+)"', again.content.decode())
        assert agreed
        again = post(manager, where, {**sent, "agreed": agreed[1]})
    assert again.status_code == 302, text_of(again.content.decode())
    html = manager.get(where).content.decode()
    assert "manager" in html.split('id="changes"')[1]
    listed = text_of(manager.get(f"/setup/{slug}").content.decode())
    assert next(iter(NEW[slug].values())) in listed
    assert post(manager, f"/setup/new/{slug}", NEW[slug]).status_code == 422  # there is one of this name


def test_what_a_form_sends_of_a_thing_is_what_is_stored(at_desk: Desk) -> None:
    manager = at_desk("manager")
    put({"source_codes": [{"code": "M", "until": "2026-04-01"}], "hold_codes": [{"code": "H", "stops": "both"}]})
    for slug, form in FORMS.items():
        if form.alone:
            continue
        for one in things(form.section).rows:
            before = thing(form.section, one.address)
            answer = post(manager, f"/setup/{slug}/{one.address}", form_of(slug, one.address))
            assert answer.status_code == 302, f"{slug} {one.address}: {text_of(answer.content.decode())[:2000]}"
            assert thing(form.section, one.address) == before


FAULTS = [
    ("delivery-modes", "charge", "x", "f-charge"),
    ("delivery-modes", "charge", "-1", "f-charge"),
    ("delivery-modes", "working_days", [], "f-working_days"),
    ("delivery-modes", "holidays", "XX", "f-holidays"),
    ("delivery-modes", "closed_on", "31/2/2026", "f-closed_on"),
    ("date-intervals", "rule", "FREQ=HOURLY", "f-rule"),
    ("payment-schedules", "lines[2].percent", "40", "f-lines"),
    ("payment-schedules", "lines[2].percent", "many", "f-lines-1-percent"),
    ("tax-rates", "country", "Italy", "f-country"),
    ("tax-rates", "percent", "", "f-percent"),
    ("products", "prices[1].price", "1.234", "f-prices-1-price"),
    ("products", "prices[1].from", "", "f-prices-1-from"),
    ("products", "program", "NONE", "f-program"),
    ("source-codes", "until", "1/1/2020", "f-until"),
    ("reason-codes", "actions", [], "f-actions"),
    ("hold-codes", "code", "hold", "f-code"),
]


def test_a_fault_stands_at_its_field_and_what_was_typed_stays(at_desk: Desk) -> None:
    for role, language in (("manager", "en"), ("administrator", "it")):
        client = at_desk(role, language=language)
        for slug, name, typed, control in FAULTS:
            answer = post(client, f"/setup/new/{slug}", {**NEW[slug], name: typed})
            html = answer.content.decode()
            assert answer.status_code == 422, (slug, name)
            assert f'href="#{control}"' in html, (slug, name, re.findall(r'href="(#f[^"]*)"', html))
            assert re.search(rf'id="{re.escape(control)}-err"', html), (slug, name)
    assert set(Product.objects.values_list("number", flat=True)).isdisjoint({"B-9"})


def test_two_editors_never_overwrite_each_other(at_desk: Desk) -> None:
    mine = {**form_of("delivery-modes", "ANY"), "name": "Mine", "holidays": "IT"}
    other = at_desk("administrator")
    post(other, "/setup/delivery-modes/ANY", {**form_of("delivery-modes", "ANY"), "name": "Theirs", "closed_on": "+3"})
    manager = at_desk("manager")
    answer = post(manager, "/setup/delivery-modes/ANY", mine)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "admin has set Theirs meanwhile" in html
    assert 'value="Mine"' in html
    seen = re.search(r'name="was_name" value="([^"]*)"', html)
    assert seen
    again = {**mine, "was_name": seen[1].replace("&quot;", '"')}
    assert post(manager, "/setup/delivery-modes/ANY", again).status_code == 302
    found = DeliveryMode.objects.get(code="ANY")
    assert (found.name, found.holidays, found.closed_on) == ("Mine", "IT", [desk.ON + timedelta(3)])


def test_an_interval_that_moves_says_which_programs_get_a_revision(at_desk: Desk) -> None:
    put(
        {
            "date_intervals": [{"code": "NM", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"}],
            "programs": [
                {"schedule_id": "MON", "events": [{"item_number": "B1"}, {"item_number": "B2", "date_interval": "NM"}]}
            ],
            "products": [{"number": "S-MON", "program": "MON"}],
        }
    )
    desk.order("MON")
    manager = at_desk("manager")
    assert "MON" in text_of(manager.get("/setup/date-intervals/NM").content.decode())
    sent = {**form_of("date-intervals", "NM"), "rule": "15th of the Month", "reason": "later"}  # as it is suggested
    asked = post(manager, "/setup/date-intervals/NM", sent).content.decode()
    assert "The program MON gets a new version" in text_of(asked)
    assert 'value="later"' in asked
    assert "1 open order keeps its dates" in text_of(asked)
    assert ProgramRevision.objects.filter(program__schedule_id="MON").count() == 1
    agreed = re.search(r'name="agreed" value="(\w+)"', asked)
    assert agreed
    other = {**sent, "rule": "FREQ=MONTHLY;BYMONTHDAY=20", "agreed": agreed[1]}
    assert post(manager, "/setup/date-intervals/NM", other).status_code == 200  # that was not agreed to
    assert post(manager, "/setup/date-intervals/NM", {**sent, "agreed": agreed[1]}).status_code == 302
    assert ProgramRevision.objects.filter(program__schedule_id="MON").count() == 2
    shown = manager.get("/setup/date-intervals/NM").content.decode()
    assert '<a href="/programs/MON/change">MON</a> 1 open order stands on an older version' in shown
    seen = thing("date_intervals", "NM").version
    assert post(manager, "/setup/undo/date-intervals/NM", {"seen": "0"}).status_code == 422
    asked = post(manager, "/setup/undo/date-intervals/NM", {"seen": seen}).content.decode()
    assert "The program MON gets a new version" in text_of(asked)  # as Save of the same would ask
    assert ProgramRevision.objects.filter(program__schedule_id="MON").count() == 2
    agreed = re.search(r'name="agreed" value="(\w+)"', asked)
    assert agreed
    undo = {"seen": seen, "agreed": agreed[1]}
    assert post(manager, "/setup/undo/date-intervals/NM", undo).status_code == 302
    assert thing("date_intervals", "NM").document["rule"] == "FREQ=MONTHLY;BYMONTHDAY=1"
    assert ProgramRevision.objects.filter(program__schedule_id="MON").count() == 3


def test_what_is_taken_out_of_use_says_first_which_programs_go_on_with_it(at_desk: Desk) -> None:
    manager = at_desk("manager")
    for slug, address in (("products", "B6"), ("delivery-modes", "STD")):
        where, section = f"/setup/{slug}/{address}", slug.replace("-", "_")
        sent = {name: value for name, value in form_of(slug, address).items() if name != "active"}
        asked = post(manager, where, sent).content.decode()
        assert f"{address} is still in the version of the program CLUB for new orders" in text_of(asked)
        assert thing(section, address).document["active"]
        agreed = re.search(r'name="agreed" value="(\w+)"', asked)
        assert agreed
        assert post(manager, where, {**sent, "agreed": agreed[1]}).status_code == 302
        shown = manager.get(where).content.decode()
        assert "is still in the version of" in text_of(shown.split('id="goes-on"')[1].split("</p>")[0])
        assert 'data-l="In use">no<' in manager.get(f"/setup/{slug}").content.decode()
    assert "In use: yes → <b>no</b>" in shown.split('id="changes"')[1]
    undo = {"seen": thing("delivery_modes", "STD").version}
    assert post(manager, "/setup/undo/delivery-modes/STD", undo).status_code == 302
    assert thing("delivery_modes", "STD").document["active"]
    assert 'id="goes-on"' not in manager.get("/setup/delivery-modes/STD").content.decode()
    sent = {name: value for name, value in form_of("products", "UNPRICED").items() if name != "active"}
    assert post(manager, "/setup/products/UNPRICED", sent).status_code == 302  # nothing follows of it


def test_days_before_delivery_say_first_how_many_more_shipments_are_due(at_desk: Desk) -> None:
    desk.order("CLUB")
    ahead = [ship_on for ship_on in planned() if desk.ON + timedelta(5) < ship_on <= desk.ON + timedelta(60)]
    manager = at_desk("manager")
    sent = {**form_of("parameters", ""), "days_before_delivery": "60"}
    asked = post(manager, "/setup/parameters", sent).content.decode()
    assert f"{len(ahead)} more planned shipments are due" in text_of(asked)
    assert thing("parameters").document["days_before_delivery"] == 5
    agreed = re.search(r'name="agreed" value="(\w+)"', asked)
    assert agreed
    assert post(manager, "/setup/parameters", {**sent, "agreed": agreed[1]}).status_code == 302
    assert post(manager, "/setup/undo/parameters", {"seen": thing("parameters").version}).status_code == 302  # fewer
    again = post(manager, "/setup/undo/parameters", {"seen": thing("parameters").version})
    assert f"{len(ahead)} more planned shipments are due" in text_of(again.content.decode())


def test_closed_days_say_how_many_planned_shipments_stand_on_them(at_desk: Desk) -> None:
    desk.order("CLUB")
    desk.order("CLUB")
    first, *_ = planned()
    (mode,) = set(Occurrence.objects.filter(ship_on=first).values_list("delivery_mode__code", flat=True))
    manager, where = at_desk("manager"), f"/setup/delivery-modes/{mode}"
    assert 'id="on-closed"' not in manager.get(where).content.decode()
    sent = {**form_of("delivery-modes", mode), "closed_on": f"{first}\n{first + timedelta(1)}\n2020-01-01"}
    asked = post(manager, where, sent).content.decode()
    assert "2 planned shipments are on these closed days" in text_of(asked)
    agreed = re.search(r'name="agreed" value="(\w+)"', asked)
    assert agreed
    assert post(manager, where, {**sent, "agreed": agreed[1]}).status_code == 302
    note = manager.get(where).content.decode().split('id="on-closed"')[1].split("</ul>")[0]
    assert note.count("2 planned shipments") == 1
    link = re.search(r'href="([^"]*)"', note)
    assert link
    page = manager.get(link[1].replace("&amp;", "&")).content.decode()
    assert re.search(rf'name="ships_from"[^>]*value="{first}"', page)


def planned() -> list[date]:
    """The days of what is planned."""
    return sorted(Occurrence.objects.filter(status="scheduled", blocked=None).values_list("ship_on", flat=True))


def test_a_charge_reaches_open_orders_when_its_tariff_is_applied(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    manager = at_desk("manager")
    sent = {**form_of("delivery-modes", "STD"), "charge": "6.00"}
    asked = post(manager, "/setup/delivery-modes/STD", sent).content.decode()
    agreed = re.search(r'name="agreed" value="(\w+)"', asked)
    assert agreed
    post(manager, "/setup/delivery-modes/STD", {**sent, "agreed": agreed[1]})
    newest = Tariff.objects.latest("number")
    assert "What it would mean" in text_of(manager.get("/setup/tariffs").content.decode())
    hx = {"HTTP_HX_REQUEST": "true"}
    shown = manager.get("/setup/tariffs/preview", **hx).content.decode()
    assert number in shown
    old = {"seen": str(newest.number - 1)}
    assert manager.post("/setup/tariffs/preview", old, **hx).status_code == 422
    assert "customers get no mail of changed charges: 1 would hear nothing" in shown
    assert 'href="/setup/messages#k-charges_changed"' in shown
    sent = {"seen": str(newest.number), "reason": "the post"}
    refused = manager.post("/setup/tariffs/preview", sent, **hx)
    assert (refused.status_code, 'id="letters-err"' in refused.content.decode()) == (422, True)
    sent["letters"] = "1"
    assert manager.post("/setup/tariffs/preview", sent, **hx)["HX-Redirect"] == "/setup/tariffs"
    assert Tariff.objects.get(pk=newest.pk).applied_because == "the post"
    assert manager.post("/setup/tariffs/preview", sent, **hx).status_code == 422  # once


def test_what_is_typed_is_worked_out(at_desk: Desk) -> None:
    manager = at_desk("manager")
    sent = {"rule": "FREQ=MONTHLY;BYMONTHDAY=1", "anchor_is": "day", "anchor": ""}
    shown = text_of(manager.post("/setup/live/date-intervals", sent).content.decode())
    assert "1 Apr" in shown
    assert "1 Sep" in shown
    wrong = text_of(manager.post("/setup/live/date-intervals", {**sent, "rule": "FREQ=NEVER"}).content.decode())
    assert "NEVER" in wrong
    parts = {"allocation": "fixed_quantity", "unit": "month", "number_of_payments": "3", "after": "0", "every": "1"}
    shown = text_of(manager.post("/setup/live/payment-schedules", parts).content.decode())
    assert "$33.33" in shown
    assert "$33.34" in shown
    assert "10 May" in shown


@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)), every=st.integers(1, 12), on=st.integers(1, 28))
def test_next_dates_go_on_and_are_the_rule_s(day: date, every: int, on: int) -> None:
    rule = f"FREQ=MONTHLY;INTERVAL={every};BYMONTHDAY={on}"
    found = next_dates({"rule": rule, "anchor": "2000-01-01"}, on=day)
    assert len(found) == 6
    assert day <= found[0]
    assert all(one.day == on for one in found)
    months = [one.year * 12 + one.month for one in found]
    assert {b - a for a, b in pairwise(months)} == {every}
    of_order = next_dates({"rule": "FREQ=DAILY;INTERVAL=7", "anchor": "order"}, on=day)
    assert of_order == tuple(day + timedelta(7 * k) for k in range(6))


def test_the_parts_of_an_example_are_the_whole(club: None) -> None:
    for document in (
        {"allocation": "total", "unit": "day", "after": 14},
        {"allocation": "fixed_amount", "unit": "month", "amount": "30.00", "every": 1},
        {"allocation": "specified", "unit": "day", "lines": [{"after": 0, "percent": "33.3"}, {"after": 9, "percent": "66.7"}]},
    ):  # fmt: skip
        assert sum(amount.minor for _, amount in instalments(document, on=desk.ON)) == 10_000


@given(
    amount=st.integers(0, 10**12),
    percent=st.decimals(0, 100, places=4),
    days=st.lists(st.dates(date(2000, 1, 1), date(2099, 1, 1)), unique=True),
    parts=st.lists(st.tuples(st.integers(0, 300), st.decimals("0.01", 100, places=2)), max_size=5),
    stops=st.sampled_from(sorted(HOLD_STOPS)),
    week=st.sets(st.integers(1, 7)),
)
def test_what_stands_in_a_control_is_read_as_the_value(
    amount: int, percent: Decimal, days: list[date], parts: list[tuple[int, Decimal]], stops: str, week: set[int]
) -> None:
    lines = Rows("lines", columns=(Whole("after"), Percent("percent")))
    values: list[tuple[Field, Any]] = [
        (Amount("charge"), money.text(amount, "USD")),
        (Percent("percent"), money.plain(percent)),
        (Days("closed_on"), sorted(day.isoformat() for day in days)),
        (Day("from"), days[0].isoformat() if days else None),
        (Stops("stops"), stops),
        (Weekdays("working_days"), sorted(week)),
        (lines, [{"after": after, "percent": money.plain(share)} for after, share in parts]),
    ]
    for one, value in values:
        assert one.parse(one.show(value, VISIT), VISIT) == value


def test_a_list_asks_the_same_however_long_it_is(at_desk: Desk) -> None:
    manager = at_desk("manager")
    manager.get("/setup/products")
    counts = []
    for many in (1, 60):
        put({"products": [{"number": f"Z{n:03}", "name": "Zebra", "price": "1.00"} for n in range(many)]})
        for address in ("/setup/products", "/setup/products?q=zeb", "/setup", "/setup/products/B1"):
            with CaptureQueriesContext(connection) as asked:
                assert manager.get(address).status_code == 200
            counts.append(always(asked))
    assert counts[:4] == counts[4:]
    assert manager.get("/setup/products", {"q": "z" * 3000}).status_code == 200
    html = manager.get("/setup/products?q=zebra").content.decode()
    following = re.search(r'id="b-next" href="([^"]*)"', html)
    assert following
    assert html.count("<tr><th") == 51  # with its head
    assert manager.get(following[1].replace("&amp;", "&")).content.decode().count("<tr><th") == 11


def test_who_may_not_sees_nothing_of_it(at_desk: Desk) -> None:
    for address in ("/setup", "/setup/products", "/setup/products.csv", "/setup/tariffs"):
        assert at_desk("clerk").get(address).status_code == 403
    assert at_desk("manager").get("/setup/delivery-modes/NONE").status_code == 404
    assert set(KINDS) == {form.section for form in FORMS.values()}


def test_every_value_has_its_words_in_both_languages(at_desk: Desk) -> None:
    for role, language in (("manager", "en"), ("administrator", "it")):
        client = at_desk(role, language=language)
        for form in FORMS.values():
            html = client.get(address(form)).content.decode()
            for one in form.fields:
                assert f">{one.name}<" not in html, (form.slug, one.name)


def address(form: Form) -> str:
    return f"/setup/{form.slug}" if form.alone else f"/setup/new/{form.slug}"


def test_a_language_that_is_not_offered_is_refused(at_desk: Desk) -> None:
    manager = at_desk("manager")
    sent = {"name": "Aurora", "country": "US", "time_zone": "UTC", "languages": ["en", "xx"]}
    answer = manager.post("/setup/company", {**sent, "was_languages": "null"})
    assert answer.status_code == 422
    assert 'id="f-languages-err"' in answer.content.decode()
    assert company().languages == ["en"]


def test_the_languages_of_the_company_stay_in_their_order_when_something_else_is_changed(at_desk: Desk) -> None:
    Company.objects.update(languages=["it", "de", "en"])
    manager = at_desk("manager")
    page = manager.get("/setup/company").content.decode()
    ticked = re.findall(r'name="languages" value="([a-z]+)"[^>]*checked', page)
    assert ticked == ["it", "de", "en"]
    sent = {"name": "Aurora", "country": "US", "time_zone": "UTC", "languages": ticked, "was_languages": "null"}
    assert manager.post("/setup/company", {**sent, "phone": "555 0100"}).status_code == 302
    assert company().languages == ["it", "de", "en"]
