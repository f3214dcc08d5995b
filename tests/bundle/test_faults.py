"""Every fault of a bundle at once, each with its path and words that help; and nothing of it is imported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perennial.bundle.reading.faults import BundleRefused
from perennial.catalog.models import Product
from perennial.cli.main import in_a_line
from perennial.customers.models import Customer
from perennial.orders.models import SalesOrder
from tests.worlds.bundle import example, faults, put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("numbers_from_one")]


def spoiled():
    """The contract's example with one fault after the other; gives it with the path of each fault."""
    bundle = example()
    wrong: dict[str, str] = {}

    def fault(path: str, words: str) -> None:
        wrong[path] = words

    bundle["colour"] = "blue"
    fault("colour", "unknown key")
    bundle["company"] |= {"country": "UK", "time_zone": "Europe/Roma", "nmae": "x", "languages": ["english"]}
    fault("company.country", 'did you mean "GB"?')
    fault("company.time_zone", 'did you mean "Europe/Rome"?')
    fault("company.nmae", 'unknown key; did you mean "name"?')
    fault("company.languages[0]", "is not a language")
    bundle["parameters"] |= {"days_before_delivery": None, "repeat_threshold": -1, "prices_include_tax": "no"}
    fault("parameters.days_before_delivery", "null is not possible here")
    fault("parameters.repeat_threshold", "-1 is not within 0 to 999")
    fault("parameters.prices_include_tax", "true or false is needed, not a text")
    bundle["delivery_modes"] += [
        {"code": "BAD", "charge": 4.95, "working_days": [0], "holidays": "XX", "closed_on": ["2026-02-30"]},
        {"code": "STD"},
        {"code": "OFF", "working_days": []},
        17,
    ]
    fault("delivery_modes[1].charge", "an amount as a text")
    fault("delivery_modes[1].working_days[0]", "0 is not a weekday from 1 to 7")
    fault("delivery_modes[1].holidays", "no public holidays are known")
    fault("delivery_modes[1].closed_on[0]", "is not a date such as")
    fault("delivery_modes[2].code", "stands twice: first as delivery_modes[0]")
    fault("delivery_modes[3].working_days", "at least one weekday")
    fault("delivery_modes[4]", "an object is needed, not a number")
    bundle["tax_rates"] += [{"group": "B", "country": "US", "percent": "a lot"}, bundle["tax_rates"][0]]
    fault("tax_rates[1].percent", "is not a percentage")
    fault("tax_rates[2]", "stands twice: first as tax_rates[0]")
    bundle["date_intervals"] += [{"code": "A", "rule": "FREQ=MONTHLY;COUNT=3"}, {"code": "B"}]
    bundle["date_intervals"] += [{"code": "C", "rule": "FREQ=MONTHLY;BYMONTHDAY=31", "anchor": "order"}]
    fault("date_intervals[1].rule", "COUNT is not allowed")
    fault("date_intervals[2].rule", "required")
    fault("date_intervals[3].rule", "FREQ and INTERVAL alone")
    bundle["payment_schedules"] += [
        {"name": "P", "allocation": "specified", "unit": "day", "lines": [{"percent": "60"}, {"percent": "30"}]},
        {"name": "Q", "allocation": "totl", "unit": "week"},
        {"name": "R", "allocation": "fixed_amount", "unit": "day"},
    ]
    fault("payment_schedules[4].lines", "sum to 90, not to 100")
    fault("payment_schedules[5].allocation", 'did you mean "total"?')
    fault("payment_schedules[5].unit", "is not one of day, month, year")
    fault("payment_schedules[6].amount", "needs the amount")
    bundle["products"] += [
        {"number": "0017", "price": "1.999"},
        {"number": "0018", "price": "1.00", "prices": [{"price": "1.00"}]},
        {"number": "0019", "program": "BOM", "price": "2.00", "event_duration": 2, "shipments": 2},
        {"number": "0020", "program": "BOMB"},
        {"number": "0021", "shipments": 3},
        {"number": "0022"},
    ]
    fault("products[4].price", "more decimals than USD has")
    fault("products[5].prices", "do not go together")
    fault("products[6].price", "a continuity product has no price")
    fault("products[6].shipments", "do not go together")
    fault("products[7].program", 'unknown program "BOMB"; did you mean "BOM"?')
    fault("products[8].shipments", "only a continuity product has it")
    bundle["programs"] += [
        {
            "schedule_id": "P1",
            "order_start": "current_event",
            "prompt_for_payment_schedule": True,
            "valid_payment_schedules": ["3X", "3x"],
            "events": [
                {"item_number": "0099"},
                {"event_id": 1, "item_number": "0013", "action": "end"},
                {"event_id": 4, "item_number": "0016", "times_to_repeat": 2},
            ],
        },
        {
            "schedule_id": "P2",
            "bill_upfront": True,
            "events": [
                {"item_number": "0022", "days_from_last": 30, "times_to_repeat": "until_stopped"},
                {"item_number": "0013", "days_from_last": "30", "delivery_mode": "STX", "quantity": 0},
            ],
        },
        {
            "schedule_id": "P3",
            "catch_up": "hurry",
            "events": [
                {"item_number": "0013", "days_from_last": 30, "times_to_repeat": "until_stopped"},
                {"item_number": "0013", "times_to_repeat": 1000, "start_order_date": "tomorrow"},
            ],
        },
        {"schedule_id": "P4", "events": []},
    ]
    fault("programs[1].started_on", "needs the day on which it started")
    fault("programs[1].prompt_for_payment_schedule", "billed upfront")
    fault("programs[1].valid_payment_schedules[1]", 'unknown payment schedule "3x"; did you mean "3X"?')
    fault("programs[1].events[0].item_number", 'unknown product "0099"; did you mean "')
    fault(
        "programs[1].events[1].action", 'differs from "none" in the first entry of this event (programs[1].events[0])'
    )
    fault("programs[1].events[2].event_id", "2 is missing before 4")
    fault("programs[1].events[2].item_number", "is a continuity product itself")
    fault("programs[1].events[2].times_to_repeat", "needs a date_interval or days_from_last")
    fault("programs[2].events[0].times_to_repeat", "has an end")
    fault("programs[2].events[0].price", 'product "0022" has no price')
    fault("programs[2].events[1].days_from_last", "a whole number is needed, not a text")
    fault("programs[2].events[1].delivery_mode", 'unknown delivery mode "STX"; did you mean "STD"?')
    fault("programs[2].events[1].quantity", "is not a quantity")
    fault("programs[3].catch_up", "is not one of resume, skip, send, merge")
    fault("programs[3].events[0].times_to_repeat", "only for the last event that ships")
    fault("programs[3].events[1].times_to_repeat", "is not within 0 to 999")
    fault("programs[3].events[1].start_order_date", "is not a date")
    fault("programs[4].events", "at least one event that ships")
    bundle["customers"] += [
        {
            "account": "C-2",
            "credit_limit": "-5.00",
            "addresses": [{"code": "a", "country": "Italy"}, {"code": "a"}],
            "cards": [
                {"token": "4242 " * 3 + "4242", "exp_month": 13, "exp_year": 2030},
                {"token": "t", "last4": "42424"},
            ],
        },
        {"account": "C-1"},
        {"name": "nobody"},
        {"account": "C-4", "name": "a\0b"},
    ]
    fault("customers[1].credit_limit", "not below 0")
    fault("customers[1].addresses[0].country", "is not a country of two letters")
    fault("customers[1].addresses[1].code", "stands twice")
    fault("customers[1].cards[0].token", "looks like a card number")
    fault("customers[1].cards[0].exp_month", "is not within 1 to 12")
    fault("customers[1].cards[1].exp_month", "required")
    fault("customers[1].cards[1].exp_year", "required")
    fault("customers[1].cards[1].last4", "is not the last four digits")
    fault("customers[2].account", "stands twice: first as customers[0]")
    fault("customers[3].account", "required")
    fault("customers[4].name", "NUL")
    line = {"item_number": "0016"}
    bundle["orders"] += [
        {"reference": "S-1", "customer": "C-1", "lines": [line]},
        {"reference": "S-2", "customer": "C-l", "lines": [line | {"continuity": {"payment_method": "cash"}}]},
        {"reference": "S-3", "customer": "C-1", "lines": [line | {"continuity": {"payment_method": "cash"}}]},
        {"reference": "S-4", "customer": "C-1", "lines": [line | {"continuity": {"card": "tok_vsia"}}]},
        {"reference": "S-5", "customer": "C-1", "ship_to": "work", "lines": [{"item_number": "0031"}]},
        {"reference": "SHOP-1", "customer": "C-1", "lines": [line], "order_date": "yesterday"},
        {"customer": "C-1", "lines": []},
        {"reference": "S-8", "customer": "C-1", "lines": [{"item_number": "0013", "quantity": "-1"}], "submit": 1},
        {"reference": "S-9", "customer": "C-2", "lines": [line]},
        {"reference": "S-10", "customer": "C-1", "lines": [line], "pay": [{"amount": "1.00", "percent": "5"}]},
    ]
    fault("orders[2].customer", 'unknown customer "C-l"; did you mean "C-')
    fault("orders[3].lines[0].continuity.payment_method", "")
    fault("orders[4].lines[0].continuity.card", "tok_vsia")
    fault("orders[5].lines[0].item_number", 'unknown product "0031"; did you mean "00')
    fault("orders[6].reference", "stands twice: first as orders[0]")
    fault("orders[6].order_date", "is not a date")
    fault("orders[7].reference", "an order needs a number or the reference")
    fault("orders[7].lines", "at least one line")
    fault("orders[8].lines[0].quantity", "is not a quantity")
    fault("orders[8].submit", "true or false is needed")
    fault("orders[10].pay[0].percent", "do not go together")
    return bundle, wrong


