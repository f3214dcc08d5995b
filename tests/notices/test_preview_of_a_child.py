"""A message shown on a child order tells of this child: its shipment, its money; not of the newest one of its order."""

from __future__ import annotations

import pytest

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
