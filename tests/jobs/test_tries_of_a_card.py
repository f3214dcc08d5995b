"""When a declined card is asked again: not in every night that is caught up, and so many days apart."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from perennial.catalog.models import Parameters
from perennial.desk import actions
from perennial.desk.read.exceptions import exceptions
from perennial.jobs.models import JobRun
from perennial.jobs.night import night, one_night
from perennial.payments.models import Attempt, Payment
from tests.worlds.payments import ON, attempts, day, install, member, status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _today(settings: Any) -> None:
    settings.PERENNIAL_TODAY = ON


def owed(token: str = "tok_declined") -> Payment:
    m = member(token)
    return m.owes(m.child(1))


def test_nights_that_are_caught_up_leave_a_declined_card_to_the_last_one() -> None:
    install()
    payment = owed()
    night()
    assert (status(payment), len(attempts(payment))) == ("declined", 1)
    with override_settings(PERENNIAL_TODAY=day(6)):
        assert len(night()["nights"]) == 6
    assert (status(payment), len(attempts(payment))) == ("declined", 2), "not failed: one try in six nights"
    assert list(Attempt.objects.order_by("id").values_list("on_date", flat=True)) == [ON, day(6)]
    caught_up = [run.arguments for run in JobRun.objects.filter(job="process-payments").order_by("id")]
    assert caught_up == [{}, *[{"catching_up": True}] * 5, {}]


def test_what_falls_due_meanwhile_is_asked_once() -> None:
    install(authorize_child_orders=False)
    m = member("tok_declined")
    payment = m.owes(None, at_invoice=False, due_on=day(2))
    night()
    with override_settings(PERENNIAL_TODAY=day(6)):
        night()
    assert list(Attempt.objects.order_by("id").values_list("on_date", flat=True)) == [day(2), day(6)]
    assert status(payment) == "declined"


def test_a_rehearsal_of_missed_nights_asks_as_often_as_they_do() -> None:
    install()
    owed()
    night()
    with override_settings(PERENNIAL_TODAY=day(3)):
        rehearsed, real = night(dry=True), night()
    for dry, done in zip(rehearsed["nights"], real["nights"], strict=True):
        tried = [sum(made["jobs"][4]["counts"][word] for word in ("authorised", "declined")) for made in (dry, done)]
        assert tried[0] == tried[1]


def test_nights_that_are_run_on_their_days_ask_each_day() -> None:
    install()
    payment = owed()
    for number in range(3):
        one_night(day(number))
    assert status(payment) == "failed"


def test_tries_are_so_many_days_apart() -> None:
    install(days_between_tries=3)
    payment = owed()
    for number in range(7):
        one_night(day(number))
    assert list(Attempt.objects.order_by("id").values_list("on_date", flat=True)) == [ON, day(3), day(6)]
    assert status(payment) == "failed"


def test_the_list_says_when_it_is_asked_again_and_a_person_need_not_wait() -> None:
    install(days_between_tries=5)
    payment = owed()
    one_night(ON)
    (one,) = exceptions("declined", on=ON).rows
    assert one.facts["next_on"] == day(5)
    actions.collect(number="SO-000001-1-001", on=day(1), by="clerk:anna")
    assert len(attempts(payment)) == 1
    actions.collect(number="SO-000001-1-001", on=day(1), by="clerk:anna", force=True)
    assert len(attempts(payment)) == 2
    Parameters.objects.update(days_between_tries=1)
    (one,) = exceptions("declined", on=day(1)).rows
    assert one.facts["next_on"] == day(2)
