"""The list of reasons: which code may be given for which action, and where it stands then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from perennial.catalog.models import ReasonCode
from perennial.desk import actions
from perennial.errors import Refused
from perennial.jobs.process_payments import ProcessPayments
from perennial.kernel.states import REASON_ACTIONS
from perennial.orders.models import OrderEvent
from tests.worlds.bundle import put
from tests.worlds.codes import CODES
from tests.worlds.desk import ANNA, ON, day, make_children, order, refused, run, shown

pytestmark = pytest.mark.usefixtures("club")


def _child(number: str, *, invoiced: bool = False) -> str:
    child = f"{number}-1-001"
    make_children(ON)
    run(ProcessPayments(), day(5))
    if invoiced:
        actions.ship(number=child, on=day(5), by="warehouse")
        actions.invoice(number=child, on=day(5), by="warehouse")
        run(ProcessPayments(), day(5))
    return child


def _unpaid(number: str) -> str:
    make_children(ON)
    return f"{number}-1-001"


LATER: dict[str, Any] = {"on": day(5), "by": "clerk:anna", "reason": "asked"}
DO: dict[str, Callable[[str, str], object]] = {
    "cancel": lambda n, code: actions.cancel(number=n, reason_code=code, **ANNA),
    "hold": lambda n, code: actions.hold(number=n, reason_code=code, reason="asked", **ANNA),
    "skip": lambda n, code: actions.skip(number=n, shipment=2, reason_code=code, **ANNA),
    "move": lambda n, code: actions.move(number=n, shipment=2, to=day(20), reason_code=code, **ANNA),
    "substitute": lambda n, code: actions.substitute(number=n, shipment=1, item="B6", reason_code=code, **ANNA),
    "price": lambda n, code: actions.price(number=n, shipment=1, price="1.00", reason_code=code, **ANNA),
    "refund": lambda n, code: actions.refund(number=_child(n, invoiced=True), reason_code=code, **LATER),
    "settle": lambda n, code: actions.settle(number=_unpaid(n), end="written-off", reason_code=code, **LATER),
    "ship": lambda n, code: actions.ship(number=_child(n), reason_code=code, **LATER),
    "invoice": lambda n, code: actions.invoice(number=_child(n), override=True, reason_code=code, **LATER),
}


@pytest.mark.parametrize("action", REASON_ACTIONS)
def test_the_code_that_was_given_stands_in_the_history(action: str) -> None:
    number = order("CLUB")
    DO[action](number, "ANY-1")  # no list is set up: any code may be given
    kinds = OrderEvent.objects.filter(order__number=number, data__reason_code="ANY-1").values_list("kind", flat=True)
    assert len(kinds) == 1, kinds


@pytest.mark.parametrize("action", REASON_ACTIONS)
def test_only_a_code_that_serves_the_action_may_be_given_where_there_is_one(action: str) -> None:
    others = [one for one in REASON_ACTIONS if one != action]
    put({"reason_codes": [{"code": "MINE", "actions": [action]}, {"code": "OTHER", "actions": others}]})
    number = order("CLUB")
    with pytest.raises(Refused) as caught:
        DO[action](number, "OTHER")
    assert (caught.value.code, caught.value.field) == ("reason_code_unknown", "reason_code")
    assert caught.value.facts["known"] == ["MINE"]


def test_one_that_is_not_active_or_misspelled_is_refused() -> None:
    put({"reason_codes": CODES["reason_codes"]})
    number = order("CLUB")
    with refused("reason_code", "reason_code_unknown", "DEAR"):
        actions.cancel(number=number, reason_code="DEER", **ANNA)
    with refused("reason_code", "reason_code_unknown"):
        actions.cancel(number=number, reason_code="GONE", **ANNA)


def test_a_code_of_before_is_shown_as_it_is() -> None:
    number = order("CLUB")
    actions.hold(number=number, reason_code="HOLIDAY", reason="asked", **ANNA)
    put({"reason_codes": CODES["reason_codes"]})
    assert shown(number)["holds"][0]["reason_code"] == "HOLIDAY"
    assert ReasonCode.objects.filter(code="HOLIDAY").exists() is False
