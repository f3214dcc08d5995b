"""Orders that are taken over and contradict themselves: each a fault at the place where it is put right."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from perennial.continuity.models import Adjustment, Occurrence
from perennial.jobs.check import check, check_once
from perennial.jobs.process_payments import ProcessPayments
from perennial.orders.models import SalesOrder
from perennial.payments.models import Payment
from tests.worlds.bundle import ON, faults, notes, put, twelve
from tests.worlds.desk import run
from tests.worlds.moved_in import invoiced, member, moved_in, wrong

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("numbers_from_one")]

CHILD = "SO-000500-1-001"
OPEN = [{"line": 1, "shipment": 1, "status": "open"}]
INVOICED = [{"line": 1, "shipment": 1, "status": "invoiced"}]
WHOLE = 4 * (1995 + 1995 + 2400) + 12 * 495


def paid(children: Any, *payments: dict[str, Any], **also: Any) -> dict[str, Any]:
    """An order whose first child, of 24.90, has these payments."""
    named = [{"order": CHILD, **one} for one in payments]
    return member({}, children, number="SO-000500", payments=named, **also)


def charge(outcome: str | None, amount: str = "24.90", kind: str = "charge", number: int = 1) -> dict[str, Any]:
    """A try to charge."""
    return {"kind": kind, "number": number, "key": f"k-{kind}-{number}", "amount": amount, "outcome": outcome}


def line(key: str, **also: Any) -> dict[str, Any]:
    """A line of an event."""
    return {"key": key, **also}


def changed(kind: str, value: Any, key: str = "E2", **also: Any) -> dict[str, Any]:
    """An adjustment."""
    return {"key": key, "kind": kind, "value": value, "by": "clerk:anna", "on": "2026-03-10", **also}


def held(code: str = "payment", **also: Any) -> dict[str, Any]:
    """A hold."""
    return {"code": code, "reason": "r", "on": "2026-03-12", **also}


FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    # --- the words of payments
    "due, and yet captured": (paid(INVOICED, {"status": "due", "captured": "24.90"}), "payments[0].captured", "is due"),
    "declined, and yet captured": (
        paid(INVOICED, {"status": "declined", "captured": "1.00"}),
        "payments[0].captured",
        "is declined: captured, where it was taken",
    ),
    "captured nothing": (
        paid(INVOICED, {"status": "captured", "captured": "0.00"}),
        "payments[0].captured",
        "captured, but not its 24.90",
    ),
    "paid in part": (
        paid(INVOICED, {"status": "paid", "method": "on_account", "captured": "1.00"}),
        "payments[0].captured",
        "the payment is paid, but not its 24.90",
    ),
    "given back more than was taken": (
        paid(INVOICED, {"status": "captured", "refunded": "25.00"}),
        "payments[0].refunded",
        "more than the 24.90",
    ),
    "billed to a card": (paid(INVOICED, {"status": "billed"}), "payments[0].status", "a bill on account"),
    "authorised on account": (
        paid(OPEN, {"status": "authorised", "method": "on_account"}),
        "payments[0].status",
        "authorised is of a card, and this is paid by on_account",
    ),
    "a draft of an open order": (paid(OPEN, {"status": "draft"}), "payments[0].status", "the order is open"),
    "due with a bill": (
        paid(INVOICED, {"status": "due", "method": "on_account", "bill": {"on": "2026-03-20"}}),
        "payments[0].bill",
        "would be billed again",
    ),
    "sent without a try": (
        paid(OPEN, {"status": "sent"}),
        "payments[0].status",
        "nobody could ask for it: due where nothing was taken, captured where it was",
    ),
    "capturing without a try": (paid(INVOICED, {"status": "capturing"}), "payments[0].status", "nobody could ask"),
    "unknown without a try": (paid(INVOICED, {"status": "unknown"}), "payments[0].status", "nobody could ask"),
    "unknown, but every try is answered": (
        paid(INVOICED, {"status": "unknown", "tries": [charge("declined")]}),
        "payments[0].status",
        "none of its tries waits for an answer",
    ),
    "due, but a try waits": (
        paid(INVOICED, {"status": "due", "tries": [charge("unknown")]}),
        "payments[0].status",
        "one of its tries (charge) waits for an answer: sent or unknown",
    ),
    "captured, but its tries took another sum": (
        paid(INVOICED, {"status": "captured", "tries": [charge("approved", "20.00")]}),
        "payments[0].captured",
        "24.90, but its tries took 20.00",
    ),
    "charged twice": (
        paid(INVOICED, {"status": "captured", "tries": [charge("approved"), charge("approved", number=2)]}),
        "payments[0].tries",
        "was charged 2 times",
    ),
    "due of a cancelled child": (
        paid([OPEN[0] | {"status": "cancelled"}], {"status": "due"}),
        "payments[0].status",
        f"due, but {CHILD} is cancelled",
    ),
    "due of a cancelled order": (
        {
            "number": "OLD-1",
            "customer": "C-1",
            "order_date": "2026-03-10",
            "status": "cancelled",
            "lines": [{"item_number": "0013", "price": "5.00"}],
            "payments": [{"status": "due"}],
        },
        "payments[0].status",
        "due, but OLD-1 is cancelled",
    ),
    **{
        f"{refused}, but the child is cancelled": (
            paid([{"line": 1, "shipment": 1, "status": "cancelled"}], {"status": refused, "attempts": 1}),
            "payments[0].status",
            f"{refused}, but {CHILD} is cancelled: nothing of it will be charged",
        )
        for refused in ("declined", "failed")
    },
    # --- what they pay
    "ordinary, but there are no ordinary lines": (
        member({}, INVOICED, payments=[{"purpose": "ordinary", "amount": "10.00", "status": "captured"}]),
        "payments[0].purpose",
        "has no ordinary lines",
    ),
    "the whole order, but it is not billed up front": (
        member({}, INVOICED, payments=[{"purpose": "order", "amount": "10.00", "status": "captured"}]),
        "payments[0].purpose",
        "line 1 is not billed up front",
    ),
    "a child paid as ordinary lines": (
        paid(INVOICED, {"purpose": "ordinary"}, lines=[{"item_number": "0013"}]),
        "payments[0].purpose",
        "ordinary is not how a child is paid",
    ),
    # --- their sums
    "more than the child costs": (
        paid(INVOICED, {"amount": "50.00", "status": "captured"}),
        "payments[0].amount",
        f"its payments come to 50.00, but {CHILD} costs 24.90",
    ),
    "less than the child costs": (paid(OPEN, {"amount": "5.00"}), "payments[0].amount", "come to 5.00"),
    **{
        f"nothing but what is {gone}": (
            paid(OPEN, {"status": gone}),
            "payments[0].status",
            f"{gone}, but {CHILD} costs 24.90, and nothing else pays it",
        )
        for gone in ("voided", "expired", "cancelled")
    },
    "twice": (
        paid(INVOICED, {"status": "captured"}, {"number": 2, "status": "captured"}),
        "payments[1].amount",
        "its payments come to 49.80",
    ),
    "more was taken than a child of another system cost": (
        paid(invoiced(1), {"amount": "20.00", "status": "captured"}, {"amount": "20.00", "status": "captured"}),
        "payments[1].captured",
        "its payments took 40.00",
    ),
    # --- children
    "a child that carries less": (
        member(
            {"lines": [line("E1", quantity=3, price="10.00")]},
            [{"shipment": 1, "lines": [{"item_number": "0013", "quantity": 1, "price": "10.00"}]}],
        ),
        "children[0].lines",
        "does not carry what its shipment says",
    ),
    "invoiced before it was sent": (
        member({}, [INVOICED[0] | {"shipped_on": "2026-03-16", "invoiced_on": "2026-03-15"}]),
        "children[0].invoiced_on",
        "2026-03-15 is before 2026-03-16",
    ),
    "sent, but open": (
        member({}, [OPEN[0] | {"shipped_on": "2026-03-16"}]),
        "children[0].shipped_on",
        "is open, but it was sent on 2026-03-16",
    ),
    "a child with the number of the next one": (
        member({}, [INVOICED[0] | {"number": "SO-000500-1-002"}], number="SO-000500"),
        "children[0].number",
        '"SO-000500-1-002" is that of another child of SO-000500: this one is SO-000500-1-001',
    ),
    "a child with the number of another order's": (
        member({}, [INVOICED[0] | {"number": "SO-000007-1-001"}], number="SO-000500"),
        "children[0].number",
        "that a child of order SO-000007 gets",
    ),
    # --- the walk
    "an event left out": (
        member({"lines": [line("E1"), line("E3")]}, invoiced(1)),
        "lines[0].continuity.lines[1]",
        "in front of event E3, repetition 0 the program sends event E2, repetition 0: give a line for it too",
    ),
    "an event left out, and its number given away": (
        member({"lines": [line("E1"), line("E3", shipment=2)]}, invoiced(1)),
        "lines[0].continuity.lines[1]",
        "give a line for it too",
    ),
    "only what is still to come": (
        member({"lines": [line(f"E{n}") for n in range(6, 13)]}),
        "lines[0].continuity.lines[0]",
        "the program sends event E1, repetition 0: give a line for it too (skipped, where it is not to come), or the"
        " order begins at first_event in its facts",
    ),
    "a number left out": (
        member({"lines": [line("E1"), line("E2", shipment=3)]}, invoiced(1)),
        "lines[0].continuity.lines[1].shipment",
        "shipment 3 of line 1 of SO-000001 leaves a number out",
    ),
    "not from 1 on": (
        member({"lines": [line("E6", shipment=6, status="ordered")]}, [{"shipment": 6}]),
        "lines[0].continuity.lines[0].shipment",
        "shipment 6 of line 1 of SO-000001 leaves a number out",
    ),
    # --- what people changed
    "skipped, but still to come": (
        member({"lines": [{}, {"status": "scheduled"}, {}], "adjustments": [changed("skip", True)]}),
        "lines[0].continuity.adjustments[0].kind",
        "event E2/0 of SO-000001 is scheduled, but it was skipped",
    ),
    "skipped, but made": (
        member({"lines": [{}, {"status": "ordered"}, {}], "adjustments": [changed("skip", True)]}, invoiced(2)),
        "lines[0].continuity.adjustments[0].kind",
        "event E2/0 of SO-000001 is ordered, but it was skipped",
    ),
    "another price": (
        member({"lines": [{}, {"price": "3.00"}], "adjustments": [changed("price", "5.00", line=1)]}),
        "lines[0].continuity.adjustments[0].value",
        "the price became 5.00, but its line has 3.00",
    ),
    "another quantity": (
        member({"lines": [{}, {"quantity": 3}], "adjustments": [changed("quantity", "2")]}),
        "lines[0].continuity.adjustments[0].value",
        "the quantity became 2, but its line has 3",
    ),
    "another product": (
        member({"lines": [{}, {"item_number": "0014"}], "adjustments": [changed("substitute", "0015", line=1)]}),
        "lines[0].continuity.adjustments[0].value",
        'the product became "0015", but its line has another',
    ),
    "another date": (
        member({"lines": [{}, {"event_on": "2026-04-20"}], "adjustments": [changed("redate", "2026-05-01")]}),
        "lines[0].continuity.adjustments[0].value",
        "the date became 2026-05-01, but its line is dated 2026-04-20",
    ),
    "an unknown event": (
        member({"adjustments": [changed("skip", True, "E99")]}),
        "lines[0].continuity.adjustments[0].key",
        'unknown event "E99"',
    ),
    "not skipped": (
        member({"adjustments": [changed("skip", False)]}),
        "lines[0].continuity.adjustments[0].value",
        "true is needed",
    ),
    # --- values that cannot be
    "a price below 0": (
        member({"adjustments": [changed("price", "-5.00")]}),
        "lines[0].continuity.adjustments[0].value",
        "is below 0",
    ),
    "another product for less than nothing": (
        member({"adjustments": [changed("substitute", {"item_number": "0015", "price": "-1.00"})]}),
        "lines[0].continuity.adjustments[0].value.price",
        "is below 0",
    ),
    "a quantity that is not said": (
        member({"adjustments": [changed("quantity", None)]}),
        "lines[0].continuity.adjustments[0].value",
        "required",
    ),
    "a quantity of 0": (
        member({"adjustments": [changed("quantity", 0)]}),
        "lines[0].continuity.adjustments[0].value",
        "is not a quantity",
    ),
    "a date that is none": (
        member({"lines": [{}, {}], "adjustments": [changed("move", "soon")]}),
        "lines[0].continuity.adjustments[0].value",
        "is not a date",
    ),
    "a noted price below 0": (
        member({"facts": {"prices": {"0013": "-1.00"}}}),
        "lines[0].continuity.facts.prices.0013",
        "is below 0",
    ),
    "a noted price of nothing known": (
        member({"facts": {"prices": {"0033": "1.00"}}}),
        "lines[0].continuity.facts.prices.0033",
        'unknown product "0033"',
    ),
    "prices that are a list": (
        member({"facts": {"prices": [["0013"]]}}),
        "lines[0].continuity.facts.prices",
        "an object is needed",
    ),
    "an order that begins nowhere": (
        member({"facts": {"first_event": "E0"}}),
        "lines[0].continuity.facts.first_event",
        'unknown event "E0"',
    ),
    "parked twice": (
        member({"parked": [{"reason": "a"}, {"reason": "b"}]}),
        "lines[0].continuity.parked[1].job",
        "has parked it already",
    ),
    "taxed twice": (
        member({}, status="open", taxes=[{"group": "BOOKS"}, {"group": "BOOKS"}]),
        "taxes[1].group",
        '"BOOKS" stands twice',
    ),
    "a child of a list": (member({}, [{"line": [1], "shipment": 1}]), "children[0].line", "[1] is none"),
    # --- the program's own hold
    "held for a payment, and none has failed": (member({}, OPEN, holds=[held()]), "holds[0].code", "another code"),
    "a child held for a payment": (
        paid([OPEN[0] | {"holds": [held()]}], {"status": "declined"}),
        "children[0].holds[0].code",
        "none of the order has",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_contradiction_is_a_fault(name: str) -> None:
    order, path, words = FAULTS[name]
    found = wrong(order)
    assert list(found) == [path]
    assert words in found[path]


@pytest.mark.parametrize("payments", [{}, {"payments": None}, {"payments": []}], ids=["left out", "null", "none"])
def test_something_of_an_order_billed_up_front_came_already(payments: dict[str, Any]) -> None:
    """Else the whole would be charged once more."""
    for continuity in ({}, {"lines": [{}] * 12}):
        found = wrong(member(continuity, invoiced(5), **payments), bill_upfront=True)
        assert list(found) == ["payments"]
        assert "say what was paid of it" in found["payments"]


def test_a_closed_order_billed_up_front_says_what_was_paid() -> None:
    """``check`` would miss the money; of children of another system it does not ask."""
    lines = {"lines": [{}] * 12}
    ours = [{"shipment": n, "status": "invoiced"} for n in range(1, 13)]
    assert list(wrong(member(lines, ours, status="invoiced"), bill_upfront=True)) == ["payments"]
    moved_in(member(lines, invoiced(12), status="invoiced"), bill_upfront=True)
    assert check()["ok"]


def test_less_than_an_order_billed_up_front_costs() -> None:
    part = {"purpose": "order", "status": "captured", "amount": "10.00"}
    found = wrong(member({"lines": [{}] * 12}, INVOICED, payments=[part]), bill_upfront=True)
    assert list(found) == ["payments[0].amount"]
    assert f"come to 10.00, but it costs {WHOLE / 100}" in found["payments[0].amount"]
    rest = {"purpose": "order", "number": 2, "amount": f"{WHOLE / 100 - 10:.2f}"}
    moved_in(member({"lines": [{}] * 12}, INVOICED, payments=[part, rest]), bill_upfront=True)
    assert [p.status for p in Payment.objects.order_by("number")] == ["captured", "due"]
    assert check()["ok"]


PARTS = [
    {"number": 1, "amount": "8.30", "status": "captured"},
    {"number": 2, "amount": "8.30", "due_on": "2026-04-20"},
    {"number": 3, "amount": "8.30", "due_on": "2026-05-20"},
]


def flags() -> list[tuple[int, bool, bool]]:
    found = Payment.objects.order_by("number").values_list("number", "at_invoice", "not_before_shipped")
    return [(number, at_invoice, shipped) for number, at_invoice, shipped in found]


def test_a_part_of_a_moved_in_child_is_taken_on_its_date() -> None:
    """Not with the invoice, which the other system wrote long ago."""
    moved_in(paid(INVOICED, *PARTS), payment_schedule="3X")
    assert flags() == [(n, False, False) for n in (1, 2, 3)]
    assert run(ProcessPayments(), ON).get("captured", 0) == 0
    assert run(ProcessPayments(), date(2026, 4, 19)).get("captured", 0) == 0
    assert run(ProcessPayments(), date(2026, 4, 20))["captured"] == 1


def test_a_part_of_a_moved_in_order_billed_up_front_is_taken_on_its_date() -> None:
    third = f"{WHOLE / 300:.2f}"
    parts = [
        {"purpose": "order", "number": 1, "amount": third, "status": "captured"},
        {"purpose": "order", "number": 2, "amount": third, "due_on": "2026-04-20"},
        {"purpose": "order", "number": 3, "amount": f"{WHOLE / 100 - 2 * float(third):.2f}", "due_on": "2026-05-20"},
    ]
    order = member({"lines": [{}] * 12}, INVOICED, payments=parts)
    moved_in(order, bill_upfront=True, payment_schedule="3X")
    assert flags() == [(n, False, False) for n in (1, 2, 3)]
    assert run(ProcessPayments(), date(2026, 4, 19)).get("captured", 0) == 0
    assert run(ProcessPayments(), date(2026, 4, 20))["captured"] == 1


def test_the_parts_of_a_moved_in_child_that_is_still_to_be_sent() -> None:
    """What is due on the day it ships waits for the invoice, as at home; what has another date for that, and the parcel."""
    parts = [{**PARTS[0], "status": "due", "due_on": "2026-03-16"}, {**PARTS[1], "due_on": "2026-03-11"}, PARTS[2]]
    moved_in(paid(OPEN, *parts), payment_schedule="3X")
    assert SalesOrder.objects.get(number=CHILD).ship_on == date(2026, 3, 16)
    assert flags() == [(1, True, False), (2, False, True), (3, False, True)]


def test_what_is_invoiced_already_is_taken_on_the_date_that_is_given() -> None:
    """Also where there is no schedule, and before the day on which it was planned to ship."""
    moved_in(paid(INVOICED, {"due_on": "2026-03-13"}))
    assert flags() == [(1, False, False)]
    assert run(ProcessPayments(), date(2026, 3, 12)).get("captured", 0) == 0
    assert run(ProcessPayments(), date(2026, 3, 13))["captured"] == 1


ORDINARY = {"reference": "OLD-2", "number": "OLD-2", "customer": "C-1", "order_date": "2026-03-10", "submit": True}
BOOK = {"item_number": "0013", "price": "9.00"}


@pytest.mark.parametrize(
    ("given", "path", "words"),
    [
        ([{"amount": "2.00"}], "payments[0].amount", "come to 2.00, but these cost 9.00"),
        ([{"status": "captured"}, {}], "payments[1].amount", "come to 18.00, but these cost 9.00"),
    ],
)
def test_the_payments_of_ordinary_lines_come_to_what_these_cost(
    given: list[dict[str, Any]], path: str, words: str
) -> None:
    payments = [{"purpose": "ordinary", **one} for one in given]
    found = wrong({**ORDINARY, "lines": [BOOK], "payments": payments})
    assert words in found[path]


@pytest.mark.parametrize("payments", [[], [{"purpose": "ordinary", "status": "cancelled"}]])
def test_ordinary_lines_that_no_payment_is_given_for_are_noted(payments: Any) -> None:
    done = put(twelve() | {"orders": [{**ORDINARY, "lines": [BOOK], "payments": payments}]})
    assert [line for line in notes(done) if "payments given" in line] == [
        "the ordinary lines of OLD-2 cost 9.00, and none of the payments given is for them: they are not charged"
    ]


def test_a_card_that_is_not_named_for_ordinary_lines_is_noted() -> None:
    bundle = twelve()
    bundle["customers"][0]["cards"].append({"token": "tok_two", "exp_month": 12, "exp_year": 2030})
    done = put(bundle | {"orders": [{**ORDINARY, "lines": [BOOK], "payments": [{"purpose": "ordinary"}]}]})
    assert [line for line in notes(done) if "by card" in line] == [
        "the ordinary lines of OLD-2 are to be paid by card, and it is not said which"
    ]


@pytest.mark.parametrize("pay", [None, [{"method": "card", "card": "tok_visa", "percent": "100"}]])
def test_a_payment_of_ordinary_lines_is_by_the_card_that_pays_them(pay: Any) -> None:
    order = {**ORDINARY, "lines": [BOOK], "payments": [{"purpose": "ordinary", "due_on": "2026-03-20"}]}
    moved_in(order if pay is None else {**order, "pay": pay})
    payment = Payment.objects.get()
    assert (payment.method, payment.card and payment.card.token) == ("card", "tok_visa")


def test_what_is_paid_up_front_is_not_asked_for_again() -> None:
    parts = [
        {"purpose": "order", "number": 1, "status": "captured", "amount": f"{WHOLE / 100:.2f}"},
        {"purpose": "order", "number": 2, "amount": "10.00", "due_on": "2026-04-20"},
    ]
    found = wrong(member({"lines": [{}] * 12}, INVOICED, payments=parts), bill_upfront=True)
    assert found == {"payments[1].status": "due, but all that line 1 costs was captured already"}


def test_a_check_pays_no_child_that_is_still_to_be_paid() -> None:
    assert wrong(paid(OPEN, {"method": "check"})) == {
        "payments[0].method": "check pays only what is billed up front without a payment schedule"
    }
    moved_in(paid(INVOICED, {"method": "check", "status": "captured"}))
    assert check()["ok"]


def test_parts_that_say_how_they_are_taken_are_taken_so() -> None:
    moved_in(
        paid(INVOICED, PARTS[0], {**PARTS[1], "at_invoice": True, "not_before_shipped": False}, PARTS[2]),
        payment_schedule="3X",
    )
    assert flags()[1] == (2, True, False)


def test_a_child_that_no_payment_is_given_for_is_noted() -> None:
    said = f"{CHILD} costs 24.90, and none of the payments given is for it: it is not charged"
    for children, noted in ((OPEN, [said]), (INVOICED, [])):
        order = member({}, children, number="SO-000500", payments=[])
        done = put(twelve() | {"orders": [order]}, dry_run=True)
        assert [line for line in notes(done) if "payments given" in line] == noted
    order = member({}, OPEN, number="SO-000500")
    assert not [line for line in notes(put(twelve() | {"orders": [order]})) if "payments given" in line]


def test_a_child_of_an_order_billed_up_front_is_not_paid_again() -> None:
    order = paid(INVOICED, {"status": "captured"})
    order["payments"].append({"purpose": "order", "status": "captured", "line": 1})
    assert "payments[0].order" in wrong(order, bill_upfront=True)


def test_a_cancelled_child_of_an_order_billed_up_front_is_not_owed() -> None:
    cancelled = [{"shipment": 1, "status": "cancelled"}]
    moved_in(
        member({"lines": [{"status": "ordered"}], "facts": {"shipments": 1}}, cancelled, payments=[]),
        bill_upfront=True,
    )
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("children", "payment"),
    [
        (OPEN, {"status": "sent", "tries": [charge(None, kind="authorise")]}),
        (INVOICED, {"status": "capturing", "tries": [charge("approved", kind="authorise"), charge(None, kind="capture")]}),
        (INVOICED, {"status": "unknown", "tries": [charge("unknown")]}),
        (OPEN, {"status": "authorised", "gateway_ref": "x", "tries": [charge("approved", kind="authorise")]}),
        (OPEN, {"status": "authorised", "tries": [charge(None, kind="void")]}),
        (OPEN, {"status": "declined", "tries": [charge("declined", kind="authorise")]}),
        (OPEN, {"status": "authorised"}),
        (INVOICED, {"status": "captured", "refunded": "24.90"}),
        (INVOICED, {"status": "captured", "method": "check"}),
        (INVOICED, {"status": "captured", "method": "on_account"}),
        (INVOICED, {"status": "paid", "method": "on_account"}),
        (INVOICED, {"status": "written_off"}),
        (INVOICED, {"status": "due"}),
    ],
)  # fmt: skip
def test_words_of_payments_that_fit(children: Any, payment: dict[str, Any]) -> None:
    moved_in(paid(children, payment))
    assert Payment.objects.get().status == payment["status"]
    assert check() == check_once() == {"ok": True, "faults": []}


def test_a_hold_for_a_payment_that_has_failed() -> None:
    moved_in(paid([OPEN[0] | {"holds": [held()]}], {"status": "failed"}, holds=[held(released_on="2026-03-13")]))
    assert check()["ok"]


def test_a_skipped_line_is_skipped_in_every_later_plan_whatever_else_was_changed() -> None:
    moved_in(member({"lines": [{}, {"status": "skipped"}, {}], "adjustments": [changed("price", "5.00", "E3")]}))
    assert list(Adjustment.objects.order_by("id").values_list("event_key", "kind")) == [("E3", "price"), ("E2", "skip")]


def test_a_line_that_was_skipped_need_not_say_so_twice() -> None:
    moved_in(member({"lines": [{}, {}, {}], "adjustments": [changed("skip", True)]}))
    assert list(Occurrence.objects.order_by("position").values_list("status", flat=True)) == [
        "scheduled",
        "skipped",
        "scheduled",
    ]
    assert Adjustment.objects.count() == 1


def test_an_event_that_came_into_the_program_in_front_of_what_was_sent() -> None:
    """Nothing of it comes: a plan goes on behind the last child, a cancelled one too."""
    lines = [line("E1"), line("E3", shipment=2), line("E4"), line("E5")]
    moved_in(member({"lines": lines}, invoiced(2)))
    again = [line("E1"), line("E3", shipment=2, status="scheduled"), line("E4")]
    children = [INVOICED[0], {"shipment": 2, "status": "cancelled"}]
    moved_in(member({"lines": again}, children, reference="OLD-2"))
    assert check()["ok"]


def test_what_does_not_come_is_cancelled_or_skipped() -> None:
    moved_in(member({"lines": [line("E1"), line("E2", status="skipped"), line("E3")]}, invoiced(1)))
    lines = [line("E1"), line("E2", status="cancelled"), line("E3", shipment=2)]
    moved_in(member({"lines": lines}, invoiced(1), reference="OLD-2"))
    assert check()["ok"]


def test_one_who_began_in_the_middle() -> None:
    lines = [line(f"E{n}") for n in range(6, 13)]
    moved_in(member({"facts": {"first_event": "E6"}, "lines": lines}, invoiced(2)))
    assert list(Occurrence.objects.order_by("position").values_list("shipment", flat=True)) == [*range(1, 8)]
    assert check()["ok"]


def test_the_number_of_a_child_to_come_is_no_parents() -> None:
    """It would be parked for good: its number is taken."""
    put(twelve() | {"orders": [{"number": "OLD-5", "customer": "C-1", "lines": [{"item_number": "0016"}]}]})
    order = {"customer": "C-1", "lines": [{"item_number": "0016"}]}
    for number in ("OLD-5-1-002", "OLD-5-1-1002", "OLD-5-1-001-2", "SO-000777-1-001"):
        found = faults({"orders": [order | {"number": number}]})
        assert list(found) == ["orders[0].number"]
        assert "gets: give it another one, that of the other system can be its reference" in found["orders[0].number"]
    for number in ("2025-1-001", "OLD-5-1-02", "OLD-5-1", "OLD-5-1-001-x", "SO-1-2"):
        put({"orders": [order | {"number": number}]})


def test_parents_and_children_of_one_bundle() -> None:
    order = {"customer": "C-1", "lines": [{"item_number": "0016"}]}
    two = [order | {"number": "2025-1-001"}, order | {"number": "2025"}]
    assert faults(twelve() | {"orders": two}) == {
        "orders[1].number": 'a child of it gets the number "2025-1-001", which stands at orders[0].number'
    }
    assert list(faults(twelve() | {"orders": two[::-1]})) == ["orders[1].number"]
    put(twelve() | {"orders": two[:1]})
    assert put({"orders": two[:1]}).tallies["orders"].same == 1


def test_a_child_keeps_a_number_of_its_own() -> None:
    moved_in(member({}, [INVOICED[0] | {"number": "K-1-001"}], number="SO-000500"))
    assert SalesOrder.objects.get(parent__isnull=False).number == "K-1-001"


def test_left_out_a_child_was_sent_no_later_than_it_was_invoiced() -> None:
    moved_in(member({}, [INVOICED[0] | {"invoiced_on": "2026-03-12"}]))
    child = SalesOrder.objects.get(parent__isnull=False)
    assert str(child.invoiced_on) == str(child.sent.on_date) == "2026-03-12"
