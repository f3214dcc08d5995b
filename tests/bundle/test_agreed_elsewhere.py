"""What was agreed elsewhere about coming shipments still stands when the program changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from perennial.continuity.models import Adjustment, Occurrence
from perennial.db import sql
from perennial.jobs.check import check, check_once
from perennial.jobs.update_orders import UpdateOrders
from perennial.programs.actions import release
from perennial.programs.draft import edit_draft
from perennial.programs.values import EventFacts, ProgramFacts
from tests.harness import seeds
from tests.worlds.bundle import ON
from tests.worlds.desk import run
from tests.worlds.moved_in import invoiced, member, moved_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("numbers_from_one")]


def coming() -> list[tuple[Any, ...]]:
    """What people see of what is to come."""
    return sql.tuples(
        "select o.event_key, o.event_on, o.ship_on, o.shipment, o.status, o.ship_to_id, l.line, p.number, l.quantity, l.price_minor"
        " from continuity_occurrence o join continuity_continuityline l on l.occurrence_id = o.id"
        " join catalog_product p on p.id = l.product_id where o.status <> 'cancelled' order by o.position, l.line"
    )


def changed(facts: ProgramFacts) -> ProgramFacts:
    """A version that differs in what nobody sees."""
    return replace(facts, events=tuple(replace(event, probability=Decimal(90)) for event in facts.events))


def follow(change: Any = changed) -> None:
    edit_draft(schedule_id="BOM", edit=change, by="anna")
    release(schedule_id="BOM", by="anna", on=ON)
    run(UpdateOrders(), ON)


def sent(number: int) -> list[dict[str, Any]]:
    return [{"event_id": n, "status": "ordered"} for n in range(1, number + 1)]


def test_a_day_a_product_a_price_a_quantity_and_what_is_left_out() -> None:
    lines = [
        *sent(2),
        {"event_id": 3, "event_on": "2027-01-15"},
        {"event_id": 4, "item_number": "0015", "price": "3.00"},
        {"event_id": 5, "price": "7.00"},
        {"event_id": 6, "quantity": "2", "ship_on": "2027-05-03"},
        {"event_id": 7, "line": 1},
        {"event_id": 7, "item_number": "0014", "price": "0.00"},
        *({"event_id": n} for n in range(8, 13)),
    ]
    moved_in(member({"lines": lines}, invoiced(2)))
    before = coming()
    assert before[2][1] == date(2027, 1, 15)
    made = Adjustment.objects.order_by("event_key", "kind").values_list("event_key", "kind", "by")
    assert list(made) == [
        ("E3", "redate", "test"),
        ("E4", "substitute", "test"),
        ("E5", "price", "test"),
        ("E6", "move", "test"),
        ("E6", "quantity", "test"),
        ("E7", "add", "test"),
    ]
    follow()
    assert coming() == before
    assert (check()["faults"], check_once()["faults"]) == ([], [])


def test_what_is_as_the_program_says_follows_the_program() -> None:
    moved_in(member({"lines": [*sent(2), *({"event_id": n} for n in range(3, 13))]}, invoiced(2)))
    assert not Adjustment.objects.exists()
    dates = [o.event_on for o in Occurrence.objects.order_by("position")]
    follow(lambda facts: replace(facts, events=tuple(replace(e, days_from_last=10) for e in facts.events)))
    assert [o.event_on for o in Occurrence.objects.order_by("position")][2:] != dates[2:]


@pytest.mark.parametrize("seed", seeds(12))
def test_whatever_was_agreed_stands(seed: int) -> None:
    dice = Random(seed)
    lines: list[dict[str, Any]] = sent(past := dice.randint(0, 4))
    day = ON.toordinal() + 100
    for n in range(past + 1, 13):
        entry: dict[str, Any] = {"event_id": n}
        day += 30
        if dice.random() < 0.4:
            day += dice.randint(0, 60)
            entry["event_on"] = date.fromordinal(day).isoformat()
        if dice.random() < 0.3:
            entry |= {"item_number": dice.choice(["0013", "0014"]), "price": f"{dice.randint(0, 9)}.00"}
        elif dice.random() < 0.3:
            entry["price"] = f"{dice.randint(0, 9)}.00"
        if dice.random() < 0.2:
            entry["quantity"] = str(dice.randint(1, 3))
        if dice.random() < 0.2:
            entry["status"] = "skipped"
        lines.append(entry)
    moved_in(member({"lines": lines}, invoiced(past)))
    before = coming()
    follow()
    assert coming() == before
    assert (check()["faults"], check_once()["faults"]) == ([], [])


def test_a_price_that_is_also_a_fact_of_the_order_and_shipments_that_go_together() -> None:
    lines: list[dict[str, Any]] = [*sent(2), *({"event_id": n, "price": "7.00"} for n in range(3, 13))]
    lines[3] |= {"shipment": 3, "ship_on": "2026-06-01"}
    for number, line in enumerate(lines[4:], 4):
        line["shipment"] = number
    facts = {"prices": dict.fromkeys(("0013", "0014", "0015"), "7.00")}
    moved_in(member({"lines": lines, "facts": facts}, invoiced(2)))
    before = [row for row in coming() if row[0] != "E3"]  # its own day is that of the parcel
    follow(lambda given: replace(given, events=tuple(dearer(event) for event in given.events)))
    after = coming()
    assert [row for row in after if row[0] != "E3"] == before
    assert {row[3] for row in after if row[0] in ("E3", "E4")} == {3}
    assert {row[2] for row in after if row[0] in ("E3", "E4")} == {date(2026, 6, 1)}
    assert {row[-1] for row in after[2:]} == {700}
    assert (check()["faults"], check_once()["faults"]) == ([], [])


def dearer(event: EventFacts) -> EventFacts:
    """Its product has a price of its own."""
    (first, *others) = event.products
    return replace(event, products=(replace(first, price_minor=3300), *others))
