"""What differs between two revisions: nothing exactly where they are equal, and as few moves as explain the order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from perennial.programs.differences import Difference, differences
from perennial.programs.identity import renumbered
from perennial.programs.values import EventFacts, EventProductFacts, ProgramFacts, Rule

products = st.builds(
    EventProductFacts,
    st.sampled_from(["A", "B"]),
    st.sampled_from([Decimal(1), Decimal(2)]),
    price_minor=st.sampled_from([None, 100]),
)
events = st.builds(
    EventFacts,
    st.none(),
    st.lists(products, min_size=1, max_size=2).map(tuple),
    days_from_last=st.sampled_from([0, 30]),
    interval=st.sampled_from([None, Rule("M", "FREQ=MONTHLY", None)]),
    action=st.sampled_from(["none", "end"]),
    times_to_repeat=st.sampled_from([None, 0, 2]),
)


@st.composite
def programs(draw: st.DrawFn) -> ProgramFacts:
    """A program of some of five events, in any order."""
    keys = draw(st.permutations("VWXYZ"))[: draw(st.integers(0, 5))]
    made = renumbered([replace(draw(events), key=key) for key in keys])
    return ProgramFacts("P", made, bill_upfront=draw(st.booleans()), days_after_order_date=draw(st.integers(0, 1)))


@given(programs(), programs())
def test_nothing_differs_exactly_where_they_are_equal(one: ProgramFacts, other: ProgramFacts) -> None:
    assert bool(differences(one, other)) == (one != other)
    assert differences(one, one) == ()


@given(programs(), programs())
def test_what_came_and_went_is_told_once_and_the_other_way_round(one: ProgramFacts, other: ProgramFacts) -> None:
    found, back = differences(one, other), differences(other, one)

    def keys(all_of_them: tuple[Difference, ...], kind: str) -> set[str | None]:
        return {each.key for each in all_of_them if each.kind == kind}

    assert keys(found, "added") == keys(back, "removed") == {e.key for e in other.events} - {e.key for e in one.events}
    assert len(found) == len(back)


@given(programs(), st.data())
def test_one_event_that_is_moved_is_one_difference(one: ProgramFacts, data: st.DataObject) -> None:
    if len(one.events) < 2:
        return
    order = list(one.events)
    moved = order.pop(data.draw(st.integers(0, len(order) - 1)))
    order.insert(data.draw(st.integers(0, len(order))), moved)
    found = differences(one, replace(one, events=renumbered(order)))
    assert [each.kind for each in found] == (["moved"] if tuple(order) != one.events else [])


def test_an_event_put_in_front_moves_nobody() -> None:
    before = ProgramFacts("P", renumbered([EventFacts(None, (EventProductFacts("A"),), key=key) for key in "XYZ"]))
    new = EventFacts(None, (EventProductFacts("B"),), key="N")
    after = replace(before, events=renumbered([new, *before.events]))
    assert [(each.kind, each.key, each.event_after) for each in differences(before, after)] == [("added", "N", 1)]
