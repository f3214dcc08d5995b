"""The payments of one order, processed while a clerk waits: what became of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction

from perennial.desk import actions
from perennial.desk.orders.collect import Collected
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from perennial.kernel.money import Money
from perennial.payments import gateways
from perennial.payments.charge import Became
from perennial.payments.gateways.sandbox import Sandbox
from tests.worlds.desk import refused
from tests.worlds.payments import ON, attempts, day, install, invoice, member, status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with gateways.use(Sandbox(tmp_path, find_delay=0)) as found:
        yield found  # type: ignore[misc]


def collect(number: str, *, force: bool = False, dry: bool = False) -> Collected:
    return actions.collect(number=number, on=ON, by="clerk:anna", force=force, dry=dry)


def test_what_became_of_each_payment() -> None:
    install()
    m = member("tok_decline_1")
    first = m.child(1)
    m.owes(first)
    later = m.owes(m.child(2, ship_on=day(30)), due_on=day(30))
    declined, waits = collect(m.parent.number).payments
    assert declined == Became(
        order=first.number, purpose="shipment", number=1, amount=Money(1995, "USD"),
        before="due", after="declined", message=declined.message, category=declined.category,
    )  # fmt: skip
    assert (declined.message, declined.category) != (None, None)
    assert (waits.before, waits.after, waits.message) == ("due", "due", None)
    again = collect(m.parent.number).payments[0]  # once a day, the card is not asked again
    assert (again.before, again.after, again.message) == ("declined", "declined", None)
    forced = collect(first.number, force=True).payments
    assert [(p.order, p.before, p.after) for p in forced] == [(first.number, "declined", "authorised")]
    assert attempts(later) == []


def test_the_night_does_not_do_again_what_was_done_at_once() -> None:
    install()
    m = member()
    child = m.child(1)
    payment = m.owes(child)
    invoice(child)
    assert [(p.before, p.after) for p in collect(m.parent.number).payments] == [("due", "captured")]
    assert run_job(ProcessPayments(), on=ON)["counts"]["captured"] == 0
    assert attempts(payment) == [("charge", 1, "approved")]


def test_a_dry_one_asks_nobody_and_leaves_nothing() -> None:
    install()
    m = member()
    payment = m.owes(m.child(1))
    assert [(p.before, p.after) for p in collect(m.parent.number, dry=True).payments] == [("due", "authorised")]
    assert (status(payment), attempts(payment)) == ("due", [])


def test_never_inside_a_transaction_and_of_no_order() -> None:
    install()
    m = member()
    m.owes(m.child(1))
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        collect(m.parent.number)
    with refused("number", "order_unknown"):
        collect("SO-000404")
