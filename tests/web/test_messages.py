"""The pages of messages: what was sent as it was sent, again, what became of it; which are on, and in which words."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from perennial.catalog.models import Company
from perennial.desk.customers.customer import change_customer
from perennial.desk.notices.preview import preview
from perennial.desk.notices.queue import confirm
from perennial.desk.read.messages import kinds, messages
from perennial.language import LANGUAGES, Reader, phrase
from perennial.notices.actions import set_kind, set_text
from perennial.notices.kinds import ALL, KINDS
from perennial.notices.models import Notice
from perennial.notices.texts import text_of
from perennial.orders.models import SalesOrder
from perennial.people.roles import ROLES
from tests.web.asked import always
from tests.web.test_customer import HX, panel, press
from tests.worlds import desk

Desk = Callable[..., Client]


@pytest.fixture
def told(club: None) -> Callable[..., list[int]]:
    """``told(3)``: so many orders of Ada's are confirmed by mail; the messages, the oldest first."""
    Company.objects.update(notices_on=True, from_email="club@example.com")
    change_customer(account="C-1", email="ada@example.com", on=desk.ON, by="x")
    set_kind(kind="order_confirmed", is_on=True, on=desk.ON, by="x")

    def tell(number: int = 1, *, send: bool = True) -> list[int]:
        made = []
        for _ in range(number):
            order = desk.order(desk.line("CLUB"))
            confirm(SalesOrder.objects.get(number=order), on=desk.ON)
            notice = Notice.objects.order_by("-id")[0]
            made.append(notice.pk)
            if send:
                shown = preview("order_confirmed", "en", order, on=desk.ON)
                kept = {"subject": shown.subject, "sent_text": shown.text, "sent_html": shown.html}
                ends(notice.pk, "sending", recipient="ada@example.com", attempts=1, **kept)
                ends(notice.pk, "sent", sent_at=timezone.now())
        return made

    return tell


def ends(notice: int, *statuses: str, **kept: Any) -> None:
    """What the sender writes down of a message."""
    for status in statuses:
        Notice.objects.filter(pk=notice).update(status=status, **kept)


def test_a_kept_mail_is_shown_in_a_frame_that_can_do_nothing(at_desk: Desk, told: Callable[..., list[int]]) -> None:
    (notice,) = told()
    client = at_desk("clerk")
    html = client.get(f"/messages/{notice}").content.decode()
    assert f'<iframe id="mail" src="/messages/{notice}/mail"' in html
    assert "style=" not in html
    assert len(html) < 60_000
    kept = Notice.objects.get(pk=notice)
    assert kept.sent_text in unescape(html)
    mail = client.get(f"/messages/{notice}/mail")
    assert mail.content.decode() == kept.sent_html
    policy = mail["Content-Security-Policy"]
    assert {"sandbox", "default-src 'none'", "img-src 'none'", "frame-ancestors 'self'"} <= set(policy.split("; "))
    assert "script-src" not in policy
    assert mail["X-Frame-Options"] == "SAMEORIGIN"
    assert client.get(f"/messages/{notice}")["X-Frame-Options"] == "DENY"


def test_the_address_is_masked_until_the_caller_is_checked(at_desk: Desk, told: Callable[..., list[int]]) -> None:
    (notice,) = told()
    client = at_desk("clerk")
    assert "ada@example.com" not in client.get(f"/messages/{notice}").content.decode()
    for what in ("email", "phone"):
        client.post("/customers/C-1/check", {"what": what, "fits": "1"}, **HX)
    assert "ada@example.com" in client.get(f"/messages/{notice}").content.decode()


@pytest.mark.parametrize("place", ["customer", "order", "message", "outbox"])
def test_it_is_sent_again_from_every_page_once(at_desk: Desk, told: Callable[..., list[int]], place: str) -> None:
    (notice,) = told()
    order = messages().rows[0].order
    page = {"customer": "/customers/C-1", "order": f"/orders/{order}", "message": f"/messages/{notice}"}
    address = page.get(place, "/messages?status=sent")
    client = at_desk("clerk")
    html = client.get(address).content.decode()
    answer = press(client, address, html, f"m-{notice}-again")
    assert "Queued again: order confirmed." in answer
    assert press(client, address, html, f"m-{notice}-again")
    (new, old) = messages().rows
    assert (new.status, new.resends, old.resent_as) == ("queued", notice, new.id)
    assert f"/messages/{new.id}" in answer  # the section was drawn anew
    if place in ("customer", "order"):
        assert '<details class="fold" id="fold-messages" open>' in answer


def test_the_key_asks_which_message_goes_again(at_desk: Desk, told: Callable[..., list[int]]) -> None:
    first, second = told(2)
    client = at_desk("clerk")
    page = "/customers/C-1"
    assert re.search(
        r'id="b-messages" aria-keyshortcuts="m" hx-get="/customers/C-1/messages"', client.get(page).content.decode()
    )
    html = client.get(f"{page}/messages", **HX).content.decode()
    assert html.index(f"which-{second}") < html.index(f"which-{first}")
    assert "Queued again" in press(client, page, html, f"which-{second}")
    order = messages().rows[-1].order
    html = client.get(f"/orders/{order}/messages", **HX).content.decode()
    assert f"which-{first}" in html
    assert f"which-{second}" not in html


