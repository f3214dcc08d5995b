"""One customer at the desk: what an import accepts is accepted, what it refuses is refused; orders and parcels follow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perennial.customers.models import Address, Customer, StoredCard
from perennial.desk import actions
from perennial.desk.contract import customer_json, order_document
from perennial.desk.customers import add_customer, change_customer, note_on_customer, note_on_order, set_address
from perennial.desk.customers.values import Change
from perennial.desk.read.customer import customer
from perennial.errors import Refused, Several
from perennial.language import say
from perennial.orders.models import Note, SalesOrder
from perennial.payments.models import Payment
from tests.worlds.bundle import faults, put, take_out
from tests.worlds.desk import ANNA, ON, card, day, history_of, make_children, order, sent

pytestmark = pytest.mark.usefixtures("club")


class TestCustomer:
    def test_a_new_one_is_there_and_its_history_says_who(self) -> None:
        done = add_customer(
            account="C-9", name="Leo Neri", email="leo@example.com", language="it", reason="call", **ANNA
        )
        assert done.account == "C-9"
        assert customer_json(customer("C-9"))["name"] == "Leo Neri"
        assert (customer("C-9").email, customer("C-9").language, customer("C-9").addresses) == (
            "leo@example.com",
            "it",
            (),
        )
        assert history_of("customers_customerhistory") == ("clerk:anna", "call")

    def test_only_what_is_named_changes_and_none_takes_away(self) -> None:
        add_customer(account="C-9", name="Leo", email="leo@example.com", phone="1", **ANNA)
        done = change_customer(account="C-9", phone="2", email=None, **ANNA)
        assert done.changed == (Change("email", "leo@example.com", None), Change("phone", "1", "2"))
        assert (customer("C-9").name, customer("C-9").email, customer("C-9").phone) == ("Leo", None, "2")
        assert change_customer(account="C-9", phone="2", **ANNA).changed == ()
        assert change_customer(account="C-9", allow_on_account=True, **ANNA).changed == (
            Change("allow_on_account", False, True),
        )

    def test_all_that_is_wrong_is_said_at_once(self) -> None:
        with pytest.raises(Several) as several:
            add_customer(account=" C", language="klingon", name="x" * 10_001, **ANNA)
        assert {fault.field for fault in several.value.faults} >= {"account", "language", "name"}
        with pytest.raises(Refused) as refused:
            add_customer(account="C-1", **ANNA)
        assert (refused.value.code, refused.value.field, say(refused.value)) == (
            "account_taken", "account", "account 'C-1' is taken",
        )  # fmt: skip
        with pytest.raises(Refused):
            change_customer(account="C-77", name="Nobody", **ANNA)
        assert Customer.objects.count() == 2


class TestAddress:
    def test_a_new_one_stands_behind_the_others(self) -> None:
        done = set_address(
            account="C-1", code="office", street="4 Elm Street", city="Salem", country="US", region="OR", **ANNA
        )
        assert (done.added, done.go_there) == (True, ())
        assert [a.code for a in customer("C-1").addresses] == ["home", "cabin", "office"]
        assert [a.purpose for a in customer("C-1").addresses][-1] == "delivery"

    def test_what_was_sent_stays_where_it_went_and_the_rest_follows(self) -> None:
        number = order("CLUB")
        make_children(day(10))
        first, second = (f"{number}-1-{shipment:03d}" for shipment in (1, 2))
        sent(first, day(10))
        Address.objects.filter(code="home").update(city="Albany")
        done = set_address(account="C-1", code="home", city="Salem", **ANNA)
        assert done.changed == (Change("city", "Albany", "Salem"),)
        assert done.go_there == (second,)
        went = SalesOrder.objects.get(number=first).ship_to
        goes = SalesOrder.objects.get(number=second).ship_to
        assert went is not None
        assert goes is not None
        assert (went.city, went.code, goes.city, goes.code) == ("Albany", None, "Salem", "home")

    def test_what_is_owed_up_front_follows_its_taxes(self) -> None:
        number = order("UP")
        before = Payment.objects.get(continuity_order__order__number=number).amount_minor
        set_address(account="C-1", code="home", region="OR", **ANNA)  # no tax there
        after = Payment.objects.get(continuity_order__order__number=number).amount_minor
        assert after < before
        set_address(account="C-1", code="home", region="NY", **ANNA)
        assert Payment.objects.get(continuity_order__order__number=number).amount_minor == before

    def test_a_country_that_does_not_exist_is_refused_as_in_a_bundle(self) -> None:
        with pytest.raises(Refused) as refused:
            set_address(account="C-1", code="home", country="UK", **ANNA)
        bundle = {"customers": [{"account": "C-5", "addresses": [{"country": "UK"}]}]}
        assert faults(bundle) == {"customers[0].addresses[0].country": say(refused.value)}


class TestCard:
    @pytest.mark.parametrize("token", ["4242 " * 3 + "4242", "4242" * 4, "37828224" + "6310005"])
    def test_a_card_number_is_refused_whichever_way_it_comes(self, token: str) -> None:
        with pytest.raises(Refused) as refused:
            actions.store_card(account="C-1", token=token, exp="12/2030", **ANNA)
        assert refused.value.field == "token"
        bundle = {"customers": [{"account": "C-5", "cards": [card(token)]}]}
        assert faults(bundle) == {"customers[0].cards[0].token": say(refused.value)}

    def test_digits_that_are_no_card_number_are_a_token_whichever_way_they_come(self) -> None:
        token = "42424242424241"
        actions.store_card(account="C-1", token=token, exp="12/2030", last4="4242", **ANNA)
        put({"customers": [{"account": "C-5", "cards": [card(token)]}]}, on=ON)
        assert StoredCard.objects.filter(token=token).count() == 2

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"last4": "42"}, "last4"),
            ({"exp": "13/2030"}, "exp"),
            ({"exp": "12/1900"}, "exp"),
            ({"token": " t"}, "token"),
        ],
    )
    def test_a_rule_that_is_broken_names_its_field(self, given: dict[str, Any], field: str) -> None:
        with pytest.raises(Refused) as refused:
            actions.store_card(**{"account": "C-1", "token": "tok_x", "exp": "12/2030", **ANNA, **given})
        assert refused.value.field == field


class TestNotes:
    def test_they_are_listed_as_they_were_written(self) -> None:
        number = order("CLUB")
        make_children(ON)
        note_on_customer(account="C-1", text="calls after six", **ANNA)
        done = note_on_order(number=f"{number}-1-001", text="a present", **ANNA)
        note_on_order(number=number, text="no invoice in the box", on=day(1), by="clerk:bo")
        assert (done.account, done.order) == ("C-1", number)
        assert customer_json(customer("C-1"))["notes"] == [
            {"on": "2026-03-10", "by": "clerk:anna", "text": "calls after six"}
        ]
        assert order_document(number)["notes"] == [
            {"on": "2026-03-10", "by": "clerk:anna", "text": "a present"},
            {"on": "2026-03-11", "by": "clerk:bo", "text": "no invoice in the box"},
        ]

    def test_they_go_out_and_come_in(self) -> None:
        number = order("CLUB")
        note_on_customer(account="C-1", text="one", **ANNA)
        note_on_customer(account="C-1", text="two", **ANNA)
        note_on_order(number=number, text="three", **ANNA)
        out = json.loads(take_out())
        (ada,) = [one for one in out["customers"] if one["account"] == "C-1"]
        assert [note["text"] for note in ada["notes"]] == ["one", "two"]
        assert "notes" not in next(one for one in out["customers"] if one["account"] == "C-2")
        written = list(Note.objects.order_by("id").values_list("customer", "order", "on_date", "by", "text"))
        put(out, on=ON)  # they are there already
        assert list(Note.objects.order_by("id").values_list("customer", "order", "on_date", "by", "text")) == written
        Note.objects.all().delete()
        put(out, on=ON)
        assert json.loads(take_out()) == out
        put({"customers": [{**ada, "notes": [*ada["notes"], {"on": "2026-03-12", "text": "four"}]}]}, on=ON)
        assert [note.text for note in customer("C-1").notes] == ["one", "two", "four"]

    def test_what_is_wrong_with_one_has_its_path(self) -> None:
        bundle = {
            "customers": [{"account": "C-5", "notes": [{"on": "2026-13-01", "text": "x"}, {"by": "me", "when": 1}]}]
        }
        assert set(faults(bundle)) == {
            "customers[0].notes[0].on", "customers[0].notes[1].on", "customers[0].notes[1].text", "customers[0].notes[1].when",
        }  # fmt: skip

    @pytest.mark.parametrize("text", ["", " \n", "x" * 10_001])
    def test_nothing_and_too_much_is_refused(self, text: str) -> None:
        with pytest.raises(Refused) as refused:
            note_on_customer(account="C-1", text=text, **ANNA)
        assert refused.value.field == "text"


@pytest.mark.parametrize("missing", ["street", "city"])
def test_an_address_needs_a_street_and_a_town(missing: str) -> None:
    whole = {"street": "4 Elm Street", "city": "Salem"}
    with pytest.raises(Refused) as refused:
        set_address(account="C-1", code="office", **{**whole, missing: " "}, **ANNA)
    assert (refused.value.code, refused.value.field) == ("needed_to_send", missing)
