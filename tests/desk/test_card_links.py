"""A customer gives a card by a link: what it pays, once, whoever looks first; what becomes of links."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from perennial.customers.models import Customer, GatewayCustomer, StoredCard
from perennial.db import sql
from perennial.desk import actions
from perennial.desk.action import How, perform
from perennial.desk.cards import link as links
from perennial.desk.cards import page as card_page
from perennial.desk.cards.page import look_at_pages, open_card_page, page_ended
from perennial.desk.cards.pays import what_it_pays
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.runner import run_job
from perennial.kernel.money import Money
from perennial.notices import mail
from perennial.notices.links import card_link, digest_of, token_of
from perennial.notices.models import Notice
from perennial.notices.sending import send_due
from perennial.payments import gateways
from perennial.payments.gateways.contract import KeptCard
from perennial.payments.models import Attempt, CardLink, Payment
from tests.worlds.card_pages import VISA, Paying
from tests.worlds.desk import ANNA, ON, club, line, order, refused, shown

pytestmark = pytest.mark.django_db(transaction=True)

BAD: dict[str, Any] = {"account": "C-1", "token": "tok_hard", "exp": "12/2030", "brand": "visa", "last4": "4242"}


@pytest.fixture(autouse=True)
def paying(tmp_path: Path, settings: Any) -> Iterator[Paying]:
    settings.PERENNIAL_URL = "https://club.example.com"
    settings.PERENNIAL_TODAY = ON
    found = Paying(tmp_path, find_delay=0)
    found.open_pages()
    club()
    Customer.objects.filter(account="C-1").update(email="ada@example.com")
    sql.execute("update catalog_company set notices_on = true, from_email = 'club@example.com', phone = '020 915 0100'")
    with gateways.use(found):
        yield found


def declined() -> str:
    """An order whose first child waits for another card; the bank forbids another try of the one that it has."""
    actions.store_card(**BAD, **ANNA)
    number = order(line("CLUB", card="tok_hard"))
    run_job(CreateChildOrders(), on=ON)
    actions.collect(number=number, on=ON, by="clerk:anna")
    return number


def send(**more: Any) -> links.LinkMade:
    return actions.send_card_link(**{"account": "C-1", **ANNA, **more})


def agree(number: int) -> str | None:
    """The customer reads what the card will pay, and goes on to the gateway's page."""
    return open_card_page(link=number, words="I agree.", language="en", agent="a browser", on=ON)


