"""What a draft would charge of orders that are billed up front: later, less, or paid too much; and that it comes so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from perennial.continuity.models import Occurrence
from perennial.jobs.change_orders import group_orders
from perennial.jobs.change_preview import Preview
from perennial.jobs.night import one_night
from perennial.kernel.money import Money
from perennial.orders.models import SalesOrder
from perennial.payments.models import Payment
from perennial.payments.surplus import surplus
from perennial.programs.draft import edit_draft
from perennial.programs.values import ProgramFacts
from tests.jobs.test_change_preview import applied, previewed
from tests.worlds.bundle import put
from tests.worlds.desk import ON, day, order, sent, set_up

pytestmark = pytest.mark.django_db(transaction=True)


def third(price: int) -> Callable[[ProgramFacts], ProgramFacts]:
    """The third event has this price."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        *first, last = facts.events
        return replace(facts, events=(*first, replace(last, products=(replace(last.products[0], price_minor=price),))))

    return edit


def charged(order: str) -> tuple[int, int]:
    """What is taken of an order billed up front, and what is still asked for."""
    found = Payment.objects.filter(continuity_order__order__number=order, purpose="order")
    taken = sum(one.captured_minor for one in found)
    return taken, sum(one.amount_minor for one in found.exclude(status="cancelled")) - taken


def upfront(found: Preview) -> dict[str, dict[str, int]]:
    """By group what the orders that are paid up front are charged."""
    return {
        one.kind: {row.order: row.more.minor for row in group_orders(found.run, one.number).rows}
        for one in found.paid_upfront
    }


def test_what_is_paid_up_front_is_charged_with_what_it_does_not_cover_and_said_before(settings: Any) -> None:
    settings.PERENNIAL_TODAY = ON
    put(set_up())
    paid, reserved = order("UP"), order("UP")
    parts = order("PART")
    one_night(ON)
    sent(f"{paid}-1-001", on=ON)
    one_night(ON)
    assert [charged(one)[0] > 0 for one in (paid, reserved, parts)] == [True, False, True]
    before = {one: charged(one) for one in (paid, reserved, parts)}
    more = 2000 * 110 // 100  # with tax
    for program in ("UP", "PART"):
        edit_draft(schedule_id=program, edit=third(5000), by="mara")
    dearer, in_parts = previewed("UP"), previewed("PART")
    for found, orders in ((dearer, [paid, reserved]), (in_parts, [parts])):
        still = sum(before[one][1] for one in orders)
        assert (found.to_come.minor, found.new_to_come.minor) == (still, still + more * len(orders))
    assert upfront(dearer) == {"upfront_later": {paid: more, reserved: more}}
    assert upfront(in_parts) == {"upfront_later": {parts: more}}
    (of_changes,) = (one for one in dearer.groups if one.kind == "changes")
    shown = {one.order: one.upfront for one in group_orders(dearer.run, of_changes.number).rows}
    third_on = Occurrence.objects.get(continuity_order__order__number=paid, shipment=3).ship_on
    assert (shown[paid].now, shown[paid].later, shown[paid].later_on) == (None, Money(more, "USD"), third_on)
    assert (shown[reserved].now, shown[reserved].later_on) == (None, None)  # with its first shipment
    (later,) = in_parts.paid_upfront
    (row,) = group_orders(in_parts.run, later.number).rows
    assert (row.upfront.later_on, row.new_ship_on) == (ON.replace(month=ON.month + 1), None)
    for found in (dearer, in_parts):
        applied(found, letters=True)
    one_night(day(1))
    for one in (paid, reserved, parts):
        assert charged(one) == (before[one][0], before[one][1] + more)
    edit_draft(schedule_id="UP", edit=third(100), by="mara")
    cheaper = previewed("UP")
    less = 4900 * 110 // 100
    assert upfront(cheaper) == {"upfront_less": {paid: -more, reserved: -less}, "upfront_back": {paid: less - more}}
    assert {one.kind: one.amount.minor for one in cheaper.differences} == {
        "price": -2 * less,
        "paid_already": less - more,
    }
    assert cheaper.more == Money(-less - more, "USD")
    applied(cheaper, letters=True)
    parent = SalesOrder.objects.get(number=paid).pk
    assert surplus([parent]) == {parent: less - more}
    assert charged(paid) == (before[paid][0], 0)
    assert charged(reserved) == (0, before[reserved][1] + more - less)
