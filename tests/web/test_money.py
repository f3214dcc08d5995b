"""The page on which the gateway's book stands beside ours."""

from __future__ import annotations

import pytest

from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.models import Attempt, Payment
from tests.web.test_exports import taken
from tests.web.test_order import Desk, child_of, get, text_of
from tests.worlds import desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def charged(club: None) -> str:
    """An order whose first shipment was charged."""
    number = desk.order("CLUB")
    child = child_of(number)
    Payment.objects.filter(order__number=child).update(at_invoice=False)
    run_job(ProcessPayments(), on=desk.ON)
    return number


@pytest.mark.usefixtures("charged")
def test_the_books_agree_or_each_difference_is_named(at_desk: Desk) -> None:
    client = at_desk("finance")
    asked = f"?from={desk.ON}&to={desk.ON}"
    assert "says the same as ours" in text_of(get(client, f"/money/differences{asked}"))
    found = Attempt.objects.get(kind="charge", outcome="approved")
    Attempt.objects.filter(pk=found.pk).update(amount_minor=found.amount_minor - 100)
    page = text_of(get(client, f"/money/differences{asked}"))
    assert "another amount" in page
    assert found.key in page
    assert [row["Difference"] for row in taken(client, f"/money/differences.csv{asked}")] == ["another amount"]
    assert "importo diverso" in text_of(get(at_desk("finance", language="it"), f"/money/differences{asked}"))
    wrong = client.get("/money/differences?from=2026-03-11&to=2026-03-10")
    assert wrong.status_code == 422
    assert at_desk("clerk").get("/money/differences").status_code == 403


@pytest.mark.usefixtures("charged")
def test_a_gateway_that_does_not_answer_is_said(at_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*of: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(Sandbox, "moved", silent)
    answer = at_desk("finance").get("/money/differences")
    assert answer.status_code == 422
    assert "cannot be asked for its book now" in answer.content.decode()