class Kept:
    """What takes messages here."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def open(self) -> None: ...

    def hand_over(self, number: int, sender: str, recipient: str, content: bytes) -> None:
        self.sent.append(content.decode())

    is_open = True

    def close(self) -> None: ...


class TestWhatItPays:
    def test_is_said_before_and_done_after(self, paying: Paying) -> None:
        number = declined()
        made = send(replaces="tok_hard")
        (pays,) = made.pays
        assert (pays.order, pays.reserved, pays.waits) == (number, Money(1650, "USD"), (f"{number}-1-001",))
        assert pays.next_amount == Money(15950, "USD")
        assert what_it_pays(account="C-1", on=ON, replaces="tok_two") == ()
        assert not StoredCard.objects.filter(token="card-to-come").exists()

        assert agree(made.link) == "https://pay.example.com/page-1"
        assert page_ended(gateway="paying", reference="page-1", on=ON, by="paying") == card_page.PageEnded(
            link=made.link, state="open"
        )
        paying.store("page-1")
        ended = page_ended(gateway="paying", reference="page-1", on=ON, by="paying")
        assert ended is not None
        assert ended.stored is not None
        assert ended.stored.orders == (number,)
        asked = [(one.order, one.before, one.after) for done in ended.collected for one in done.payments]
        assert asked == [(f"{number}-1-001", "due", "authorised")]
        card = StoredCard.objects.get(token="tok_new")
        assert (card.gateway, card.brand, card.last4, card.exp_month) == ("paying", "visa", "4343", 11)
        assert GatewayCustomer.objects.get().reference == "cus_C-1"
        row = CardLink.objects.get()
        assert (row.consent, row.agent, row.language, row.card_id) == ("I agree.", "a browser", "en", card.pk)
        assert None not in (row.consented_at, row.stored_at, row.charged_at)

    def test_once_whoever_looks_first(self, paying: Paying) -> None:
        declined()
        made = send()
        agree(made.link)
        paying.store("page-1")

        def look(_: int) -> str | None:
            try:
                with gateways.use(paying):
                    ended = page_ended(gateway="paying", reference="page-1", on=ON, by="paying")
                return ended.state if ended else None
            finally:
                connection.close()

        with ThreadPoolExecutor(6) as threads:
            assert set(threads.map(look, range(12))) == {"stored"}
        assert StoredCard.objects.filter(token="tok_new").count() == 1
        asked = Attempt.objects.filter(card__token="tok_new").values_list("kind", "outcome")
        assert list(asked) == [("authorise", "approved")]
        assert [one.kind for one in paying.lines() if one.token == "tok_new"] == ["authorise"]

    def test_what_died_between_storing_and_charging_is_charged_by_the_next_look(
        self, paying: Paying, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        declined()
        made = send()
        agree(made.link)
        paying.store("page-1")
        with monkeypatch.context() as dying:
            dying.setattr(card_page, "collect", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                page_ended(gateway="paying", reference="page-1", on=ON, by="paying")
        assert not Attempt.objects.filter(card__token="tok_new").exists()
        assert look_at_pages(on=ON, by="worker") == 1
        assert Attempt.objects.filter(card__token="tok_new").count() == 1
        assert look_at_pages(on=ON, by="worker") == 0

    def test_the_order_for_which_it_was_asked_is_paid_by_it_though_its_card_is_good(self, paying: Paying) -> None:
        number = order("CLUB")
        made = send(order=number)
        assert [one.order for one in made.pays] == [number]
        agree(made.link)
        paying.store("page-1")
        ended = page_ended(gateway="paying", reference="page-1", on=ON, by="paying")
        assert ended is not None
        assert ended.stored is not None
        assert ended.stored.orders == (number,)
        assert {c["card"] for c in shown(number)["continuity"]} == {"tok_new"}

    def test_a_card_that_cannot_be_kept_is_asked_for_again(self, paying: Paying) -> None:
        made = send()
        agree(made.link)
        paying.store("page-1", KeptCard("tok_new", "visa", "4343", 1, 2026))
        ended = page_ended(gateway="paying", reference="page-1", on=ON, by="paying")
        assert ended == card_page.PageEnded(link=made.link, state="open")
        assert not StoredCard.objects.filter(token="tok_new").exists()


class TestPages:
    def test_the_same_page_as_long_as_it_can_be_used(self, paying: Paying) -> None:
        made = send()
        assert agree(made.link) == agree(made.link) == "https://pay.example.com/page-1"
        paying.expire("page-1")
        assert agree(made.link) == "https://pay.example.com/page-2"
        assert len({request.key for request in paying.asked}) == 2
        first = paying.asked[0]
        assert first.done_url == f"https://club.example.com/k/{token_of(made.link)}/done"
        assert (first.account, first.email, first.gateway_customer) == ("C-1", "ada@example.com", None)

    def test_a_gateway_that_does_not_answer_changes_nothing(self, paying: Paying) -> None:
        made = send()
        paying.down = True
        with refused("", "card_page_not_opened"):
            agree(made.link)
        paying.down = False
        assert agree(made.link) is not None

    def test_a_page_that_is_stored_is_not_opened_again(self, paying: Paying) -> None:
        made = send()
        agree(made.link)
        paying.store("page-1")
        assert agree(made.link) is None
        assert StoredCard.objects.filter(token="tok_new").exists()
        with refused("link", "card_link_over"):
            agree(made.link)

    def test_none_of_ours(self) -> None:
        assert page_ended(gateway="paying", reference="page-9", on=ON, by="paying") is None


class TestLinks:
    def test_a_new_one_revokes_the_older_and_what_was_stored_by_a_revoked_one_is_not_taken(
        self, paying: Paying
    ) -> None:
        first = send()
        agree(first.link)
        second = send()
        assert second.revoked == first.link
        paying.store("page-1")
        ended = page_ended(gateway="paying", reference="page-1", on=ON, by="paying")
        assert ended == card_page.PageEnded(link=first.link, state="revoked")
        assert not StoredCard.objects.filter(token="tok_new").exists()
        with refused("link", "card_link_over"):
            agree(first.link)
        assert list(Notice.objects.order_by("id").values_list("status", flat=True)) == ["off", "queued"]

    def test_a_page_at_the_desk_leaves_the_link_until_a_card_is_stored(self, paying: Paying) -> None:
        sent = send()
        here = send(send=False, channel="desk")
        assert here.revoked is None
        agree(here.link)
        paying.store("page-1")
        page_ended(gateway="paying", reference="page-1", on=ON, by="paying")
        assert {row.pk: row.state(ON) for row in CardLink.objects.all()} == {sent.link: "revoked", here.link: "stored"}
        assert Notice.objects.get(kind="card_link").status == "off"

    def test_it_expires_by_the_business_date(self) -> None:
        made = send()
        last = ON + timedelta(6)
        assert made.expires_on == last
        row = CardLink.objects.get()
        assert (row.state(last), row.state(last + timedelta(1))) == ("open", "expired")
        with refused("link", "card_link_over"):
            open_card_page(link=made.link, words="x", language="en", agent="x", on=last + timedelta(1))

    def test_no_table_holds_what_opens_it(self, paying: Paying) -> None:
        declined()
        made = perform(actions.send_card_link, How(key="k-1"), account="C-1", **ANNA)
        carrier = Kept()
        send_due(on=ON, carrier=carrier, links=links.link_for_message)
        agree(made.link)
        paying.store("page-1")
        page_ended(gateway="paying", reference="page-1", on=ON, by="paying")
        token = token_of(made.link)
        whole = "".join(carrier.sent).replace("=\n", "").replace("=\r\n", "")
        assert card_link(made.link) in whole
        tables = sql.tuples("select tablename from pg_tables where schemaname = 'public'")
        for (name,) in tables:
            assert not sql.value(f'select exists (select from "{name}" t where t::text like %s)', [f"%{token}%"]), name

    def test_forged_and_truncated_tokens_and_those_of_a_copy_open_nothing(self) -> None:
        made = send()
        token = token_of(made.link)
        found = links.by_token(token)
        assert found is not None
        assert found.pk == made.link
        for forged in (token[:-1], token.upper(), token + "a", digest_of(token), str(made.link), ""):
            assert links.by_token(forged) is None
        sql.execute("update catalog_company set installation = 'copy-' || installation")
        assert links.by_token(token) is None

    def test_who_is_refused(self, paying: Paying, settings: Any) -> None:
        with refused("account", "no_email_address"):
            actions.send_card_link(account="C-2", **ANNA)
        assert actions.send_card_link(account="C-2", send=False, **ANNA).email is None
        number = order("CLUB")
        with refused("order", "order_of_another_payer"):
            actions.send_card_link(account="C-2", order=number, send=False, **ANNA)
        with refused("replaces", "card_unknown"):
            send(replaces="tok_bo")
        sql.execute("update catalog_company set notices_on = false")
        with refused("kind", "message_kind_off"):
            send()
        settings.PERENNIAL_URL = None
        with refused("", "address_not_set"):
            send(send=False)

    def test_without_a_page_of_the_gateway(self, tmp_path: Path) -> None:
        with gateways.use(gateways.load("sandbox")), refused("", "no_card_page"):
            send()


class TestMessages:
    def test_says_what_for_until_when_and_keeps_no_link(self) -> None:
        declined()
        made = send(replaces="tok_hard")
        carrier = Kept()
        done = send_due(on=ON, carrier=carrier, links=links.link_for_message)
        assert done.sent == 2
        kept = Notice.objects.get(kind="card_link")
        assert "https://club.example.com/k/…" in (kept.sent_text or "")
        assert "March 16" in (kept.sent_text or "")
        assert "Visa ending 4242" in (kept.sent_text or "")
        assert json.loads(json.dumps(kept.facts))["valid_until"] == made.expires_on.isoformat()

    def test_a_declined_payment_offers_the_open_link_or_makes_one(self) -> None:
        number = declined()
        carrier = Kept()
        send_due(on=ON, carrier=carrier, links=links.link_for_message)
        row = CardLink.objects.get()
        assert (row.order and row.order.number, row.by, row.channel) == (number, "message", "link")
        assert card_link(row.pk) in carrier.sent[0].replace("=\n", "").replace("=\r\n", "")
        assert row.state(ON) == "open"

    def test_no_link_where_there_is_no_page_or_no_address(self, settings: Any) -> None:
        declined()
        settings.PERENNIAL_URL = None
        carrier = Kept()
        send_due(on=ON, carrier=carrier, links=links.link_for_message)
        assert "/k/" not in carrier.sent[0]
        assert not CardLink.objects.exists()

    def test_a_link_that_is_over_is_not_sent(self) -> None:
        made = send()
        sql.execute("update payments_cardlink set expires_on = %s where id = %s", [ON - timedelta(1), made.link])
        done = send_due(on=ON, carrier=Kept(), links=links.link_for_message)
        assert (done.sent, done.failed) == (0, 1)
        assert isinstance(mail.transport(), mail.Folder)


def test_what_waits_is_paid_where_it_was_owed() -> None:
    """The failed payment, its hold and the later children go on by the new card."""
    number = declined()
    assert [p.status for p in Payment.objects.all()] == ["failed"]
    made = send()
    agree(made.link)
    gateway = gateways.current()
    assert isinstance(gateway, Paying)
    gateway.store("page-1", VISA)
    page_ended(gateway="paying", reference="page-1", on=ON, by="paying")
    assert [p.status for p in Payment.objects.all()] == ["authorised"]
    actions.ship(number=f"{number}-1-001", on=ON, by="warehouse")
