"""Orders of a bundle: entered once, known again, refused when they differ; numbers that are given move the sequence."""

from __future__ import annotations

import copy
from datetime import date

import pytest

from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.customers.models import Address, Customer
from perennial.desk.contract import order_documents
from perennial.orders.models import OrderPay, SalesOrder
from perennial.payments.models import Payment
from tests.worlds.bundle import counts, example, faults, put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("numbers_from_one")]


def again(**also):
    """A bundle of the example's order alone, changed."""
    order = copy.deepcopy(example()["orders"][0])
    return {"orders": [{**order, **also}]}


def numbers() -> list[str]:
    """The numbers of the parent orders, as they were made."""
    return list(SalesOrder.objects.filter(parent=None).order_by("id").values_list("number", flat=True))


def test_the_contracts_example_is_dated_as_the_contract_says():
    put(example())
    found = Occurrence.objects.order_by("position").values_list("event_on", "ship_on", "status")
    assert list(found) == [
        (date(2026, 3, 15), date(2026, 3, 16), "scheduled"),
        (date(2026, 4, 14), date(2026, 4, 14), "scheduled"),
        (date(2026, 5, 14), date(2026, 5, 14), "scheduled"),
    ]


def test_an_order_that_exists_is_left_as_it_is():
    put(example())
    Occurrence.objects.filter(position=1).update(status="skipped")
    assert counts(put(example()))["orders"] == (0, 0, 1)
    assert counts(put(again(number="SO-000001"))) == {"orders": (0, 0, 1)}
    assert counts(put(again(number="SO-000001", reference=None))) == {"orders": (0, 0, 1)}
    assert Occurrence.objects.get(position=1).status == "skipped"


def test_left_out_is_the_same_as_the_default():
    put(example())
    order = again(acceptance_required=None)
    order["orders"][0]["lines"][0] |= {"quantity": "1.0"}
    order["orders"][0]["pay"] = [{"card": "tok_visa", "percent": "100.00"}]
    assert counts(put(order)) == {"orders": (0, 0, 1)}


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"order_date": "2026-03-11"}, "orders[0].order_date", 'exists with "2026-03-10", this says "2026-03-11"'),
        ({"order_date": None}, "orders[0].order_date", "this says null"),
        ({"submit": False}, "orders[0].submit", "exists with true, this says false"),
        ({"pay": []}, "orders[0].pay", "exists with 1, this says 0 entries"),
        ({"number": "SO-000009"}, "orders[0].number", 'reference "SHOP-1" is order "SO-000001"'),
        (
            {"number": "SO-000001", "reference": "SHOP-2"},
            "orders[0].reference",
            'order "SO-000001" has the reference "SHOP-1"',
        ),
    ],
)
def test_one_that_exists_otherwise_is_refused_with_its_path(change, path, words):
    put(example())
    assert words in faults(again(**change))[path]


def test_what_cannot_be_read_is_no_difference_from_the_one_that_exists():
    put(example())
    assert list(faults(again(order_date="03/10/2026"))) == ["orders[0].order_date"]
    assert "exists" not in faults(again(submit="yes"))["orders[0].submit"]


def test_another_quantity_is_refused_with_its_path():
    put(example())
    order = again()
    order["orders"][0]["lines"][1]["quantity"] = 3
    assert faults(order) == {
        "orders[0].lines[1].quantity": 'order SO-000001 exists with "2", this says "3" (both have the reference "SHOP-1")',
    }


def test_what_a_clerk_changed_since_is_no_difference_in_either_direction():
    put(example())
    Customer.objects.get().addresses.create(code="work", number=2)
    ContinuityOrder.objects.update(ship_to=Address.objects.get(code="work"))
    assert counts(put(again())) == {"orders": (0, 0, 1)}
    order = again()
    order["orders"][0]["lines"][0]["continuity"]["ship_to"] = "work"
    assert counts(put(order)) == {"orders": (0, 0, 1)}


def test_numbers_that_are_given_move_the_sequence_past_them():
    orders = [
        {"reference": "A", "customer": "C-1", "lines": [{"item_number": "0013"}]},
        {"number": "SO-000001", "customer": "C-1", "lines": [{"item_number": "0013"}]},
        {"number": "OLD-7", "customer": "C-1", "lines": [{"item_number": "0013"}]},
        {"number": "SO-000120", "customer": "C-1", "lines": [{"item_number": "0013"}]},
    ]
    put(example("orders") | {"orders": orders})
    put({"orders": [{"reference": "B", "customer": "C-1", "lines": [{"item_number": "0013"}]}]})
    assert numbers() == ["SO-000121", "SO-000001", "OLD-7", "SO-000120", "SO-000122"]


LAST = 10**18 - 1


def test_a_number_that_no_sequence_can_be_moved_past_is_refused():
    line = {"customer": "C-1", "lines": [{"item_number": "0013"}]}
    huge = [{"number": f"SO-{number}", **line} for number in (LAST + 1, 9 * 10**20, "9" * 90)]
    found = faults(example("orders") | {"orders": huge})
    assert found == {
        f"orders[{at}].number": f"beyond SO-{LAST}: no new order could get a number behind it" for at in range(3)
    }
    put(example("orders") | {"orders": [{"number": f"SO-{LAST}", **line}, {"reference": "B", **line}]})
    assert numbers() == [f"SO-{LAST}", f"SO-{LAST + 1}"]


