"""Cards stored and given to orders; what the warehouse reports: shipped, invoiced."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from perennial.catalog.models import Parameters
from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.customers.models import Customer, StoredCard
from perennial.desk.orders.ship import children_that_may_ship, invoice_many, ship_many
from perennial.orders.models import Hold, OrderEvent, SalesOrder, Shipment
from perennial.payments import blocked, gateways
from perennial.payments.models import Payment
from tests.worlds import actions
from tests.worlds.desk import (
    ANNA,
    ON,
    book,
    day,
    history_of,
    last_event,
    line,
    lines,
    make_children,
    order,
    payments,
    refused,
    sent,
    shown,
)
from tests.worlds.leading import lead

pytestmark = pytest.mark.usefixtures("club")

WHY = {**ANNA, "reason": "she asked"}
WAREHOUSE: dict[str, Any] = {"on": ON, "by": "warehouse"}
NEW: dict[str, Any] = {"account": "C-1", "token": "tok_new", "brand": "visa", "last4": "1111", "exp": "12/2031"}


def cards(number: str) -> list[str | None]:
    """The cards of an order's continuity orders and of its payments."""
    mine = ContinuityOrder.objects.filter(order__number=number).order_by("id")
    owed = Payment.objects.filter(order__number=number) | Payment.objects.filter(continuity_order__order__number=number)
    return [c.card and c.card.token for c in mine] + [p.card and p.card.token for p in owed.order_by("id")]


class TestOrderCard:
    def test_it_pays_all_that_is_not_paid_yet(self):
        number = order("UP", "CLUB", book())
        make_children(ON)
        done = actions.card(number=number, token="tok_two", **WHY)
        assert done == {"order": number, "card": "tok_two"}
        assert set(cards(number)) == {"tok_two"}
        assert set(Payment.objects.values_list("card__token", flat=True)) == {"tok_two"}
        assert last_event(number) == (
            "card_changed",
            ON,
            "clerk:anna",
            "she asked",
            {"card": "tok_two", "lines": [1, 2]},
        )
        assert history_of("continuity_continuityorderhistory") == ("clerk:anna", "she asked")

    def test_of_one_line_the_others_and_the_ordinary_lines_stay(self):
        number = order("UP", "PART", book())
        actions.card(number=number, token="tok_two", line=2, **ANNA)
        assert cards(number)[:2] == ["tok_visa", "tok_two"]
        found = Payment.objects.order_by("purpose", "id").values_list(
            "purpose", "continuity_order__program__schedule_id", "card__token"
        )
        assert sorted(set(found), key=str) == [
            ("order", "PART", "tok_two"),
            ("order", "UP", "tok_visa"),
            ("ordinary", None, "tok_visa"),
        ]

    def test_the_ordinary_lines_follow_though_another_line_is_on_account(self):
        number = order("CLUB", line("LOOP", payment_method="on_account"), book())
        actions.card(number=number, token="tok_two", **ANNA)
        assert cards(number) == ["tok_two", None, "tok_two"]

    def test_ordinary_lines_alone(self):
        number = order(book())
        actions.card(number=number, token="tok_two", **ANNA)
        assert cards(number) == ["tok_two"]

    def test_what_waited_for_a_card_ships_and_what_failed_is_due_again(self):
        number = order("CLUB")
        make_children(ON)
        Payment.objects.update(status="failed", attempts=3)
        ContinuityOrder.objects.update(card=StoredCard.objects.get(token="tok_old"))
        make_children(day(5))
        assert lines(number, "blocked")[1] == "card"
        actions.card(number=number, token="tok_two", **{**ANNA, "on": day(6)})
        assert lines(number, "blocked")[1] is None
        assert list(Payment.objects.values_list("status", "attempts", "card__token")) == [("due", 0, "tok_two")]
        assert make_children(day(6)) == 1

    @pytest.mark.parametrize(
        ("token", "code", "says"),
        [
            ("tok_bo", "card_unknown", "no card"),
            ("tok_none", "card_unknown", "no card"),
            ("tok_old", "stored_card_expired", "expired"),
        ],
    )
    def test_refused(self, token: str, code: str, says: str):
        number = order("CLUB")
        with refused("token", code, says):
            actions.card(number=number, token=token, **ANNA)

    def test_an_order_that_is_not_paid_by_card(self):
        number = order(line("CLUB", payment_method="on_account"))
        with refused("number", "not_paid_by_card", "is not paid by card"):
            actions.card(number=number, token="tok_two", **ANNA)

    def test_an_order_that_is_cancelled(self):
        number = order("CLUB")
        actions.cancel(number=number, **ANNA)
        with refused("number", "nothing_is_paid_any_more", "is cancelled"):
            actions.card(number=number, token="tok_two", **ANNA)

    def test_an_order_that_is_cancelled_pays_what_it_still_owes(self):
        number = order("CLUB")
        make_children(ON)
        sent(f"{number}-1-001", ON)
        actions.cancel(number=number, **ANNA)
        actions.card(number=number, token="tok_two", **ANNA)
        assert list(Payment.objects.values_list("status", "card__token")) == [("due", "tok_two")]

    def test_what_is_not_there(self):
        with refused("number", "order_unknown"):
            actions.card(number="SO-000404", token="tok_two", **ANNA)
        number = order("CLUB", book())
        with refused("line", "not_a_continuity_line"):
            actions.card(number=number, token="tok_two", line=2, **ANNA)
        with refused("catch_up"):
            actions.card(number=number, token="tok_two", catch_up="x", **ANNA)

    def test_twice_changes_no_row_but_the_history(self):
        number = order("CLUB")
        actions.card(number=number, token="tok_two", **ANNA)
        before = shown(number)["continuity"]
        actions.card(number=number, token="tok_two", **ANNA)
        assert shown(number)["continuity"] == before


