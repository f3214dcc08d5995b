"""What needs a person, in pages and counted, with the steps that can be taken."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from perennial.desk import actions
from perennial.desk.read.exceptions import KINDS, counts, exceptions, urgent
from perennial.desk.read.lists import children
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.orders.models import SalesOrder
from perennial.payments.models import Payment
from perennial.programs.models import Program
from tests.worlds.book_club import child, club, order
from tests.worlds.todo import LATER, NOON, one_of_each

pytestmark = pytest.mark.django_db


def test_each_kind_is_listed_and_counted() -> None:
    made = one_of_each()
    assert counts(LATER)._asdict() == {
        "declined": 1, "expiring": 5, "parked": 1, "held": 1, "awaiting": 1, "late": 2, "unknown": 1, "uninvoiced": 1, "refund": 1,
        "approval": 1, "dispute": 1, "check": 1,
    }  # fmt: skip
    assert counts(LATER).urgent == 11
    for kind in KINDS:
        assert len(exceptions(kind, on=LATER).rows) == getattr(counts(LATER), kind)
    (one,) = exceptions("declined", on=LATER).rows
    assert (one.order, one.number, one.line, one.shipment, one.customer) == (
        made.declined.removesuffix("-1-001"), made.declined, 1, 1, "Ada Bianchi",
    )  # fmt: skip
    assert (one.facts["amount"], one.facts["said"], one.facts["attempts"]) == (
        Money(2490, "USD"),
        "insufficient funds",
        2,
    )
    assert (one.facts["most"], one.facts["next_on"]) == (3, LATER)
    assert one.steps == ("new_card", "try_now", "settle")
    (back,) = exceptions("refund", on=LATER).rows
    paid = Money(Payment.objects.get(order__number=made.refund).captured_minor, "USD")
    assert paid.minor > 0
    assert (back.number, back.facts, back.steps) == (made.refund, {"amount": paid, "credit": None}, ("refund",))
    assert exceptions("unknown", on=LATER).rows[0].steps == ("ask", "settle")
    (held,) = exceptions("held", on=LATER).rows
    assert (held.facts["reason"], held.steps) == ("call back", ("release",))
    assert exceptions("parked", on=LATER).rows[0].facts == {"job": "extend-lines", "reason": "no price"}
    expiring = exceptions("expiring", on=LATER).rows[0]
    assert (expiring.day, expiring.shipment, expiring.facts["shipments"]) == (date(2026, 5, 14), 3, 1)
    late = exceptions("late", on=LATER).rows
    assert [(row.facts["reasons"], row.steps) for row in late] == [(("payment",), ("new_card", "cancel"))] * 2
    (sent,) = exceptions("uninvoiced", on=LATER).rows
    assert (sent.number, sent.facts["sent_on"], sent.steps) == (made.uninvoiced, date(2026, 3, 13), ("invoice",))
    assert exceptions("uninvoiced", on=date(2026, 3, 19)).rows == ()
    with pytest.raises(Refused) as refused:
        exceptions("bored", on=LATER)
    assert (refused.value.code, refused.value.field) == ("exception_kind_unknown", "kind")


def test_children_that_were_sent_and_not_invoiced_are_listed() -> None:
    made = one_of_each()
    assert [row.number for row in children(LATER, uninvoiced=True).rows] == [made.uninvoiced]
    assert children(date(2026, 3, 19), uninvoiced=True).rows == ()
    assert children(LATER, uninvoiced=True, status="open").rows == ()


def test_a_failed_payment_is_not_tried_again_by_the_same_card() -> None:
    one_of_each()
    Payment.objects.filter(status="declined").update(status="failed")
    (one,) = exceptions("declined", on=LATER).rows
    assert (one.steps, one.facts["next_on"]) == (("new_card", "reprocess", "settle"), None)


def test_a_list_is_of_one_program_or_begins_on_a_day() -> None:
    one_of_each()
    Program.objects.create(schedule_id="OTHER", name="Another")
    for kind in KINDS:
        everything = exceptions(kind, on=LATER).rows
        assert everything, kind
        assert exceptions(kind, on=LATER, program="BOM").rows == everything
        assert exceptions(kind, on=LATER, program="OTHER").rows == ()
        last = everything[-1].day
        assert exceptions(kind, on=LATER, since=last).rows == tuple(row for row in everything if row.day == last)
        assert exceptions(kind, on=LATER, since=date(2030, 1, 1)).rows == ()
    with pytest.raises(Refused) as refused:
        exceptions("held", on=LATER, program="NONE")
    assert refused.value.field == "program"


def test_every_page_tells_the_number_of_the_last_minute() -> None:
    club()
    made = order()
    assert urgent(LATER) == 0
    actions.hold(number=made.number, reason="call back", **NOON)
    assert urgent(LATER) == 0
    assert urgent(date(2026, 3, 21)) == 1, "of another day it is counted anew"
    with CaptureQueriesContext(connection) as asked:
        urgent(date(2026, 3, 21))
    assert len(asked) == 1


@pytest.mark.parametrize("kind", ["held", "late", "uninvoiced"])
def test_pages_follow_each_other_in_as_many_queries(kind: str) -> None:
    club()
    for _ in range(5):
        made = child(order(), 1)
        if kind == "held":
            actions.hold(number=made.number, reason="call back", **NOON)
        if kind == "uninvoiced":
            sent(made)
    read, after = [], None
    queries = set()
    for _ in range(3):
        with CaptureQueriesContext(connection) as asked:
            found = exceptions(kind, on=LATER, size=2, after=after)
        queries.add(len(asked))
        read += [one.number for one in found.rows]
        after = found.next
    assert after is None
    assert read == [f"SO-00000{n}-1-001" for n in range(1, 6)]
    assert len(queries) == 1


def sent(made: SalesOrder) -> None:
    actions.ship(number=made.number, on=date(2026, 3, 12), by="warehouse")