def test_all_faults_at_once_with_their_paths():
    bundle, wrong = spoiled()
    found = faults(bundle)
    assert sorted(found) == sorted(wrong)
    assert not {path: found[path] for path, words in wrong.items() if words not in found[path]}
    assert len(wrong) >= 70


def test_nothing_of_a_bundle_with_a_fault_is_imported():
    bundle = example()
    bundle["orders"][0]["lines"][0]["item_number"] = "0017"
    assert list(faults(bundle)) == ["orders[0].lines[0].item_number"]
    assert (Product.objects.count(), Customer.objects.count(), SalesOrder.objects.count()) == (0, 0, 0)
    put(example())
    assert SalesOrder.objects.get(parent=None).number == "SO-000001"


def test_what_rests_on_a_fault_is_not_blamed_too():
    bundle = example()
    bundle["products"][0]["price"] = "x"
    bundle["customers"][0]["language"] = "Italian"
    assert sorted(faults(bundle)) == ["customers[0].language", "products[0].price"]


def test_the_first_thousand_and_the_count():
    bundle = example("orders")
    bundle["products"] = [{"number": f"{n}", "price": "x"} for n in range(1200)]
    bundle["programs"] = []
    with pytest.raises(BundleRefused) as refused:
        put(bundle)
    assert (refused.value.count, len(refused.value.faults)) == (1200, 1000)
    lines = in_a_line(refused.value).splitlines()
    assert lines[0] == "1,200 faults, nothing was imported"
    assert lines[1].startswith("products[0].price: ")
    assert lines[-1] == "(the first 1,000 are shown)"


