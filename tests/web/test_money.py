"""The page on which the gateway's book stands beside ours."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from perennial.catalog.queries import company
from perennial.desk.read.books import compared
from perennial.errors import Refused
from perennial.payments import gateways
from perennial.payments.gateways import Request, ask
from perennial.payments.gateways.contract import DisputeFacts, KeptDispute
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.models import Attempt, Dispute
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
    for period, field in (("from=2026-03-11&to=2026-03-10", "to"), ("from=2025-11-01&to=2026-03-10", "from")):
        answer = client.get(f"/money/differences?{period}")
        assert answer.status_code == 422
        assert f'id="f-{field}-err"' in answer.content.decode()
    with pytest.raises(Refused) as refused:
        compared(since=date(2025, 11, 1), through=desk.ON)
    assert refused.value.field == "since"  # the option --from
    assert at_desk("clerk").get("/money/differences").status_code == 403


def test_what_nobody_has_told_us_of_is_taken_in(
    at_desk: Desk, charged: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = charged.payment
    facts = DisputeFacts("dp_1", paid.gateway_ref or "", paid.amount_minor, paid.currency, "fraudulent", "open")
    monkeypatch.setattr(Sandbox, "disputes", lambda *of: [KeptDispute(facts, desk.ON, 1)], raising=False)
    client = at_desk("finance")
    address = f"/money/differences{ASKED}"
    assert "disputed, and nobody has told us" in text_of(get(client, address))
    assert at_desk("clerk").post(address).status_code == 403
    assert client.post(address).status_code == 302
    assert Dispute.objects.get().reference == "dp_1"
    assert "says the same as ours" in text_of(get(client, address))


@pytest.mark.usefixtures("charged")
def test_a_gateway_that_does_not_answer_is_said(at_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*of: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(Sandbox, "moved", silent)
    answer = at_desk("finance").get("/money/differences")
    assert answer.status_code == 422
    assert "try again in a few minutes" in answer.content.decode()
