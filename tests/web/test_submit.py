"""Submitting an order: the bank is asked at once, outside of any transaction, and its answer is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from perennial.catalog.actions import initialise
from perennial.catalog.models import Parameters
from perennial.desk import actions
from perennial.desk.read.orders import order
from perennial.jobs.recurrences import remove_recurrence, set_recurrence
from perennial.payments import gateways
from perennial.payments.gateways import Answer, NotAdmitted, Request
from perennial.payments.gateways.sandbox import Sandbox
from tests.web.test_entry import post, started, text
from tests.worlds import desk
from tests.worlds.desk import ON
from tests.worlds.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """The gateway with a book of its own; what is lost is found at once."""
    with gateways.use(Sandbox(tmp_path, find_delay=0)) as found:
        yield found  # type: ignore[misc]


@pytest.fixture
def clerk(sandbox: Sandbox, settings: Any) -> Client:
    """A clerk on the day of the club."""
    settings.PERENNIAL_TODAY = ON
    initialise()
    desk.club()
    return signed_in("clerk")


def submitted(client: Client, token: str, *, item: str = "B1") -> str:
    """An order of Bo's, paid by a new card with this token, is submitted; its number."""
    actions.store_card(account="C-2", token=token, exp="12/2030", brand="visa", last4="0077", on=ON, by="clerk")
    number = started(client, item, "C-2")
    page = f"/orders/{number}/summary"
    answer = post(client, f"/orders/{number}/submit", page, agreed="on", key=f"{number}:submit")
    assert answer["HX-Redirect"] == f"/orders/{number}/answer"
    return number


def answer_of(client: Client, number: str) -> str:
    return text(client.get(f"/orders/{number}/answer"))  # type: ignore[arg-type]


def test_approved_once_however_often_it_is_pressed(clerk: Client, sandbox: Sandbox) -> None:
    number = submitted(clerk, "tok_visa_2")
    again = post(clerk, f"/orders/{number}/submit", f"/orders/{number}/summary", agreed="on", key=f"{number}:submit")
    assert again["HX-Redirect"] == f"/orders/{number}/answer"
    html = answer_of(clerk, number)
    assert "The bank approved $12.00 on Visa 0077." in html
    assert "hx-trigger" not in html[html.index('id="bank"') :]
    assert len(sandbox.lines()) == 1


def test_declined_says_why_and_what_to_do_and_another_card_pays(clerk: Client) -> None:
    number = submitted(clerk, "tok_declined")
    html = answer_of(clerk, number)
    assert "The bank refused $12.00: insufficient funds. Nothing charged." in html
    assert "Ask for another card" in html
    assert '<option value="tok_bo">Visa 4242</option>' in html
    assert order(number, on=ON).status == "open"
    told = post(clerk, f"/orders/{number}/ask", f"/orders/{number}/answer", card="tok_bo", key="other")
    assert "The bank approved $12.00 on Visa 4242." in text(told)


def test_not_known_yet_then_known(clerk: Client) -> None:
    number = submitted(clerk, "tok_lost_for_good")
    html = answer_of(clerk, number)
    assert "Do not try another card; this page will say." in html
    assert f'hx-post="/orders/{number}/ask" hx-trigger="every 3s"' in html
    known = submitted(clerk, "tok_lost")
    assert "has not answered" in answer_of(clerk, known)
    told = post(clerk, f"/orders/{known}/ask", f"/orders/{known}/answer")
    assert "The bank approved" in text(told)
    assert "every 3s" not in text(told)


def test_a_key_that_the_gateway_refuses_is_named_and_the_order_stands(
    clerk: Client, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(request: Request) -> Answer:
        raise NotAdmitted("PERENNIAL_BANK_KEY")

    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "authorise", refuses)
        number = submitted(clerk, "tok_visa_2")
        assert order(number, on=ON).status == "open"
        assert "(setting PERENNIAL_BANK_KEY), so no card can be asked" in answer_of(clerk, number)
        told = post(clerk, f"/orders/{number}/ask", f"/orders/{number}/answer")
        assert "PERENNIAL_BANK_KEY" in text(told)
        tried = post(clerk, f"/orders/{number}/collect", f"/orders/{number}")
        assert tried.status_code == 422
        assert "PERENNIAL_BANK_KEY" in tried.content.decode()
    told = post(clerk, f"/orders/{number}/ask", f"/orders/{number}/answer")
    assert "The bank approved $12.00 on Visa 0077." in text(told)
    assert len(sandbox.lines()) == 1


