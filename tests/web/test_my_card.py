"""The page that a customer opens by a link: what it says and does not say, who may use it, what changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from perennial.customers.models import Customer, StoredCard
from perennial.db import sql
from perennial.desk import actions, visits
from perennial.desk.cards.page import look_at_pages
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.runner import run_job
from perennial.jobs.watch import watch
from perennial.notices.links import token_of
from perennial.notices.models import Notice
from perennial.payments import gateways
from perennial.payments.models import Attempt, CardLink
from perennial.web.pages import my_card
from tests.worlds import desk
from tests.worlds.card_pages import Paying
from tests.worlds.desk import ANNA, ON, line, order
from tests.worlds.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def paying(tmp_path: Path, settings: Any) -> Iterator[Paying]:
    settings.PERENNIAL_URL = "https://club.example.com"
    settings.PERENNIAL_TODAY = ON
    found = Paying(tmp_path, find_delay=0)
    found.open_pages()
    desk.club()
    Customer.objects.filter(account="C-1").update(email="ada@example.com", name="Ada Lovelace")
    sql.execute("update catalog_company set notices_on = true, from_email = 'club@example.com', phone = '020 915 0100'")
    with gateways.use(found):
        yield found


def declined() -> str:
    actions.store_card(account="C-1", token="tok_hard", exp="12/2030", brand="visa", last4="4242", **ANNA)
    number = order(line("CLUB", card="tok_hard"))
    run_job(CreateChildOrders(), on=ON)
    actions.collect(number=number, on=ON, by="clerk:anna")
    return number


def link(**more: Any) -> str:
    made = actions.send_card_link(**{"account": "C-1", "replaces": "tok_hard", **ANNA, **more})
    return f"/k/{token_of(made.link)}"


def browser() -> Client:
    return Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True)


def agreed(page: Any) -> dict[str, str]:
    """What the button of a page sends."""
    return dict(re.findall(r'name="(agreed|in)" value="([^"]*)"', page.content.decode()))


def test_from_the_link_to_the_paid_shipment(paying: Paying) -> None:
    number = declined()
    url, customer = link(), browser()
    with desk.unchanged_but("desk_visits"):
        page = customer.get(url)
    words = page.content.decode()
    assert page.status_code == 200
    for told in ("Aurora", "Visa ending 4242", number, "$16.50 reserved at once", "020 915 0100"):
        assert told in words, told
    for untold in ("Ada", "ada@example.com", "C-1", "tok_", "<script"):
        assert untold not in words, untold
    for name, value in {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}.items():
        assert page[name] == value
    assert "noindex" in page["X-Robots-Tag"]
    assert "form-action 'self' https:;" in page["Content-Security-Policy"]
    assert not page.cookies.get("perennial_session")

    gone = customer.post(url, agreed(page), headers={"User-Agent": "a telephone"})
    assert (gone.status_code, gone["Location"]) == (303, "https://pay.example.com/page-1")
    assert "again by itself" in customer.get(f"{url}/done").content.decode()  # whatever the address says
    assert not StoredCard.objects.filter(token="tok_new").exists()
    paying.store("page-1")
    back = customer.get(f"{url}/done").content.decode()
    assert "Visa ending 4343" in back
    assert "$16.50 is reserved" in back
    row = CardLink.objects.get()
    assert row.agent == "a telephone"
    assert row.consent is not None
    assert "$16.50 reserved at once" in row.consent
    assert [one.by for one in _events(number) if one.kind == "card_changed"] == ["customer"]
    assert customer.get(url).status_code == 200
    CardLink.objects.update(stored_at=row.created_at - timedelta(hours=1))
    over = customer.get(url)
    assert over.status_code == 410
    assert "4343" not in over.content.decode()


def test_the_days_that_move_are_said_before_and_who_moved_them_after(paying: Paying, settings: Any) -> None:
    actions.store_card(account="C-1", token="tok_short", exp="03/2026", brand="visa", last4="4242", **ANNA)
    number, other = order(line("CLUB", card="tok_short")), order("CLUB")
    on = desk.day(40)
    for day in (ON, desk.day(20), on):
        run_job(CreateChildOrders(), on=day)
    settings.PERENNIAL_TODAY = on
    clerk = signed_in("clerk")
    asked = "/customers/C-1/card-pays?replaces=tok_short"
    panel = clerk.get(asked, headers={"HX-Request": "true"}).content.decode()
    assert "Its dates move: stored today, the next ships on Sun 19 Apr" in panel
    url, customer = link(replaces="tok_short", on=on), browser()
    page = customer.get(url)
    assert (
        f"{number} waited for a card, so its dates move: with the card today, the next shipment leaves on Sun 19"
        in (page.content.decode())
    )
    assert 'id="b-revoke-link"' in clerk.get(f"/orders/{number}").content.decode()
    assert 'id="b-revoke-link"' not in clerk.get(f"/orders/{other}").content.decode()  # it does not concern that one
    customer.post(url, agreed(page))
    paying.store("page-1")
    customer.get(f"{url}/done")
    assert [(one.kind, one.by) for one in _events(number) if one.kind in ("card_changed", "caught_up")] == [
        ("card_changed", "customer"),
        ("caught_up", "Perennial"),
    ]
    told = clerk.get(f"/orders/{number}").content.decode()
    assert "Late shipments 4: moved to new days" in told
    assert "a card has come, for which they waited" in told
    assert "Card link" in told
    assert "stored" in told.split('id="card-link"')[1].split("</div>")[0]
    assert "stored" not in clerk.get(f"/orders/{other}").content.decode().split('id="card-link"')[1].split("</div>")[0]


def test_a_new_customer_is_offered_no_card_of_the_sandbox_where_the_gateway_has_a_page() -> None:
    words = signed_in("clerk").get("/customers/new").content.decode()
    assert 'name="token"' not in words
    assert '<aside class="training"' in words


def test_in_the_customers_language_and_in_another(paying: Paying) -> None:
    declined()
    Customer.objects.filter(account="C-1").update(language="it")
    url, customer = link(), browser()
    page = customer.get(url)
    assert "Acconsento" in page.content.decode()
    assert "16,50" in page.content.decode()
    english = customer.get(f"{url}?in=en")
    assert "I agree" in english.content.decode()
    customer.post(url, agreed(english))
    assert CardLink.objects.get().language == "en"
    assert paying.asked[0].language == "en"


def test_what_has_changed_meanwhile_is_read_again(paying: Paying) -> None:
    number = declined()
    url, customer = link(), browser()
    shown = agreed(customer.get(url))
    actions.cancel(number=number, on=ON, by="clerk:anna", reason="no more")
    again = customer.post(url, shown)
    assert again.status_code == 409
    assert "changed meanwhile" in again.content.decode()
    assert paying.asked == []
    assert customer.post(url, agreed(again)).status_code == 303


def test_other_peoples_links(paying: Paying) -> None:
    url = link(replaces=None)
    token = url.removeprefix("/k/")
    for forged in (token[:-1], token + "a", "a" * len(token), token[::-1], "1", "x" * 3000):
        answer = browser().get(f"/k/{forged}")
        assert answer.status_code == 404, forged
        assert "does not work" in answer.content.decode()
        assert browser().post(f"/k/{forged}", {"agreed": "x"}).status_code == 404
        assert browser().get(f"/k/{forged}/done").status_code == 404
    second = link(replaces=None)
    assert browser().get(url).status_code == 410
    assert browser().post(url, {"agreed": "x"}).status_code == 410
    assert browser().get(f"{url}/done").status_code == 410
    CardLink.objects.update(expires_on=ON - timedelta(1))
    assert browser().get(second).status_code == 410
    assert paying.asked == []


def test_looking_at_it_changes_nothing_however_often_and_whatever_is_asked(paying: Paying) -> None:
    declined()
    url = link()
    with desk.unchanged_but("desk_visits"):
        for address in (url, f"{url}/done", f"{url}?in=it", f"{url}?agreed=1"):
            assert browser().get(address).status_code == 200
            assert browser().head(address).status_code == 200
    for method in ("put", "delete", "patch", "options"):
        assert getattr(browser(), method)(url).status_code == 405
    assert CardLink.objects.get().opened_at is None


def test_sent_many_times_at_once(paying: Paying) -> None:
    declined()
    url = link()
    given = agreed(browser().get(url))

    def post(_: int) -> tuple[int, str]:
        try:
            with gateways.use(paying):
                answer = browser().post(url, given)
            return answer.status_code, answer.get("Location", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(post, range(8))) == {(303, "https://pay.example.com/page-1")}
    paying.store("page-1")

    def come_back(_: int) -> int:
        try:
            with gateways.use(paying):
                return browser().get(f"{url}/done").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(come_back, range(8))) == {200}
    assert Attempt.objects.filter(card__token="tok_new").count() == 1
    assert browser().post(url, given).status_code == 200  # it is stored already


def test_too_often(paying: Paying, monkeypatch: pytest.MonkeyPatch) -> None:
    url = link(replaces=None)
    stranger = browser()
    answers = [stranger.get(f"/k/{n}").status_code for n in range(23)]
    assert answers == [404] * 20 + [429] * 3
    assert stranger.get(url).status_code == 200
    monkeypatch.setattr(my_card, "BY_LINK", 3)
    assert [stranger.get(url).status_code for _ in range(3)] == [200, 200, 429]
    visits.forget_old()
    assert sql.value("select count(*) from desk_visits") == 3
    assert not sql.value("select exists (select from desk_visits where who like '%%127%%')")


def test_the_gateway_does_not_answer(paying: Paying) -> None:
    url, customer = link(replaces=None), browser()
    page = customer.get(url)
    for _ in range(2):  # the second time its page is open already, and it is asked how that stands
        paying.down = True
        answer = customer.post(url, agreed(page))
        assert answer.status_code == 503
        assert "does not answer just now" in answer.content.decode()
        paying.down = False
        assert customer.post(url, agreed(page)).status_code == 303


def test_the_gateway_does_not_accept_our_key(paying: Paying) -> None:
    """The customer hears that it does not work now, and no setting of ours; who looks after the installation hears which."""
    url, customer = link(replaces=None), browser()
    page = customer.get(url)
    for opened in (False, True):
        paying.locked = True
        answer = customer.post(url, agreed(page))
        assert answer.status_code == 503
        assert "does not answer just now" in answer.content.decode()
        assert "PERENNIAL" not in answer.content.decode()
        assert [one.facts["setting"] for one in watch(ON) if one.code == "gateway_key_refused"] == [
            "PERENNIAL_PAYING_KEY"
        ]
        if opened:
            assert customer.get(f"{url}/done").status_code == 200
            assert look_at_pages(on=ON, by="worker") == 0
        paying.locked = False
        assert customer.post(url, agreed(page)).status_code == 303
        assert not [one for one in watch(ON) if one.code == "gateway_key_refused"]


def test_no_line_of_the_log_opens_it(paying: Paying, caplog: pytest.LogCaptureFixture) -> None:
    from perennial.log import Json

    url = link(replaces=None)
    with caplog.at_level("INFO"):
        browser().get(url)
        browser().get(f"{url}x")
        browser().post("/csp", f'{{"document-uri": "https://club.example.com{url}"}}', content_type="application/json")
    lines = [Json().format(record) for record in caplog.records]
    assert any("card link" in one for one in lines)
    assert [one for one in lines if url.removeprefix("/k/") in one] == []


class TestTheDesk:
    def post(self, clerk: Client, account: str = "C-1", **given: str) -> Any:
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://127.0.0.1/customers/{account}"}
        return clerk.post(f"/customers/{account}/card-link", given, headers=headers)

    def test_says_what_it_pays_and_sends(self, paying: Paying) -> None:
        number = declined()
        clerk = signed_in("clerk")
        panel = clerk.get("/customers/C-1/card", headers={"HX-Request": "true"}).content.decode()
        assert f"{number}, S-CLUB" in panel
        assert "$16.50 reserved at once" in panel
        assert "a…@example.com" in panel
        answer = self.post(clerk, how="send", replaces="tok_hard", key="k:1").content.decode()
        assert "Link sent to a…@example.com" in answer
        assert "being sent" in answer
        assert Notice.objects.get(kind="card_link").status == "queued"
        self.post(clerk, how="send", replaces="tok_hard", key="k:1")
        assert CardLink.objects.count() == 1

    def test_shows_it_once(self, paying: Paying) -> None:
        clerk = signed_in("clerk")
        shown = self.post(clerk, how="show").content.decode()
        token = token_of(CardLink.objects.get().pk)
        assert f"https://club.example.com/k/{token}" in shown
        assert token not in clerk.get("/customers/C-1").content.decode()
        assert not Notice.objects.filter(kind="card_link").exists()

    def test_opens_the_page_for_who_dictates(self, paying: Paying) -> None:
        declined()
        clerk = signed_in("clerk")
        opened = clerk.post("/customers/C-1/card-link", {"how": "here", "replaces": "tok_hard"})
        page = clerk.get(opened["Location"])
        assert "Read this to the caller" in page.content.decode()
        clerk.post(opened["Location"], agreed(page))
        paying.store("page-1")
        assert "Visa ending 4343" in clerk.get(f"{opened['Location']}/done").content.decode()
        row = CardLink.objects.get()
        assert (row.channel, row.by, row.expires_on) == ("desk", "clerk", ON)

    def test_how_far_it_is(self, paying: Paying) -> None:
        number = declined()
        clerk = signed_in("clerk")
        self.post(clerk, how="show", replaces="tok_hard")
        page = clerk.get("/customers/C-1").content.decode()
        (address,) = re.findall(r'hx-get="(/customers/C-1/card-link/progress[^"]*)"', page)
        address = address.replace("&amp;", "&")
        headers = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1/customers/C-1"}
        assert clerk.get(address, headers=headers).headers.get("HX-Trigger") is None
        url = f"/k/{token_of(CardLink.objects.get().pk)}"
        customer = browser()
        customer.post(url, agreed(customer.get(url)))
        assert clerk.get(address, headers=headers)["HX-Trigger"] == "card-link-moved"
        assert "opened" in clerk.get("/refresh", headers=headers).content.decode()
        paying.store("page-1")
        customer.get(f"{url}/done")
        now = clerk.get("/refresh", headers=headers).content.decode()
        assert "Visa 4343" in now
        assert f"{number}-1-001 reserved $16.50" in now
        assert "every 2s" not in now
        assert "Visa 4343" in clerk.get(f"/orders/{number}").content.decode()

    def test_revokes(self, paying: Paying) -> None:
        clerk = signed_in("clerk")
        self.post(clerk, how="show")
        row = CardLink.objects.get()
        assert "works no more" in self.post(clerk, how="revoke", link=str(row.pk)).content.decode()
        assert browser().get(f"/k/{token_of(row.pk)}").status_code == 410
        assert self.post(clerk, how="revoke", link=str(row.pk)).status_code == 422

    def test_who_may_not(self, paying: Paying) -> None:
        for role in ("finance", "planner", "administrator"):
            assert self.post(signed_in(role), how="show").status_code == 403

    def test_the_list_of_what_was_declined_sends_it(self, paying: Paying) -> None:
        declined()
        listed = signed_in("clerk").get("/exceptions/declined").content.decode()
        assert "Send card link" in listed
        with gateways.use(gateways.load("sandbox")):
            listed = signed_in("clerk").get("/exceptions/declined").content.decode()
        assert "Send card link" not in listed


def test_a_manager_takes_in_the_cards_that_the_gateway_keeps(paying: Paying) -> None:
    paying.store("page-0")
    address, hx = "/customers/C-1/kept-cards", {"HTTP_HX_REQUEST": "true"}
    assert signed_in("clerk").post(address, {"at": "cus_7"}, **hx).status_code == 403
    assert "kept-cards" not in signed_in("clerk").get("/customers/C-1/card", **hx).content.decode()
    manager = signed_in("manager")
    assert address in manager.get("/customers/C-1/card", **hx).content.decode()
    nobody = manager.post(address, {}, **hx)
    assert nobody.status_code == 422
    assert 'id="f-at-err"' in nobody.content.decode()
    page = {"HTTP_HX_CURRENT_URL": "http://127.0.0.1/customers/C-1", **hx}
    whose = manager.post(address, {"at": "cus_7"}, **page).content.decode()
    assert "Mrs Seven" in whose
    assert "seven@example.com" in whose
    assert not StoredCard.objects.filter(token="tok_new").exists()  # looked at only
    said = manager.post(address, {"seen": "cus_7"}, **page)
    assert "1 card is stored, of 1 there." in said.content.decode()
    assert StoredCard.objects.get(token="tok_new").gateway == "paying"
    assert "is stored already" in manager.post(address, {}, **page).content.decode()
    assert "0 cards are stored" in manager.post(address, {"seen": "cus_7"}, **page).content.decode()


def test_without_a_page_of_the_gateway_the_panel_is_as_it_was() -> None:
    with gateways.use(gateways.load("sandbox")):
        panel = signed_in("clerk").get("/customers/C-1/card", headers={"HX-Request": "true"}).content.decode()
    assert "tok_visa" in panel


def _events(number: str) -> list[Any]:
    from perennial.orders.models import OrderEvent

    return list(OrderEvent.objects.filter(order__number=number))
