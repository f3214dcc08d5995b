"""A request with a key is done once, whoever else asks it at the moment, and whenever its process is killed; and what a
job has asked for is not taken back.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection, transaction

from perennial.desk import actions
from perennial.desk.action import How, perform
from perennial.desk.models import Answer, Change
from perennial.desk.orders.short import Pieces
from perennial.desk.outcome import Outcome
from perennial.errors import Refused
from perennial.jobs.night import night
from perennial.orders.models import OrderEvent, SalesOrder
from perennial.payments.charge import collect
from perennial.payments.models import Payment
from tests.jobs.meanwhile import in_its_session, url
from tests.worlds import desk
from tests.worlds.desk import ANNA, order

pytestmark = pytest.mark.django_db(transaction=True)

EIGHT = 8


@pytest.fixture(autouse=True)
def _club() -> None:
    desk.club()


def skipped() -> int:
    return OrderEvent.objects.filter(kind="skipped").count()


def test_eight_at_once_do_it_once() -> None:
    number = order("CLUB")

    def ask(_: int) -> Outcome:
        return in_its_session(lambda: perform(actions.skip, How(key="k-8"), number=number, shipment=1, **ANNA))

    with ThreadPoolExecutor(EIGHT) as pool:
        found = list(pool.map(ask, range(EIGHT)))
    assert all(one == found[0] for one in found)
    assert (skipped(), Change.objects.count(), Answer.objects.count()) == (1, 1, 1)


def test_two_who_report_the_same_short_shipment_make_one_rest_and_the_night_none() -> None:
    number = order("CLUB")
    desk.make_children(desk.ON)
    child = f"{number}-1-001"

    def report(_: int) -> bool:
        try:
            in_its_session(
                lambda: actions.ship(
                    number=child, pieces=[Pieces(1, Decimal("0.5"))], rest="later", on=desk.ON, by="warehouse"
                )
            )
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(report, range(2))) == [False, True]
    night(on=desk.ON)
    found = SalesOrder.objects.filter(parent__number=number, shipment=1).order_by("number")
    assert list(found.values_list("number", "status")) == [(child, "shipped"), (f"{child}-2", "open")]


def ask_in_a_process(number: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.desk.asks", number, "k-1"],
        env={**os.environ, "DATABASE_URL": url()},
        stdout=subprocess.PIPE,
        text=True,
    )


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_locks where not granted and pid <> pg_backend_pid()")
        return bool(cursor.fetchone()[0])


def test_killed_in_the_middle_of_it() -> None:
    number = order("CLUB")
    with transaction.atomic():
        SalesOrder.objects.select_for_update().get(number=number)
        process = ask_in_a_process(number)
        while not waits_for_a_lock():  # it has claimed the key, and waits for the order
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
        process.wait()
    done = perform(actions.skip, How(key="k-1"), number=number, shipment=1, **ANNA)
    assert done.status == "skipped"
    assert skipped() == 1


def test_killed_before_it_could_say_so() -> None:
    number = order("CLUB")
    process = ask_in_a_process(number)
    assert process.stdout is not None
    assert process.stdout.readline() == "skipped\n"
    process.kill()
    process.wait()
    assert perform(actions.skip, How(key="k-1"), number=number, shipment=1, **ANNA).status == "skipped"
    assert skipped() == 1


def test_a_card_that_was_asked_already_is_not_taken_back() -> None:
    number = order("UP")
    actions.card(number=number, token="tok_two", **ANNA)
    collect(list(Payment.objects.values_list("pk", flat=True)), on=desk.day(5), by="job:1")
    assert list(Payment.objects.values_list("status", flat=True)) == ["authorised"]
    with pytest.raises(Refused) as refused:
        actions.undo(number=number, **ANNA)
    assert refused.value.code == "undo_used"
    assert set(Payment.objects.values_list("card__token", flat=True)) == {"tok_two"}