def test_digits_of_other_alphabets_are_no_number_of_ours():
    line = {"customer": "C-1", "lines": [{"item_number": "0013"}]}
    put(example("orders") | {"orders": [{"number": "SO-\u0661\u0662", **line}, {"reference": "B", **line}]})
    assert numbers()[1] == "SO-000001"


def test_a_refused_bundle_uses_no_numbers():
    bundle = example()
    bundle["orders"].append({"reference": "B", "customer": "C-1", "lines": [{"item_number": "none"}]})
    faults(bundle)
    put(example())
    assert numbers() == ["SO-000001"]


def test_orders_without_a_date_are_of_the_day_of_the_import():
    put(example() | again(order_date=None), on=date(2026, 4, 1))
    assert SalesOrder.objects.get(parent=None).order_date == date(2026, 4, 1)
    assert counts(put(again(order_date=None), on=date(2026, 4, 2))) == {"orders": (0, 0, 1)}
    assert counts(put(again(order_date="2026-04-01"), on=date(2026, 4, 2))) == {"orders": (0, 0, 1)}


def test_an_address_in_place():
    put(example("orders"))
    place = {"street": "Via Po 3", "city": "Torino", "country": "IT"}
    put(again(ship_to=place))
    made = Address.objects.get(code=None)
    assert (made.city, made.purpose) == ("Torino", "delivery")
    assert counts(put(again(ship_to={**place, "purpose": "delivery", "region": None}))) == {"orders": (0, 0, 1)}
    assert faults(again(ship_to={**place, "country": "Italy"}, reference="B")).keys() == {"orders[0].ship_to.country"}


def test_orders_of_customers_that_are_stored_already():
    put(example("orders"))
    assert counts(put(again())) == {"orders": (1, 0, 0)}
    found = faults(again(customer="C-9", reference="S-9"))
    assert found == {"orders[0].customer": 'unknown customer "C-9"'}


def test_what_entry_refuses_has_the_order_in_its_path():
    bundle = example()
    bundle["programs"][0]["active"] = False
    found = faults(bundle)
    assert found == {"orders[0].lines[0].item_number": "program BOM is not active: it cannot be ordered"}


def test_the_first_charge_is_the_earliest_day_on_which_money_is_due():
    bundle = example()
    del bundle["orders"][0]["lines"][1], bundle["orders"][0]["pay"]
    assert put(bundle).first_charge_on == date(2026, 3, 16)
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("at", "price", "said"),
    [
        (0, "9.00", "a continuity product has no price of its own: its shipments have theirs"),
        (
            1,
            "9.00",
            "product 0013 costs 19.95 on 2026-03-10: only an order that is taken over as it stands has another",
        ),
    ],
)
def test_a_price_that_nothing_would_take_is_refused(at, price, said):
    bundle = example()
    bundle["orders"][0]["lines"][at]["price"] = price
    ((path, text),) = faults(bundle).items()
    assert path == f"orders[0].lines[{at}].price"
    assert text.startswith(said)


def test_the_price_that_a_product_has_may_be_said():
    bundle = example()
    bundle["orders"][0]["lines"][1]["price"] = "19.95"
    put(bundle)
    assert Payment.objects.get(purpose="ordinary").amount_minor == 2 * 1995 + 495


@pytest.mark.parametrize(
    ("pay", "path", "said"),
    [
        ({"percent": "50"}, "pay", "the percentages sum to 50, not to 100"),
        ({"amount": "5.00"}, "pay", "the amounts sum to 5.00, but the ordinary lines cost 0.00"),
        ({"method": "on_account"}, "pay[0].method", "this customer may not buy on account"),
        ({"card": "tok_of_nobody"}, "pay[0].card", "customer C-1 has no card with token 'tok_of_nobody'"),
    ],
)
def test_what_pays_no_ordinary_lines_must_hold_together_all_the_same(pay, path, said):
    bundle = example()
    del bundle["orders"][0]["lines"][1]
    bundle["orders"][0]["pay"] = [pay]
    ((found, text),) = faults(bundle).items()
    assert found == f"orders[0].{path}"
    assert text.startswith(said)


def test_how_nothing_is_paid_is_kept():
    bundle = example()
    del bundle["orders"][0]["lines"][1]
    put(bundle)
    assert not Payment.objects.exists()
    kept = OrderPay.objects.get()
    assert (kept.method, kept.card.token, kept.percent) == ("card", "tok_visa", 100)


def test_many_orders_take_a_constant_number_of_statements(django_assert_max_num_queries):
    bundle = example()
    order = bundle["orders"][0]
    bundle["orders"] = [{**order, "reference": f"S-{n}"} for n in range(400)]
    put(example("orders"))
    with django_assert_max_num_queries(163):
        put(bundle)
    assert SalesOrder.objects.filter(parent=None).count() == 400
    assert len(list(order_documents(SalesOrder.objects.values_list("id", flat=True)))) == 400
