"""What is said of what is entered because it may be a slip."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from perennial.kernel import oddities
from perennial.kernel.plan import Event
from perennial.kernel.reasons import Reason

ON = date(2026, 3, 10)


def events(*given: dict[str, Any]) -> list[Event]:
    return [Event(f"E{at}", at, **{"days_from_last": 30, **one}) for at, one in enumerate(given, 1)]


def odd(*given: dict[str, Any]) -> list[tuple[str, object]]:
    return [(one.code, one.facts["events"]) for one in oddities.of_program("P", events(*given))]


def test_events_of_which_nothing_says_when_they_come() -> None:
    assert odd({"days_from_last": 0}, {"days_from_last": 0}, {"days_from_last": 0, "action": "end"}) == [
        ("events_on_one_day", (2, 3))
    ]
    assert odd({"days_from_last": 0}, {}, {"start_order_date": ON, "days_from_last": 0}) == []
    assert odd({"days_from_last": 0, "times_to_repeat": 3}) == [("events_on_one_day", (1,))]


def test_a_skipped_event_and_one_that_is_gone_need_no_timing() -> None:
    assert odd({}, {"days_from_last": 0, "action": "skip"}, {}) == []
    gone = [*events({}), Event("X", None)]
    assert list(oddities.of_program("P", gone)) == []


def test_events_behind_the_end() -> None:
    assert odd({}, {"action": "end"}, {}, {}) == [("events_behind_end", (3, 4))]
    assert odd({}, {"action": "end"}) == []


@pytest.mark.parametrize(
    ("expires_on", "code"),
    [
        (date(2026, 2, 28), "card_expired"),
        (date(2026, 3, 10), "card_expires_soon"),
        (date(2026, 3, 31), "card_expires_soon"),
        (date(2026, 4, 30), None),
    ],
)
def test_a_card_at_its_end(expires_on: date, code: str | None) -> None:
    found = [one.code for one in oddities.of_card("C-1", "visa 4242", expires_on, ON)]
    assert found == ([code] if code else [])


def test_an_address_that_no_rate_fits_where_its_country_is_taxed_by_region() -> None:
    taxed = {("US", "NY"), ("US", "NJ"), ("IT", None), ("IT", "BZ")}

    def codes(country: str | None, region: str | None) -> list[str]:
        return [one.code for one in oddities.of_place("C-1", "home", country, region, taxed)]

    assert codes("US", None) == ["address_without_region"]
    assert codes("US", "MA") == ["region_without_rate"]
    assert [codes("US", "NY"), codes("IT", "RM"), codes("IT", None), codes("FR", None), codes(None, None)] == [[]] * 5


def test_a_country_without_a_rate_where_others_have_one() -> None:
    assert list(oddities.of_country("FR", {"IT"})) == [Reason("country_without_rate", {"country": "FR"})]
    assert not list(oddities.of_country("IT", {"IT"}))
    assert not list(oddities.of_country("FR", ()))
    assert not list(oddities.of_country(None, {"IT"}))


def test_a_rate_above_half() -> None:
    assert not list(oddities.of_rate("BOOKS", "US", Decimal(50)))
    assert [one.code for one in oddities.of_rate("BOOKS", "US", Decimal("50.1"))] == ["rate_above_half"]


def test_a_name_and_a_street_that_are_missing() -> None:
    assert [one.code for one in oddities.of_name("C-1", " ")] == ["customer_nameless"]
    assert [one.code for one in oddities.of_address("C-1", "home", "")] == ["address_without_street"]
    assert not [*oddities.of_name("C-1", "Ada"), *oddities.of_address("C-1", "home", "Via Roma 1")]
