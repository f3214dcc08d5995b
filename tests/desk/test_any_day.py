"""Stories that nobody thought of: orders come in, clerks do whatever they are asked to, day after day the jobs run.

Whatever was done, at the end of each day everything that must be true is true: nothing ships twice, numbers
follow each other, dates do not go back, what is owed up front is what comes, a job that runs again does nothing.

PERENNIAL_STORIES is the number of stories (left out: 6), PERENNIAL_STORY_STEPS their length (left out: 25).
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import hypothesis
import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from perennial.catalog.queries import set_up
from perennial.continuity.models import ContinuityOrder, Occurrence, Parked
from perennial.continuity.planning import read_orders
from perennial.db import sql
from perennial.errors import Refused
from perennial.jobs import JOBS, NIGHTLY
from perennial.jobs.check import check, check_once
from perennial.jobs.dry_run import rehearse
from perennial.kernel.states import SPREAD_ANEW
from perennial.orders.models import SalesOrder
from perennial.payments import blocked, cost
from perennial.payments.models import Payment
from perennial.programs import actions as programs
from perennial.programs import draft
from perennial.programs.values import EventFacts, EventProductFacts
from tests.worlds import actions
from tests.worlds import desk as desk_world
from tests.worlds.desk import ON
from tests.worlds.leading import lead

STORIES = int(os.environ.get("PERENNIAL_STORIES", "6"))
STEPS = int(os.environ.get("PERENNIAL_STORY_STEPS", "25"))

PROGRAMS = ("CLUB", "LOOP", "UP", "PART", "MISS")
CATCH_UP = st.sampled_from([None, "resume", "skip", "send", "merge"])
SHIPMENTS = st.integers(1, 6)
PLANNING = ("extend-lines", "update-orders", "create-child-orders", "close-orders", "update-current-event")

pick = st.integers(0, 99)
"""Which of the orders, or of the children (the remainder), and how many nights go by before it is done."""


def written() -> dict[str, int]:
    """How many rows this transaction has written, by table, but for the list of runs."""
    return dict(
        sql.tuples(
            "select relname, n_tup_ins + n_tup_upd + n_tup_del from pg_stat_xact_user_tables"
            " where schemaname = 'public' and relname not like 'jobs\\_%%'"
        )
    )


def changed_since(before: dict[str, int]) -> set[str]:
    """The tables that were written since then."""
    return {table for table, rows in written().items() if rows != before.get(table, 0)}


class Desk(RuleBasedStateMachine):
    """A desk with its orders. What is refused is no fault; what is done must leave everything in order."""

    def __init__(self) -> None:
        super().__init__()
        self.on = ON
        self.numbers: list[str] = []
        self.frozen: dict[tuple[int, str, int], tuple[date, int | None]] = {}
        self.seen: dict[str, int] | None = None
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        self.stack.callback(transaction.set_rollback, True)

    def teardown(self) -> None:
        self.stack.close()

    # --- what happens

    @initialize(program=st.sampled_from(PROGRAMS))
    def the_first_order(self, program: str) -> None:
        self.numbers.append(desk_world.order(program))

    @precondition(lambda self: len(self.numbers) < 4)
    @rule(
        program=st.sampled_from(PROGRAMS),
        other=st.sampled_from([None, *PROGRAMS]),
        quantity=st.integers(1, 3),
        submit=st.sampled_from([True, True, False]),
        accepted=st.sampled_from([True, True, False]),
        start=st.none() | st.integers(-20, 30),
    )
    def an_order_comes_in(
        self, program: str, other: str | None, quantity: int, submit: bool, accepted: bool, start: int | None
    ) -> None:
        start_date = None if start is None else self.on + timedelta(start)
        lines = [desk_world.line(program, quantity, start_date=start_date), *([other] if other else [])]
        more = {"order_date": self.on, "submit": submit, "acceptance_required": not accepted}
        self.numbers.append(desk_world.order(*lines, **more))

    def _do(self, name: str, at: int, *, of_child: bool = False, line: int | None = None, **given: Any) -> None:
        for _ in range((0, 0, 1, 4)[at // 25]):
            self.on += timedelta(1)
            self._night()
        number = self.numbers[at % len(self.numbers)]
        if of_child:
            found = SalesOrder.objects.filter(parent__isnull=False).order_by("id")
            if not found:
                return
            number = found[at % len(found)].number
        if line is not None:
            given["line"] = line
        try:
            getattr(actions, name)(number=number, on=self.on, by="clerk:anna", reason="a story", **given)
            hypothesis.event(f"{name}: done")
        except Refused as refused:
            hypothesis.event(f"{name}: {refused.code}")

    def _several(self, at: int) -> int | None:
        """A line, where the order has several."""
        number = self.numbers[at % len(self.numbers)]
        lines = list(ContinuityOrder.objects.filter(order__number=number).values_list("parent_line__line", flat=True))
        return lines[at % len(lines)] if len(lines) > 1 else None

    @rule(at=pick, name=st.sampled_from(["skip", "unskip"]), shipment=SHIPMENTS)
    def a_shipment_is_skipped_or_not(self, at: int, name: str, shipment: int) -> None:
        self._do(name, at, shipment=shipment, line=self._several(at))

    @rule(at=pick, shipment=SHIPMENTS, days=st.integers(-1, 40), following=st.booleans())
    def a_shipment_is_moved(self, at: int, shipment: int, days: int, following: bool) -> None:
        to = self.on + timedelta(days)
        self._do("move", at, shipment=shipment, to=to, following=following, line=self._several(at))

    @rule(
        at=pick,
        shipment=SHIPMENTS,
        item=st.sampled_from(["B1", "B5", "B6"]),
        price=st.sampled_from([None, "0.00", "7.77"]),
        replaces=st.sampled_from([None, "B2", "B6"]),
    )
    def another_product(self, at: int, shipment: int, item: str, price: str | None, replaces: str | None) -> None:
        given = {"shipment": shipment, "item": item, "price": price, "replaces": replaces}
        self._do("substitute", at, line=self._several(at), **given)

    @rule(at=pick, shipment=st.none() | SHIPMENTS, quantity=st.sampled_from(["1", "2", "0.5"]))
    def more_or_fewer(self, at: int, shipment: int | None, quantity: str) -> None:
        self._do("quantity", at, shipment=shipment, quantity=Decimal(quantity), line=self._several(at))

    @rule(at=pick, shipment=st.none() | SHIPMENTS, to=st.sampled_from(["home", "cabin"]))
    def elsewhere(self, at: int, shipment: int | None, to: str) -> None:
        self._do("address", at, shipment=shipment, to=to, line=self._several(at))

    @rule(at=pick, of_child=st.booleans(), code=st.sampled_from(["hold", "fraud"]))
    def it_is_held(self, at: int, of_child: bool, code: str) -> None:
        self._do("hold", at, of_child=of_child, code=code)

    @rule(at=pick, of_child=st.booleans(), how=CATCH_UP)
    def it_is_released(self, at: int, of_child: bool, how: str | None) -> None:
        self._do("release", at, of_child=of_child, catch_up=how)

    @rule(at=pick, how=CATCH_UP)
    def it_is_accepted_or_submitted(self, at: int, how: str | None) -> None:
        self._do("submit", at)
        self._do("accept", at, catch_up=how)

    @rule(at=pick, token=st.sampled_from(["tok_visa", "tok_two"]), how=CATCH_UP)
    def another_card(self, at: int, token: str, how: str | None) -> None:
        self._do("card", at, token=token, catch_up=how, line=self._several(at))

    @rule(at=pick, how=CATCH_UP)
    def it_was_parked_and_is_tried_again(self, at: int, how: str | None) -> None:
        number = self.numbers[at % len(self.numbers)]
        for row in ContinuityOrder.objects.filter(order__number=number, status="open"):
            Parked.objects.get_or_create(
                continuity_order=row,
                job="create-child-orders",
                resolved_on=None,
                defaults={"on_date": self.on, "reason": "a story"},
            )
            Occurrence.objects.filter(continuity_order=row, status="scheduled", blocked=None).update(blocked="parked")
        self._do("parked_retry", at, catch_up=how)

    @rule(at=pick, again=st.booleans())
    def a_child_is_cancelled(self, at: int, again: bool) -> None:
        self._do("cancel", at, of_child=True, again=again)

    @rule(at=pick, after=SHIPMENTS)
    def it_ends_after(self, at: int, after: int) -> None:
        self._do("cancel", at, after=after, line=self._several(at))

    @precondition(lambda self: len(self.numbers) > 2)
    @rule(at=pick)
    def it_is_cancelled(self, at: int) -> None:
        self._do("cancel", at)

    @rule(at=pick, invoice=st.booleans())
    def a_child_is_sent(self, at: int, invoice: bool) -> None:
        self._do("ship", at, of_child=True)
        if invoice:
            self._do("invoice", at, of_child=True)

    @rule(
        program=st.sampled_from(PROGRAMS),
        what=st.sampled_from(["add", "remove", "move", "change"]),
        key=st.sampled_from("ABCDMNOPX"),
        to=st.integers(1, 5),
        days=st.integers(1, 20),
        apply=st.booleans(),
    )
    def a_program_is_edited(self, program: str, what: str, key: str, to: int, days: int, apply: bool) -> None:
        made = EventFacts(None, (EventProductFacts("B4"),), days_from_last=days, delivery_mode="STD")
        given: dict[str, Any] = {"schedule_id": program, "by": "manager:sam"}
        try:
            if what == "add":
                draft.add_event(event=made, at=to, **given)
            elif what == "remove":
                draft.remove_event(key=key, **given)
            elif what == "move":
                draft.move_event(key=key, to=to, **given)
            else:
                draft.change_event(key=key, event=made, **given)
            programs.release(apply=apply, **given)
            hypothesis.event(f"program {what}: done")
        except Refused as refused:
            hypothesis.event(f"program {what}: {refused.code}")
            if refused.code != "program_no_draft_to_release":
                self._discard(program)

    def _discard(self, program: str) -> None:
        with suppress(Refused):  # there is none
            programs.discard(schedule_id=program, by="manager:sam")

    @rule(what=st.sampled_from(["captured", "authorised", "declined", "failed"]), at=pick)
    def the_gateway_answers(self, what: str, at: int) -> None:
        found = list(Payment.objects.filter(status="due").order_by("id"))
        if not found:
            return
        payment = found[at % len(found)]
        captured = payment.amount_minor if what == "captured" else 0
        lead(Payment.objects.filter(pk=payment.pk), what, captured_minor=captured)
        if what == "captured":
            number = payment.tries.count() + 1
            payment.tries.create(
                kind="charge",
                number=number,
                key=f"story-{payment.pk}-{number}",
                amount_minor=payment.amount_minor,
                on_date=self.on,
                outcome="approved",
            )
        if what == "failed":
            ids = [payment.continuity_order_id] if payment.continuity_order_id else []
            if payment.order is not None and payment.order.parent_line_id:
                ids = [ContinuityOrder.objects.get(parent_line_id=payment.order.parent_line_id).pk]
            blocked.recompute([i for i in ids if i])

    @rule(days=st.integers(1, 12), every=st.booleans())
    def days_pass(self, days: int, every: bool) -> None:
        """So many nights, or the last of them alone: the others did not run."""
        for _ in range(days):
            self.on += timedelta(1)
            if every:
                self._night()
        if not every:
            self._night()

    @rule(program=st.sampled_from(PROGRAMS))
    def open_orders_follow(self, program: str) -> None:
        self._job("update-orders", program=program)

    # --- the jobs

    def _night(self) -> None:
        for name in NIGHTLY:
            if name in PLANNING:
                self._job(name, **({"night": True} if name == "update-orders" else {}))

    def _job(self, name: str, **arguments: Any) -> None:
        """Run a job, and again: the second run of a day writes no row."""
        job = JOBS[name]()
        first = rehearse(job, self.on, arguments, "")
        assert not Parked.objects.exclude(reason="a story").exists(), list(Parked.objects.values())
        before = written()
        rehearse(JOBS[name](), self.on, arguments, "")
        assert not changed_since(before), f"{name} ran again and wrote {changed_since(before)}"
        hypothesis.event(f"{name}: {'did something' if any(first.counts.values()) else 'nothing to do'}")

    # --- what must be true

    @invariant()
    def everything_holds(self) -> None:
        """All of these, when something was written since they were asked last."""
        if self.seen is not None and not changed_since(self.seen):
            return
        self.the_data_holds_together()
        self.every_step_ships_at_most_once()
        self.numbers_follow_each_other_and_dates_do_not_go_back()
        self.what_has_a_child_is_never_changed()
        self.what_is_owed_up_front_is_what_comes()
        self.an_update_that_changes_nothing_writes_nothing()
        self.seen = written()

    def the_data_holds_together(self) -> None:
        assert check()["faults"] == []
        assert check_once()["faults"] == []

    def every_step_ships_at_most_once(self) -> None:
        children = SalesOrder.objects.filter(parent__isnull=False).exclude(status="cancelled")
        found = Counter(children.values_list("parent_line_id", "shipment"))
        assert all(number == 1 for number in found.values()), found
        pairs = Counter(
            (o.continuity_order_id, o.event_key, o.repetition)
            for o in Occurrence.objects.exclude(child=None).select_related("child")
        )
        assert all(number == 1 for number in pairs.values()), pairs
        carried = sum(len(o) for o in self._by_child().values())
        assert carried == Occurrence.objects.filter(status="ordered").count()

    @staticmethod
    def _by_child() -> dict[int, list[Occurrence]]:
        found: dict[int, list[Occurrence]] = defaultdict(list)
        for o in Occurrence.objects.filter(status="ordered"):
            found[o.child_id or 0].append(o)
        return found

    def numbers_follow_each_other_and_dates_do_not_go_back(self) -> None:
        for row in ContinuityOrder.objects.all():
            walk = list(
                Occurrence.objects.filter(continuity_order=row).exclude(status="cancelled").order_by("position", "id")
            )
            numbers = [o.shipment for o in walk]
            assert numbers == sorted(numbers, key=lambda n: n or 0), (row.order.number, numbers)
            used = sorted({n or 0 for n in numbers})
            if row.last_shipment is None:
                assert used == list(range(1, len(used) + 1)), (row.order.number, numbers)
            dates = [o.event_on for o in walk]
            assert dates == sorted(dates), (row.order.number, dates)
            for o in walk:
                if o.status == "scheduled":
                    assert o.ship_on >= row.order_date
            for shared in {n for n in numbers if numbers.count(n) > 1}:
                assert len({o.ship_on for o in walk if o.shipment == shared}) == 1

    def what_has_a_child_is_never_changed(self) -> None:
        now = {}
        for o in Occurrence.objects.filter(status="ordered"):
            now[o.continuity_order_id, o.event_key, o.repetition] = (o.event_on, o.shipment)
        for pair, before in self.frozen.items():
            assert now.get(pair, before) == before
        self.frozen.update(now)

    def what_is_owed_up_front_is_what_comes(self) -> None:
        rules = set_up()
        ids = list(ContinuityOrder.objects.filter(upfront=True).values_list("pk", flat=True))
        for state in read_orders(rules, ids):
            children = SalesOrder.objects.filter(parent=state.row.order)
            dead = set(children.filter(status="cancelled").values_list("pk", flat=True))
            # What is made goes to the address of its day, whatever the order's is now.
            made = dict(children.exclude(status="cancelled").values_list("pk", "total_minor"))
            coming = [o for o in state.occurrences if o.child_id is None or o.child_id not in dead]
            places = cost.places({o.ship_to_id for o in coming} | {state.row.ship_to_id})
            groups = cost.tax_groups({line.product_id for o in coming for line in o.lines})
            total, _ = cost.whole_order(
                rules.tariff(state.row.tariff_id),
                coming,
                state.row.ship_to_id,
                state.row.order_date,
                places,
                groups,
                made,
            )
            rows = list(Payment.objects.filter(continuity_order=state.row))
            # An authorisation of an order of which nothing comes any more is process-payments' to void.
            over = ("cancelled", "authorised") if total == 0 else ("cancelled",)
            live = sum(p.amount_minor for p in rows if p.status not in over)
            kept = sum(p.amount_minor for p in rows if p.status not in SPREAD_ANEW)
            assert live == max(total, kept), (state.row.order.number, live, total, kept)

    def an_update_that_changes_nothing_writes_nothing(self) -> None:
        sql.execute("savepoint story")
        rehearse(JOBS["update-orders"](), self.on, {}, "")
        before = written()
        again = rehearse(JOBS["update-orders"](), self.on, {}, "")
        assert not any(again.counts.values())
        assert not changed_since(before)
        sql.execute("rollback to savepoint story")


@pytest.fixture(scope="module")
def _desk(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        desk_world.club()
        yield
        transaction.set_rollback(True)


@pytest.mark.usefixtures("_desk")
class TestAnyDay(Desk.TestCase):  # type: ignore[name-defined, misc]
    """Run by pytest as one test."""

    settings = hypothesis.settings(
        max_examples=STORIES,
        stateful_step_count=STEPS,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
