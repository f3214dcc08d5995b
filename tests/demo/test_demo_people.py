"""Invented people stay the same people, and reach nobody."""

from __future__ import annotations

import re
from datetime import date

from perennial.demo import people

CROWD = [people.person(7, f"{number:05}") for number in range(2000)]


def test_the_same_seed_and_number_give_the_same_person():
    assert people.person(7, "00012") == CROWD[12]
    assert people.person(8, "00012") != CROWD[12]


def test_nobody_can_be_reached():
    assert all(re.fullmatch(r"\+1 \d{3} 555 01\d\d", person.phone) for person in CROWD)
    assert all(re.fullmatch(r"[a-z0-9.]+@example\.com", person.email) for person in CROWD)
    assert len({person.email for person in CROWD}) == len(CROWD)


def test_postcodes_have_the_form_of_their_country():
    forms = {"US": r"\d{5}", "CA": r"[A-Z]\d[A-Z] \d[A-Z]\d"}
    assert all(re.fullmatch(forms[person.country], person.postcode) for person in CROWD)
    assert {person.country for person in CROWD} == {"US", "CA"}


def test_names_are_worth_a_search():
    names = [person.name for person in CROWD]
    assert any("'" in name for name in names)
    assert any("-" in name for name in names)
    assert any(not name.isascii() for name in names)
    assert len(set(names)) > 1800


def test_a_second_card_has_a_token_of_its_own():
    one, two = (people.card(7, "00012", nth, last_day=date(2026, 2, 28)) for nth in (1, 2))
    assert one["token"] != two["token"]
    assert (one["exp_month"], one["exp_year"]) == (2, 2026)
