"""What is to come: what is asked for, and what is planned, as the pages of the orders have it."""

from __future__ import annotations

from typing import Any

import pytest

from perennial.catalog.queries import set_up as rules
from perennial.desk.read import orders as read
from perennial.desk.read.coming import coming
from perennial.kernel.states import TO_COME
from perennial.orders.models import SalesOrder
from perennial.payments.models import Payment
from perennial.pictures import money
from perennial.pictures.figures import work_out
from perennial.pictures.money import money_in
from perennial.pictures.weeks import week_of
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import ANNA, ON, day, line, make_children, order, set_up

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_planned_is_to_come_with_delivery_and_tax(transactional_db: None, settings: Any) -> None:
    settings.PERENNIAL_TODAY = ON
    put(set_up())
    for program in ("CLUB", "PART", "UP"):
        order(line(program), line(program, quantity="2"))
    make_children(ON)
    held = order("CLUB")
    actions.hold(number=held, reason="a word", **ANNA)
    actions.skip(number=held, shipment=2, **ANNA)
    actions.move(number=held, shipment=3, to=day(45), **ANNA)
    work_out(ON)
    by_week: dict[Any, int] = {}
    for one in read.orders(list(SalesOrder.objects.filter(parent=None).values_list("pk", flat=True)), on=ON):
        for shipment in coming(one, rules()):
            if shipment.child is None and shipment.status in TO_COME and not shipment.upfront:
                week = week_of(max(shipment.ship_on, ON))
                by_week[week] = by_week.get(week, 0) + shipment.cost.minor
    assert len(by_week) > 2
    for payment in Payment.objects.filter(status__in=money.TO_COME).exclude(purpose="refund"):
        week = week_of(max(payment.due_on, ON))
        by_week[week] = by_week.get(week, 0) + payment.amount_minor
    found = money_in(ON, "USD", weeks=52)
    assert {row.week: row.to_come.minor for row in found.weeks if row.to_come and row.to_come.minor} == by_week
