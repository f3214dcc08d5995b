"""A bundle's set-up: what is given replaces, what is left out takes its default or stays, and again changes nothing."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from perennial.bundle.export.customers import customers
from perennial.catalog.actions import DEFAULTS, initialise
from perennial.catalog.models import Company, DeliveryMode, Parameters, Price, Product, TaxRate
from perennial.customers.models import Address, Customer, GatewayCustomer, StoredCard
from perennial.db import sql
from perennial.errors import Refused
from perennial.language import say
from perennial.orders.models import SalesOrder
from perennial.programs.models import ContinuityProduct, Program, ProgramRevision
from tests.worlds.bundle import counts, example, faults, put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("numbers_from_one")]


def test_initialise_makes_company_and_parameters_once():
    assert initialise()
    installation = Company.objects.get().installation
    assert len(installation) == 16
    assert not initialise()
    assert Company.objects.get().installation == installation
    row = Parameters.objects.get()
    assert {name: getattr(row, name) for name in DEFAULTS} == DEFAULTS


def test_the_contracts_example_and_again():
    done = put(example())
    assert counts(done) == {
        "company": (0, 1, 0),
        "parameters": (0, 1, 0),
        "delivery_modes": (1, 0, 0),
        "tax_rates": (1, 0, 0),
        "date_intervals": (1, 0, 0),
        "payment_schedules": (4, 0, 0),
        "products": (4, 0, 0),
        "programs": (1, 0, 0),
        "customers": (1, 0, 0),
        "orders": (1, 0, 0),
    }
    assert done.first_charge_on == date(2026, 3, 10)
    assert SalesOrder.objects.get(parent=None).number == "SO-000001"
    again = put(example(), on=date(2026, 5, 1))
    assert {(tally.new, tally.changed) for tally in again.tallies.values()} == {(0, 0)}
    assert counts(again)["payment_schedules"] == (0, 0, 4)
    assert ProgramRevision.objects.count() == 1
    assert again.first_charge_on is None


def test_keys_may_come_in_any_order():
    bundle = example()
    put(json.dumps({key: bundle[key] for key in reversed(bundle)}))
    assert SalesOrder.objects.get(parent=None).reference == "SHOP-1"


def test_a_dry_run_says_the_same_and_changes_nothing():
    initialise()
    tables = (Product, Program, Customer, SalesOrder)
    dry = put(example(), dry_run=True)
    assert [table.objects.count() for table in tables] == [0, 0, 0, 0]
    assert Company.objects.get().currency is None
    wet = put(example())
    assert dry.document() == wet.document()
    assert SalesOrder.objects.get(parent=None).number == "SO-000001"


def test_parameters_and_company_keep_what_is_left_out():
    put(example("orders"))
    done = put({"parameters": {"repeat_threshold": None}, "company": {"name": "Aurora"}})
    assert counts(done) == {"company": (0, 1, 0), "parameters": (0, 1, 0)}
    row = Parameters.objects.get()
    assert (row.repeat_threshold, row.days_before_delivery) == (None, 5)
    assert (Company.objects.get().name, Company.objects.get().country) == ("Aurora", "US")
    assert counts(put({"parameters": {}, "company": {}})) == {"company": (0, 0, 1), "parameters": (0, 0, 1)}


def test_a_thing_given_replaces_the_stored_one_whole():
    put(example("orders"))
    done = put(
        {"delivery_modes": [{"code": "STD", "charge": "5.00"}], "products": [{"number": "0015", "price": "9.00"}]}
    )
    assert counts(done) == {"delivery_modes": (0, 1, 0), "products": (0, 1, 0)}
    mode = DeliveryMode.objects.get()
    assert (mode.name, mode.charge_minor, mode.working_days, mode.holidays, mode.closed_on) == (
        "",
        500,
        [1, 2, 3, 4, 5, 6, 7],
        None,
        [],
    )
    assert (Product.objects.get(number="0015").name, Product.objects.count()) == ("", 4)


def test_prices_are_replaced_and_those_that_stay_are_not_written():
    put(example("orders"))
    kept = Price.objects.get(product__number="0014", valid_from=None).pk
    put(
        {
            "products": [
                {
                    "number": "0014",
                    "name": "Second book",
                    "prices": [{"price": "19.95"}, {"price": "7.00", "from": "2027-01-01"}],
                }
            ]
        }
    )
    found = Price.objects.filter(product__number="0014").order_by("price_minor")
    assert [(p.price_minor, p.valid_from) for p in found] == [(700, date(2027, 1, 1)), (1995, None)]
    assert found[1].pk == kept


def test_a_rate_is_told_by_group_place_and_day():
    put(example("orders"))
    done = put(
        {
            "tax_rates": [
                {"group": "BOOKS", "country": "US", "region": "NY", "percent": "9", "from": "2026-01-01"},
                {"group": "BOOKS", "country": "US", "percent": "1"},
            ]
        }
    )
    assert counts(done)["tax_rates"] == (1, 1, 0)
    assert sorted(TaxRate.objects.values_list("percent", flat=True)) == [Decimal(1), Decimal(9)]


def test_customers_lists_are_replaced():
    put(example("orders"))
    customer = example()["customers"][0]
    customer["addresses"] = [{"code": "work", "city": "Torino"}, customer["addresses"][0]]
    customer["cards"] = [{"token": "tok_new", "exp_month": 1, "exp_year": 2031}]
    assert counts(put({"customers": [customer]})) == {"customers": (0, 1, 0)}
    assert list(Address.objects.order_by("number").values_list("code", "number")) == [("work", 1), ("home", 2)]
    assert list(StoredCard.objects.values_list("token", "expires_on")) == [("tok_new", date(2031, 1, 31))]
    assert counts(put({"customers": [customer]})) == {"customers": (0, 0, 1)}


def test_an_address_or_card_that_something_refers_to_stays():
    put(example())
    customer = example()["customers"][0] | {"addresses": [], "cards": []}
    done = put({"customers": [customer]})
    assert counts(done) == {"customers": (0, 0, 1)}
    assert (Address.objects.count(), StoredCard.objects.count()) == (1, 1)


def test_what_the_gateway_told_is_not_forgotten():
    put(example("orders"))
    StoredCard.objects.update(network_transaction_id="ntid", refused=True)
    assert counts(put({"customers": example()["customers"]})) == {"customers": (0, 0, 1)}
    assert StoredCard.objects.filter(network_transaction_id="ntid", refused=True).exists()


def test_what_gateways_call_a_customer_and_which_keeps_the_card():
    given = example()["customers"][0]
    given["cards"][0]["gateway"] = "bank"
    given["gateway_customers"] = [{"gateway": "bank", "reference": "cu_1"}]
    put(example() | {"customers": [given]})
    assert counts(put({"customers": example()["customers"]})) == {"customers": (0, 0, 1)}
    assert GatewayCustomer.objects.values_list("gateway", "reference").get() == ("bank", "cu_1")
    assert StoredCard.objects.get().gateway == "bank"
    given["gateway_customers"][0]["reference"] = "cu_2"
    assert counts(put({"customers": [given]})) == {"customers": (0, 1, 0)}
    assert counts(put({"customers": [given]})) == {"customers": (0, 0, 1)}
    assert list(customers("USD")) == [given | {"cards": [given["cards"][0] | {"refused": False}]}]


def test_the_currency_is_set_once():
    assert faults(example("currency"))["currency"].startswith("required")
    put(example("orders"))
    assert faults({"currency": "EUR"})["currency"] == "the installation has USD, this says EUR"
    put({"currency": "USD"})


def test_a_product_that_is_shipped_or_sold_keeps_its_kind():
    put(example())
    found = faults(
        {
            "products": [
                {"number": "0013", "program": "BOM"},
                {"number": "0016", "price": "1.00"},
                {"number": "0015"},
            ]
        }
    )
    assert found == {
        "products[0].program": "it is in the events of program BOM: it cannot stand for one",
        "products[1].program": "it was sold as a continuity product already",
        "products[2].price": 'an event of program "BOM" ships it and names no price',
    }


def test_a_continuity_product_can_change_what_it_stands_for():
    put(example("orders"))
    done = put({"products": [{"number": "0016", "name": "Book of the month", "program": "BOM", "shipments": 6}]})
    assert counts(done) == {"products": (0, 1, 0)}
    assert ContinuityProduct.objects.get().shipments == 6


def test_the_database_itself_keeps_a_continuity_product_out_of_events():
    put(example("orders"))
    Product.objects.filter(number="0013").update(kind="continuity")
    with pytest.raises(IntegrityError):
        sql.execute("set constraints all immediate")
    transaction.set_rollback(True)


def test_the_history_says_who():
    put(example("orders"))
    found = sql.tuples("select distinct pgh_context::jsonb ->> 'by' from catalog_producthistory")
    assert found == [("test",)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "line 1, column 1: a bundle is one JSON object and begins with {"),
        ('{"orders": [1,\n 2 3]}', "line 2, column 4: a comma or the end of the list is expected"),
        ('{"orders": [1,\n 2', "a comma or the end of the list is expected, but the file ends"),
        ('{"products": [{"number": NaN}]}', "NaN is not JSON"),
        ('{"a": 1,}', "line 1, column 9: a key in double quotes is expected"),
        ("{} {}", "more text behind the end"),
        (b'{"a": "\xff"}', "line 1, column 8: this is not UTF-8 text"),
        ('{"orders":' + "[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(text, says):
    with pytest.raises(Refused) as refused:
        put(text)
    assert "not JSON" in say(refused.value)
    assert says in say(refused.value)


def test_an_empty_file_is_called_empty_and_not_badly_written():
    with pytest.raises(Refused) as refused:
        put("")
    assert say(refused.value) == "the file is empty"


def test_a_byte_order_mark_and_long_things_do_no_harm():
    bundle = example("orders")
    bundle["company"]["name"] = "é" * 9000
    customer = bundle["customers"][0]
    bundle["customers"] = [customer | {"account": f"C-{n}", "name": "ü" * 900} for n in range(3000)]
    assert counts(put(b"\xef\xbb\xbf" + json.dumps(bundle, ensure_ascii=False).encode()))["customers"] == (3000, 0, 0)
    assert Customer.objects.filter(name="ü" * 900).count() == 3000
