"""What keeps a child, or ordinary lines, from being sent and from being invoiced; who overrides it says why (S9)."""

from __future__ import annotations

from typing import Any

import pytest

from perennial.catalog.models import Parameters
from perennial.desk.orders.ship import children_that_may_ship, invoice_many, ship_many
from perennial.desk.read.child import child as read_child
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.orders.models import SalesOrder, Shipment
from perennial.payments.models import Payment
from tests.worlds import actions
from tests.worlds.desk import ANNA, ON, book, day, last_event, make_children, order, refused, run
from tests.worlds.leading import lead

pytestmark = pytest.mark.usefixtures("club")

WAREHOUSE: dict[str, Any] = {"on": ON, "by": "warehouse"}
AGREED: dict[str, Any] = {**WAREHOUSE, "override": True, "reason": "agreed by phone"}


def child_of(number: str) -> SalesOrder:
    """The first child, made by the job."""
    make_children(ON)
    return SalesOrder.objects.get(number=f"{number}-1-001")


def shipping_in(days: int) -> SalesOrder:
    """A child that ships so many days from now, made ahead of its day."""
    number = order("CLUB")
    actions.move(number=number, shipment=1, to=day(days), **ANNA)
    run(CreateChildOrders(), ON, through=str(day(days)))
    return SalesOrder.objects.get(number=f"{number}-1-001")


class TestInvoice:
    @pytest.mark.parametrize("status", ["declined", "failed", "unknown"])
    def test_a_payment_that_is_declined_failed_or_unknown_keeps_a_child(self, status: str):
        child = child_of(order("CLUB"))
        actions.ship(number=child.number, **WAREHOUSE)
        lead(Payment.objects.all(), status)
        with refused("number", "payment_stops_shipping"):
            actions.invoice(number=child.number, **WAREHOUSE)
        done = actions.invoice(number=child.number, **AGREED)
        assert done == {"order": child.number, "status": "invoiced", "overridden": ["payment"]}

    @pytest.mark.parametrize("status", ["declined", "failed", "unknown"])
    def test_billed_up_front_the_orders_payment_keeps_it(self, status: str):
        child = child_of(order("UP"))
        actions.ship(number=child.number, **WAREHOUSE)
        lead(Payment.objects.all(), status)
        with refused("number", "payment_stops_shipping"):
            actions.invoice(number=child.number, **WAREHOUSE)
        assert actions.invoice(number=child.number, **AGREED)["overridden"] == ["payment"]

    def test_a_hold_of_the_child_keeps_it_one_of_the_charging_does_not(self):
        number = order("CLUB")
        child = child_of(number)
        actions.ship(number=child.number, **WAREHOUSE)
        actions.hold(number=number, code="parent", **ANNA)
        actions.hold(number=child.number, code="money", stops="charging", **ANNA)
        actions.hold(number=child.number, code="fraud", reason="looks odd", **ANNA)
        with refused("number", "on_hold", "looks odd"):
            actions.invoice(number=child.number, **WAREHOUSE)
        actions.release(number=child.number, code="fraud", **ANNA)
        actions.invoice(number=child.number, **WAREHOUSE)

    @pytest.mark.parametrize("status", ["declined", "failed", "unknown"])
    def test_ordinary_lines_likewise(self, status: str):
        number = order(book())
        actions.ship(number=number, **WAREHOUSE)
        actions.hold(number=number, **ANNA)
        with refused("number", "on_hold"):
            actions.invoice(number=number, **WAREHOUSE)
        actions.release(number=number, **ANNA)
        lead(Payment.objects.all(), status)
        with refused("number", "payment_stops_shipping"):
            actions.invoice(number=number, **WAREHOUSE)
        assert actions.invoice(number=number, **AGREED)["overridden"] == ["payment"]
        assert last_event(number)[0::4] == ("invoiced", {"overridden": ["payment"]})

    def test_before_its_shipment_is_reported_it_takes_a_reason_and_counts_as_sent(self):
        child = child_of(order("CLUB"))
        with refused("number", "not_shipped_to_invoice"):
            actions.invoice(number=child.number, **WAREHOUSE, reason="the scanner was broken")
        with refused("reason", "override_needs_reason"):
            actions.invoice(number=child.number, override=True, **WAREHOUSE)
        done = actions.invoice(number=child.number, **AGREED)
        assert done == {"order": child.number, "status": "invoiced", "overridden": ["not_shipped"]}
        assert Shipment.objects.get().on_date == ON
        child.refresh_from_db()
        assert (child.status, child.lines.get().status) == ("invoiced", "invoiced")
        with refused("number", "not_open_to_ship"):
            actions.ship(number=child.number, **AGREED)

    def test_what_is_cancelled_is_invoiced_by_nobody(self):
        child = child_of(order("CLUB"))
        actions.cancel(number=child.number, **ANNA)
        with refused("number", "not_shipped_to_invoice", "is cancelled"):
            actions.invoice(number=child.number, **AGREED)

    def test_many_at_once_those_that_nothing_keeps(self):
        one, two = child_of(order("CLUB")), child_of(order("CLUB"))
        ship_many([one.pk, two.pk], **WAREHOUSE)
        actions.hold(number=one.number, **ANNA)
        assert invoice_many([one.pk, two.pk], **WAREHOUSE) == [two.pk]


