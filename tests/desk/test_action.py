"""An action of a person: once for its key, on what they saw, only tried, and taken back by one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from perennial.continuity.models import ContinuityOrder
from perennial.desk import actions
from perennial.desk.action import How, perform, version_of
from perennial.desk.models import Answer
from perennial.desk.outcome import Outcome
from perennial.desk.outcome_document import outcome_json
from perennial.desk.stored import digest, read, stored
from perennial.errors import Conflict, Refused
from perennial.jobs.extend_lines import ExtendLines
from perennial.kernel.money import Money
from perennial.language import say
from perennial.orders.models import OrderEvent, SalesOrder
from perennial.payments.models import Payment
from tests.worlds.desk import ANNA, ON, day, make_children, order, run, shown, unchanged
from tests.worlds.leading import lead

pytestmark = pytest.mark.usefixtures("club")


def seen_by_a_person(number: str) -> dict[str, Any]:
    """An order without what only grows: its history, and the names of changes."""
    found = shown(number)
    found.pop("events")
    for hold in found["holds"]:
        hold.pop("released_on")
    found["holds"] = []
    rows = ContinuityOrder.objects.filter(order__number=number).order_by("pk")
    return {**found, "to": list(rows.values_list("ship_to__code", "order__ship_to__code", "card__token"))}


CHANGES: dict[str, Callable[[str], Outcome]] = {
    "skip": lambda n: actions.skip(number=n, shipment=2, **ANNA),
    "move": lambda n: actions.move(number=n, shipment=1, to=day(40), **ANNA),
    "move_following": lambda n: actions.move(number=n, shipment=2, to=day(33), following=True, **ANNA),
    "substitute": lambda n: actions.substitute(number=n, shipment=1, item="B5", price="1.00", **ANNA),
    "quantity": lambda n: actions.quantity(number=n, quantity=Decimal(3), **ANNA),
    "quantity_of_one": lambda n: actions.quantity(number=n, quantity=Decimal(3), shipment=1, **ANNA),
    "price": lambda n: actions.price(number=n, shipment=1, price="3.33", **ANNA),
    "address": lambda n: actions.address(number=n, to="cabin", **ANNA),
    "address_of_one": lambda n: actions.address(number=n, to="cabin", shipment=3, **ANNA),
    "hold": lambda n: actions.hold(number=n, reason="away", **ANNA),
    "card": lambda n: actions.card(number=n, token="tok_two", **ANNA),
    "gift": lambda n: actions.gift(number=n, message="For you", hide_prices=True, **ANNA),
}


class TestUndo:
    @pytest.mark.parametrize("change", CHANGES)
    @pytest.mark.parametrize("program", ["CLUB", "UP"])
    def test_everything_is_as_it_was(self, program: str, change: str):
        number = order(program)
        before = seen_by_a_person(number)
        done = CHANGES[change](number)
        assert done.can_undo
        assert seen_by_a_person(number) != before
        undone = actions.undo(number=number, **ANNA)
        assert undone.by == "clerk:anna"
        assert seen_by_a_person(number) == before

    def test_one_after_the_other_back_to_the_first(self):
        number = order("CLUB")
        before = [seen_by_a_person(number)]
        for change in CHANGES.values():
            change(number)
            before.append(seen_by_a_person(number))
        for state in reversed(before[:-1]):
            actions.undo(number=number, **ANNA)
            assert seen_by_a_person(number) == state
        with unchanged(), pytest.raises(Refused) as refused:
            actions.undo(number=number, **ANNA)
        assert refused.value.code == "nothing_to_undo"

    def test_a_restored_shipment_is_skipped_again(self):
        number = order("CLUB")
        actions.skip(number=number, shipment=2, **ANNA)
        skipped = seen_by_a_person(number)
        actions.unskip(number=number, shipment=2, **ANNA)
        actions.undo(number=number, **ANNA)
        assert seen_by_a_person(number) == skipped

    def test_a_released_order_waits_again(self):
        number = order("CLUB")
        actions.hold(number=number, reason="away", **ANNA)
        held = seen_by_a_person(number)
        actions.release(number=number, catch_up="resume", **{**ANNA, "on": day(15)})
        assert seen_by_a_person(number) != held
        actions.undo(number=number, **{**ANNA, "on": day(15)})
        assert seen_by_a_person(number) == held

    def test_not_when_a_job_has_used_it(self):
        number = order("CLUB")
        actions.price(number=number, shipment=1, price="3.33", **ANNA)
        assert make_children(ON) == 1
        with unchanged(), pytest.raises(Refused) as refused:
            actions.undo(number=number, **ANNA)
        assert refused.value.code == "undo_used"
        assert say(refused.value) == (
            f"the last change of {number} (price) cannot be undone: since then child created by job:{run_id()} on {ON}"
        )

    def test_what_a_job_did_elsewhere_is_no_hindrance(self):
        number = order("CLUB")
        actions.price(number=number, shipment=3, price="3.33", **ANNA)
        assert make_children(ON) == 1
        actions.undo(number=number, **ANNA)
        assert [line["price"] for line in shown(number)["continuity"][0]["lines"]][3] == "30.00"

    @pytest.mark.parametrize("change", ["quantity", "move_following"])
    def test_not_when_more_was_planned_behind_it(self, change: str):
        number = order("LOOP")
        CHANGES[change](number)
        assert run(ExtendLines(), day(60))["orders"] == 1
        with unchanged(), pytest.raises(Refused) as refused:
            actions.undo(number=number, **ANNA)
        assert refused.value.code == "undo_used"

    def test_not_when_the_money_of_it_was_taken(self):
        number = order("UP")
        actions.price(number=number, shipment=3, price="99.00", **ANNA)
        lead(Payment.objects.filter(purpose="order"), "captured", captured_minor=10000)
        with unchanged(), pytest.raises(Refused) as refused:
            actions.undo(number=number, **ANNA)
        assert refused.value.code == "undo_used"

    def test_not_when_a_child_was_made_since_a_release(self):
        number = order("CLUB")
        actions.hold(number=number, reason="away", **ANNA)
        actions.release(number=number, **ANNA)
        assert make_children(ON) == 1
        with unchanged(), pytest.raises(Refused) as refused:
            actions.undo(number=number, **ANNA)
        assert refused.value.code == "undo_used"

    def test_what_had_failed_fails_again(self):
        number = order("UP")
        lead(Payment.objects.filter(purpose="order"), "failed", attempts=3, tried_on=ON)
        before = list(Payment.objects.values_list("status", "attempts", "tried_on", "card__token"))
        actions.card(number=number, token="tok_two", **ANNA)
        assert list(Payment.objects.values_list("status", "attempts", "card__token")) == [("due", 0, "tok_two")]
        actions.undo(number=number, **ANNA)
        assert list(Payment.objects.values_list("status", "attempts", "tried_on", "card__token")) == before

    def test_it_stands_in_the_history(self):
        number = order("CLUB")
        actions.skip(number=number, shipment=2, **ANNA)
        actions.undo(number=number, reason="wrong caller", **ANNA)
        last = OrderEvent.objects.latest("pk")
        assert (last.kind, last.by, last.reason, last.data) == (
            "undone",
            "clerk:anna",
            "wrong caller",
            {"action": "skip"},
        )


def run_id() -> str:
    return str(OrderEvent.objects.get(kind="child_created").by.removeprefix("job:"))


class TestWhatFollows:
    def test_a_skipped_shipment_is_so_much_less(self):
        number = order("CLUB")
        follows = actions.skip(number=number, shipment=2, **ANNA).follows
        assert follows is not None
        (change,) = follows.shipments
        assert (change.order, change.line, change.shipment) == (number, 1, 2)
        assert change.before is not None
        assert change.after is not None
        # Two products of 20.00 and 2 x 60.00, 5.00 of delivery, 10 % of tax.
        assert (change.before.status, change.before.amount) == ("scheduled", Money(15950, "USD"))
        assert (change.after.status, change.after.amount) == ("skipped", Money(15950, "USD"))
        assert (follows.to_come_before, follows.to_come_after) == (Money(15950, "USD"), Money(0, "USD"))

    def test_dates_before_and_after(self):
        number = order("CLUB")
        follows = actions.move(number=number, shipment=3, to=day(33), following=True, **ANNA).follows
        assert follows is not None
        days = [(c.shipment, c.before and c.before.ship_on, c.after and c.after.ship_on) for c in follows.shipments]
        assert days == [(3, date(2026, 3, 30), date(2026, 4, 13)), (4, date(2026, 4, 9), date(2026, 4, 22))]

    def test_the_contract_prints_it(self):
        number = order("CLUB")
        printed = outcome_json(actions.price(number=number, shipment=1, price="3.00", **ANNA))
        assert printed["price"] == "3.00"
        assert printed["follows"]["to_come"] == {"before": "16.50", "after": "8.80"}
        assert printed["can_undo"] is True
        assert printed["version"] == version_of(SalesOrder.objects.get(number=number).pk)


class TestDry:
    def test_it_gives_the_same_outcome_and_changes_nothing(self):
        number = order("UP")
        for change in ("skip", "move"):
            asked: dict[str, Any] = {"number": number, "shipment": 2, **ANNA}
            if change == "move":
                asked["to"] = day(40)
            act = getattr(actions, change)
            with unchanged():
                tried = perform(act, How(dry=True), **asked)
            done = perform(act, How(), **asked)
            assert outcome_json(tried) | {"version": 0} == outcome_json(done) | {"version": 0}

    def test_what_is_refused_is_refused(self):
        number = order("CLUB")
        with unchanged(), pytest.raises(Refused):
            perform(actions.skip, How(dry=True), number=number, shipment=9, **ANNA)


class TestSeen:
    def test_what_was_seen_is_still_so(self):
        number = order("CLUB")
        seen = version_of(SalesOrder.objects.get(number=number).pk)
        done = perform(actions.skip, How(seen=seen), number=number, shipment=1, **ANNA)
        assert done.version != seen
        assert perform(actions.unskip, How(seen=done.version), number=number, shipment=1, **ANNA).status == "scheduled"

    def test_somebody_else_was_faster(self):
        number = order("CLUB")
        seen = version_of(SalesOrder.objects.get(number=number).pk)
        actions.skip(number=number, shipment=1, on=ON, by="clerk:marco")
        with unchanged(), pytest.raises(Conflict) as conflict:
            perform(actions.skip, How(seen=seen), number=number, shipment=2, **ANNA)
        (change,) = conflict.value.facts["changes"]
        told = {"kind": "skipped", "by": "clerk:marco", "on": ON, "line": 1, "shipment": 1, "following": False}
        assert change == told

    def test_a_version_that_never_was(self):
        number = order("CLUB")
        with pytest.raises(Conflict):
            perform(actions.skip, How(seen="now"), number=number, shipment=2, **ANNA)


class TestOnce:
    def test_the_same_again_gives_the_stored_answer(self):
        number = order("CLUB")
        asked: dict[str, Any] = {"number": number, "shipment": 1, **ANNA}
        first = perform(actions.skip, How(key="k-1"), **asked)
        with unchanged():
            assert perform(actions.skip, How(key="k-1"), **asked) == first

    def test_another_request_with_the_key(self):
        number = order("CLUB")
        perform(actions.skip, How(key="k-1"), number=number, shipment=1, **ANNA)
        for act, shipment in ((actions.skip, 2), (actions.unskip, 1)):
            with unchanged(), pytest.raises(Refused) as refused:
                perform(act, How(key="k-1"), number=number, shipment=shipment, **ANNA)
            assert (refused.value.code, refused.value.field) == ("request_key_used", "key")

    def test_what_was_refused_may_be_asked_again(self):
        number = order("CLUB")
        with pytest.raises(Refused):
            perform(actions.unskip, How(key="k-1"), number=number, shipment=1, **ANNA)
        actions.skip(number=number, shipment=1, **ANNA)
        assert perform(actions.unskip, How(key="k-1"), number=number, shipment=1, **ANNA).status == "scheduled"

    def test_a_dry_try_uses_no_key(self):
        number = order("CLUB")
        perform(actions.skip, How(key="k-1", dry=True), number=number, shipment=1, **ANNA)
        assert not Answer.objects.exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything(Outcome):
    """An outcome of every kind of value."""

    money: Money
    on: date
    many: Decimal
    words: tuple[str, ...]
    facts: dict[str, object]


def test_an_outcome_is_stored_and_read_again() -> None:
    one = Everything(
        money=Money(1995, "USD"),
        on=ON,
        many=Decimal("1.5"),
        words=("a", "b"),
        facts={"of": ON, "none": None},
        version="7",
    )
    found = stored(one)
    found["type"] = found["type"].replace("tests.", "perennial.tests.")
    with pytest.raises(ModuleNotFoundError):
        read(found)
    assert stored(one)["value"]["money"] == {"type": "money", "minor": 1995, "currency": "USD"}
    assert digest("skip", {"a": 1, "b": ON}) == digest("skip", {"b": ON, "a": 1}) != digest("skip", {"a": 2, "b": ON})
