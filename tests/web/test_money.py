"""The page on which the gateway's book stands beside ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from perennial.catalog.queries import company
from perennial.payments import gateways
from perennial.payments.gateways import Request, ask
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.models import Attempt
from tests.web.test_exports import taken
from tests.web.test_order import Desk, captured, child_of, get, text_of
from tests.worlds import desk

pytestmark = pytest.mark.django_db
ASKED = f"?from={desk.ON}&to={desk.ON}"


@pytest.fixture
def charged(club: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attempt:
    """A charge that both books have."""
    sandbox = Sandbox(tmp_path)
    monkeypatch.setitem(gateways._loaded, "sandbox", sandbox)
    payment = captured(child_of(desk.order("CLUB")))
    key = f"{company().installation}-{payment.pk}-charge-1"
    asked = Request(
        "charge", key, "about", payment.amount_minor, payment.currency, on=desk.ON, customer="C-1", token="tok_visa"
    )  # fmt: skip
    answer = ask(sandbox, asked)
    return Attempt.objects.create(
        payment=payment, kind="charge", number=1, key=key, amount_minor=payment.amount_minor, on_date=desk.ON,
        outcome=answer.outcome, gateway="sandbox", gateway_ref=answer.reference,
    )  # fmt: skip


def test_the_books_agree_or_each_difference_is_named(at_desk: Desk, charged: Attempt) -> None:
    client = at_desk("finance")
    assert "says the same as ours" in text_of(get(client, f"/money/differences{ASKED}"))
    Attempt.objects.filter(pk=charged.pk).update(amount_minor=charged.amount_minor - 100)
    page = text_of(get(client, f"/money/differences{ASKED}"))
    assert "another amount" in page
    assert charged.key in page
    assert [row["Difference"] for row in taken(client, f"/money/differences.csv{ASKED}")] == ["another amount"]
    assert client.get("/money/differences?from=2026-03-11&to=2026-03-10").status_code == 422
    assert at_desk("clerk").get("/money/differences").status_code == 403


@pytest.mark.usefixtures("charged")
def test_a_gateway_that_does_not_answer_is_said(at_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*of: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(Sandbox, "moved", silent)
    answer = at_desk("finance").get("/money/differences")
    assert answer.status_code == 422
    assert "cannot be asked for its book now" in answer.content.decode()
