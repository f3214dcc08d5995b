"""An order that was billed up front and costs less now: the action says what is to be given back, and it is listed."""

from __future__ import annotations

import pytest

from perennial.continuity.models import ContinuityOrder
from perennial.desk.queries import Fitting, order_ids
from perennial.orders.models import SalesOrder
from perennial.payments.models import Payment, Surplus
from perennial.payments.noted import note_all
from perennial.payments.surplus import surplus
from tests.worlds import actions
from tests.worlds.desk import ANNA, order

pytestmark = pytest.mark.usefixtures("club")


def noted() -> dict[int, int]:
    """What is noted by the action itself; noting all anew finds the same."""
    found = dict(Surplus.objects.values_list("order", "minor"))
    note_all()
    assert dict(Surplus.objects.values_list("order", "minor")) == found
    return found


def paid() -> str:
    """An order of 69.00 that its card has paid; all three shipments are to come."""
    number = order("UP")
    Payment.objects.update(status="sent")
    Payment.objects.update(status="captured", captured_minor=6900)
    assert ContinuityOrder.objects.get().owed_minor == 6900
    return number


def test_a_skip_while_more_is_to_come_is_said_at_once_and_listed_until_it_is_taken_back() -> None:
    number = paid()
    parent = SalesOrder.objects.get(number=number).pk
    assert noted() == {}
    done = actions.skip(number=number, shipment=3, **ANNA)
    assert done["to_refund"] == "34.00 USD"
    assert noted() == surplus([parent]) == {parent: 3400}
    assert order_ids(Fitting(waiting=True)) == [parent]
    actions.unskip(number=number, shipment=3, **ANNA)
    assert noted() == {}


def test_a_lower_price_is_said_too_and_an_undo_takes_it_back() -> None:
    number = paid()
    done = actions.price(number=number, shipment=2, price="10.00", **ANNA)
    assert done["to_refund"] == "11.00 USD"
    actions.undo(number=number, **ANNA)
    assert noted() == {}
    assert "to_refund" not in actions.price(number=number, shipment=2, price="30.00", **ANNA)
