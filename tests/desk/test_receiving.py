"""A check counts when it has come: its number, its day and its amount are kept (D14)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from perennial.desk.entry import OrderEntry, PayEntry, enter
from perennial.desk.queries import Fitting, order_ids
from perennial.desk.read.exceptions import counts, exceptions
from perennial.desk.read.order_page import order_page
from perennial.desk.read.waiting import waiting
from perennial.jobs.check import check, check_once
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.watch import watch
from perennial.orders.models import SalesOrder
from perennial.payments.models import Attempt, Payment
from tests.worlds import actions
from tests.worlds.desk import ON, book, day, last_event, line, make_children, order, payments, refused, run, sent

pytestmark = pytest.mark.usefixtures("club")
FINANCE = {"by": "finance:rosa", "on": day(3)}


def test_a_check_counts_when_it_is_received_and_not_when_the_child_is_invoiced() -> None:
    number = order(line("UP", payment_method="check"))
    make_children(ON)
    sent(f"{number}-1-001", ON)
    run(ProcessPayments(), ON)
    assert payments(number) == [(number, "order", 1, "69.00", "due")]
    assert order_ids(Fitting(waiting=True)) == [SalesOrder.objects.get(number=number).pk]
    done = actions.receive(number=number, check="00417", amount="69.00", received_on=day(1), **FINANCE)
    assert [done[name] for name in ("check", "received_on", "amount", "status")] == [
        "00417",
        day(1).isoformat(),
        "69.00",
        "captured",
    ]
    assert payments(number) == [(number, "order", 1, "69.00", "captured")]
    kind, on, by, _, data = last_event(number)
    assert (kind, on, by, data["check"], data["received_on"]) == (
        "payment_captured", day(3), "finance:rosa", "00417", day(1).isoformat(),
    )  # fmt: skip
    attempt = Attempt.objects.get()
    assert (attempt.kind, attempt.outcome, attempt.gateway_ref, attempt.on_date) == (
        "charge",
        "approved",
        "00417",
        day(1),
    )
    assert order_ids(Fitting(waiting=True)) == []
    assert check()["faults"] == check_once()["faults"] == []
    with refused("number", "no_check_awaited"):
        actions.receive(number=number, check="00417", amount="69.00", **FINANCE)


def test_a_check_that_does_not_come_is_listed_a_week_after_it_was_due(settings: Any) -> None:
    number = order(line("UP", payment_method="check"))
    child = SalesOrder.objects.get(number=number).pk
    late = day(7)
    for on, found in ((day(6), 0), (late, 1)):
        settings.PERENNIAL_TODAY = on
        rows = exceptions("check", on=on).rows
        assert (counts(on).check, len(rows), len(order_ids(Fitting(waiting=True)))) == (found, found, found)
        assert ("checks_awaited" in [one.code for one in watch(on)]) == bool(found)
        assert [one.code for one in waiting([child], on)] == ["check"] * found
        assert [one.code for one in order_page(number, on=on).warnings] == ["check"] * found
    assert (rows[0].day, rows[0].facts["invoiced"], rows[0].steps) == (ON, False, ("receive", "settle"))
    make_children(ON)
    sent(f"{number}-1-001", on=ON)
    assert exceptions("check", on=late).rows[0].facts["invoiced"] is True
    assert [one.code for one in waiting([child], day(1))] == ["check"]  # invoiced without it
    actions.receive(number=number, check="00417", amount="69.00", **{**FINANCE, "on": late})
    assert (exceptions("check", on=late).rows, order_ids(Fitting(waiting=True))) == ((), [])


def test_a_check_pays_what_is_owed_and_no_other_sum() -> None:
    number = order(line("UP", payment_method="check"))
    with refused("amount", "check_amount_differs"):
        actions.receive(number=number, check="1", amount="68.99", **FINANCE)
    with refused("received_on", "received_ahead"):
        actions.receive(number=number, check="1", amount="69.00", received_on=day(4), **FINANCE)
    by_card = order("UP")
    with refused("number", "no_check_awaited"):
        actions.receive(number=by_card, check="1", amount="69.00", **FINANCE)


def test_ordinary_lines_are_paid_by_one_check_or_by_none() -> None:
    """A check pays all or nothing: an order is split among card, gift card and account alone (S6)."""
    shared = OrderEntry(
        customer="C-1",
        lines=(book(),),
        order_date=ON,
        submit=True,
        pay=(PayEntry("check", percent=Decimal(30)), PayEntry("card", "tok_visa", percent=Decimal(70))),
    )
    ((found, *_),) = enter([shared], on=ON, by="clerk:anna")  # type: ignore[misc]
    assert (found.code, found.field) == ("pay_not_split", "pay[0].method")
    number = order(book(), pay=(PayEntry("check"),))
    (owed,) = Payment.objects.all()
    actions.receive(number=number, check="7", amount=f"{owed.amount_minor / 100:.2f}", **FINANCE)
    assert Payment.objects.get().status == "captured"