def test_one_fault_reads_as_the_contract_says():
    bundle = example("orders")
    bundle["products"].append({"number": "0009", "price": "1.00"})
    bundle["programs"][0]["events"][2]["item_number"] = "0099"
    with pytest.raises(BundleRefused) as refused:
        put(bundle)
    assert in_a_line(refused.value).splitlines()[1] == (
        'programs[0].events[2].item_number: unknown product "0099"; did you mean "0009"?'
    )


def test_a_key_that_stands_twice():
    assert faults('{"currency": "USD", "currency": "USD"}') == {"currency": "this key stands twice"}
    text = '{"currency": "USD", "products": [{"number": "1", "price": "1.00", "price": "2.00"}]}'
    assert faults(text) == {"products[0].price": "this key stands twice"}


def test_a_list_where_a_list_belongs():
    assert faults({"currency": "USD", "products": {}}) == {"products": "a list is needed, not an object"}
    for what in ([], [{"name": "Aurora"}]):
        for name in ("company", "parameters"):
            assert faults({"currency": "USD", name: what}) == {name: "an object is needed, not a list"}
        assert faults({"currency": "USD", "last_number": what}) == {"last_number": "one value is needed, not a list"}
    assert put({"products": None}).tallies["products"].new == 0


def test_texts_that_are_too_long_say_how_long_they_may_be():
    """The same limits as in the commands that write the same things."""
    bundle = example()
    long, why = "x" * 101, "x" * 1001
    bundle["company"]["name"] = "x" * 10_001
    bundle["company"]["languages"] = ["en-" + "-".join(["x" * 8] * 20)]
    bundle["products"][2]["number"] = long
    bundle["customers"].append({"account": long, "cards": [{"token": "x" * 201, "exp_month": 1, "exp_year": 2030}]})
    bundle["customers"][0]["cards"][0]["brand"] = why
    bundle["orders"] = [
        {
            "number": "OLD-1", "customer": "C-1", "status": "shipped", "carrier": why, "tracking": why,
            "lines": [{"item_number": "0013", "status": "shipped"}],
            "holds": [{"code": long, "reason": why, "by": why, "released_on": "2026-03-10", "released_by": why}],
            "events": [{"kind": "shipped", "by": why, "reason": "x" * 10_001}],
        },
        {"number": long, "customer": "C-1", "lines": [{"item_number": "0013"}]},
    ]  # fmt: skip
    found = {path: text for path, text in faults(bundle).items() if text.startswith("longer than")}
    codes = ["products[2].number", "customers[1].account", "orders[1].number"]
    assert found == {
        "company.name": "longer than 10,000 characters",
        "customers[1].cards[0].token": "longer than 200 characters",
        "customers[0].cards[0].brand": "longer than 1,000 characters",
        **dict.fromkeys(codes, "longer than 100 characters"),
    }
    bundle = example("orders") | {"orders": bundle["orders"][:1]}
    del bundle["customers"][0]["addresses"]
    words = ("carrier", "tracking", "holds[0].reason", "holds[0].by", "holds[0].released_by", "events[0].by")
    assert faults(bundle) == {
        "orders[0].holds[0].code": "longer than 100 characters",
        "orders[0].events[0].reason": "longer than 10,000 characters",
        **{f"orders[0].{word}": "longer than 1,000 characters" for word in words},
    }