class TestWindow:
    @pytest.mark.parametrize(("days", "opens"), [(None, 8), (0, 13), (13, 0), (366, -353)])
    def test_a_child_is_sent_from_so_many_days_before_its_date_on(self, days: int | None, opens: int):
        if days is not None:
            Parameters.objects.update(delivery_window_days=days)
        child = shipping_in(13)
        first = (child.ship_on - day(0)).days - (5 if days is None else days)
        assert first == opens
        if opens > 0:
            with refused("number", "delivery_window_closed", f"opens on {day(opens)}"):
                actions.ship(number=child.number, on=day(opens - 1), by="warehouse")
        actions.ship(number=child.number, on=day(max(opens, 0)), by="warehouse")

    def test_it_stays_open_when_it_is_late(self):
        child = shipping_in(13)
        actions.ship(number=child.number, on=day(200), by="warehouse")
        actions.invoice(number=child.number, on=day(200), by="warehouse")

    def test_who_sends_before_it_says_why_and_the_history_keeps_it(self):
        child = shipping_in(13)
        with refused("reason", "override_needs_reason"):
            actions.ship(number=child.number, override=True, **WAREHOUSE)
        assert actions.ship(number=child.number, **AGREED)["overridden"] == ["window"]
        parent = child.number.removesuffix("-1-001")
        told = {"child": child.number, "shipment": 1, "overridden": ["window"]}
        assert last_event(parent) == ("shipped", ON, "warehouse", "agreed by phone", told)

    def test_what_was_sent_before_it_is_not_invoiced_before_it(self):
        child = shipping_in(13)
        actions.ship(number=child.number, **AGREED)
        with refused("number", "delivery_window_closed"):
            actions.invoice(number=child.number, on=day(7), by="warehouse")
        actions.invoice(number=child.number, on=day(8), by="warehouse")

    def test_the_day_is_said_to_whoever_looks_at_it(self):
        child = shipping_in(13)
        found = read_child(child.number, on=day(7))
        assert [(one.code, one.facts) for one in found.may_not_ship] == [("window", {"opens_on": day(8)})]
        assert read_child(child.number, on=day(8)).may_ship

    def test_ordinary_lines_have_none(self):
        number = order(book())
        actions.ship(number=number, **WAREHOUSE)
        actions.invoice(number=number, **WAREHOUSE)

    def test_children_that_may_ship_are_never_before_it(self):
        Parameters.objects.update(delivery_window_days=0)
        child = shipping_in(13)
        assert child.pk not in children_that_may_ship(on=day(12))
        assert child.pk in children_that_may_ship(on=day(13))


class TestOverride:
    def test_all_that_it_passes_over_is_named(self):
        child = shipping_in(13)
        actions.hold(number=child.number, **ANNA)
        lead(Payment.objects.all(), "failed")
        Payment.objects.update(due_on=ON)
        assert actions.ship(number=child.number, **AGREED)["overridden"] == ["hold", "payment", "window"]

    def test_where_nothing_stands_in_the_way_nothing_is_told(self):
        child = child_of(order("CLUB"))
        assert "overridden" not in actions.ship(number=child.number, **AGREED)

    def test_ordinary_lines_that_are_not_accepted(self):
        number = order(book(), acceptance_required=True)
        with refused("number", "acceptance_awaited"):
            actions.ship(number=number, **WAREHOUSE)
        with refused("reason", "override_needs_reason"):
            actions.ship(number=number, override=True, **WAREHOUSE)
        assert actions.ship(number=number, **AGREED)["overridden"] == ["acceptance"]
        with refused("number", "acceptance_awaited"):
            actions.invoice(number=number, **WAREHOUSE)


@pytest.mark.parametrize(
    ("status", "authorise", "told"), [("authorised", True, False), ("due", False, False), ("due", True, True)]
)
def test_ordinary_lines_whose_card_was_not_asked_yet_are_told_as_a_child(status: str, authorise: bool, told: bool):
    Parameters.objects.update(authorize_child_orders=authorise)
    number = order(book())
    lead(Payment.objects.all(), status)
    done = actions.ship(number=number, **WAREHOUSE)
    assert done.get("not_authorised") == (f"{Payment.objects.get().amount_minor / 100:.2f} USD" if told else None)
