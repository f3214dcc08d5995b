"""An update carries a program's billing to what is not made yet, of orders whose schedule nobody chose (D11)."""

from __future__ import annotations

from typing import Any

import pytest

from perennial.continuity.models import ContinuityOrder
from perennial.jobs.extend_lines import ExtendLines
from perennial.jobs.update_orders import UpdateOrders
from perennial.payments.models import Payment
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import (
    ANNA,
    ON,
    day,
    everything,
    last_event,
    line,
    make_children,
    occurrences,
    order,
    payments,
    run,
    set_up,
    shown,
)

pytestmark = pytest.mark.usefixtures("club")

HALVES = {
    "name": "HALVES",
    "allocation": "specified",
    "unit": "day",
    "lines": [{"after": 0, "percent": "50"}, {"after": 30, "percent": "50"}],
}


def released(program: str, **header: Any) -> Any:
    """A program is billed otherwise from now on; what the import says."""
    (old,) = [one for one in set_up()["programs"] if one["schedule_id"] == program]
    return put({"payment_schedules": [HALVES], "programs": [{**old, **header}]})


def updated() -> dict[str, int]:
    """Run the job twice: what the first one counts; the second changes nothing."""
    done = run(UpdateOrders(), ON)
    before = everything()
    assert not any(run(UpdateOrders(), ON).values())
    after = everything()
    assert {name for name in before if before[name] != after[name]} <= {"jobs_jobrun"}
    return {name: number for name, number in done.items() if number}


def schedule_of(number: str) -> str | None:
    return shown(number)["continuity"][0]["payment_schedule"]


def parts(number: str) -> list[tuple[str, str, str]]:
    """What is owed: amount, day, state."""
    return [(p["amount"], p["due_on"], p["status"]) for p in shown(number)["payments"] if p["status"] != "cancelled"]


def days(*numbers: int) -> list[str]:
    return [day(number).isoformat() for number in numbers]


def test_a_schedule_reaches_what_has_no_child_and_the_child_that_is_there_keeps_its_payment() -> None:
    number = order("CLUB")
    make_children(ON)
    released("CLUB", payment_schedule="HALVES")
    assert updated() == {"updated": 1}
    assert schedule_of(number) == "HALVES"
    assert last_event(number)[4]["payment_schedule"] == {"before": None, "after": "HALVES"}
    make_children(day(10))
    assert [(p[0], p[2]) for p in payments(number)] == [
        (f"{number}-1-001", 1),
        (f"{number}-1-002", 1),
        (f"{number}-1-002", 2),
    ]


def test_what_a_clerk_chose_stays() -> None:
    chosen, own = order(line("CLUB", payment_schedule="3X")), order("CLUB")
    released("CLUB", payment_schedule="HALVES")
    assert updated() == {"updated": 1, "unchanged": 1, "billing_kept": 1}
    assert (schedule_of(chosen), schedule_of(own)) == ("3X", "HALVES")


def test_an_events_schedule_follows_too_unless_a_clerk_chose_one() -> None:
    chosen, own = order(line("CLUB", payment_schedule="3X")), order("CLUB")
    events = set_up()["programs"][0]["events"]
    events[-2]["payment_schedule"] = "HALVES"
    released("CLUB", events=events)
    updated()
    assert [o.payment_schedule_id is not None for o in occurrences(own)] == [False, False, True, False]
    assert not any(o.payment_schedule_id for o in occurrences(chosen))


def test_an_order_billed_up_front_spreads_anew_what_is_not_paid() -> None:
    number = order("PART")
    assert parts(number) == [
        ("23.00", ON.isoformat(), "due"),
        ("23.00", "2026-04-10", "due"),
        ("23.00", "2026-05-10", "due"),
    ]
    Payment.objects.filter(number=1).update(status="sent")
    Payment.objects.filter(number=1).update(status="captured", captured_minor=2300)
    released("PART", payment_schedule="HALVES")
    assert updated() == {"updated": 1}
    assert parts(number) == [("23.00", ON.isoformat(), "captured"), ("46.00", day(30).isoformat(), "due")]


def test_what_was_due_in_one_comes_in_parts_and_back() -> None:
    number = order("UP")
    assert parts(number) == [("69.00", ON.isoformat(), "due")]
    released("UP", payment_schedule="HALVES")
    updated()
    assert parts(number) == list(zip(["34.50"] * 2, days(0, 30), ["due"] * 2, strict=True))
    assert set(Payment.objects.values_list("at_invoice", flat=True)) == {False}
    released("UP", payment_schedule=None)
    updated()
    assert parts(number) == [("69.00", ON.isoformat(), "due")]
    assert Payment.objects.get().at_invoice


def test_what_is_authorised_stays_as_it_was_asked_for_and_never_takes_more_than_is_owed() -> None:
    number = order("UP")
    asked = Payment.objects.filter(purpose="order")
    asked.update(status="sent")
    asked.update(status="authorised", authorised_on=ON, gateway="sandbox", gateway_ref="r-1")
    released("UP", payment_schedule="3X")
    assert updated() == {"updated": 1}
    assert parts(number) == [("69.00", ON.isoformat(), "authorised")]
    actions.skip(number=number, shipment=3, **ANNA)
    assert parts(number) == [("35.00", ON.isoformat(), "authorised")]
    actions.unskip(number=number, shipment=3, **ANNA)
    later = [one for one in parts(number) if one[2] == "due"]
    assert sum(int(amount.replace(".", "")) for amount, _, _ in later) == 3400


@pytest.mark.parametrize(("program", "upfront"), [("UP", False), ("CLUB", True)])
def test_who_was_promised_another_billing_keeps_it_and_the_update_says_how_many(program: str, upfront: bool) -> None:
    number = order(program)
    before = parts(number)
    said = released(program, bill_upfront=upfront, payment_schedule="HALVES")
    assert [(one.orders, one.billing_kept) for one in said.following] == [(1, 1)]
    assert updated() == {"unchanged": 1, "billing_kept": 1}
    assert (parts(number), schedule_of(number)) == (before, None)
    assert ContinuityOrder.objects.get().upfront is not upfront


def test_a_check_pays_no_parts() -> None:
    number = order(line("UP", payment_method="check"))
    released("UP", payment_schedule="3X")
    assert updated() == {"unchanged": 1, "billing_kept": 1}
    assert parts(number) == [("69.00", ON.isoformat(), "due")]


def test_what_is_extended_later_is_paid_as_its_event_is() -> None:
    """Of an order whose schedule was chosen the repetitions to come are paid like those that are there."""
    number = order(line("LOOP", payment_schedule="3X"))
    (loop,) = [one for one in set_up()["programs"] if one["schedule_id"] == "LOOP"]
    released("LOOP", events=[{**loop["events"][0], "payment_schedule": "HALVES"}])
    updated()
    assert run(ExtendLines(), day(60))["lines"]
    assert not any(o.payment_schedule_id for o in occurrences(number))


def test_who_is_asked_for_a_schedule_has_chosen_it() -> None:
    (part,) = [one for one in set_up()["programs"] if one["schedule_id"] == "PART"]
    put({"programs": [{**part, "prompt_for_payment_schedule": True, "valid_payment_schedules": ["3X"]}]})
    order("PART")
    assert ContinuityOrder.objects.get().schedule_chosen
