"""The card is tried while the customer listens: what the bank says stands on the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perennial.desk import actions
from perennial.payments import gateways
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.models import Payment
from tests.web.test_customer import HX, press
from tests.worlds.leading import lead
from tests.worlds.payments import ON, install, invoice, member
from tests.worlds.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with gateways.use(Sandbox(tmp_path, find_delay=0)) as found:
        yield found  # type: ignore[misc]


def test_what_became_of_the_card_is_said(settings: Any) -> None:
    settings.PERENNIAL_TODAY = ON
    install()
    m = member("tok_decline_1")
    payment = m.owes(m.child(1))
    client = signed_in("clerk")
    page = f"/orders/{m.parent.number}"
    answer = client.post(f"{page}/collect", HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX)
    html = answer.content.decode()
    assert answer.status_code == 200, html
    assert f"{m.parent.number}-1-001: $19.95 declined: insufficient funds" in html
    assert "Declined $19.95 for shipment 1" in html
    html = press(client, page, html, "b-collect")
    payment.refresh_from_db()
    assert payment.status == "authorised"
    assert "authorised." in html
    assert 'id="b-collect"' not in html
    invoice(payment.order)
    html = client.get(f"/orders/{m.parent.number}-1-001").content.decode()
    assert "Take the money now" in html
    html = press(client, page, client.get(page).content.decode(), "b-collect")
    payment.refresh_from_db()
    assert payment.status == "captured"
    assert "Take the money now" not in html


def test_what_was_given_back_is_not_called_captured(settings: Any) -> None:
    settings.PERENNIAL_TODAY = ON
    install()
    m = member()
    child = m.child(1)
    m.owes(child)
    invoice(child)
    actions.collect(number=m.parent.number, on=ON, by="clerk:anna")
    actions.refund(number=child.number, amount="5.30", on=ON, by="clerk:anna", reason="a scratch")
    page, declined = f"/orders/{m.parent.number}", m.owes(m.child(2))
    lead(Payment.objects.filter(pk=declined.pk), "declined")
    finance = signed_in("finance")  # gives back, and asks no card
    html = press(finance, page, finance.get(page).content.decode(), "b-collect")
    declined.refresh_from_db()
    assert declined.status == "declined"
    assert f"{child.number}: $5.30 refunded" in html
    assert "$5.30 captured" not in html
