"""The pages of programs without a browser: a program's life, cell by cell; what is refused, what somebody else changed."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from perennial.desk.read.preview import preview
from perennial.desk.read.program import program
from perennial.programs.models import Program
from tests.web.asked import always
from tests.web.test_order import text_of
from tests.worlds import nightingale
from tests.worlds.bundle import put
from tests.worlds.people import signed_in

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def _shop(settings: Any) -> None:
    settings.PERENNIAL_TODAY = nightingale.ON
    settings.PASSWORD_HASHERS = ["tests.worlds.people.QuickArgon2"]
    put(nightingale.set_up(), on=nightingale.ON)


class Editor:
    """The editor of a program as a page of a browser: it sends what its cells show, but for what is typed."""

    def __init__(self, schedule_id: str = "ROM", role: str = "manager") -> None:
        self.client: Client = signed_in(role)
        self.at = f"/programs/{schedule_id}"
        self.open()

    def open(self) -> str:
        self.page = self.client.get(f"{self.at}/edit").content.decode()
        return self.page

    def hidden(self, name: str, within: str | None = None) -> str:
        found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', self.page if within is None else within)
        assert found, name
        return html.unescape(found[1])

    def row(self, event: str) -> str:
        """The rows of an event."""
        return self.page.split(f'<tbody id="e-{event}"')[1].split("</tbody>")[0]

    def post(self, what: str, **sent: Any) -> Any:
        given = {"seen": self.hidden("seen"), "key": self.hidden("key"), **sent}
        return self.client.post(f"{self.at}/{what}", given, **HX, HTTP_HX_CURRENT_URL=f"http://127.0.0.1{self.at}/edit")

    def type(self, event: str, **cells: str) -> Any:
        """Type into cells of an event, and leave them."""
        shown = self.hidden("shown", self.row(event))
        order = self.hidden("order")
        answer = self.post("event", event=event, shown=shown, order=order, **{**json.loads(shown), **cells})
        if answer.status_code == 200:
            self.open()
        return answer


def facts(schedule_id: str = "ROM") -> Any:
    found = program(schedule_id, on=nightingale.ON).draft
    assert found is not None
    return found.facts


def event(key: str, schedule_id: str = "ROM") -> Any:
    return next(one for one in facts(schedule_id).events if one.key == key)


def test_since_when_it_is_offered_is_the_business_date_where_it_was_kept() -> None:
    client = signed_in("manager")
    assert [one.written and one.written.day for one in program("ROM", on=nightingale.ON).versions] == [nightingale.ON]
    assert "for new orders since Tue 10 Mar" in client.get("/programs/ROM").content.decode()
    history = apps.get_model("programs", "ProgramRevisionHistory").objects
    history.update(pgh_context={"by": "somebody"})
    page = client.get("/programs/ROM").content.decode()
    assert "for new orders since" not in page
    assert "somebody" in page


def test_cells_are_saved_into_the_draft_one_by_one() -> None:
    editor = Editor()
    assert "Nothing" not in editor.page
    assert Program.objects.get(schedule_id="ROM").revisions.count() == 1  # to look makes no draft
    answer = editor.type("E5", price_0="31")
    body = answer.content.decode()
    assert 'id="e-E5"' in body
    assert 'id="e-E6"' not in body  # its own rows, and the dates of all
    assert 'id="pv-E6"' in body
    assert event("E5").products[0].price_minor == 3100
    assert event("E4").products[0].price_minor is None
    editor.type("E2", when="30", times="3", then="skip", chance="92,5 %")
    two = event("E2")
    assert (two.interval, two.days_from_last, two.times_to_repeat, two.action) == (None, 30, 2, "skip")
    assert float(two.probability) == 92.5
    assert 'value="15TH 15th of the month"' in editor.page
    editor.type("E2", when="15TH 15th of the month", item_0="brush", quantity_0="2")
    two = event("E2")
    assert (two.interval.code, two.products[0].item_number, two.products[0].quantity) == ("15TH", "A-014", 2)
    editor.type("E1", when="7")  # of the first event: days after the order
    assert facts().days_after_order_date == 7
    editor.type("E3", item_1="A-014")
    assert [one.item_number for one in event("E3").products] == ["R-03", "A-014"]
    editor.type("E3", item_0="")
    assert [one.item_number for one in event("E3").products] == ["A-014"]
    shown = editor.type("E12", times="until stopped", start="1/6/2027", mode="", schedule="3X").content.decode()
    assert re.search(r'value="until stopped"[^>]* size="9"', shown), "the cell holds its words"
    last = event("E12")
    assert (last.times_to_repeat, str(last.start_order_date), last.delivery_mode, last.payment_schedule) == (
        None, "2027-06-01", None, "3X",
    )  # fmt: skip


WRONG = (
    ({"when": "0", "times": "6"}, "more than once with 0 days between"),
    ({"times": "until stopped"}, "until stopped is only for the last event"),
    ({"when": "sometimes"}, "is no number of days and no interval"),
    ({"item_0": "R-112"}, "is a continuity product"),
    ({"item_0": "nothing like it"}, "nothing like it"),
    ({"price_0": "1.234"}, "1.23"),
    ({"times": "0"}, "0 is not within 1 to 1000"),
    ({"chance": "150"}, "150"),
    ({"quantity_0": "0"}, "0"),
    ({"when": "999999"}, "36500"),
    ({"start": "31/2"}, "31/2"),
    ({"start": "31/12/9999"}, "event 4 would come on"),
    ({"mode": "AIR", "price_0": "dear"}, "dear"),
)


def test_what_is_refused_stays_in_its_cell() -> None:
    editor = Editor()
    for cells, words in WRONG:
        answer = editor.type("E4", **cells)
        body = html.unescape(answer.content.decode())
        assert answer.status_code == 422, cells
        assert words in body
        assert 'aria-invalid="true"' in body
        for name, value in cells.items():
            assert name == "mode" or re.search(rf'id="e-E4-{name}"[^>]*value="{re.escape(value)}"', body), name
    assert Program.objects.get(schedule_id="ROM").revisions.count() == 1


def test_the_header_is_saved_field_by_field() -> None:
    editor = Editor()

    def give(**fields: Any) -> Any:
        shown = json.loads(editor.hidden("shown", editor.page.split('id="header-fields"')[1]))
        sent = {name: "1" if value is True else value for name, value in shown.items() if value is not False}
        answer = editor.post("header", shown=json.dumps(shown), **{**sent, **fields})
        editor.open()
        return answer

    answer = give(order_start="current_event")
    assert answer.status_code == 422
    assert "need the day on which the program started" in answer.content.decode()
    assert 'id="h-started_on-err"' in answer.content.decode()
    assert give(order_start="current_event", started_on="1/1/2026").status_code == 200
    assert (facts().order_start, str(facts().started_on)) == ("current_event", "2026-01-01")
    assert give(prompt_for_payment_schedule="1").status_code == 422
    several = {"bill_upfront": "1", "prompt_for_payment_schedule": "1", "valid_payment_schedules": ["3X"]}
    assert give(**several, days_after_order_date="9", catch_up="merge", name="A record").status_code == 200
    now = facts()
    assert (now.bill_upfront, now.valid_payment_schedules, now.days_after_order_date) == (True, ("3X",), 9)
    assert (now.catch_up, Program.objects.get(schedule_id="ROM").name) == ("merge", "A record")
    assert give(days_after_order_date="soon", started_on="never").content.decode().count('class="err"') == 2


def test_one_delivery_for_all_events() -> None:
    put({"delivery_modes": [{"code": "AIR", "name": "Air mail", "charge": "9.00"}]}, on=nightingale.ON)
    editor = Editor()
    editor.type("E4", mode="AIR")
    table = editor.page.split('id="events"')[1].split("</table>")[0]
    assert table.count("delivery: Air mail") == 1  # it differs from the others
    assert "delivery: mostly " in editor.page.split('id="header-words"')[1].split("</span>")[0]
    shown = json.loads(editor.hidden("shown", editor.page.split('id="header-fields"')[1]))
    assert shown["delivery_mode"] == "*"
    sent = {name: "1" if value is True else value for name, value in shown.items() if value is not False}
    answer = editor.post("header", shown=json.dumps(shown), **{**sent, "delivery_mode": "AIR"}).content.decode()
    assert {one.delivery_mode for one in facts().events} == {"AIR"}
    words = answer.split('id="header-words"')[1].split("</span>")[0]  # the folded line follows
    assert "delivery: Air mail" in words
    assert "mostly" not in words
    assert "Delivery of all events" in answer
    assert "delivery: Air mail" in editor.client.get("/programs/ROM/versions/1..2").content.decode()


def test_what_is_in_the_sum_is_told_truly() -> None:
    one = {"schedule_id": "ONE", "events": [{"item_number": "R-01", "price": "19.90"}]}
    bare = {"schedule_id": "BARE", "events": [{"item_number": "BARE-1"}]}
    product = {"number": "BARE-1", "name": "Not taxed", "price": "5.00"}
    put({"products": [product], "programs": [one, bare]}, on=nightingale.ON)
    client = signed_in("manager")

    def told(schedule_id: str) -> str:
        page = client.get(f"/programs/{schedule_id}").content.decode()
        return re.sub(r"<[^>]+>", "", page.split('id="pv-sum">')[1].split("</td>")[0])

    assert told("ROM") == "€352.00 with €54.00 delivery, of which €65.82 tax, included in the prices"
    assert told("ONE") == "€19.90 without delivery, of which €3.72 tax, included in the prices"
    put({"parameters": {"prices_include_tax": False}}, on=nightingale.ON)
    assert told("ONE") == "€24.48 without delivery, €4.58 tax on top of the prices"
    assert told("BARE") == "€5.00 without delivery, no tax"


def test_keys_of_any_letters() -> None:
    key = 'a "b" é/1'
    odd = {
        "schedule_id": "O D",
        "events": [{"key": key, "item_number": "R-01"}, {"item_number": "R-02", "days_from_last": 9}],
    }
    put({"programs": [odd]}, on=nightingale.ON)
    editor = Editor("O%20D")
    row = editor.page.split('<tbody id="')[1]
    assert re.match(r"e-x[0-9a-f]+\"", row)
    shown = editor.hidden("shown", row)
    sent = {**json.loads(shown), "price_0": "5"}
    assert editor.post("event", event=key, shown=shown, order=editor.hidden("order"), **sent).status_code == 200
    assert event(key, "O D").products[0].price_minor == 500


def test_a_fault_of_another_event_is_told_where_it_was_made() -> None:
    editor = Editor()
    editor.type("E12", times="until stopped")
    answer = editor.type("E4", then="end")
    assert answer.status_code == 422
    assert "Event 12: until stopped is only for the last event" in answer.content.decode()


def test_events_are_put_in_moved_doubled_and_taken_out() -> None:
    editor = Editor()
    assert editor.post("insert", item="brush", after="2").status_code == 200
    editor.open()
    assert [one.products[0].item_number for one in facts().events[:4]] == ["R-01", "R-02", "A-014", "R-03"]
    new = facts().events[2].key
    assert facts().events[2].interval.code == "15TH"  # it comes as the one in front of it does
    editor.post("move", event=new, to="1")
    editor.open()
    assert facts().events[0].key == new
    editor.post("duplicate", event="E2")
    editor.open()
    assert [one.products[0].item_number for one in facts().events[:4]] == ["A-014", "R-01", "R-02", "R-02"]
    answer = editor.post("remove", event="E1")
    assert "Event 2 removed" in answer.content.decode()
    assert "E1" not in [one.key for one in facts().events]
    undo = re.search(r'hx-post="([^"]*/back[^"]*)"', answer.content.decode())
    assert undo
    editor.client.post(html.unescape(undo[1]), {"key": "again"}, **HX)
    assert facts().events[1].key == "E1"
    assert editor.post("insert", item="no such thing").status_code == 422
    assert editor.post("move", event="E2", to="99").status_code in (409, 422)


def test_what_is_not_in_use_any_more_is_a_fault_beside_its_cell() -> None:
    editor = Editor()
    modes = [{"code": "AIR", "name": "Air mail"}, {"code": "SEA", "name": "By sea"}]
    put({"delivery_modes": modes}, on=nightingale.ON)
    editor.type("E4", mode="AIR")
    editor.type("E5", item_0="A-014")
    off = {
        "delivery_modes": [{**one, "active": False} for one in modes],
        "products": [{"number": "A-014", "active": False}],
    }
    put(off, on=nightingale.ON, only_given=True)
    page = editor.open()
    for key, cell, words in (("E4", "mode", "AIR"), ("E5", "item_0", "A-014")):
        row = editor.row(key)
        assert re.search(rf'id="e-{key}-{cell}"[^>]*aria-describedby="[^"]*e-{key}-{cell}-err"', row)
        assert re.search(rf"{words}.{{0,20}} is not in use any more", text_of(row.split(f'id="e-{key}-{cell}-err"')[1]))
    assert 'aria-invalid="true"' not in page  # it is saved: nothing is left to be mended before anything else
    assert page.count('value="AIR"') == 1  # where it stands
    assert 'value="SEA"' not in page
    answer = editor.type("E6", item_0="A-014", price_0="7")
    assert answer.status_code == 200  # the draft names it already
    answer = editor.type("E7", mode="SEA")
    assert (answer.status_code, "SEA" in text_of(answer.content.decode())) == (422, True)
    answer = editor.post("release")
    assert (answer.status_code, answer.content.decode().count("is not in use any more")) == (422, 2)
    for key in ("E5", "E6"):
        editor.type(key, item_0="R-01")
    editor.type("E4", mode="")
    assert "is not in use any more" not in editor.page
    assert editor.post("release")["HX-Redirect"] == "/programs/ROM"


def test_the_same_request_is_done_once() -> None:
    editor = Editor()
    first, again = (editor.post("duplicate", event="E2") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert len(facts().events) == 13


def test_two_editors_never_overwrite_each_other() -> None:
    mine = Editor()
    other = Client(SERVER_NAME="127.0.0.1")
    from django.contrib.auth.models import Group, User

    iris = User.objects.create_user("iris", first_name="Iris")
    iris.groups.add(Group.objects.get(name="manager"))
    other.force_login(iris, "perennial.web.sign_in.Backend")
    taken = other.get("/programs/ROM/edit").content.decode()
    assert "edits version 2 since" in taken
    assert "e-E1-price_0" not in taken
    theirs = Editor()
    theirs.client = other
    other.post("/programs/ROM/take")
    theirs.open()
    assert theirs.type("E5", price_0="40").status_code == 200
    assert "edits it since" in mine.client.get("/programs/ROM/here", **HX).content.decode()
    answer = mine.type("E5", chance="80")
    body = answer.content.decode()
    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#head-panel"
    assert "iris" in body
    assert event("E5").probability is None
    kept = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', body)}
    answer = mine.client.post("/programs/ROM/event", kept, **HX)
    assert answer["HX-Redirect"] == "/programs/ROM/edit"
    assert (event("E5").probability, event("E5").products[0].price_minor) == (80, 4000)  # both stand


def test_a_program_lives_by_its_pages() -> None:
    manager = signed_in("manager")
    made = {"new": "NEW", "name": "Something new", "product": "P-NEW", "key": "n"}
    assert manager.post("/programs/new", made)["Location"] == "/programs/NEW/edit"
    assert manager.post("/programs/new", {**made, "key": "m"}).status_code == 422
    editor = Editor("NEW")
    assert "it becomes event 1" in editor.page
    assert editor.post("insert", item="R-01").status_code == 200
    assert "/change" not in editor.open()  # nothing can change yet
    answer = editor.post("release", reason="spring")
    assert answer["HX-Redirect"] == "/programs/NEW"
    assert preview("NEW", nightingale.ON).ends_with == 1
    page = manager.get("/programs/NEW").content.decode()
    assert "P-NEW Something new" in page
    assert "manager: spring" in page
    editor.open()
    editor.type("E1", times="3", when="5")
    assert editor.type("E1", days="20", times="3").status_code in (200, 422)
    listed = manager.get("/programs").content.decode()
    assert "Never released" not in listed.split("NEW")[1].split("</tr>")[0]
    assert editor.post("retire").status_code == 200
    assert not Program.objects.get(schedule_id="NEW").active
    assert manager.post("/programs/NEW/activate", {"key": "x"}, **HX).status_code == 200
    assert Program.objects.get(schedule_id="NEW").active
    copied = manager.post("/programs/NEW/copy", {"new": "NEW-2", "key": "c"}, **HX)
    assert copied["HX-Redirect"] == "/programs/NEW-2"
    page = manager.get("/programs/NEW-2").content.decode()
    assert "Not offered yet" in page
    assert "Offer it" in page
    assert "for new orders since" not in page
    assert "Not offered yet" in manager.get("/programs").content.decode()
    assert "is offered now" in manager.post("/programs/NEW-2/activate", {"key": "y"}, **HX).content.decode()
    Editor("NEW-2").post("retire")
    assert "Retired" in manager.get("/programs/NEW-2").content.decode()


def test_a_stale_release_or_discard_is_no_release() -> None:
    editor = Editor()
    editor.type("E5", price_0="31")
    stale = editor.hidden("seen")
    editor.type("E5", price_0="32")
    for what in ("release", "discard"):
        answer = editor.post(what, seen=stale)
        assert answer.status_code == 409, what
        assert "Keep mine" not in answer.content.decode()  # it would release what nobody has looked at
    assert facts().events[4].products[0].price_minor == 3200
    assert editor.post("discard")["HX-Redirect"] == "/programs/ROM"
    assert program("ROM", on=nightingale.ON).draft is None


def test_versions_side_by_side_in_words() -> None:
    editor = Editor()
    editor.type("E5", price_0="31")
    editor.type("E7", item_0="R-05")
    editor.post("move", event="E2", to="1")
    editor.open()
    editor.post("remove", event="E9")
    editor.open()
    page = html.unescape(editor.client.get("/programs/ROM/versions/1..2").content.decode())
    said = re.findall(r"<li>(.*?)</li>", page.split('id="sentences"')[1].split("</ul>")[0])
    assert "Event 5, price of R-05 Small Hours, 2 LP: the product's own price becomes €31.00" not in said
    assert [one.replace("\xa0", " ") for one in said] == [
        "Event 2 moved: it is event 1 now (R-02 Salt and Cedar)",
        "Event 5, price: the product's own price becomes €31.00",
        "Event 7, product: R-07 Copper Wire Hymns becomes R-05 Small Hours, 2 LP",
        "Event 9 is gone: R-09 Blue Interval, 2 LP",
    ]
    assert editor.client.get("/programs/ROM/versions/1..9").status_code in (404, 422)
    assert editor.client.get("/programs/ROM/versions/nine").status_code in (404, 422)


def test_the_preview_is_what_an_order_would_be() -> None:
    editor = Editor()
    editor.type("E2", when="30")
    answer = editor.client.get("/programs/ROM/preview?on=1/9/2026", **HX).content.decode()
    found = [
        line for line in preview("ROM", nightingale.ON.replace(month=9, day=1), version=2).lines if line.key == "E2"
    ]
    assert f"{found[0].ship_on.day} Oct" in answer.split('id="pv-E2"')[1].split("</td>")[0]
    assert "never" in editor.client.get("/programs/ROM/preview?on=never", **HX).content.decode()
    draft = preview("ROM", nightingale.ON, version=2).lines
    editor.post("release")
    assert preview("ROM", nightingale.ON).lines == draft  # what was shown is what is planned


def test_each_page_asks_a_constant_number_of_questions() -> None:
    editor = Editor()
    editor.type("E5", price_0="31")
    client = editor.client
    addresses = ("/programs", "/programs/ROM", "/programs/ROM/edit", "/programs/ROM/versions/1..2")

    def asked() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(always(captured))
        return counts

    asked()
    before = asked()
    for number in range(3):
        editor.open()
        editor.post("duplicate", event=f"E{number + 3}")
    editor.open()
    editor.post("release")
    Editor().type("E5", price_0="35")
    client.post("/programs/ROM/copy", {"new": "ROM-2", "key": "c"}, **HX)
    asked()  # what is said once is said
    assert asked()[:3] == before[:3]


def test_who_only_reads_reads() -> None:
    clerk = signed_in("clerk")
    page = clerk.get("/programs/ROM").content.decode()
    assert "R-03 Night Bus to Trieste" in page
    assert "/programs/ROM/edit" not in page
    assert clerk.get("/programs/ROM/edit").status_code == 403
    assert clerk.get("/programs/NOWHERE").status_code == 404
