"""What was promised stays when taxes and delivery charges change: an order keeps the tariff that it was entered under,
until one that a person has applied reaches what is still to come of it.

All sums are worked out by hand. The club's first shipments under the tariff of the beginning, 10 % on goods and on the
delivery of 5.00: 10.00 + 5.00 = 15.00, tax 1.50; 140.00 + 5.00 = 145.00, tax 14.50; 30.00 + 5.00 = 35.00, tax 3.50; the
last goes by ANY, whose 1.00 is not taxed: 40.00, tax 4.00.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.db.models import F

from perennial.catalog.models import Company, Tariff
from perennial.continuity.models import ContinuityOrder
from perennial.customers.models import Customer
from perennial.desk.notices.preview import preview
from perennial.desk.read.tariffs import tariff_preview, tariffs
from perennial.desk.tariffs import apply as apply_tariff
from perennial.errors import Refused
from perennial.jobs.check import check
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.models import JobTouched
from perennial.jobs.update_orders import UpdateOrders
from perennial.language import say
from perennial.notices.models import Notice, NoticeKind
from perennial.notices.rendering import render
from perennial.notices.texts import text_of
from perennial.notices.words import words
from perennial.payments.models import Payment
from perennial.programs.actions import release
from perennial.programs.draft import edit_draft
from tests.jobs.test_change_paid_upfront import third
from tests.worlds import actions
from tests.worlds.bundle import put, take_out
from tests.worlds.desk import (
    ANNA,
    ON,
    book,
    day,
    everything,
    last_event,
    make_children,
    order,
    run,
    set_up,
    shown,
    unchanged,
)

pytestmark = pytest.mark.usefixtures("club")

BEGINNING = ["16.50", "159.50", "38.50", "45.00"]
DEARER = {"tax_rates": [{"group": "BOOKS", "country": "US", "percent": "12.5"}]}
CHEAPER = {"tax_rates": [{"group": "BOOKS", "country": "US", "percent": "7.7"}]}
POST = {"delivery_modes": [{**set_up()["delivery_modes"][0], "charge": "6.25"}]}
INCLUDED = {"parameters": {"prices_include_tax": True}}

CHANGES = [
    # 15.00: 1.875; 145.00: 18.125; 35.00: 4.375; 40.00: 5.00
    pytest.param(DEARER, ["16.88", "163.13", "39.38", "46.00"], id="a rate goes up"),
    # 15.00: 1.155; 145.00: 11.165; 35.00: 2.695; 40.00: 3.08
    pytest.param(CHEAPER, ["16.16", "156.17", "37.70", "44.08"], id="a rate goes down"),
    # 16.25: 1.625; 146.25: 14.625; 36.25: 3.625
    pytest.param(POST, ["17.88", "160.88", "39.88", "45.00"], id="a charge"),
    pytest.param(INCLUDED, ["15.00", "145.00", "35.00", "41.00"], id="prices include the tax"),
]


def totals(number: str) -> list[str]:
    """What the children of an order come to; all that is due is made first."""
    make_children(day(40))
    return [child["total"] for child in shown(number)["children"]]


def apply() -> None:
    apply_tariff(**ANNA)


def updated(on: date = ON) -> dict[str, int]:
    """Run the job twice: what the first one counts; the second changes nothing."""
    done = run(UpdateOrders(), on)
    before = everything()
    assert not any(run(UpdateOrders(), on).values())
    after = everything()
    assert {name for name in before if before[name] != after[name]} <= {"jobs_jobrun"}
    return {name: number for name, number in done.items() if number}


def owed(number: str) -> list[tuple[str, str]]:
    """What is owed up front: amount and state of each payment."""
    return [(p["amount"], p["status"]) for p in shown(number)["payments"] if p["status"] != "cancelled"]


@pytest.mark.parametrize(("change", "new"), CHANGES)
def test_a_change_reaches_new_orders_alone(change: dict[str, Any], new: list[str]) -> None:
    before = order("CLUB")
    assert make_children(ON) == 1
    put(change)
    after = order("CLUB", number="SO-NEW")
    assert totals(before) == BEGINNING
    assert totals(after) == new
    assert check()["ok"]


@pytest.mark.parametrize(("change", "new"), CHANGES)
def test_an_update_that_is_applied_reaches_what_is_still_to_come(change: dict[str, Any], new: list[str]) -> None:
    """Half shipped: the child that is made keeps its sums."""
    number = order("CLUB")
    assert make_children(ON) == 1
    put(change)
    assert not any(run(UpdateOrders(), ON).values())
    apply()
    assert updated() == {"updated": 1, "charges_changed": 1}
    assert totals(number) == [BEGINNING[0], *new[1:]]
    assert check()["ok"]


def test_the_same_set_up_again_makes_no_tariff_and_what_nobody_ordered_under_is_written_anew() -> None:
    put(set_up())
    assert [one.number for one in tariffs()] == [1]
    put(DEARER)
    assert [one.number for one in tariffs()] == [1], "nothing was ordered yet"
    order("CLUB")
    put(DEARER)
    put({"products": [{"number": "B1", "price": "11.00", "tax_group": "BOOKS"}]})
    assert [one.number for one in tariffs()] == [1]
    put(POST | CHEAPER)
    assert [(one.number, one.orders) for one in tariffs()] == [(2, 0), (1, 1)], "one tariff an import"


def test_a_delivery_mode_that_is_new_is_in_every_tariff() -> None:
    order("CLUB")
    put({"delivery_modes": [{"code": "FAST", "charge": "9.00"}]})
    assert [one.number for one in tariffs()] == [1]
    put(POST)
    assert [
        {c.delivery_mode.code: c.charge_minor for c in t.charges.all()} for t in Tariff.objects.order_by("number")
    ] == [
        {"STD": 500, "ANY": 100, "FAST": 900},
        {"STD": 625, "ANY": 100, "FAST": 900},
    ]


def test_what_is_late_is_charged_the_new_amount_at_once_and_not_on_a_day_of_the_past() -> None:
    held = order("CLUB")
    actions.hold(number=held, reason="asked", **ANNA)
    put(DEARER)
    assert tariff_preview(on=ON).first_on == day(0)
    assert tariff_preview(on=day(4)).first_on == day(4)
    (example,) = tariff_preview(on=day(4)).examples
    assert example.on == day(0), "the day of its shipment"


def test_what_is_shown_of_an_order_goes_by_its_tariff() -> None:
    number = order("CLUB")
    put(DEARER)
    assert "tariff" in shown(number)["continuity"][0]
    assert shown(number)["continuity"][0]["tariff"] == 1
    assert "tariff" not in shown(order("CLUB", number="SO-NEW"))["continuity"][0]


def test_before_it_is_saved_an_import_says_who_would_pay_more_and_from_when() -> None:
    """Of the club 145.00 at 12.5 % for 145.00 at 10 %: 3.63 more on the second shipment, the first one that is not made."""
    first = order("CLUB")
    make_children(ON)
    nobody = order("CLUB", ship_to="cabin")  # no tax there
    with unchanged():
        said = put(DEARER, dry_run=True).document()["tariff"]
    assert said == {
        "tariff": 2,
        "orders": 2,
        "more": 1,
        "less": 0,
        "same": 1,
        "kept": 0,
        "first_on": "2026-03-20",
        "amount": "159.50",
        "new_amount": "163.13",
        "to_come": said["to_come"],
        "new_to_come": said["new_to_come"],
        "examples": [
            {
                "order": first,
                "line": 1,
                "customer": "C-1",
                "name": "Ada",
                "shipment": 2,
                "on": "2026-03-20",
                "amount": "159.50",
                "new_amount": "163.13",
            }
        ],
    }
    # 159.50 + 38.50 + 45.00 here, and the four of the cabin without tax: 15 + 145 + 35 + 41
    assert (said["to_come"], said["new_to_come"]) == ("479.00", "484.51")
    assert put(DEARER).document()["tariff"] == said
    assert nobody


def test_an_import_that_touches_no_tariff_says_nothing_of_it() -> None:
    order("CLUB")
    assert "tariff" not in put({"products": [{"number": "B9", "price": "1.00"}]}).document()


def test_what_a_run_did_is_in_its_list_and_in_the_history() -> None:
    number = order("CLUB")
    put(DEARER)
    apply()
    run(UpdateOrders(), ON)
    (row,) = JobTouched.objects.all()
    assert (row.name, row.line, row.shipment, row.what) == (number, 1, 1, "charges")
    assert row.before == {"tariff": 1, "on": "2026-03-10", "total": "16.50"}
    assert row.after == {"tariff": 2, "on": "2026-03-10", "total": "16.88"}
    kind, on, _, _, data = last_event(number)
    assert (kind, on) == ("tariff_followed", ON)
    assert data == {"tariff": 2, "old": "16.50", "new": "16.88", "ship_on": "2026-03-10", "line": 1, "shipment": 1}


def test_where_nothing_costs_something_else_the_order_moves_all_the_same() -> None:
    order("CLUB", ship_to="cabin")
    put(DEARER)
    apply()
    assert updated() == {"unchanged": 1}
    assert ContinuityOrder.objects.get().tariff_id == 2


def test_a_tariff_is_applied_once_and_later_ones_are_not_applied_with_it() -> None:
    number = order("CLUB")
    put(DEARER)
    apply()
    with pytest.raises(Refused) as refused:
        apply()
    assert say(refused.value) == "tariff 2 is applied since 2026-03-10"
    put(POST)
    assert updated() == {"updated": 1, "charges_changed": 1}
    assert ContinuityOrder.objects.get().tariff_id == 2
    assert totals(number) == ["16.88", "163.13", "39.38", "46.00"]
    with pytest.raises(Refused):
        tariff_preview(9, on=ON)


def test_only_orders_of_a_program_follow_when_one_is_named() -> None:
    order("CLUB")
    order("LOOP", number="SO-LOOP")
    put(DEARER)
    apply()
    assert run(UpdateOrders(), ON, program="LOOP")["updated"] == 1
    assert ContinuityOrder.objects.filter(tariff_id=2).values_list("order__number", flat=True)[0] == "SO-LOOP"


class TestUpFront:
    """10.00, 20.00 and 30.00 with 1.00 of delivery each: 12.00, 23.00 and 34.00 at 10 %; 12.25, 23.50 and 34.75 at 12.5 %."""

    def test_an_import_leaves_what_is_owed_alone(self) -> None:
        number = order("UP")
        put(DEARER)
        assert owed(number) == [("69.00", "due")]
        assert totals(number) == ["12.00", "23.00", "34.00"]
        assert check()["ok"]

    def test_what_nobody_was_asked_for_follows(self) -> None:
        number = order("UP")
        make_children(ON)
        put(DEARER)
        apply()
        assert updated() == {"updated": 1, "charges_changed": 1}
        assert owed(number) == [("70.25", "due")], "12.00 is made already"
        assert totals(number) == ["12.00", "23.50", "34.75"]
        assert check()["ok"]

    def test_what_is_authorised_or_paid_whole_keeps_its_tariff(self) -> None:
        number = order("UP")
        Payment.objects.update(status="sent")
        Payment.objects.update(status="authorised")
        put(DEARER)
        found = tariff_preview(on=ON)
        assert (found.orders, found.kept) == (0, 1)
        apply()
        assert not updated()
        assert owed(number) == [("69.00", "authorised")]
        assert totals(number) == ["12.00", "23.00", "34.00"]

    def test_for_good_though_a_person_adds_to_it_later(self) -> None:
        number = order("UP")
        Payment.objects.update(status="sent")
        Payment.objects.update(status="captured", captured_minor=F("amount_minor"))
        put(DEARER)
        apply()
        assert not updated()
        actions.price(number=number, shipment=2, price="25.00", **ANNA)
        assert owed(number) == [("69.00", "captured"), ("5.50", "due")]
        assert not updated()
        assert owed(number) == [("69.00", "captured"), ("5.50", "due")]
        assert json.loads(take_out())["orders"][0]["lines"][0]["continuity"]["keeps_tariff"] is True

    def test_parts_that_are_not_made_yet_are_spread_anew(self) -> None:
        """23.00 is paid of 69.00; of 70.50 the other two pay the rest in halves."""
        number = order("PART")
        assert owed(number) == [("23.00", "due")] * 3
        first = Payment.objects.filter(number=1)
        first.update(status="sent")
        first.update(status="captured", captured_minor=F("amount_minor"))
        put(DEARER)
        found = tariff_preview(on=ON)
        assert (found.more, str(found.amount.minor), found.new_amount.minor) == (1, "4600", 4750), (
            "what was paid is not to come"
        )
        assert (found.to_come, found.new_to_come) == (found.amount, found.new_amount)
        assert found.first_on == date(2026, 4, 10), "the day of the next payment"
        apply()
        updated()
        assert owed(number) == [("23.00", "captured"), ("23.75", "due"), ("23.75", "due")]
        assert totals(number) == ["12.25", "23.50", "34.75"]

    def test_a_letter_names_the_payments_to_come_though_a_price_has_changed_with_the_tariff(self) -> None:
        """23.00 of 69.00 is paid. 50.00 for 30.00 makes it 91.00, and at 12.5 % it is 93.00: 46.00, 68.00, 70.00 are to come."""
        turned_on("charges_changed", "price_changed")
        number, whole = order("PART"), order("UP", number="SO-UP")
        first = Payment.objects.filter(number=1, amount_minor=2300)
        first.update(status="sent")
        first.update(status="captured", captured_minor=F("amount_minor"))
        for program, price in (("PART", 5000), ("UP", 2000)):
            edit_draft(schedule_id=program, edit=third(price), by="anna")
            release(schedule_id=program, by="anna")
        run(UpdateOrders(), ON, program="UP")
        put(DEARER)
        apply()
        run(UpdateOrders(), ON, program="PART")
        assert owed(number) == [("23.00", "captured"), ("35.00", "due"), ("35.00", "due")]
        charges, price, cheaper = Notice.objects.order_by("kind", "order_id")
        assert (charges.facts["old_amount_minor"], charges.facts["new_amount_minor"]) == (6800, 7000)
        assert (charges.facts["due_on"], "ship_on" in charges.facts) == ("2026-04-10", False)
        each = [{"due_on": on, "amount_minor": 1100} for on in ("2026-04-10", "2026-05-10")]
        assert (price.facts["added_minor"], price.facts["parts"], "whole_minor" in price.facts) == (2200, each, False)
        assert (cheaper.facts["order"], cheaper.facts["whole_minor"], "parts" in cheaper.facts) == (whole, 5800, False)
        says = {one: letter(one) for one in (charges, price, cheaper)}
        assert "still to be paid from Friday, April 10" in says[charges]
        assert "add $22.00 to what you have paid" in says[price]
        assert "Sunday, May 10" in says[price]
        assert "nothing more" not in says[price]
        assert "$58.00 in all. For the new prices you pay nothing more." in says[cheaper]
        shown = preview("charges_changed", "en", number, on=ON).text
        assert "$70.00" in shown


def letter(notice: Notice) -> str:
    """What a message says, in one line."""
    said = words(notice.facts, company=Company.objects.get(), sender="", customer="", language="en", told_on=ON)
    return " ".join(render(text_of(notice.kind, "en"), said).text.split())


def turned_on(*kinds: str) -> None:
    """These messages are on, and Ada has an address."""
    for kind in kinds:
        NoticeKind.objects.create(kind=kind, is_on=True, changed_on=ON)
    put({"company": {"name": "Aurora", "country": "US", "time_zone": "UTC", "notices_on": True}})
    Customer.objects.update(email="ada@example.com")


def test_ordinary_lines_keep_their_sums() -> None:
    """10.00 and 1.00 of delivery, tax 1.00."""
    number = order("CLUB", book())
    put(DEARER | INCLUDED)
    apply()
    updated()
    found = shown(number)
    assert (found["delivery"], found["tax"], found["total"]) == ("1.00", "1.00", "12.00")
    assert check()["ok"]


def test_who_pays_more_is_told_once_with_both_sums_and_from_when() -> None:
    turned_on("charges_changed")
    first, second = order("CLUB"), order("PART", number="SO-PART")
    order("CLUB", ship_to="cabin", number="SO-FREE")
    put(DEARER)
    apply()
    updated()
    told = {n.facts["order"]: n.facts for n in Notice.objects.filter(kind="charges_changed")}
    assert told == {
        first: {
            "order": first,
            "currency": "USD",
            "old_amount_minor": 1650,
            "new_amount_minor": 1688,
            "ship_on": "2026-03-10",
        },
        second: {
            "order": second,
            "currency": "USD",
            "old_amount_minor": 6900,
            "new_amount_minor": 7050,
            "due_on": "2026-03-10",
        },
    }
    put(CHEAPER)
    apply_tariff(**ANNA)
    assert updated()["charges_changed"] == 2
    assert Notice.objects.filter(kind="charges_changed").count() == 2, "who pays less is not told"


def test_a_retry_of_a_cancelled_child_goes_by_the_tariff_of_the_order() -> None:
    number = order("CLUB")
    make_children(ON)
    put(DEARER)
    from tests.worlds import actions

    actions.cancel(number=f"{number}-1-001", again=True, **ANNA)
    run(CreateChildOrders(), ON)
    assert [child["total"] for child in shown(number)["children"]] == ["16.50", "16.50"]
