"""What `show` prints is whole: where it goes, what it is called, when it was sent, invoiced and paid, by which card; and it
can be imported as it was printed.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from perennial.customers.models import StoredCard
from perennial.desk.contract import customer_json
from perennial.desk.customers.notes import note_on_customer
from perennial.desk.read.customer import customer
from perennial.orders.models import SalesOrder
from perennial.payments.models import Attempt, Payment
from tests.worlds.bundle import counts, put, take_out
from tests.worlds.desk import ANNA, ON, make_children, order, sent, shown, unchanged

pytestmark = pytest.mark.usefixtures("club")


def printed() -> dict[str, Any]:
    """An order with a child that was sent, invoiced and paid."""
    number = order("CLUB")
    make_children(ON)
    sent(f"{number}-1-001", ON)
    (payment,) = Payment.objects.filter(order__number=f"{number}-1-001")
    Attempt.objects.create(
        payment=payment, kind="charge", number=1, key="k", amount_minor=payment.amount_minor, on_date=ON,
        outcome="approved", card=payment.card,
    )  # fmt: skip
    Payment.objects.filter(pk=payment.pk).update(status="captured", captured_minor=payment.amount_minor)
    return shown(number)


def test_an_order_says_where_it_goes_and_what_became_of_it() -> None:
    found = printed()
    assert (found["ship_to"]["code"], found["ship_to"]["region"]) == ("home", "NY")
    (child,) = found["children"]
    assert (child["shipped_on"], child["invoiced_on"]) == (str(ON), str(ON))
    assert child["ship_to"]["code"] == "home"
    paid = next(one for one in found["payments"] if one["order"] == child["number"])
    assert (paid["card"], paid["captured_on"]) == ("tok_visa", str(ON))
    assert {one["captured_on"] for one in found["payments"] if one is not paid} <= {None}


def test_products_are_named() -> None:
    put({"products": [{"number": "B1", "name": "First book", "price": "10.00", "tax_group": "BOOKS"}]})
    found = printed()
    assert found["children"][0]["lines"][0]["name"] == "First book"
    assert found["continuity"][0]["lines"][0]["name"] == "First book"
    assert {"name"} <= found["lines"][0].keys() & found["continuity"][0].keys()


def test_an_export_does_not_say_it_twice() -> None:
    printed()
    (exported,) = json.loads(take_out())["orders"]
    assert "name" not in exported["lines"][0]
    assert exported["ship_to"] == "home"
    assert "captured_on" not in exported["payments"][0]


def test_a_customer_can_be_imported_as_it_is_shown() -> None:
    order("CLUB")
    note_on_customer(account="C-1", text="calls after six", **ANNA)
    StoredCard.objects.filter(token="tok_visa").update(gateway="sandbox", refused=True)
    document = json.loads(json.dumps(customer_json(customer("C-1"))))
    assert document["orders"]
    with unchanged():
        done = put({"customers": [document]})
    assert counts(done) == {"customers": (0, 0, 1)}


def test_an_address_with_its_code_is_the_customers_own() -> None:
    printed()
    first = SalesOrder.objects.filter(parent=None).get()
    given = {
        "reference": "AGAIN",
        "customer": "C-1",
        "ship_to": shown(first.number)["ship_to"],
        "lines": [{"item_number": "B1", "quantity": 1}],
        "pay": [{"method": "card", "card": "tok_visa"}],
    }
    put({"orders": [given]})
    assert SalesOrder.objects.get(reference="AGAIN").ship_to_id == first.ship_to_id
