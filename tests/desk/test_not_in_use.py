"""Products and delivery modes that are not in use any more: what may not be given, and what goes on with them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from perennial.desk.entry import LineEntry, OrderEntry, enter
from perennial.desk.read.entry import entry, new_entry
from perennial.desk.read.products import products_found
from perennial.errors import Refused
from perennial.jobs.check import check
from perennial.jobs.job import Run
from perennial.jobs.substitute_orders import SubstituteOrders
from perennial.orders.models import SalesOrder
from perennial.programs import actions as programs
from perennial.programs import draft
from perennial.programs.models import ProgramRevision
from perennial.programs.values import EventFacts, EventProductFacts
from tests.worlds import actions
from tests.worlds.bundle import faults, put
from tests.worlds.desk import ANNA, ON, book, day, line, lines, make_children, order, refused, run, set_up, shown

pytestmark = pytest.mark.usefixtures("club")
SAM: dict[str, Any] = {"schedule_id": "CLUB", "by": "manager:sam"}


def off(*products: str, modes: tuple[str, ...] = (), active: bool = False) -> Any:
    """Products and delivery modes are taken out of use, by a bundle that says no more of them."""
    given = {
        "products": [{"number": number, "active": active} for number in products],
        "delivery_modes": [{"code": code, "active": active} for code in modes],
    }
    return put(given, only_given=True)


def wrong(*given: LineEntry) -> list[tuple[str, str]]:
    """What is at fault with an order of these lines: field and code."""
    (found,) = enter([OrderEntry("C-1", given, order_date=ON, ship_to="home")], on=ON, by="clerk:anna")
    assert isinstance(found, list)
    return [(one.field, one.code) for one in found]


def test_no_new_order_names_them_and_what_stands_goes_on() -> None:
    number, kept = order("CLUB"), order("CLUB", book("B5"), submit=False)
    off("B1", "B5", "S-CLUB", modes=("ANY", "STD"))
    assert wrong(line("CLUB"), book("B1"), line("LOOP")) == [
        ("lines[0].item_number", "product_not_in_use"),
        ("lines[1].item_number", "product_not_in_use"),
    ]
    assert wrong(book("B2")) == [("lines[0].delivery_mode", "delivery_mode_not_in_use")]
    given = {"reference": "R", "customer": "C-1", "order_date": "2026-03-10", "lines": [{"item_number": "S-CLUB"}]}
    assert faults({"orders": [given]}) == {"orders[0].lines[0].item_number": "product 'S-CLUB' is not in use any more"}
    with refused("item", "product_not_in_use", "B5"):
        actions.add_line(number=kept, item="B5", **ANNA)
    with refused("delivery_mode", "delivery_mode_not_in_use", "STD"):
        actions.change_line(number=kept, line=2, delivery_mode="STD", **ANNA)
    actions.change_line(number=kept, line=2, quantity=Decimal(3), **ANNA)  # by ANY, as it was
    actions.change_line(number=kept, line=1, start_date=day(5), **ANNA)
    actions.submit(number=kept, **ANNA)
    assert [one["item_number"] for one in shown(kept)["lines"]] == ["S-CLUB", "B5"]
    make_children(day(0))
    assert SalesOrder.objects.filter(parent__number=number).count() == 1
    assert check()["faults"] == []


def test_no_shipment_is_given_one_and_what_a_person_gave_before_stays() -> None:
    number, many = order("CLUB"), order("LOOP")
    actions.substitute(number=number, shipment=1, item="B5", **ANNA)
    off("B5", "B1")
    with refused("item", "product_not_in_use", "B5"):
        actions.substitute(number=number, shipment=3, item="B5", **ANNA)
    with refused("item", "product_not_in_use", "B5"):
        actions.add_product(number=number, shipment=3, item="B5", **ANNA)
    with pytest.raises(Refused) as found:
        run(SubstituteOrders(), ON, product="B5", item="B1")
    assert (found.value.code, found.value.field) == ("product_not_in_use", "item")
    begun = Run(1, SubstituteOrders.name, ON, {"product": "B5", "item": "B1"}, False)
    assert SubstituteOrders().wanted(begun).wanted.product.number == "B1"  # it ends what it has begun
    run(SubstituteOrders(), ON, product="B5", item="B2", program="LOOP")  # it is what is replaced
    assert set(lines(many, "item_number")) == {"B2"}
    actions.price(number=number, shipment=1, price="3.00", **ANNA)
    actions.undo(number=number, **ANNA)
    actions.undo(number=number, **ANNA)
    assert lines(number, "item_number")[0] == "B1"  # what comes back is not newly given


def test_what_is_offered_is_what_may_be_given() -> None:
    number = order("CLUB", book("B5"), submit=False)
    assert new_entry("C-2", on=ON).usual_delivery == "ANY"
    off("B5", "S-CLUB", modes=("ANY",))
    for typed in ("B5", "S-CLUB"):
        assert products_found(typed, on=ON) == ()
        assert [one.number for one in products_found(typed, on=ON, to_give=False)] == [typed]
    found = entry(number, on=ON)
    assert [way.code for way in found.ways_of(2)] == ["STD", "ANY"]
    assert [way.code for way in found.ways_of(3)] == ["STD"]
    assert found.usual_delivery == "STD"
    assert new_entry("C-2", on=ON).usual_delivery == "STD"
    off("B5", modes=("ANY",), active=True)
    assert [one.number for one in products_found("B5", on=ON)] == ["B5"]
    assert entry(number, on=ON).usual_delivery == "ANY"


def test_a_program_names_none_that_its_version_before_does_not() -> None:
    off("B1", "B5", modes=("ANY",))
    facts = next(one for one in set_up()["programs"] if one["schedule_id"] == "CLUB")
    more = {**facts, "events": [*facts["events"][:-1], {"item_number": "B1", "delivery_mode": "ANY"}]}
    put({"programs": [more]})  # it names both already, in whichever event
    other = {**facts, "events": [*facts["events"], {"item_number": "B5", "delivery_mode": "STD"}]}
    assert list(faults({"programs": [other]})) == ["programs[0].events[5].item_number"]
    new = {"schedule_id": "NEW", "events": [{"item_number": "B1", "delivery_mode": "ANY"}]}
    assert list(faults({"programs": [new]})) == [
        "programs[0].events[0].delivery_mode",
        "programs[0].events[0].item_number",
    ]
    with refused("events[4].products[0].item_number", "product_not_in_use"):
        draft.add_event(event=EventFacts(None, (EventProductFacts("B5"),), days_from_last=5), **SAM)


def test_a_draft_that_names_one_is_edited_and_not_released() -> None:
    draft.add_event(event=EventFacts(None, (EventProductFacts("B5"),), days_from_last=5), **SAM)
    off("B5")
    draft.move_event(key="A", to=2, **SAM)  # it names B5 already
    with refused("events[4].products[0].item_number", "product_not_in_use"):
        programs.release(on=ON, **SAM)
    with refused("events[4].products[0].item_number", "product_not_in_use"):
        programs.to_release(**SAM)
    draft.remove_event(key="E5", **SAM)
    assert programs.release(on=ON, **SAM)["revision"] == 2


def test_a_copy_of_a_program_that_names_one_is_a_draft() -> None:
    programs.copy(new="ONE", on=ON, **SAM)
    off(modes=("ANY",))
    programs.copy(new="TWO", on=ON, **SAM)
    copies = ProgramRevision.objects.filter(program__schedule_id__in=("ONE", "TWO")).order_by("program__schedule_id")
    assert list(copies.values_list("released", flat=True)) == [True, False]
    with refused("program", "program_never_released"):
        programs.activate(schedule_id="TWO", on=ON, by="manager:sam")


def test_who_goes_on_with_them_is_told() -> None:
    notes = [(one.code, dict(one.facts)) for one in off("B3", "B6", modes=("STD",)).notes.all()]
    more = {"more": None}
    assert notes == [
        ("delivery_mode_still_named", {"name": "STD", "programs": ["CLUB"], "count": 1, **more}),
        ("product_still_named", {"name": "B3", "programs": ["CLUB", "MISS", "PART", "UP"], "count": 4, **more}),
        ("product_still_named", {"name": "B6", "programs": ["CLUB"], "count": 1, **more}),
    ]
    assert list(off("B3").notes.all()) == []  # that is no news
    silent = {
        "products": [{"number": "B3", "price": "30.00", "tax_group": "BOOKS"}],
        "delivery_modes": [{"code": "ANY"}],
    }
    assert [one.code for one in put(silent).notes.all()] == ["delivery_mode_loses", "product_in_use_again"]