class TestStoreCard:
    def test_it_takes_over_where_the_card_is_expired_or_refused(self):
        old, fine = order("CLUB"), order("CLUB")
        ContinuityOrder.objects.filter(order__number=old).update(card=StoredCard.objects.get(token="tok_old"))
        done = actions.store_card(**NEW, **WHY)
        assert done == {"account": "C-1", "token": "tok_new", "orders": [old]}
        assert (cards(old), cards(fine)) == (["tok_new"], ["tok_visa"])
        row = StoredCard.objects.get(token="tok_new")
        assert (row.brand, row.last4, row.exp_month, row.exp_year, str(row.expires_on), row.number) == (
            "visa",
            "1111",
            12,
            2031,
            "2031-12-31",
            4,
        )
        assert history_of("customers_storedcardhistory") == ("clerk:anna", "she asked")
        assert last_event(old)[0] == "card_changed"

    def test_it_takes_over_what_was_refused_declined_or_waits_for_a_card(self):
        refused_, shipment, whole, waits, fine = (
            order(line("CLUB", card="tok_two")), order("CLUB"), order("PART"), order("LOOP"), order("UP"),
        )  # fmt: skip
        make_children(ON)
        StoredCard.objects.filter(token="tok_two").update(refused=True)
        lead(Payment.objects.filter(order__number=f"{shipment}-1-001"), "declined")
        Payment.objects.filter(continuity_order__order__number=whole, number=1).update(status="failed")
        Occurrence.objects.filter(continuity_order__order__number=waits, shipment=2).update(blocked="card")
        assert actions.store_card(**NEW, **ANNA)["orders"] == [refused_, shipment, whole, waits]
        assert cards(fine) == ["tok_visa"] * 2
        assert lines(waits, "blocked")[1] is None
        assert {p[4] for p in payments(shipment) + payments(whole)} == {"due"}

    def test_it_replaces_the_card_that_is_named(self):
        first, second = order("CLUB"), order(line("CLUB", card="tok_two"))
        StoredCard.objects.filter(token="tok_visa").update(refused=True)
        assert actions.store_card(**NEW, replaces="tok_two", **ANNA)["orders"] == [second]
        assert (cards(first), cards(second)) == (["tok_visa"], ["tok_new"])

    def test_what_goes_on_with_a_card_that_ends_before_is_named(self):
        StoredCard.objects.filter(token="tok_visa").update(expires_on=day(15))
        order("UP")
        number = order("LOOP", "CLUB")
        done = actions.store_card(**NEW, **ANNA)
        assert done["orders"] == []
        assert [(one["order"], one["line"], one["shipment"], one["card"]) for one in done["still_pays"]] == [
            (number, 2, 3, "tok_visa")
        ]
        assert "still_pays" not in actions.store_card(**NEW, replaces="tok_visa", **ANNA)

    def test_a_release_and_another_card_name_the_card_that_ends(self):
        number = order("CLUB")
        StoredCard.objects.filter(token="tok_two").update(expires_on=day(15))
        done = actions.card(number=number, token="tok_two", **ANNA)
        ends = [{"order": number, "line": 1, "card": "tok_two", "expires_on": str(day(15)), "shipment": 3}]
        assert [{k: one[k] for k in ends[0]} for one in done["still_pays"]] == ends
        actions.hold(number=number, **ANNA)
        assert actions.release(number=number, **ANNA)["still_pays"] == done["still_pays"]

    def test_what_another_card_was_asked_for_before_is_named(self):
        number = order("CLUB")
        make_children(ON)
        lead(Payment.objects.all(), "authorised")
        done = actions.card(number=number, token="tok_two", **ANNA)
        assert done["asked_already"] == [
            {
                "order": f"{number}-1-001", "amount": "16.50 USD", "card": "tok_visa", "authorised": "16.50 USD",
                "asked_anew": False,
            }
        ]  # fmt: skip
        assert "asked_already" not in actions.card(number=number, token="tok_visa", **ANNA)

    @pytest.mark.parametrize("status", ["closed", "cancelled"])
    @pytest.mark.parametrize("replaces", [None, "tok_visa"])
    def test_what_is_still_owed_of_an_order_that_has_ended_is_paid_by_it(self, status: str, replaces: str | None):
        owes, paid = order("CLUB"), order("CLUB")
        make_children(ON)
        for number in (owes, paid):
            SalesOrder.objects.filter(number=number).update(status=status if status == "cancelled" else "invoiced")
            ContinuityOrder.objects.filter(order__number=number).update(status=status)
        Payment.objects.filter(order__parent__number=owes).update(status="failed", attempts=3)
        Payment.objects.filter(order__parent__number=paid).update(status="captured")
        assert actions.store_card(**NEW, replaces=replaces, **ANNA)["orders"] == [owes]
        owed = Payment.objects.filter(order__parent__number=owes).values_list("card__token", "status", "attempts")
        assert list(owed) == [("tok_new", "due", 0)]
        assert cards(paid) == ["tok_visa"]

    def test_what_another_card_pays_of_the_same_order_stays_with_it(self):
        number = order(book())
        pay = Payment.objects.get(order__number=number)
        pay.pk, pay.number, pay.card = None, 2, StoredCard.objects.get(token="tok_two")
        pay.save(force_insert=True)
        assert actions.store_card(**NEW, replaces="tok_two", **ANNA)["orders"] == [number]
        paid_by = Payment.objects.filter(order__number=number).order_by("number").values_list("card__token", flat=True)
        assert list(paid_by) == ["tok_visa", "tok_new"]

    def test_ordinary_lines_whose_card_was_refused_or_declined_are_paid_by_it(self):
        refused_, declined, fine, paid = (order(book()) for _ in range(4))
        Payment.objects.filter(order__number=refused_).update(card=StoredCard.objects.get(token="tok_old"))
        lead(Payment.objects.filter(order__number=declined), "declined", attempts=2)
        Payment.objects.filter(order__number=paid).update(
            status="captured", card=StoredCard.objects.get(token="tok_old")
        )
        assert actions.store_card(**NEW, **ANNA)["orders"] == [refused_, declined]
        assert [cards(number) for number in (refused_, declined, fine, paid)] == [
            ["tok_new"],
            ["tok_new"],
            ["tok_visa"],
            ["tok_old"],
        ]
        assert payments(declined)[0][4] == "due"

    def test_again_it_is_the_same_card_with_what_is_new(self):
        actions.store_card(**NEW, **ANNA)
        StoredCard.objects.filter(token="tok_new").update(refused=True)
        done = actions.store_card(**{**NEW, "exp": "1/2032"}, **ANNA)
        assert done["changed"] == [{"field": "expiry", "before": "12/2031", "after": "01/2032"}]
        assert "changed" not in actions.store_card(**{**NEW, "exp": "1/2032"}, **ANNA)
        row = StoredCard.objects.get(token="tok_new")
        assert (row.number, str(row.expires_on), row.refused) == (4, "2032-01-31", False)

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"account": "C-9"}, "account"),
            ({"last4": "123"}, "last4"),
            ({"last4": "12a4"}, "last4"),
            ({"token": "4242 " * 3 + "4242"}, "token"),
            ({"token": ""}, "token"),
            ({"exp": "13/2030"}, "exp"),
            ({"exp": "12/30"}, "exp"),
            ({"exp": "soon"}, "exp"),
            ({"exp": "02/2026"}, "exp"),
            ({"replaces": "tok_bo"}, "replaces"),
            ({"catch_up": "x"}, "catch_up"),
        ],
    )
    def test_refused(self, given: dict[str, str], field: str):
        order(line("CLUB", card="tok_old"))
        with refused(field):
            actions.store_card(**{**NEW, **given}, **ANNA)

    def test_a_real_token_is_one_customers_and_a_script_of_the_sandbox_everybodys(self, monkeypatch):
        Customer.objects.create(account="C-7")
        Customer.objects.create(account="C-8")
        for account in ("C-7", "C-8"):
            actions.store_card(**{**NEW, "account": account}, **ANNA)
        monkeypatch.setattr(gateways.current(), "real", True)
        with refused("token", "card_of_another_customer", "the card with token 'tok_new' is another customer's"):
            actions.store_card(**NEW, **ANNA)

    def test_to_the_last_day_of_its_month(self):
        last = date(2026, 3, 31)
        actions.store_card(**{**NEW, "exp": "03/2026"}, **{**ANNA, "on": last})
        actions.card(number=order("CLUB"), token="tok_new", **{**ANNA, "on": last})
        with refused("exp", "card_expired", "has expired on 2026-03-31"):
            actions.store_card(**{**NEW, "exp": "03/2026"}, **{**ANNA, "on": date(2026, 4, 1)})
        assert str(StoredCard.objects.get(token="tok_new").expires_on) == "2026-03-31"

    def test_what_waits_for_a_stored_card_goes_on_when_it_replaces_another(self):
        waits, other = order(line("CLUB", card="tok_old")), order("CLUB")
        assert make_children(ON) == 1
        assert lines(waits, "blocked")[0] == "card"
        renewed = {**NEW, "token": "tok_old", "exp": "12/2031"}
        done = actions.store_card(**renewed, replaces="tok_visa", **ANNA)
        assert done["orders"] == [waits, other]
        assert lines(waits, "blocked")[0] is None
        assert make_children(ON) == 1

    def test_moved_to_a_day_to_which_its_card_lasts_it_waits_no_more(self):
        number = order(line("CLUB", card="tok_old"))
        StoredCard.objects.filter(token="tok_old").update(expires_on=day(-1))
        assert make_children(ON) == 0
        assert lines(number, "blocked")[0] == "card"
        StoredCard.objects.filter(token="tok_old").update(expires_on=day(3))
        actions.move(number=number, shipment=1, to=day(2), **ANNA)
        assert make_children(ON) == 1


