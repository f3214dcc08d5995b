"""Customers that are imported again: renewed cards, addresses that an order still uses, the day of the first import."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils import timezone

from perennial.continuity.models import ContinuityOrder
from perennial.customers.models import Address, StoredCard
from perennial.orders.models import SalesOrder
from perennial.payments.models import Attempt, Payment
from tests.worlds import actions
from tests.worlds.bundle import counts, notes, put, take_out
from tests.worlds.desk import ANNA, ON, card, day, last_event, lines, make_children, order, sent, set_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def club() -> None:
    put(set_up(), on=ON)


def ada(**more: Any) -> dict[str, Any]:
    return {"customers": [{**set_up()["customers"][0], **more}]}


def expires(year: int) -> dict[str, Any]:
    return ada(cards=[card("tok_visa", exp_year=year), *set_up()["customers"][0]["cards"][1:]])


@pytest.mark.usefixtures("club")
class TestRenewedCard:
    """The gateway's updater tells the merchant's system, which tells us by a file."""

    def test_what_waited_for_it_goes_on(self):
        put(expires(2025))
        number, other = order("CLUB"), order("CLUB")
        assert make_children(ON) == 0
        assert lines(number, "blocked")[0] == "card"
        ContinuityOrder.objects.filter(order__number=other).update(card=StoredCard.objects.get(token="tok_two"))
        done = put(expires(2031), on=day(3))
        assert counts(done) == {"customers": (0, 1, 0)}
        assert notes(done)[0] == f"{number} line 1: its card is renewed, shipment 1 ships on {day(3)}"
        assert set(lines(number, "blocked")) == {None}
        assert lines(other, "blocked")[0] == "card", "what another card pays is not concerned"
        assert last_event(number)[0] == "caught_up"
        assert lines(number, "ship_on")[0] == str(day(3)), "the program's catch-up: resume"
        assert make_children(day(3)) == 1

    def test_what_it_could_not_pay_is_due_again(self):
        number = order("CLUB")
        make_children(ON)
        StoredCard.objects.filter(token="tok_visa").update(refused=True)
        Payment.objects.update(status="failed", attempts=3)
        ContinuityOrder.objects.filter(order__number=number).update(status="closed")
        put(expires(2031))
        assert list(Payment.objects.values_list("status", "attempts")) == [("due", 0)]
        assert not StoredCard.objects.get(token="tok_visa").refused

    @pytest.mark.parametrize("year", [2030, 2029, 2025])
    def test_one_that_does_not_expire_later_changes_nothing(self, year: int):
        number = order("CLUB")
        make_children(ON)
        Payment.objects.update(status="failed", attempts=3)
        put(expires(year))
        assert Payment.objects.get().status == "failed"
        assert last_event(number)[0] != "card_changed"

    def test_a_dry_run_changes_nothing(self):
        put(expires(2025))
        number = order("CLUB")
        make_children(ON)
        put(expires(2031), dry_run=True)
        assert lines(number, "blocked")[0] == "card"


@pytest.mark.usefixtures("club")
def test_an_address_that_is_no_longer_listed_and_still_used_stands_behind_the_list():
    """A list replaces the stored one: the next order goes to the first address that is listed."""
    first = order("CLUB")
    put(ada(addresses=[{"code": "moved", "country": "US"}, {"code": "cabin", "country": "US"}]))
    assert list(Address.objects.filter(customer__account="C-1").order_by("number").values_list("code", "number")) == [
        ("moved", 1),
        ("cabin", 2),
        ("home", 3),
    ]
    second = order("CLUB", ship_to=None)
    assert [SalesOrder.objects.get(number=n).ship_to.code for n in (first, second)] == ["home", "moved"]
    assert notes(put(ada(addresses=[{"code": "cabin", "country": "US"}]), dry_run=True)) == [
        "customer C-1: address moved is not listed, but used by an order: it stays",
        "customer C-1: address home is not listed, but used by an order: it stays",
    ]
    again = ada(addresses=[{"code": "moved", "country": "US"}, {"code": "cabin", "country": "US"}])
    assert counts(put(again)) == {"customers": (0, 0, 1)}
    actions.address(number=first, to="moved", **ANNA)


@pytest.mark.usefixtures("club")
def test_a_child_that_goes_to_a_changed_address_is_named():
    number = order("CLUB")
    make_children(ON)
    moved = [{"code": "home", "region": "OR", "country": "US"}, {"code": "cabin", "region": "OR", "country": "US"}]
    said = f"{number}-1-001 is made already and goes to the changed address home, taxed as before"
    assert notes(put(ada(addresses=moved), dry_run=True)) == [said]
    assert notes(put(ada(addresses=moved))) == [said]
    assert notes(put(ada(addresses=list(reversed(moved))))) == []


@pytest.mark.usefixtures("club")
def test_what_was_sent_stays_where_it_went():
    number, other = order("CLUB"), order("CLUB")
    assert make_children(ON) == 2
    sent(f"{number}-1-001", on=ON)
    home = {"code": "home", "street": "New Street 2", "region": "OR", "country": "US"}
    put(ada(addresses=[home, set_up()["customers"][0]["addresses"][1]]))
    went = {
        order.number: (order.ship_to.code, order.ship_to.street, order.ship_to.region)
        for order in SalesOrder.objects.select_related("ship_to")
        if order.ship_to
    }
    assert went == {
        number: ("home", "New Street 2", "OR"),
        other: ("home", "New Street 2", "OR"),
        f"{number}-1-001": (None, "", "NY"),
        f"{other}-1-001": ("home", "New Street 2", "OR"),
    }
    exported = take_out()
    assert put(json.loads(exported)).tallies["orders"].same == 2
    assert take_out() == exported


@pytest.mark.usefixtures("club")
def test_with_other_working_days_a_late_shipment_asks_for_its_card_again():
    number = order("CLUB")
    StoredCard.objects.update(expires_on=day(4))
    assert make_children(day(4)) == 0, "a Saturday: it would go on Monday"
    assert lines(number, "blocked")[0] == "card"
    put(
        {
            "delivery_modes": [
                {"code": "STD", "charge": "5.00", "tax_group": "BOOKS", "working_days": [1, 2, 3, 4, 5, 6]}
            ]
        }
    )
    assert set(lines(number, "blocked")) == {None}
    assert make_children(day(4)) == 1


@pytest.mark.usefixtures("club")
def test_what_goes_to_no_address_is_not_taxed_and_that_is_said():
    put({"customers": [{"account": "C-9", "cards": [card("tok_nine")]}]})
    bundle = {"orders": [{"reference": "R", "customer": "C-9", "submit": True, "lines": [{"item_number": "S-CLUB"}]}]}
    (said,) = notes(put(bundle, dry_run=True))
    assert said.startswith("order SO-")
    assert said.endswith(" goes to no address: nothing of it is taxed")


@pytest.mark.usefixtures("club")
def test_addresses_and_cards_that_go_are_named():
    put(ada(addresses=[{"code": "x", "country": "US"}, {"code": "y", "country": "US"}], cards=[card("tok_x")]))
    for dry_run in (True, False):
        assert notes(put(ada(addresses=[{"code": "x", "country": "US"}], cards=[]), dry_run=dry_run)) == [
            "customer C-1: address y and card tok_x taken away, as none is given"
        ]


@pytest.mark.usefixtures("club")
def test_what_set_up_loses_is_said():
    bundle = {
        "delivery_modes": [{"code": "STD", "charge": "6.00"}, {"code": "ANY", "charge": "1.00"}],
        "products": [{"number": "B1", "price": "11.00"}, {"number": "B2", "price": "20.00", "tax_group": "BOOKS"}],
    }
    assert notes(put(bundle)) == [
        "delivery mode STD: tax group and days off taken away, as none is given",
        "product B1: tax group BOOKS taken away, as none is given",
    ]
    assert notes(put(bundle)) == []
    assert notes(put({"delivery_modes": [{"code": "ANY"}]})) == [
        "delivery mode ANY: charge taken away, as none is given"
    ]


@pytest.mark.usefixtures("club")
def test_a_card_that_was_asked_once_stays():
    """Another one pays by now, but the try that was declined says which card it was."""
    order("CLUB")
    make_children(ON)
    payment = Payment.objects.get()
    asked = StoredCard.objects.get(token="tok_two")
    Attempt.objects.create(payment=payment, kind="charge", number=1, key="k", amount_minor=1, card=asked, on_date=ON)
    done = put(ada(cards=[card("tok_visa")]))
    assert notes(done) == [
        "customer C-1: card tok_old taken away, as none is given",
        "customer C-1: card tok_two is not listed, but used by an order: it stays",
    ]
    assert list(
        StoredCard.objects.filter(customer__account="C-1").order_by("number").values_list("token", "number")
    ) == [
        ("tok_visa", 1),
        ("tok_two", 2),
    ]


@pytest.mark.usefixtures("club")
def test_a_region_that_a_tax_rate_spells_in_other_letters_is_noted():
    rate = {"group": "BOOKS", "country": "US", "region": "NY", "percent": "8.875"}
    places = [
        {"code": code, "country": "US", "region": region} for code, region in (("a", "ny"), ("b", "NY"), ("c", "nj"))
    ]
    bundle = {**ada(addresses=places), "tax_rates": [rate]}
    put(ada(addresses=[]))
    for dry_run in (True, False):
        assert notes(put(bundle, dry_run=dry_run)) == [
            'customer C-1: region "ny" of US has no tax rate, but "NY" has: they are different regions'
        ]


@pytest.mark.usefixtures("club")
def test_what_is_not_given_is_taken_away_and_said():
    put(ada(email="ada@example.com", phone="+1 555 0100"))
    assert notes(put(ada(phone="+1 555 0100"), dry_run=True)) == ["customer C-1: email taken away, as none is given"]
    assert notes(put(ada(name=""))) == ["customer C-1: name and email and phone taken away, as none is given"]
    assert notes(put(ada(name=""))) == []
    put(ada(name="", allow_on_account=True, credit_limit="500.00"))
    assert notes(put(ada(name="", allow_on_account=False))) == [
        "customer C-1: permission to buy on account and credit limit taken away, as none is given"
    ]
    many = {"customers": [{"account": f"M-{n}", "phone": "1"} for n in range(15)]}
    put(many)
    for customer in many["customers"]:
        del customer["phone"]
    said = notes(put(many))
    assert (len(said), said[-1]) == (11, "5 more such things of customers")


def test_the_first_import_takes_its_date_where_the_company_is(monkeypatch: pytest.MonkeyPatch):
    """In the evening in New York it is tomorrow already in Greenwich."""
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 11, 2, tzinfo=UTC))
    bundle = set_up()
    bundle["company"]["time_zone"] = "America/New_York"
    line = {"item_number": "S-CLUB", "continuity": {"card": "tok_visa"}}
    bundle["orders"] = [{"reference": "R-1", "customer": "C-1", "submit": True, "ship_to": "home", "lines": [line]}]
    put(bundle, on=None)
    assert SalesOrder.objects.get().order_date == date(2026, 3, 10)
