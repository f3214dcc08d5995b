"""The report of a night: its sums are those of its runs, by how it is paid, and it stays as it was made."""

from __future__ import annotations

import pytest

from perennial.errors import Refused
from perennial.jobs.night import one_night
from perennial.jobs.night_report import night_report
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import ANNA, ON, day, line, order, set_up

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def members(transactional_db: None) -> None:
    put(set_up())


def test_before_the_first_night_there_is_none() -> None:
    with pytest.raises(Refused) as refused:
        night_report()
    assert refused.value.code == "no_night_yet"
    one_night(ON)
    with pytest.raises(Refused) as refused:
        night_report(day(1))
    assert (refused.value.code, refused.value.field) == ("night_unknown", "date")


def test_it_tells_what_was_due_what_waits_and_the_money() -> None:
    order("CLUB")
    order(line("CLUB", payment_method="on_account"))
    held = order("CLUB")
    actions.hold(number=held, reason="a word", **ANNA)
    ran = one_night(ON)
    found = night_report(ON)
    by_job = {job["job"]: job for job in found["jobs"]}
    assert {job["job"]: job["run"] for job in ran["jobs"]} == {name: job["run"] for name, job in by_job.items()}
    assert (found["due"], found["created"], found["waits"]) == (3, 2, {"hold": 1})
    (card,) = [one for one in found["money"] if one["method"] == "card"]
    assert card["authorised"] == by_job["process-payments"]["amounts"]["USD"]["authorised"] != "0.00"
    assert (card["currency"], card["captured"], card["declined"]) == ("USD", "0.00", 0)
    assert found["seconds"] >= 0
    assert one_night(ON, again=False)["jobs"] == []
    assert night_report(ON) == found
    one_night(day(1))
    assert night_report()["on"] == day(1).isoformat()
    assert night_report(ON) == found


def test_a_rehearsal_leaves_none() -> None:
    order("CLUB")
    one_night(ON, dry=True)
    with pytest.raises(Refused):
        night_report()