DIGITS = "9" * 10_000
MANY = f"{'9' * 77}…"


@pytest.mark.parametrize(
    ("old", "new", "path", "text"),
    [
        ('"days_before_delivery": 5', f'"days_before_delivery": {DIGITS}', "parameters.days_before_delivery", MANY),
        ('"days_before_delivery": 5', f'"days_before_delivery": -{DIGITS}', "parameters.days_before_delivery", "-999"),
        ('"days_before_delivery": 5', '"days_before_delivery": 1e' + DIGITS, "parameters.days_before_delivery", "1e9"),
        ('"times_to_repeat": 0', f'"times_to_repeat": {DIGITS}', "programs[0].events[0].times_to_repeat", MANY),
        ('"event_id": 3', f'"event_id": {DIGITS}', "programs[0].events[2].event_id", MANY),
        ('"working_days": [1', f'"working_days": [{DIGITS}', "delivery_modes[0].working_days[0]", MANY),
        ('"exp_month": 12', f'"exp_month": {DIGITS}', "customers[0].cards[0].exp_month", MANY),
        ('"charge": "4.95"', f'"charge": {DIGITS}', "delivery_modes[0].charge", MANY),
        ('"charge": "4.95"', f'"charge": "{DIGITS}"', "delivery_modes[0].charge", MANY[1:]),
        ('"quantity": 2', f'"quantity": {DIGITS}', "orders[0].lines[1].quantity", MANY),
        ('"quantity": 2', f'"quantity": "{DIGITS}"', "orders[0].lines[1].quantity", MANY[1:]),
        ('"quantity": 2', f'"quantity": 1.{DIGITS}', "orders[0].lines[1].quantity", "1.99"),
        ('"percent": "100"', f'"percent": {DIGITS}', "orders[0].pay[0].percent", MANY),
        ('"name": "Standard"', f'"name": {DIGITS}', "delivery_modes[0].name", "a text is needed, not a number"),
        ('"orders": [', f'"last_number": {DIGITS}, "orders": [', "last_number", MANY),
        ('"submit": true', f'"events": [{{"kind": "x", "data": {DIGITS}}}]', "orders[0].events[0].data", "too large"),
        ('"submit": true', '"events": [{"kind": "x", "data": [1e400]}]', "orders[0].events[0].data", "too large"),
    ],
)
def test_a_number_of_thousands_of_digits_is_a_fault_of_its_key(old, new, path, text):
    whole = json.dumps(example())
    assert old in whole
    found = faults(whole.replace(old, new, 1))
    assert text in found[path]
    assert len(found[path]) < 200


END = "9999-12-31"


