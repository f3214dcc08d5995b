"""A fault of which no field of a form can tell stands at the form all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client, RequestFactory

import perennial.web
from perennial.errors import Refused
from perennial.language import say
from perennial.web.answer import form_again
from tests.web.test_order import fill
from tests.worlds import actions, desk

TEMPLATES = Path(perennial.web.__file__).parent / "templates"
PANELS = TEMPLATES / "web/panel"
OPENS_A_TAB = "card_here.html"
"""A form that is drawn beside others and sent to a page of its own."""


def test_holding_twice_says_why_not(at_desk: Callable[..., Client]) -> None:
    number = desk.order("CLUB")
    actions.hold(number=number, reason="asked us to wait", **desk.ANNA)
    client = at_desk("clerk")
    answer = fill(client, f"/orders/{number}", f"/orders/{number}/hold", status=422, reason="once more")
    assert "has an open hold" in answer


def test_a_form_without_a_place_for_them_shows_them_at_its_beginning() -> None:
    request = RequestFactory().post("/setup/people/anna/password")
    fault = Refused("required", "nowhere")
    html = form_again(
        request, "web/people/password.html", {"one": {"username": "anna", "id": 1}}, fault
    ).content.decode()
    assert html.count(f"{say(fault)}</p>") == 1
    assert html.index("<form") < html.index(f"{say(fault)}</p>") < html.index('name="password"')


@pytest.mark.parametrize("panel", sorted(one.name for one in PANELS.glob("*.html") if "<form" in one.read_text()))
def test_every_panel_shows_a_fault_of_a_field_that_it_does_not_have(panel: str) -> None:
    """Whatever the field is called: what is asked there depends on what is set up."""
    if panel == OPENS_A_TAB:
        return
    source = (PANELS / panel).read_text()
    assert '{% include "web/panel/other_errors.html" %}' in source
