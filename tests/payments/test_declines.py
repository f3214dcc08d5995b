"""When a declined card is asked again, by why it was declined; and what a person does about it: by a code, for good, from the beginning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perennial.catalog.models import Parameters
from perennial.continuity.models import Occurrence
from perennial.desk import actions
from perennial.desk.read.exceptions import exceptions
from perennial.errors import Refused
from perennial.jobs.check import check, check_once
from perennial.orders.models import Hold, OrderEvent
from perennial.payments import gateways
from perennial.payments.charge import collect
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.models import Attempt, Payment
from perennial.payments.retry import Schedule
from tests.harness import empty_tables
from tests.worlds.payments import ON, Member, attempts, day, hold, install, invoice, member, status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _sandbox(tmp_path: Path) -> Iterator[None]:
    with gateways.use(Sandbox(tmp_path, find_delay=0)):
        yield


LISTS = st.lists(st.integers(1, 6), max_size=4)
ANNA: dict[str, Any] = {"by": "finance:anna", "reason": "the bank said so"}
CHILD = "SO-000001-1-001"


def asked_on(payment: Payment) -> list[date]:
    return list(Attempt.objects.filter(payment=payment).order_by("id").values_list("on_date", flat=True))


def nights(payment: Payment, days: int) -> None:
    for number in range(days):
        collect([payment.pk], on=day(number), by="system")


def owed(token: str = "tok_declined", **more: Any) -> tuple[Member, Payment]:
    one = member(token, **more)
    return one, one.owes(one.child(1))


def expected(days: list[int] | None, most: int | None, every: int, until: int) -> tuple[list[date], bool]:
    """The days on which a card that always declines is asked, and whether that was the end: reckoned from the words of the guide."""
    found, at = [ON], ON
    while True:
        if most is not None and len(found) >= most:
            return found, True
        if days is not None and len(found) > len(days):
            return found, True
        at += timedelta(days=every if days is None else days[len(found) - 1])
        if at > day(until - 1):
            return found, False
        found.append(at)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    category=st.sampled_from(["soft", "expired", "authentication"]),
    days=LISTS,
    most=st.none() | st.integers(1, 5),
    every=st.integers(1, 4),
)
def test_the_days_of_the_tries_are_those_of_the_list(
    category: str, days: list[int], most: int | None, every: int
) -> None:
    connection.ensure_connection()
    empty_tables(connection.connection)
    soft = days or None
    lists = {"soft_retry_days": soft, "expired_retry_days": days, "authentication_retry_days": days}
    install(reauthorization_limit=most, days_between_tries=every, authorize_days_before=0, **lists)
    token = {"soft": "tok_declined", "expired": "tok_visa", "authentication": "tok_customer"}[category]
    until = date(2026, 2, 28) if category == "expired" else date(2030, 12, 31)
    _, payment = owed(token, expires_on=until)
    nights(payment, 14)
    wanted, ended = expected(soft if category == "soft" else days, most, every, 14)
    assert (asked_on(payment), status(payment)) == (wanted, "failed" if ended else "declined")
    assert set(Attempt.objects.values_list("category", flat=True)) == {category}


@pytest.mark.parametrize(
    ("category", "tries", "ends"),
    [("soft", 2, False), ("soft", 3, True), ("expired", 1, True), ("authentication", 1, True), ("hard", 1, True)],
)
def test_without_lists_soft_goes_on_to_the_limit_and_the_others_end_at_once(
    category: str, tries: int, ends: bool
) -> None:
    assert Schedule(most=3).ends(tries, category) is ends


@given(category=st.sampled_from(["soft", "expired", "authentication", "hard"]), days=LISTS, most=st.integers(1, 9))
def test_no_list_gives_more_tries_than_the_limit_and_a_hard_decline_none(
    category: str, days: list[int], most: int
) -> None:
    schedule = Schedule(most=most, soft=tuple(days), expired=tuple(days), authentication=tuple(days))
    last = next(tries for tries in range(1, 20) if schedule.ends(tries, category))
    assert last == (1 if category == "hard" else min(most, len(days) + 1))


def test_a_list_that_became_shorter_asks_once_more() -> None:
    install(soft_retry_days=[1, 5, 5], reauthorization_limit=None, days_between_tries=2, authorize_days_before=0)
    _, payment = owed()
    nights(payment, 2)
    Parameters.objects.update(soft_retry_days=[1])
    nights(payment, 9)
    assert (asked_on(payment), status(payment)) == ([ON, day(1), day(3)], "failed")


def test_the_list_of_what_was_declined_says_the_next_day_and_how_often() -> None:
    install(soft_retry_days=[4, 9], reauthorization_limit=9)
    _, payment = owed()
    nights(payment, 1)
    (one,) = exceptions("declined", on=ON).rows
    assert (one.facts["next_on"], one.facts["most"]) == (day(4), 3)


@pytest.mark.parametrize(("on", "tries", "becomes"), [(True, 2, "declined"), (False, 1, "declined")])
def test_what_is_submitted_is_asked_once_more_at_once(on: bool, tries: int, becomes: str) -> None:
    install(retry_on_submit=on)
    _, payment = owed("tok_decline_2")
    actions.collect(number="SO-000001", on=ON, by="clerk:anna", submitted=True)
    assert (len(attempts(payment)), status(payment)) == (tries, becomes)
    assert len(set(Attempt.objects.values_list("key", flat=True))) == tries
    actions.collect(number="SO-000001", on=ON, by="clerk:anna")
    assert len(attempts(payment)) == tries, "only when it is submitted"


def test_a_second_try_at_once_may_be_approved() -> None:
    install(retry_on_submit=True)
    _, payment = owed("tok_decline_1")
    actions.collect(number="SO-000001", on=ON, by="clerk:anna", submitted=True)
    assert len(attempts(payment)) == 2
    assert status(payment) == "authorised"


@pytest.mark.parametrize("token", ["tok_hard", "tok_customer", "tok_lost_for_good"])
def test_what_may_not_pass_is_not_asked_again_at_once(token: str) -> None:
    install(retry_on_submit=True)
    _, payment = owed(token)
    actions.collect(number="SO-000001", on=ON, by="clerk:anna", submitted=True)
    assert len(attempts(payment)) == 1


def failed() -> tuple[Member, Payment]:
    install(reauthorization_limit=1, authorize_days_before=0)
    one, payment = owed("tok_declined")
    one.occurrence(2, ship_on=day(30))
    nights(payment, 1)
    assert (status(payment), Hold.objects.filter(released_on=None).count()) == ("failed", 1)
    assert Occurrence.objects.get(shipment=2).blocked == "payment"
    return one, payment


def test_a_code_of_the_bank_authorises_and_counts_at_the_invoice() -> None:
    _, payment = failed()
    done = actions.authorise(number=CHILD, code=" 04711 ", on=day(1), **ANNA)
    assert (done.status, done.code, status(payment), payment.approval_code) == (
        "authorised",
        "04711",
        "authorised",
        "04711",
    )
    assert not Hold.objects.filter(released_on=None).exists()
    assert Occurrence.objects.get(shipment=2).blocked is None
    nights(payment, 20)
    assert status(payment) == "authorised", "it does not lapse, and no gateway is asked"
    invoice(payment.order, on=day(20))  # type: ignore[arg-type]
    collect([payment.pk], on=day(20), by="system")
    assert (status(payment), payment.captured_minor, payment.gateway) == ("captured", 1995, None)
    assert attempts(payment) == [
        ("authorise", 1, "declined"),
        ("authorise", 2, "approved"),
        ("capture", 1, "approved"),
    ]
    by_hand = Attempt.objects.filter(payment=payment, outcome="approved").values_list("gateway", "gateway_ref")
    assert set(by_hand) == {(None, "04711")}
    event = OrderEvent.objects.get(kind="payment_approved_by_code")
    assert (event.by, event.reason, event.data["code"]) == ("finance:anna", "the bank said so", "04711")
    assert not [one for one in (*check()["faults"], *check_once()["faults"]) if "payment" in one or "charge" in one]


def test_what_is_charged_on_its_day_counts_on_that_day_by_its_code() -> None:
    install(reauthorization_limit=1)
    one = member("tok_declined")
    payment = one.owes(None, at_invoice=False)
    nights(payment, 1)
    actions.authorise(number="SO-000001", code="A1", on=ON, **ANNA)
    collect([payment.pk], on=ON, by="system")
    assert (status(payment), payment.captured_minor) == ("captured", 1995)


def test_a_code_of_what_is_cancelled_is_not_used() -> None:
    _, payment = failed()
    actions.authorise(number=CHILD, code="A1", on=day(1), **ANNA)
    type(payment.order).objects.filter(pk=payment.order_id).update(status="cancelled")  # type: ignore[union-attr]
    collect([payment.pk], on=day(1), by="system")
    assert (status(payment), payment.approval_code) == ("voided", None)


def test_a_code_waits_while_charging_is_held() -> None:
    one, payment = failed()
    actions.authorise(number=CHILD, code="A1", on=day(1), **ANNA)
    invoice(payment.order, on=day(2))  # type: ignore[arg-type]
    hold(one.parent, "charging")
    collect([payment.pk], on=day(2), by="system")
    assert status(payment) == "authorised"


def test_a_code_ends_what_nobody_knew() -> None:
    install()
    _, payment = owed("tok_lost_for_good")
    nights(payment, 1)
    assert status(payment) == "unknown"
    actions.authorise(number=CHILD, code="A1", on=ON, **ANNA)
    assert (status(payment), attempts(payment)) == (
        "authorised",
        [("authorise", 1, "not_found"), ("authorise", 2, "approved")],
    )
    nights(payment, 3)
    assert len(attempts(payment)) == 2


def test_a_payment_is_declined_for_good_by_a_person() -> None:
    install(reauthorization_limit=5, authorize_days_before=0)
    one, payment = owed("tok_declined")
    one.occurrence(2, ship_on=day(30))
    nights(payment, 1)
    done = actions.decline(number=CHILD, on=ON, **ANNA)
    assert (done.status, status(payment)) == ("failed", "failed")
    assert Hold.objects.get(order=payment.order, released_on=None).code == "payment"
    assert Occurrence.objects.get(shipment=2).blocked == "payment"
    nights(payment, 9)
    assert len(attempts(payment)) == 1, "its card is not asked again"
    assert OrderEvent.objects.get(kind="payment_declined_for_good").reason == "the bank said so"
    assert not [one for one in check()["faults"] if "payment" in one]


def test_what_failed_is_reprocessed_from_the_beginning() -> None:
    _, payment = failed()
    done = actions.reprocess(number=CHILD, on=day(1), by="clerk:anna")
    assert (done.status, status(payment), payment.attempts) == ("due", "due", 0)
    assert not Hold.objects.filter(released_on=None).exists()
    collect([payment.pk], on=day(1), by="system")
    assert (len(attempts(payment)), payment.attempts) == (2, 0)
    payment.refresh_from_db()
    assert payment.attempts == 1


def test_no_bank_is_asked_again_that_forbids_it_until_there_is_another_card() -> None:
    install()
    _, payment = owed("tok_hard")
    nights(payment, 1)
    with pytest.raises(Refused) as refused:
        actions.reprocess(number=CHILD, on=day(1), by="clerk:anna")
    assert refused.value.code == "bank_forbids_try"
    assert exceptions("declined", on=ON).rows[0].steps == ("new_card", "settle")


@pytest.mark.parametrize(
    ("action", "method", "state", "code"),
    [
        ("authorise", "card", "due", "no_payment_in_state"),
        ("authorise", "check", "declined", "payment_not_by_card"),
        ("decline", "check", "due", "payment_not_by_card"),
        ("decline", "card", "authorised", "no_payment_in_state"),
        ("reprocess", "card", "authorised", "no_payment_in_state"),
    ],
)
def test_what_is_no_declined_card_is_refused(action: str, method: str, state: str, code: str) -> None:
    install()
    one = member()
    one.owes(one.child(1), method=method, status=state)
    more = {"code": "A1"} if action == "authorise" else {}
    with pytest.raises(Refused) as refused:
        getattr(actions, action)(number=CHILD, on=ON, **ANNA, **more)
    assert refused.value.code == code


def test_a_code_is_needed_and_is_no_card_number() -> None:
    failed()
    for code in ("  ", "4242 4242 4242 4242", "x" * 2000):
        with pytest.raises(Refused) as refused:
            actions.authorise(number=CHILD, code=code, on=ON, **ANNA)
        assert refused.value.field == "code"
