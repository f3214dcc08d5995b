"""How often and how many times one member wants it, whatever the program: what must hold of every plan."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from perennial.errors import Refused
from perennial.kernel.plan import Every, Facts, Plan, Revision, extend, plan
from perennial.kernel.reasons import DateReason
from tests.worlds import programs
from tests.worlds.kernel import adjust, event, order, pairs, program, said, steps, two_products

OFTEN = st.integers(1, 60).map(lambda days: Every(days=days)) | st.sampled_from(programs.INTERVALS).map(
    lambda interval: Every(interval=interval)
)


@st.composite
def wanted(draw: st.DrawFn) -> programs.Case:
    """A program and a member who wants it otherwise."""
    case = draw(programs.cases(upfront=False))
    facts = case.facts._replace(every=draw(st.none() | OFTEN), times=draw(st.none() | st.integers(1, 12)))
    return programs.Case(case.revision, facts)


def whole(revision: Revision, facts: Facts) -> Plan | None:
    """What comes, as far as a program that goes on until stopped is planned; None beyond the calendar."""
    try:
        return plan(revision, facts)
    except Refused:
        return None


@given(wanted())
def test_each_counts_from_the_one_before_but_for_days_that_the_program_fixes(case: programs.Case) -> None:
    made = whole(*case)
    if made is None or case.facts.every is None:
        return
    every = case.facts.every
    for before, o in zip(made.occurrences, made.occurrences[1:], strict=False):
        if o.why.rule == "start_order_date":
            continue
        if every.interval is None:
            assert (o.why.rule, o.event_on) == ("own_days", before.event_on + timedelta(every.days))
        else:
            assert o.why.rule == "own_interval"
            assert o.event_on == every.interval.after(before.event_on, made.occurrences[0].event_on)
        assert DateReason.read(DateReason.of(o).stored()) == DateReason.of(o)


@given(wanted())
def test_no_more_than_so_many_in_all_and_the_same_by_extension(case: programs.Case) -> None:
    made = whole(case.revision, case.facts._replace(threshold=None))
    if made is None or case.facts.times is None:
        return
    assert made.complete
    assert len(made.occurrences) <= case.facts.times
    few, walk = whole(*case), []
    assert few is not None
    walk = list(few.occurrences)
    while not few.complete and len(walk) < 60:
        few = extend(case.revision, case.facts, (), steps(walk))
        walk += few.occurrences
    if not case.facts.consolidate:
        assert [(o.key, o.repetition, o.event_on) for o in walk] == [
            (o.key, o.repetition, o.event_on) for o in made.occurrences
        ]


@given(wanted(), st.integers(0, 6))
def test_what_is_sent_stays_and_the_rest_goes_on_as_before(case: programs.Case, sent: int) -> None:
    made = whole(*case)
    if made is None or case.facts.consolidate:
        return
    frozen = steps(made.occurrences[:sent])
    again = plan(case.revision, case.facts, (), frozen)
    rest = [(o.key, o.repetition, o.event_on, o.shipment) for o in made.occurrences[sent:]]
    assert [(o.key, o.repetition, o.event_on, o.shipment) for o in again.occurrences][: len(rest)] == rest


def test_a_last_event_that_is_repeated_goes_on_and_one_that_is_not_ends() -> None:
    often = program(event("A"), event("B", days_from_last=10, times_to_repeat=1))
    assert said(plan(often, order(times=5))) == "A B B1 B2 B3"
    assert said(plan(often, order(times=2))) == "A B"
    once = program(event("A", times_to_repeat=1), event("B", days_from_last=10))
    assert said(plan(once, order(times=9))) == "A A1 B"
    endless = program(event("A", days_from_last=7, times_to_repeat=None))
    assert said(plan(endless, order(times=3, upfront=True))) == "A A1 A2"


def test_it_counts_instead_of_what_the_product_says() -> None:
    monthly = program(event("A", days_from_last=30, times_to_repeat=11))
    assert len(plan(monthly, order(shipments=3)).occurrences) == 3
    assert len(plan(monthly, order(shipments=3, times=6)).occurrences) == 6
    assert pairs(plan(monthly, order(times=13)))[-1] == ("A", 12)


def test_a_box_out_of_which_everything_was_taken_is_not_sent_and_keeps_its_place() -> None:
    club = program(two_products("A", "P-A", "P-B"), event("B", days_from_last=10))
    taken = [adjust("A", "remove", "P-A", line=1), adjust("A", "remove", "P-B", line=2)]
    first, second = plan(club, order(), taken).occurrences
    assert (first.skipped, len(first.lines)) == (True, 2)
    assert (second.skipped, second.shipment) == (False, 2)
    one = plan(club, order(), taken[:1]).occurrences[0]
    assert (one.skipped, [line.item for line in one.lines]) == (False, ["P-B"])
    added = [*taken, adjust("A", "add", ("P-C", 1, 500), line=1001)]
    whole_box = plan(club, order(), added).occurrences[0]
    assert (whole_box.skipped, [(x.line, x.item, x.price_minor) for x in whole_box.lines]) == (
        False, [(1001, "P-C", 500)],
    )  # fmt: skip
