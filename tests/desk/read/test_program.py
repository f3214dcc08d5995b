"""A program with its versions, in as many queries as one version takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from perennial.desk.read.program import program
from perennial.programs import actions, draft
from tests.worlds.book_club import ORDERED, club, order

pytestmark = pytest.mark.django_db


def test_its_versions_with_the_orders_that_stand_on_each() -> None:
    club()
    order()
    with CaptureQueriesContext(connection) as one:
        found = program("BOM", on=date(2026, 2, 1))
    assert [(v.number, v.released, v.open_orders) for v in found.versions] == [(1, True, 1)]
    assert (found.current, found.draft) == ((2, 0), None)
    draft.edit_draft(schedule_id="BOM", edit=lambda facts: replace(facts, days_after_order_date=7), by="anna")
    actions.release(schedule_id="BOM", on=ORDERED, by="anna", apply=True)
    order()
    draft.edit_draft(schedule_id="BOM", edit=lambda facts: replace(facts, catch_up="skip"), by="anna")
    with CaptureQueriesContext(connection) as three:
        found = program("BOM", on=date(2026, 2, 1))
    assert [(v.number, v.released, v.apply, v.open_orders) for v in found.versions] == [
        (1, True, False, 1),
        (2, True, True, 1),
        (3, False, False, 0),
    ]
    assert found.newest is not None
    assert found.newest.facts.days_after_order_date == 7
    assert found.draft is not None
    assert found.draft.facts.catch_up == "skip"
    assert len(one) == len(three)