def test_nothing_is_charged_of_what_is_paid_as_it_ships(clerk: Client, sandbox: Sandbox) -> None:
    number = submitted(clerk, "tok_visa_2", item="S-LOOP")
    html = answer_of(clerk, number)
    charged = "and charged when the first parcel leaves."
    assert f"The order is open. Visa 0077 is authorised with the next nightly run, {charged}" in html
    set_recurrence(job="night", at=time(2), by="mara")
    assert f"Visa 0077 is authorised tonight, {charged}" in answer_of(clerk, number)
    remove_recurrence(job="night", at=time(2), by="mara")
    actions.skip(number=number, shipment=1, **desk.ANNA)
    assert f"Nothing is charged today: Visa 0077 is authorised on Sat 14 Mar, {charged}" in answer_of(clerk, number)
    Parameters.objects.update(authorize_child_orders=False)
    assert "today: Visa 0077 is charged when the first parcel leaves." in answer_of(clerk, number)
    actions.undo(number=number, **desk.ANNA)
    assert "ships on Tue 10 Mar, $56.00." in html
    assert not sandbox.lines()


def test_what_is_billed_up_front_later_says_when(clerk: Client) -> None:
    for program, told in (
        ("UP", "Visa 4242 is authorised on Mon 6 Apr, and charged when the first parcel leaves."),
        ("PART", "Nothing is charged today: $"),
    ):
        number = desk.order(desk.line(program, start_date=desk.day(30), card="tok_visa"))
        assert told in answer_of(clerk, number)
    actions.hold(number=number, reason="call back", **desk.ANNA)
    assert "Nothing is charged yet. It waits: the order is on hold" in answer_of(clerk, number)


def test_in_italian(clerk: Client) -> None:
    number = submitted(clerk, "tok_declined")
    from django.contrib.auth.models import User

    from perennial.people.queries import preferences

    likes = preferences(User.objects.get(username="clerk"))
    likes.language = "it"
    likes.save()
    assert "La banca ha rifiutato" in answer_of(clerk, number)


def test_a_program_that_was_retired_meanwhile_is_refused(clerk: Client) -> None:
    from perennial.programs.models import Program

    number = started(clerk, "S-LOOP", "C-2")
    Program.objects.filter(schedule_id="LOOP").update(active=False)
    told = post(clerk, f"/orders/{number}/submit", f"/orders/{number}/summary", agreed="on", key="s")
    assert told.status_code == 422
    assert "LOOP" in text(told)
    assert order(number, on=ON).status == "draft"


def test_what_somebody_changed_meanwhile_is_read_anew_before_it_is_submitted(clerk: Client, sandbox: Sandbox) -> None:
    number = started(clerk, "B1", "C-2")
    seen = order(number, on=ON).version
    actions.change_line(number=number, line=1, quantity=Decimal(2), on=ON, by="marco")
    page = f"/orders/{number}/summary"
    answer = post(clerk, f"/orders/{number}/submit", page, agreed="on", seen=seen, key=f"{number}:submit")
    assert answer.status_code == 409
    html = text(answer)
    assert "by marco" in html
    assert "Keep mine" not in html
    assert "Take theirs" in html
    assert (order(number, on=ON).status, sandbox.lines()) == ("draft", [])


def test_what_is_kept_is_a_request_of_its_own(clerk: Client) -> None:
    """Two conflicts, on two orders: each has its key, so that neither gets the answer of the other."""
    keys = set()
    for _ in range(2):
        number = desk.order("CLUB")
        seen = order(number, on=ON).version
        actions.skip(number=number, shipment=2, on=ON, by="marco")
        where = f"/orders/{number}/1/2/quantity"
        answer = post(clerk, where, f"/orders/{number}", quantity="2", seen=seen, key=f"{number}:quantity")
        assert answer.status_code == 409
        keys |= set(re.findall(r'name="key" value="([^"]+)"', text(answer)))
    assert len(keys) == 2
    assert all(re.fullmatch(r"\w{32}:mine", key) for key in keys)
