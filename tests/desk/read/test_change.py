"""What a draft would change on open orders: the same that update-orders then does, with the money before and after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from perennial.continuity.models import Occurrence
from perennial.customers.models import Address
from perennial.desk import actions
from perennial.desk.read.change import Group, change_preview
from perennial.errors import Refused
from perennial.jobs.runner import run_job
from perennial.jobs.update_orders import UpdateOrders
from perennial.kernel.money import Money
from perennial.programs import actions as programs
from perennial.programs import draft
from perennial.programs.values import ProgramFacts
from tests.worlds.book_club import ORDERED, child, club, order

pytestmark = pytest.mark.django_db
NOON = {"on": ORDERED, "by": "clerk:anna"}


def shown(groups: tuple[Group, ...]) -> list[tuple[str, int | None, object, object, int, int]]:
    return [(g.kind, g.event_id, g.before, g.after, g.orders, g.amount.minor) for g in groups]


def test_a_draft_tells_what_it_would_change_and_for_whom() -> None:
    club()
    Address.objects.update(country="US", region="NY")
    first, second, done = order(), order(), order()
    child(done, 3)  # all of it is frozen
    actions.move(number=second.number, shipment=3, to=date(2026, 6, 1), **NOON)

    def edited(facts: ProgramFacts) -> ProgramFacts:
        one, two, three = facts.events
        dearer = replace(two, products=(replace(two.products[0], price_minor=2195),))
        other = replace(three, products=(replace(three.products[0], item_number="0013", quantity=Decimal(2)),))
        return replace(facts, events=(one, dearer, other))

    draft.edit_draft(schedule_id="BOM", edit=edited, by="manager:luca")
    rows = list(Occurrence.objects.order_by("pk").values())
    found = change_preview("BOM")
    assert (found.version, found.orders, found.changed, found.same, found.kept, found.made) == (2, 3, 2, 1, 1, 1)
    assert shown(found.groups) == [
        ("price", 2, Money(1995, "USD"), Money(2195, "USD"), 2, 400),
        ("price", 3, Money(2400, "USD"), Money(1995, "USD"), 2, 0),
        ("product", 3, "0015", "0013", 2, 2 * (2 * 1995 - 2400)),
        ("quantity", 3, Decimal(1), Decimal(2), 2, 0),
        ("kept", 3, "move", None, 1, 0),
    ]
    (example, other) = found.groups[0].examples
    assert (example.order, other.order, example.customer, example.line, example.shipment) == (
        first.number, second.number, "Ada Bianchi", 1, 2,
    )  # fmt: skip
    assert (example.ship_on, example.amount, example.new_amount) == (
        date(2026, 4, 14),
        Money(1995, "USD"),
        Money(2195, "USD"),
    )
    assert list(Occurrence.objects.order_by("pk").values()) == rows  # nothing is written
    assert found.new_to_come.minor - found.to_come.minor == 2 * (218 + 1731)  # with 8.875 % tax, rounded a child
    # and update-orders would do just that
    programs.release(schedule_id="BOM", by="manager:luca")
    counts = run_job(UpdateOrders(), on=ORDERED, by="anna", dry=True)["counts"]
    assert (counts["updated"], counts["unchanged"], counts["kept"]) == (found.changed, found.same, found.kept)


def test_what_comes_new_and_what_is_left_out() -> None:
    club()
    order()
    draft.remove_event(schedule_id="BOM", key="E2", by="manager:luca")
    found = change_preview("BOM")
    assert [(g.kind, g.event, g.orders) for g in found.groups] == [("left_out", "E2", 1), ("date", "E3", 1)]
    example = found.groups[1].examples[0]
    assert (example.ship_on, example.new_ship_on, example.shipment) == (date(2026, 5, 14), date(2026, 4, 14), 2)
    with pytest.raises(Refused) as refused:
        change_preview("BOM", version=7)
    assert refused.value.code == "version_unknown"
