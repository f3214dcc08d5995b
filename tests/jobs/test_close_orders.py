"""What is finished is closed, whichever part of an order was the last to end."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from perennial.continuity.models import ContinuityOrder
from perennial.jobs.close_orders import CloseOrders
from perennial.jobs.runner import run_job
from perennial.orders.models import OrderLine, SalesOrder
from tests.worlds.payments import ON, Member, day, install, member, ordinary_line

pytestmark = pytest.mark.django_db(transaction=True)


def close(on: date = ON) -> dict[str, Any]:
    """Run the job; its report."""
    return run_job(CloseOrders(), on=on)


def finished(status: str = "invoiced", **line: Any) -> Member:
    """A member whose only shipment is invoiced or cancelled, and whose plan is complete."""
    install()
    m = member()
    m.child(1, status=status)
    ContinuityOrder.objects.filter(pk=m.continuity.pk).update(complete=True)
    if line:
        ordinary_line(m.parent, **line)
    return m


def state(m: Member) -> tuple[str, str, list[str]]:
    """Of the order, of its continuity order, of its lines."""
    lines = OrderLine.objects.filter(order=m.parent).order_by("line").values_list("status", flat=True)
    return (
        SalesOrder.objects.get(pk=m.parent.pk).status,
        ContinuityOrder.objects.get(pk=m.continuity.pk).status,
        list(lines),
    )


@pytest.mark.parametrize("status", ["invoiced", "cancelled"])
def test_the_parent_follows_its_children(status: str) -> None:
    m = finished(status)
    assert close()["counts"] == {"lines": 1, "orders": 1, "still_open": 0}
    assert state(m) == (status, "closed", [status])
    assert close()["counts"] == {"lines": 0, "orders": 0, "still_open": 0}


def test_the_ordinary_lines_are_the_last_to_end() -> None:
    m = finished(status="invoiced", line=2)
    for _ in range(2):
        found = close()
        assert found["counts"]["still_open"] == 1
        assert found["reasons"][0]["reason"] == "ordinary lines are not invoiced yet"
    assert state(m) == ("open", "closed", ["invoiced", "open"])
    OrderLine.objects.filter(order=m.parent, line=2).update(status="invoiced")
    assert close(day(1))["counts"] == {"lines": 0, "orders": 1, "still_open": 0}
    assert state(m) == ("invoiced", "closed", ["invoiced", "invoiced"])


def test_a_child_that_is_not_invoiced_keeps_it_open() -> None:
    m = finished("shipped")
    found = close()
    assert found["counts"] == {"lines": 0, "orders": 0, "still_open": 1}
    assert "001 is not invoiced yet" in found["reasons"][0]["reason"]
    assert state(m) == ("open", "open", ["open"])


def test_what_is_scheduled_keeps_it_open() -> None:
    m = finished()
    m.occurrence(2)
    assert close()["counts"] == {"lines": 0, "orders": 0, "still_open": 0}
    assert state(m) == ("open", "open", ["open"])
