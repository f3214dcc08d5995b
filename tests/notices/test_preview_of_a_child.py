"""A message shown on a child order tells of this child: its shipment, its money; not of the newest one of its order. Of a
shipment that is paid in parts it says when which one is charged.
"""

from __future__ import annotations

import pytest

from perennial.catalog.models import PaymentSchedule
from perennial.continuity.models import ContinuityOrder
from perennial.desk.notices.preview import preview
from perennial.errors import Refused
from perennial.jobs.process_payments import ProcessPayments
from perennial.payments.models import Payment
from tests.worlds import actions
from tests.worlds.desk import ANNA, ON, day, make_children, order, run, sent

pytestmark = pytest.mark.usefixtures("club")


@pytest.fixture
def children() -> tuple[str, str, str]:
    """Two children that were sent, at two prices, and one that is made."""
    number = order("CLUB")
    actions.price(number=number, shipment=2, price="7.00", replaces="B2", **ANNA)
    for at, on in enumerate((day(0), day(10), day(20)), 1):
        make_children(on)
        run(ProcessPayments(), on)
        if at < 3:
            sent(f"{number}-1-{at:03}", on)
            run(ProcessPayments(), on)
    return f"{number}-1-001", f"{number}-1-002", f"{number}-1-003"


def charged(child: str) -> str:
    return f"{Payment.objects.get(order__number=child, purpose='shipment').amount_minor / 100:.2f}"


@pytest.mark.parametrize("kind", ["shipped", "declined", "bill", "refunded"])
def test_it_is_about_this_child(children: tuple[str, str, str], kind: str) -> None:
    first, second, _ = children
    for child in (first, second):
        text = preview(kind, "en", child, on=ON).text
        assert child in text
        assert charged(child) in text
    assert charged(first) != charged(second)


def test_its_shipment_is_announced_as_long_as_it_is_to_come(children: tuple[str, str, str]) -> None:
    first, _, third = children
    assert charged(third) in preview("shipment_ahead", "en", third, on=ON).text
    with pytest.raises(Refused, match="message_nothing_to_show"):
        preview("shipment_ahead", "en", first, on=ON)


def test_of_its_parent_the_newest_is_shown_and_the_order_itself_is_one(children: tuple[str, str, str]) -> None:
    parent = children[0].rpartition("-1-")[0]
    assert children[1] in preview("shipped", "en", parent, on=ON).text
    assert preview("order_confirmed", "en", children[0], on=ON) == preview("order_confirmed", "en", parent, on=ON)


def test_a_shipment_that_is_paid_in_parts_is_not_said_to_be_paid_when_it_leaves() -> None:
    number = order("CLUB")
    before = {kind: preview(kind, "en", number, on=ON).text for kind in ("shipment_ahead", "order_confirmed")}
    ContinuityOrder.objects.update(payment_schedule=PaymentSchedule.objects.get(name="3X"))
    for kind, language, says in (
        ("shipment_ahead", "en", "In parts, on your Visa ending 4242 $16.50"),
        ("shipment_ahead", "it", "A rate, sulla Sua Visa che termina con 4242 16,50 USD"),
        ("order_confirmed", "en", "You pay each shipment in parts on your Visa ending 4242. The first one:"),
        ("order_confirmed", "it", "Paga ciascuna spedizione a rate con la Sua Visa che termina con 4242. La prima:"),
    ):
        text = " ".join(preview(kind, language, number, on=ON).text.split())
        days = "Tuesday, March 10 $5.50 Friday, April 10 $5.50 Sunday, May 10 $5.50"
        if language == "it":
            days = "Martedì 10 marzo 5,50 USD Venerdì 10 aprile 5,50 USD Domenica 10 maggio 5,50 USD"
        assert f"{says} {days}" in text
        assert "when it leaves" not in text
        assert "quando parte" not in text
    make_children(ON)
    asked = Payment.objects.filter(order__parent__number=number).order_by("number")
    assert [(one.due_on.isoformat(), one.amount_minor) for one in asked] == [
        ("2026-03-10", 550), ("2026-04-10", 550), ("2026-05-10", 550)
    ]  # fmt: skip
    assert all("when it leaves" in text for text in before.values())
