"""What needs a person, in pages and counted, with the steps that can be taken."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from perennial.continuity.models import ContinuityOrder, Parked
from perennial.customers.models import StoredCard
from perennial.desk import actions
from perennial.desk.read.exceptions import KINDS, counts, exceptions
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.orders.models import SalesOrder
from perennial.payments.models import Attempt, Payment
from tests.worlds.book_club import ORDERED, child, club, order

pytestmark = pytest.mark.django_db
NOON = {"on": ORDERED, "by": "clerk:anna"}
LATER = date(2026, 3, 20)


def owed(made: SalesOrder, status: str, **fields: object) -> Payment:
    return Payment.objects.create(
        order=made, customer=made.customer, purpose="shipment", number=1, method="card", currency="USD",
        amount_minor=2490, due_on=ORDERED, status=status, **fields,
    )  # fmt: skip


def test_each_kind_is_listed_and_counted() -> None:
    club()
    first, second, third, waiting = (order() for _ in range(4))
    declined = owed(child(first, 1), "declined", attempts=2, tried_on=ORDERED)
    Attempt.objects.create(
        payment=declined, kind="authorise", number=1, key="k1", amount_minor=2490, on_date=ORDERED, outcome="declined",
        message="insufficient funds",
    )  # fmt: skip
    owed(child(second, 1), "unknown")
    actions.hold(number=third.number, reason="call back", **NOON)
    SalesOrder.objects.filter(pk=waiting.id).update(acceptance="awaited")
    Parked.objects.create(
        continuity_order=ContinuityOrder.objects.get(order=third.id), job="extend-lines", reason="no price",
        on_date=ORDERED,
    )  # fmt: skip
    StoredCard.objects.update(expires_on=date(2026, 4, 30))
    assert counts(LATER)._asdict() == {
        "declined": 1, "expiring": 4, "parked": 1, "held": 1, "awaiting": 1, "late": 2, "unknown": 1,
    }  # fmt: skip
    for kind in KINDS:
        assert len(exceptions(kind, on=LATER).rows) == getattr(counts(LATER), kind)
    (one,) = exceptions("declined", on=LATER).rows
    assert (one.order, one.number, one.line, one.shipment, one.customer) == (
        first.number, f"{first.number}-1-001", 1, 1, "Ada Bianchi",
    )  # fmt: skip
    assert (one.facts["amount"], one.facts["said"], one.facts["attempts"]) == (
        Money(2490, "USD"),
        "insufficient funds",
        2,
    )
    assert one.steps == ("new_card", "settle")
    assert exceptions("unknown", on=LATER).rows[0].steps == ("settle",)
    (held,) = exceptions("held", on=LATER).rows
    assert (held.facts["reason"], held.steps) == ("call back", ("release",))
    assert exceptions("parked", on=LATER).rows[0].facts == {"job": "extend-lines", "reason": "no price"}
    expiring = exceptions("expiring", on=LATER).rows[0]
    assert (expiring.day, expiring.shipment, expiring.facts["shipments"]) == (date(2026, 5, 14), 3, 1)
    late = exceptions("late", on=LATER).rows
    assert [(row.facts["reasons"], row.steps) for row in late] == [(("payment",), ("new_card", "cancel"))] * 2
    with pytest.raises(Refused) as refused:
        exceptions("bored", on=LATER)
    assert (refused.value.code, refused.value.field) == ("exception_kind_unknown", "kind")


@pytest.mark.parametrize("kind", ["held", "late"])
def test_pages_follow_each_other_in_as_many_queries(kind: str) -> None:
    club()
    for _ in range(5):
        made = child(order(), 1)
        if kind == "held":
            actions.hold(number=made.number, reason="call back", **NOON)
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