def test_a_program_of_which_no_order_could_be_planned():
    bundle = example()
    event = bundle["programs"][0]["events"][1]
    event["start_order_date"] = END
    place = "programs[0].events[1].start_order_date"
    assert (
        faults(json.dumps(bundle))[place] == "event 2 would come on 9000-01-01 or later, and no order could be planned"
    )


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda b: b["orders"][0].update(order_date=END), "orders[0].order_date"),
        (lambda b: b["orders"][0].update(order_date="9999-12-01"), "orders[0].order_date"),
        (lambda b: b["orders"][0].update(order_date=END, status="open"), "orders[0].order_date"),
        (
            lambda b: b["orders"][0]["lines"][0]["continuity"].update(start_date=END),
            "orders[0].lines[0].continuity.start_date",
        ),
        (
            lambda b: b["orders"][0]["lines"][0]["continuity"].update(start_date=END, status="open"),
            "orders[0].lines[0].continuity.start_date",
        ),
        (
            lambda b: (
                b["programs"][0]["events"][1].update(date_interval="NM"),
                b["orders"][0].update(order_date="9001-02-03"),
            ),
            "orders[0].order_date",
        ),
        (
            lambda b: (
                b["programs"][0].update(started_on="2026-01-01", order_start="current_event"),
                b["orders"][0].update(order_date=END),
            ),
            "orders[0].order_date",
        ),
        # what the program itself dates is nothing that the order could change
        (
            lambda b: b["programs"][0]["events"][1].update(start_order_date=END),
            "programs[0].events[1].start_order_date",
        ),
    ],
)
def test_a_date_at_the_end_of_the_calendar_is_named(change, path):
    bundle = example()
    bundle["parameters"]["order_dates_within_days"] = None
    change(bundle)
    found = faults(bundle)
    assert list(found) == [path]
    assert "beyond the calendar" in found[path] or "no order could be planned" in found[path]


def test_a_program_whose_calendar_begins_at_its_end_stands_at_its_first_event():
    bundle = example()
    bundle["programs"][0] |= {"started_on": END, "order_start": "current_event"}
    put(bundle)
    assert SalesOrder.objects.get().status == "open"


@pytest.mark.parametrize(
    ("schedule", "path"),
    [
        ({"allocation": "total", "unit": "year", "after": 36_500}, "after"),
        ({"allocation": "total", "unit": "month", "after": 12_001}, "after"),
        ({"allocation": "specified", "unit": "year", "lines": [{"percent": "100", "after": 1001}]}, "lines[0].after"),
        ({"allocation": "fixed_quantity", "unit": "year", "number_of_payments": 3, "every": 501}, "every"),
    ],
)
def test_a_part_that_is_due_when_nobody_lives_any_more(schedule, path):
    bundle = example()
    bundle["payment_schedules"].append({"name": "LATE", **schedule})
    bundle["programs"][0]["payment_schedule"] = "LATE"
    found = faults(bundle)
    assert list(found) == [f"payment_schedules[4].{path}"]
    assert "more than 1,000 years" in found[f"payment_schedules[4].{path}"]


def test_a_part_that_is_due_late():
    bundle = example()
    bundle["payment_schedules"] += [
        {"name": "A", "allocation": "total", "unit": "year", "after": 1000},
        {"name": "B", "allocation": "total", "unit": "day", "after": 36_500},
        {"name": "C", "allocation": "fixed_quantity", "unit": "year", "number_of_payments": 1000},
    ]
    bundle["programs"][0]["payment_schedule"] = "A"
    assert str(put(bundle).first_charge_on) == "2026-03-10", "of the ordinary lines"


def test_a_part_beyond_the_calendar_is_a_fault_of_the_schedule_of_its_order():
    bundle = example()
    bundle["payment_schedules"].append(
        {"name": "SLOW", "allocation": "fixed_amount", "amount": "1.00", "every": 10_000, "unit": "year"}
    )
    bundle["programs"][0] |= {"bill_upfront": True, "payment_schedule": "SLOW"}
    assert list(faults(bundle)) == ["orders[0].lines[0].continuity.payment_schedule"]


@pytest.mark.parametrize("anchor", ["2000-01-01", "order"])
def test_a_bad_rule_is_the_only_fault_where_an_event_repeats_by_it(anchor):
    bundle = example()
    bundle["date_intervals"][0] |= {"rule": "FREQ=DAILY;COUNT=3", "anchor": anchor}
    bundle["programs"][0]["events"][1] |= {"date_interval": "NM", "days_from_last": 0, "times_to_repeat": 3}
    assert list(faults(bundle)) == ["date_intervals[0].rule"]


@pytest.mark.parametrize(
    ("given", "path"),
    [({"price": "-1.00"}, "products[0].price"), ({"prices": [{"price": "-1.00"}]}, "products[0].prices[0].price")],
)
def test_a_price_is_refused_by_the_key_that_it_was_given_by(given: dict[str, Any], path: str) -> None:
    bundle: dict[str, Any] = {"currency": "USD", "products": [{"number": "A", **given}]}
    assert faults(bundle) == {path: "a price is not below 0"}
