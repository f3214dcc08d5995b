"""An order that is a gift: what may be said, where it stands, and that it comes along."""

from __future__ import annotations

import json

import pytest

from perennial.desk import actions
from tests.worlds.bundle import faults, put, take_out
from tests.worlds.desk import ANNA, last_event, order, refused, shown

pytestmark = pytest.mark.usefixtures("club")


def test_a_message_and_no_prices() -> None:
    number = order("CLUB")
    assert not {"gift_message", "hide_prices"} & set(shown(number))
    done = actions.gift(number=number, message="  Auguri!\r\nNonna ", hide_prices=True, **ANNA)
    assert (done.message, done.hide_prices, done.can_undo) == ("Auguri!\nNonna", True, True)
    assert {key: shown(number)[key] for key in ("gift_message", "hide_prices")} == {
        "gift_message": "Auguri!\nNonna",
        "hide_prices": True,
    }
    assert last_event(number)[0] == "gift_changed"
    actions.gift(number=number, message=" ", hide_prices=False, **ANNA)
    assert not {"gift_message", "hide_prices"} & set(shown(number))


def test_what_may_not_be_said() -> None:
    number = order("CLUB")
    with refused("message", "text_too_long"):
        actions.gift(number=number, message="x" * 501, hide_prices=False, **ANNA)
    for bad in ("bell \a", "tab \t", "\x85"):
        with refused("message", "message_control_characters"):
            actions.gift(number=number, message=f"a{bad}b", hide_prices=False, **ANNA)
    actions.cancel(number=number, **ANNA)
    with refused("number", "order_ended"):
        actions.gift(number=number, message="late", hide_prices=False, **ANNA)


def test_it_goes_out_and_comes_in_with_a_new_order_and_with_one_that_stands() -> None:
    number = order("CLUB", number=None)
    actions.gift(number=number, message="Auguri!", hide_prices=True, **ANNA)
    out = json.loads(take_out())
    standing = next(one for one in out["orders"] if one["number"] == number)
    assert (standing["gift_message"], standing["hide_prices"]) == ("Auguri!", True)
    moved = {**standing, "number": "SO-000700", "reference": None}
    entered = {
        **{key: standing[key] for key in ("customer", "order_date", "submit", "gift_message", "hide_prices")},
        "number": "SO-000701",
        "lines": [{"item_number": "S-CLUB", "continuity": {"card": "tok_visa"}}],
    }
    put({"orders": [moved, entered]})
    for made in ("SO-000700", "SO-000701"):
        assert (shown(made)["gift_message"], shown(made)["hide_prices"]) == ("Auguri!", True)
    assert put({"orders": [standing]}).tallies["orders"].same == 1


def test_what_a_bundle_may_not_say() -> None:
    given = {"customer": "C-1", "number": "SO-000702", "order_date": "2026-03-10", "lines": [{"item_number": "B1"}]}
    found = faults({"orders": [{**given, "gift_message": "a\tb", "hide_prices": "yes"}]})
    assert set(found) == {"orders[0].gift_message", "orders[0].hide_prices"}