def test_nothing_that_has_not_gone_out_goes_again(at_desk: Desk, told: Callable[..., list[int]]) -> None:
    (notice,) = told(send=False)
    client = at_desk("clerk")
    assert f"m-{notice}-again" not in client.get("/customers/C-1").content.decode()
    assert "None of the last messages" in client.get("/customers/C-1/messages", **HX).content.decode()
    answer = client.post(f"/messages/{notice}/again", {"key": "a"}, **HX)
    assert answer.status_code == 422
    assert "it is not sent again" in answer.content.decode()
    assert "It has not been sent" in client.get(f"/messages/{notice}").content.decode()
    assert client.get(f"/messages/{notice}/mail").status_code == 404
    assert client.get("/messages/999").status_code == 404


def test_what_became_of_it_is_noted(at_desk: Desk, told: Callable[..., list[int]]) -> None:
    first, second = told(2)
    client = at_desk("clerk")
    page = "/customers/C-1"
    answer = press(client, page, client.get(page).content.decode(), f"m-{second}-bounced")
    assert "Noted: the message came back." in answer
    assert f"m-{second}-bounced" not in answer
    assert f"m-{first}-arrived" not in answer
    assert Notice.objects.get(pk=second).status == "bounced"
    refused = client.post(f"/messages/{first}/arrived", {"key": "b"}, **HX)
    assert refused.status_code == 422


def test_an_unsure_one_may_have_arrived(at_desk: Desk, told: Callable[..., list[int]]) -> None:
    (notice,) = told(send=False)
    ends(notice, "sending", "unsure")
    client = at_desk("clerk")
    page = f"/messages/{notice}"
    answer = press(client, page, client.get(page).content.decode(), f"m-{notice}-arrived")
    assert "Noted: the message arrived." in answer
    assert Notice.objects.get(pk=notice).status == "sent"


def test_the_outbox_comes_by_state_and_in_pages(at_desk: Desk, told: Callable[..., list[int]]) -> None:
    (old,) = told()
    (queued,) = told(send=False)
    client = at_desk("finance")
    html = client.get("/messages").content.decode()
    assert re.search(r'status=sent">Sent <span class="n">1</span>', html)
    assert html.index(f'id="m-{queued}"') < html.index(f'id="m-{old}"')
    assert f"m-{old}-again" not in html  # finance looks
    html = client.get("/messages?status=sent").content.decode()
    assert f'id="m-{old}"' in html
    assert f'id="m-{queued}"' not in html
    assert "No message here." in client.get("/messages?status=failed").content.decode()
    assert client.get("/messages?status=X").status_code == 422
    assert "Messages, C-1" in client.get("/messages?customer=C-1").content.decode()