class TestShipAndInvoice:
    def test_a_child(self):
        number = order("CLUB")
        make_children(ON)
        child = f"{number}-1-001"
        done = actions.ship(number=child, carrier="UPS", tracking="1Z", **{**WAREHOUSE, "reason": "early"})
        assert done == {"order": child, "status": "shipped", "not_authorised": "16.50 USD"}
        assert last_event(number) == ("shipped", ON, "warehouse", "early", {"child": child, "shipment": 1})
        found = shown(number)["children"][0]
        assert (found["status"], found["carrier"], found["tracking"]) == ("shipped", "UPS", "1Z")
        assert Shipment.objects.get().on_date == ON
        assert actions.invoice(number=child, **WAREHOUSE) == {"order": child, "status": "invoiced"}
        assert last_event(number)[:3] == ("invoiced", ON, "warehouse")
        row = SalesOrder.objects.get(number=child)
        assert (row.status, row.invoiced_on, row.lines.get().status) == ("invoiced", ON, "invoiced")
        assert shown(number)["status"] == "open"

    @pytest.mark.parametrize(
        ("status", "authorise", "told"),
        [("authorised", True, False), ("captured", True, False), ("due", False, False), ("due", True, True)],
    )
    def test_a_child_whose_card_was_not_asked_yet_goes_and_it_is_told(self, status: str, authorise: bool, told: bool):
        number = order("CLUB")
        make_children(ON)
        lead(Payment.objects.all(), status)
        Parameters.objects.update(authorize_child_orders=authorise)
        assert ("not_authorised" in actions.ship(number=f"{number}-1-001", **WAREHOUSE)) == told

    def test_twice_and_before_it_was_shipped(self):
        number = order("CLUB")
        make_children(ON)
        child = f"{number}-1-001"
        with refused("number", "not_shipped_to_invoice", "is open: only a shipped"):
            actions.invoice(number=child, **WAREHOUSE)
        actions.ship(number=child, **WAREHOUSE)
        with refused("number", "not_open_to_ship", "is shipped: only an open"):
            actions.ship(number=child, **WAREHOUSE)
        actions.invoice(number=child, **WAREHOUSE)
        with refused("number", "not_shipped_to_invoice", "is invoiced"):
            actions.invoice(number=child, **WAREHOUSE)
        assert Shipment.objects.count() == 1

    @pytest.mark.parametrize("status", ["declined", "failed", "unknown"])
    def test_a_payment_due_by_then_that_is_not_well(self, status: str):
        number = order("CLUB")
        make_children(ON)
        lead(Payment.objects.all(), status)
        with refused("number", "payment_stops_shipping"):
            actions.ship(number=f"{number}-1-001", **WAREHOUSE)
        Payment.objects.update(due_on=day(1))
        actions.ship(number=f"{number}-1-001", **WAREHOUSE)

    def test_each_has_its_place_behind_what_went_before(self):
        number = order("CLUB", book())
        make_children(ON)
        child = f"{number}-1-001"
        for of in (child, number):
            with refused("on", "before_order_date", f"{number} was ordered on {ON}: {day(-1)} lies before it"):
                actions.ship(number=of, on=day(-1), by="warehouse")
            actions.ship(number=of, on=day(2), by="warehouse")
            with refused("on", "before_shipped", f"was shipped on {day(2)}: {day(1)} lies before it"):
                actions.invoice(number=of, on=day(1), by="warehouse")
            actions.invoice(number=of, on=day(2), by="warehouse")

    @pytest.mark.parametrize("status", ["declined", "failed", "unknown"])
    def test_billed_up_front_the_orders_payment_counts(self, status: str):
        number = order("UP")
        make_children(ON)
        lead(Payment.objects.all(), status)
        with refused("number", "payment_stops_shipping"):
            actions.ship(number=f"{number}-1-001", **WAREHOUSE)
        lead(Payment.objects.all(), "authorised")
        actions.ship(number=f"{number}-1-001", **WAREHOUSE)

    def test_all_that_keeps_it_is_told_together_and_from_its_date_on(self):
        number = order("UP")
        make_children(ON)
        child = SalesOrder.objects.get(number=f"{number}-1-001")
        assert blocked.may_not_ship(child.pk, ON) == []
        actions.hold(number=child.number, code="weather", **WHY)
        actions.hold(number=child.number, code="strike", stops="charging", **WHY)
        lead(Payment.objects.all(), "unknown", due_on=day(1))
        hold, owed = Hold.objects.get(code="weather").pk, Payment.objects.get().pk
        assert blocked.may_not_ship(child.pk, ON) == [("hold", hold, None, None)]
        assert blocked.may_not_ship(child.pk, day(1)) == [("hold", hold, None, None), ("upfront", None, owed, None)]
        actions.cancel(number=child.number, **WHY)
        whys = [why.because for why in blocked.may_not_ship(child.pk, day(1))]
        assert whys == ["status", "hold", "upfront"]

    def test_a_hold_that_stops_charging_alone_lets_it_go(self):
        number = order("CLUB")
        make_children(ON)
        actions.hold(number=f"{number}-1-001", stops="charging", **WHY)
        actions.ship(number=f"{number}-1-001", **WAREHOUSE)

    def test_a_held_parent_does_not_keep_a_child_that_exists(self):
        number = order("CLUB")
        make_children(ON)
        actions.hold(number=number, **WHY)
        actions.ship(number=f"{number}-1-001", **WAREHOUSE)

    def test_a_cancelled_child(self):
        number = order("CLUB")
        make_children(ON)
        actions.cancel(number=f"{number}-1-001", **ANNA)
        codes = {"not_open_to_ship": actions.ship, "not_shipped_to_invoice": actions.invoice}
        for code, what in codes.items():
            with refused("number", code, "is cancelled"):
                what(number=f"{number}-1-001", **WAREHOUSE)

    def test_ordinary_lines_of_a_parent(self):
        number = order("CLUB", book(), book("B2", 2))
        done = actions.ship(number=number, **WAREHOUSE)
        assert done == {"order": number, "status": "open", "lines": [2, 3], "not_authorised": "56.00 USD"}
        with refused("number", "nothing_to_ship", "has no ordinary line that is still to be shipped"):
            actions.ship(number=number, **WAREHOUSE)
        assert actions.invoice(number=number, **WAREHOUSE) == {"order": number, "status": "open", "lines": [2, 3]}
        assert [one["status"] for one in shown(number)["lines"]] == ["open", "invoiced", "invoiced"]
        with refused("number", "nothing_to_invoice"):
            actions.invoice(number=number, **WAREHOUSE)

    def test_an_order_of_ordinary_lines_alone_goes_with_them(self):
        number = order(book())
        assert actions.ship(number=number, carrier="UPS", **WAREHOUSE)["status"] == "shipped"
        assert actions.invoice(number=number, **WAREHOUSE)["status"] == "invoiced"
        assert SalesOrder.objects.get(number=number).invoiced_on == ON
        assert Shipment.objects.get().carrier == "UPS"

    @pytest.mark.parametrize("status", ["declined", "failed", "unknown"])
    def test_ordinary_lines_that_are_not_paid(self, status: str):
        number = order(book())
        lead(Payment.objects.all(), status)
        with refused("number", "payment_stops_shipping"):
            actions.ship(number=number, **WAREHOUSE)

    def test_ordinary_lines_wait_for_a_hold_the_acceptance_and_the_submission(self):
        number = order(book(), acceptance_required=True)
        with refused("number", "acceptance_awaited"):
            actions.ship(number=number, **WAREHOUSE)
        actions.accept(number=number, **ANNA)
        actions.hold(number=number, **WHY)
        with refused("number", "on_hold"):
            actions.ship(number=number, **WAREHOUSE)
        draft = order(book(), submit=False)
        with refused("number", "order_over", "is draft"):
            actions.ship(number=draft, **WAREHOUSE)

    def test_what_is_not_there(self):
        for what in (actions.ship, actions.invoice):
            with refused("number", "order_unknown"):
                what(number="SO-000404", **WAREHOUSE)

    def test_many_at_once_those_that_may(self):
        one, two, three = order("CLUB"), order("CLUB"), order("CLUB")
        make_children(ON)
        actions.hold(number=f"{two}-1-001", **WHY)
        ids = [SalesOrder.objects.get(number=f"{number}-1-001").pk for number in (one, two, three)]
        assert children_that_may_ship(on=day(-1)) == []
        assert children_that_may_ship(on=ON) == [ids[0], ids[2]]
        before = OrderEvent.objects.count()
        assert ship_many(ids, **WAREHOUSE) == [ids[0], ids[2]]
        assert ship_many(ids, **WAREHOUSE) == []
        assert invoice_many(ids, **WAREHOUSE) == [ids[0], ids[2]]
        assert invoice_many(ids, **WAREHOUSE) == []
        assert OrderEvent.objects.count() - before == 4
        assert payments(one) == [(f"{one}-1-001", "shipment", 1, "16.50", "due")]
