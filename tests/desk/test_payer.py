"""Another customer pays an order than the one who receives it (the invoice account): cards, permission, bills, messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perennial.catalog.models import Company
from perennial.customers.models import Customer
from perennial.desk.contract import customer_json
from perennial.desk.entry import OrderEntry, enter
from perennial.desk.read.customer import customer
from perennial.jobs.check import check, check_once
from perennial.jobs.process_payments import ProcessPayments
from perennial.notices.actions import set_kind
from perennial.notices.models import Notice
from perennial.orders.models import SalesOrder
from perennial.papers.confirmation import confirmation
from perennial.papers.slip import slip
from perennial.payments.models import Attempt, Payment
from tests.worlds import actions
from tests.worlds.bundle import counts, faults, put, take_out
from tests.worlds.desk import ANNA, ON, book, day, last_event, line, make_children, order, refused, run, sent, shown

pytestmark = pytest.mark.usefixtures("club")


@pytest.fixture(autouse=True)
def _in_order() -> Any:
    yield
    assert check()["faults"] == []
    assert check_once()["faults"] == []


def paid() -> list[tuple[Any, ...]]:
    """(who pays, method, status, card) of each payment."""
    found = Payment.objects.exclude(purpose="refund").order_by("pk").select_related("customer", "card")
    return [(p.customer.account, p.method, p.status, p.card.token if p.card else None) for p in found]


def taken_out() -> dict[str, Any]:
    """The export."""
    found: dict[str, Any] = json.loads(take_out())
    return found


def for_bo(*lines: Any, **more: Any) -> str:
    """An order that Bo receives and Ada pays."""
    return order(*(lines or ("CLUB",)), customer="C-2", payer="C-1", ship_to="barn", **more)


def test_who_pays_is_asked_and_who_receives_is_sent() -> None:
    number = for_bo()
    assert (shown(number)["customer"], shown(number)["payer"]) == ("C-2", "C-1")
    make_children(day(0))
    child = SalesOrder.objects.get(number=f"{number}-1-001")
    assert (child.customer.account, child.payer) == ("C-2", None)
    run(ProcessPayments(), day(0))
    sent(f"{number}-1-001", day(0))
    run(ProcessPayments(), day(0))
    assert paid() == [("C-1", "card", "captured", "tok_visa")]


def test_who_pays_is_shown_the_orders_of_others_that_they_pay() -> None:
    mine, theirs = order("CLUB"), for_bo()
    ada, bo = customer_json(customer("C-1")), customer_json(customer("C-2"))
    assert (ada["orders"], ada["pays_for"]) == ([mine], [theirs])
    assert bo["orders"] == [theirs]
    assert "pays_for" not in bo
    assert put({"customers": [ada]}).tallies["customers"].changed == 0


def test_a_card_of_who_receives_pays_nothing() -> None:
    wrong = OrderEntry("C-2", (line("CLUB", card="tok_bo"),), payer="C-1", ship_to="barn", submit=True)
    (found,) = enter([wrong], on=ON, by="clerk:anna")
    assert [(one.code, one.field, one.facts["customer"]) for one in found] == [  # type: ignore[union-attr]
        ("customer_card_unknown", "lines[0].continuity.card", "C-1")
    ]


def test_their_permission_counts() -> None:
    number = order(line("CLUB", payment_method="on_account"), customer="C-2", payer="C-1", ship_to="barn")
    make_children(day(0))
    sent(f"{number}-1-001", day(0))
    run(ProcessPayments(), day(0))
    assert paid() == [("C-1", "on_account", "billed", None)]
    with refused("method", "not_on_account"):
        actions.payer(number=number, account="C-2", method="on_account", **ANNA)


@pytest.mark.parametrize("program", ["CLUB", "UP", "PART"])
def test_somebody_else_pays_from_now_on(program: str) -> None:
    number = order(program, book())
    make_children(day(0))
    before = {p.pk: p.amount_minor for p in Payment.objects.all()}
    done = actions.payer(number=number, account="C-2", method="card", card="tok_bo", reason="godfather", **ANNA)
    assert done == {"order": number, "payer": "C-2", "payment_method": "card", "card": "tok_bo"}
    assert set(paid()) == {("C-2", "card", "due", "tok_bo")}
    assert {p.pk: p.amount_minor for p in Payment.objects.all()} == before
    run(ProcessPayments(), day(0))
    make_children(day(10))
    assert {one[0] for one in paid()} == {"C-2"}
    assert {a.card.token for a in Attempt.objects.exclude(card=None)} <= {"tok_bo"}


def test_what_is_authorised_stays_with_who_paid_it_and_comes_along() -> None:
    number = order("CLUB", book())
    make_children(day(0))
    run(ProcessPayments(), day(0))
    done = actions.payer(number=number, account="C-2", method="card", card="tok_bo", **ANNA)
    assert {one["card"] for one in done["asked_already"]} == {"tok_visa"}
    make_children(day(10))
    assert set(paid()) == {("C-1", "card", "authorised", "tok_visa"), ("C-2", "card", "due", "tok_bo")}
    (given,) = taken_out()["orders"]
    assert given["payer"] == "C-2"
    assert {p.get("payer") for p in given["payments"]} == {"C-1", None}


def test_when_it_lapses_the_new_card_is_asked_as_its_owners() -> None:
    number = order("CLUB")
    make_children(day(0))
    run(ProcessPayments(), day(0))
    actions.payer(number=number, account="C-2", method="card", card="tok_bo", **ANNA)
    run(ProcessPayments(), day(8))
    assert paid() == [("C-2", "card", "authorised", "tok_bo")]


def test_what_is_authorised_for_less_than_is_owed_now_is_named_and_asked_anew() -> None:
    number = order("UP")
    run(ProcessPayments(), day(0))
    (asked,) = Payment.objects.values_list("amount_minor", flat=True)
    actions.skip(number=number, shipment=3, **ANNA)
    less = actions.payer(number=number, account="C-2", method="card", card="tok_bo", **ANNA)["asked_already"]
    assert [(one["authorised"], one["asked_anew"]) for one in less] == [(f"{asked / 100:.2f} USD", False)]
    assert less[0]["amount"] < less[0]["authorised"]
    for _ in range(2):
        actions.undo(number=number, **ANNA)
    actions.quantity(number=number, quantity=2, **ANNA)
    (owed,) = Payment.objects.exclude(purpose="refund").values_list("amount_minor", flat=True)
    assert owed > asked
    done = actions.payer(number=number, account="C-2", method="card", card="tok_bo", **ANNA)
    assert done["asked_already"] == [
        {
            "order": number,
            "amount": f"{owed / 100:.2f} USD",
            "card": "tok_visa",
            "authorised": f"{asked / 100:.2f} USD",
            "asked_anew": True,
        }
    ]
    make_children(day(0))
    sent(f"{number}-1-001", day(0))
    run(ProcessPayments(), day(0))
    assert paid() == [("C-2", "card", "captured", "tok_bo")]
    assert Payment.objects.get().captured_minor == owed


def test_refused() -> None:
    number = order("CLUB")
    with refused("account", "customer_unknown"):
        actions.payer(number=number, account="C-9", method="card", card="tok_bo", **ANNA)
    with refused("card", "card_unknown"):
        actions.payer(number=number, account="C-2", method="card", card="tok_visa", **ANNA)
    with refused("card", "card_of_which"):
        actions.payer(number=number, account="C-2", method="card", **ANNA)
    with refused("method", "method_pays_upfront"):
        actions.payer(number=number, account="C-2", method="check", **ANNA)
    actions.cancel(number=number, **ANNA)
    with refused("number", "nothing_is_paid_any_more"):
        actions.payer(number=number, account="C-2", method="card", card="tok_bo", **ANNA)
    assert SalesOrder.objects.get(number=number).payer is None


@pytest.mark.parametrize("lines", [("CLUB",), ("UP", book()), (book(),)])
def test_taken_back(lines: tuple[Any, ...]) -> None:
    number = order(*lines)
    make_children(day(0))
    before = shown(number)["continuity"], paid(), taken_out()["orders"][0]["pay"]
    actions.payer(number=number, account="C-2", method="card", card="tok_bo", **ANNA)
    assert last_event(number)[0] == "payment_method_changed"
    actions.undo(number=number, **ANNA)
    assert (shown(number)["continuity"], paid(), taken_out()["orders"][0]["pay"]) == before
    assert "payer" not in shown(number)


def test_their_account_means_that_they_pay_themselves() -> None:
    number = for_bo()
    actions.payer(number=number, account="C-2", method="card", card="tok_bo", **ANNA)
    assert "payer" not in shown(number)
    make_children(day(0))
    assert paid() == [("C-2", "card", "due", "tok_bo")]


def test_a_new_card_of_who_pays_takes_over_and_one_of_who_receives_does_not() -> None:
    number = for_bo()
    bo = actions.store_card(account="C-2", token="tok_new", exp="12/2031", replaces="tok_bo", **ANNA)
    assert bo["orders"] == []
    ada = actions.store_card(account="C-1", token="tok_new", exp="12/2031", replaces="tok_visa", **ANNA)
    assert ada["orders"] == [number]
    with refused("token", "card_unknown"):
        actions.card(number=number, token="tok_bo", **ANNA)


def test_a_draft_that_somebody_else_pays() -> None:
    number = order("CLUB", book(), submit=False)
    actions.payer(number=number, account="C-2", method="card", card="tok_bo", **ANNA)
    actions.change_line(number=number, line=2, quantity=3, **ANNA)
    actions.submit(number=number, **ANNA)
    assert set(paid()) == {("C-2", "card", "due", "tok_bo")}


def test_who_pays_is_told_of_money_and_who_receives_of_parcels_without_prices() -> None:
    Company.objects.update(notices_on=True)
    Customer.objects.update(email="ada@example.com")
    for kind in ("order_confirmed", "shipped", "shipment_ahead", "ended"):
        set_kind(kind=kind, is_on=True, on=ON, by="anna")
    number = for_bo(submit=False)
    actions.submit(number=number, **ANNA)
    make_children(day(0))
    sent(f"{number}-1-001", day(0))
    told = {n.kind: n for n in Notice.objects.select_related("customer").order_by("pk")}
    assert told["order_confirmed"].customer.account == "C-1"
    assert told["shipment_ahead"].customer.account == "C-1"
    assert told["shipped"].customer.account == "C-2"
    said = told["shipped"].facts
    assert not {"amount_minor", "delivery_minor", "tax_minor", "last4"} & set(said)
    assert {item["amount_minor"] for item in said["items"]} == {None}


def test_the_confirmation_goes_to_who_pays() -> None:
    Customer.objects.filter(account="C-1").update(language="it")
    paper = confirmation(for_bo(), on=ON)
    assert (paper.head.language, paper.customer[0]) == ("it", "Ada")
    assert ("Pagato da", "C-1, Ada") in [(one.label, one.value) for one in paper.facts]


def test_the_slip_in_the_parcel_names_no_prices() -> None:
    number = for_bo()
    make_children(day(0))
    assert slip(f"{number}-1-001", on=ON).hide_prices
    actions.payer(number=number, account="C-2", method="card", card="tok_bo", **ANNA)
    assert not slip(f"{number}-1-001", on=ON).hide_prices


def test_in_a_bundle() -> None:
    new = {"number": "SO-000077", "customer": "C-2", "payer": "C-1", "order_date": "2026-03-10", "submit": True,
           "lines": [{"item_number": "S-CLUB", "continuity": {"card": "tok_two"}}]}  # fmt: skip
    put({"orders": [new]}, on=ON)
    assert SalesOrder.objects.get(number="SO-000077").payer.account == "C-1"  # type: ignore[union-attr]
    assert counts(put({"orders": [new]}, on=ON)) == {"orders": (0, 0, 1)}
    assert [*faults({"orders": [{**new, "number": "SO-000078", "payer": "C-9"}]})] == ["orders[0].payer"]
    assert faults({"orders": [{**new, "payer": "C-2"}]})