def test_many_take_as_many_queries_as_one(at_desk: Desk, told: Callable[..., list[int]]) -> None:
    told()
    client = at_desk("manager")

    def asked(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return always(queries)

    before = [asked(address) for address in ("/messages", "/setup/messages")]
    told(9)
    for kind in KINDS:
        found = text_of(kind, "en")
        set_text(kind=kind, language="en", subject=found.subject, body=found.body, on=desk.ON, by="x")
    assert [asked(address) for address in ("/messages", "/setup/messages")] == before


def test_messages_are_turned_on_and_off(at_desk: Desk) -> None:
    client = at_desk("manager")
    page = "/setup/messages"
    html = client.get(page).content.decode()
    assert "Training: messages are written to" in html
    assert "Nothing can go out: " in html  # no address is set that they would come from
    answer = press(client, page, html, "b-all")
    assert "Messages are on; 0 are queued." in answer
    assert Company.objects.get().notices_on
    answer = press(client, page, answer, "k-shipped-switch")
    assert "shipped: on." in answer
    assert next(one for one in kinds() if one.kind == "shipped").goes_out
    answer = press(client, page, answer, "k-shipped-switch")
    assert "shipped: off; 0 that were queued are not sent." in answer
    answer = press(client, page, answer, "b-all")
    assert not Company.objects.get().notices_on


def test_days_are_refused_under_their_field(at_desk: Desk) -> None:
    set_kind(kind="shipment_ahead", is_on=True, on=desk.ON, by="x")
    client = at_desk("manager")
    where = ("/setup/messages/shipment_ahead/days", "/setup/messages")
    for typed in ("2", "x", "2,5", ""):
        status, html = panel(client, *where, days=typed)
        assert status == 422
        assert 'id="f-days-err"' in html
    status, html = panel(client, *where, days="14")
    assert status == 200
    assert "14 days ahead" in html
    assert client.get("/setup/messages/shipped/days", HTTP_HX_REQUEST="true").status_code == 200
    status, html = panel(client, "/setup/messages/shipped/days", "/setup/messages", days="3")
    assert status == 422


def write(client: Client, subject: str, body: str, kind: str = "shipped", language: str = "en") -> tuple[int, str]:
    page = f"/setup/messages/{kind}/{language}"
    html = client.get(page).content.decode()
    key = re.search(r'name="key" value="([^"]+:text)"', html)
    assert key is not None
    fields = {"key": key[1], "subject": subject, "body": body}
    answer = client.post(page, fields, HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX)
    return answer.status_code, unescape(answer.content.decode())


def test_a_text_is_kept_and_forgotten(at_desk: Desk) -> None:
    client = at_desk("manager")
    body = "# On its way\r\n\r\nYour order {order} has left.\r\n\r\n-- {company}"
    status, html = write(client, "On its way", body)
    assert status == 200
    assert "shipped: said in these words from now on." in html
    assert "English: your own text, by manager" in html
    kept = text_of("shipped", "en")
    assert (kept.subject, kept.body, kept.own) == ("On its way", body.replace("\r\n", "\n"), True)
    page = "/setup/messages/shipped/en"
    answer = press(client, page, client.get(page).content.decode(), "b-supplied")
    assert "The text that comes with Perennial" in answer
    assert not text_of("shipped", "en").own


def test_a_refused_text_stays_as_it_was_typed(at_desk: Desk) -> None:
    client = at_desk("manager")
    status, html = write(client, "", "Follow {trackin}, <b>please</b>.")
    assert status == 422
    assert 'id="f-subject-err"' in html
    assert "did you mean 'tracking'?" in html
    assert "Follow {trackin}, <b>please</b>.</textarea>" in html
    assert not text_of("shipped", "en").own


def test_what_is_being_written_is_shown_on_a_real_order(at_desk: Desk) -> None:
    number = desk.order(desk.line("CLUB"))
    client = at_desk("manager")
    page = "/setup/messages/order_confirmed/en"
    html = client.get(page).content.decode()
    assert f"/mail?number={number}" in html
    assert "Dear Ada," in html
    assert number in client.get(f"{page}/mail?number={number}").content.decode()
    typed = {"subject": "Hello {customer}", "body": "Order {order}. <script>x</script>", "number": number.lower()}
    shown = client.post(f"{page}/preview", {**typed, "number": number}, **HX).content.decode()
    assert "<b>Hello Ada</b>" in shown
    mail = client.get(f"{page}/mail?number={number}&tried=1")
    assert "<title>Hello Ada</title>" in mail.content.decode()
    assert "<script>" not in mail.content.decode()
    assert "sandbox" in mail["Content-Security-Policy"]
    assert "Hello Ada" not in client.get(f"{page}/mail?number={number}").content.decode()
    for half in ("Order {order", "Order {ordr}"):
        shown = client.post(f"{page}/preview", {**typed, "body": half, "number": number}, **HX)
        assert (shown.status_code, "iframe" in shown.content.decode()) == (200, False)
    assert not text_of("order_confirmed", "en").own
    shown = client.post(f"{page}/preview", {**typed, "number": "SO-999999"}, **HX).content.decode()
    assert "SO-999999" in shown


def test_an_administrator_writes_texts_and_sees_no_customer(at_desk: Desk) -> None:
    desk.order(desk.line("CLUB"))
    client = at_desk("administrator")
    html = client.get("/setup/messages/order_confirmed/en").content.decode()
    assert "Ada" not in html
    assert "Who may see orders is shown here" in html
    assert client.get("/setup/messages/order_confirmed/en/mail?number=SO-000001").status_code == 403
    assert write(client, "Order {order}", "Order {order}.", kind="order_confirmed")[0] == 200


@pytest.mark.parametrize("role", ["clerk", "finance", "planner"])
def test_who_may_not_set_up_is_told_who_may(at_desk: Desk, role: str) -> None:
    client = at_desk(role)
    for address in ("/setup/messages", "/setup/messages/shipped/en"):
        answer = client.get(address)
        assert answer.status_code == 403
    assert client.post("/setup/messages/all", {"is_on": "1"}, **HX).status_code == 403
    assert "change_orders" in ROLES["clerk"]
    assert client.post("/messages/1/again", **HX).status_code == (422 if role == "clerk" else 403)


@pytest.mark.parametrize(
    "address", ["/messages", "/messages/{notice}", "/setup/messages", "/setup/messages/shipped/it"]
)
def test_the_pages_in_italian(at_desk: Desk, told: Callable[..., list[int]], address: str) -> None:
    (notice,) = told()
    client = at_desk("manager", language="it")
    html = client.get(address.format(notice=notice)).content.decode()
    assert "essaggi" in html
    for english in ("Send again", "Turn on", "Queued", "Subject", "Save"):
        assert english not in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_and_placeholder_is_told_what_it_is(language: str) -> None:
    to = Reader(language)
    assert [kind.name for kind in ALL if not phrase("message_tells", kind.name, None, to)] == []
    names = set().union(*(kind.placeholders for kind in ALL))
    assert [name for name in names if not phrase("message_fact", name, None, to)] == []
