"""Orders that are taken over as they stand: with as few fields as possible, and contradictions that are faults."""

from __future__ import annotations

from datetime import date

import pytest

from perennial.bundle.export.notices import notices
from perennial.continuity.models import Adjustment, ContinuityOrder, Occurrence, Parked
from perennial.customers.models import StoredCard
from perennial.jobs.check import check, check_once
from perennial.notices.models import Notice
from perennial.orders.models import Hold, OrderEvent, SalesOrder
from perennial.payments.models import Attempt, Bill, Payment
from tests.worlds.bundle import counts, example, faults, put, twelve
from tests.worlds.moved_in import invoiced, member, moved_in, wrong

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("numbers_from_one")]


def rows():
    """(event, shipment, status, child) of the walk."""
    found = Occurrence.objects.order_by("position").select_related("child")
    return [(o.event_key, o.shipment, o.status, o.child and o.child.number) for o in found]


FIVE_OF_TWELVE = [
    (f"E{n}", n, "ordered" if n <= 5 else "scheduled", f"SO-000001-1-00{n}" if n <= 5 else None) for n in range(1, 13)
]


def test_a_cancelled_child_keeps_its_shipment_and_nothing_is_made_anew():
    """Not one more box, not one more charge: only a line that is scheduled says that its shipment comes again."""
    children = [*invoiced(1), {"line": 1, "shipment": 2, "status": "cancelled"}]
    moved_in(member(children=children))
    assert rows()[:3] == [
        ("E1", 1, "ordered", "SO-000001-1-001"),
        ("E2", 2, "ordered", "SO-000001-1-002"),
        ("E3", 3, "scheduled", None),
    ]
    assert not Payment.objects.filter(order__number="SO-000001-1-002", status="due").exists()
    assert (check()["faults"], check_once()["faults"]) == ([], [])


@pytest.mark.parametrize(
    "lines",
    [
        [{"event_id": n, "status": "ordered" if n <= 5 else "scheduled"} for n in range(1, 13)],
        [{"key": f"E{n}", "status": "ordered" if n <= 5 else "scheduled"} for n in range(1, 13)],
        [{"status": "ordered"}] * 5 + [{"status": "scheduled"}] * 7,
        [{}] * 12,
        None,
    ],
    ids=["by place", "by key", "one after the other", "empty", "left out"],
)
def test_a_member_who_moves_in_after_five_of_twelve(lines):
    done = moved_in(member({"lines": lines}, invoiced(5)))
    assert done.tallies["orders"].new == 1
    assert rows() == FIVE_OF_TWELVE
    order = ContinuityOrder.objects.get()
    assert (order.complete, order.status, order.threshold) == (True, "open", 3)
    assert not Payment.objects.exists()
    child = SalesOrder.objects.get(number="SO-000001-1-001")
    assert (child.external, child.status, child.ship_on, child.total_minor) == (
        "OLD-88123-1",
        "invoiced",
        date(2026, 3, 16),
        1995 + 495,
    )
    assert check() == check_once() == {"ok": True, "faults": []}
    assert done.first_charge_on == date(2026, 8, 12)


@pytest.mark.django_db(transaction=True)
def test_the_next_child_is_the_sixth():
    from perennial.cli.main import main

    moved_in(member({"lines": [{}] * 12}, invoiced(5)))
    assert main(["job", "create-child-orders", "--on", "2026-08-07", "--json"]) == 0
    assert SalesOrder.objects.filter(parent__isnull=False).order_by("number").last().number == "SO-000001-1-006"


def test_dates_that_are_given_stand_and_the_next_are_counted_from_them():
    lines = [
        {"status": "ordered", "event_on": "2026-03-20", "ship_on": "2026-03-25"},
        {},
        {"event_on": "2026-06-01"},
        {},
    ]
    moved_in(member({"lines": lines}, invoiced(1)))
    found = Occurrence.objects.order_by("position").values_list("event_on", "ship_on")
    assert list(found) == [
        (date(2026, 3, 20), date(2026, 3, 25)),
        (date(2026, 4, 19), date(2026, 4, 20)),
        (date(2026, 6, 1), date(2026, 6, 1)),
        (date(2026, 7, 1), date(2026, 7, 1)),
    ]
    assert not ContinuityOrder.objects.get().complete


def test_products_quantities_and_prices_that_are_given_stand():
    lines = [
        {"item_number": "0015", "quantity": 2},
        {"price": "1.00"},
        {"event_id": 3, "line": 1},
        {"event_id": 3, "line": 2, "item_number": "0013"},
    ]
    moved_in(member({"lines": lines}))
    found = [
        (o.event_key, line.line, line.product.number, line.quantity, line.price_minor)
        for o in Occurrence.objects.order_by("position")
        for line in o.lines.order_by("line")
    ]
    assert found == [
        ("E1", 1, "0015", 2, 2400),
        ("E2", 1, "0014", 1, 100),
        ("E3", 1, "0015", 1, 2400),
        ("E3", 2, "0013", 1, 1995),
    ]


def test_repetitions_follow_each_other():
    events = [{"item_number": "0013", "days_from_last": 30, "times_to_repeat": 5}, {"item_number": "0014"}]
    moved_in(member({"lines": [{}] * 7}, invoiced(2)), events=events)
    found = Occurrence.objects.order_by("position").values_list("event_key", "repetition")
    assert list(found) == [*[("E1", n) for n in range(6)], ("E2", 0)]
    assert ContinuityOrder.objects.get().complete


def test_until_stopped_is_never_complete():
    events = [{"item_number": "0013", "days_from_last": 30, "times_to_repeat": "until_stopped"}]
    moved_in(member({"lines": [{}] * 40}, invoiced(30)), events=events)
    assert Occurrence.objects.filter(status="ordered").count() == 30
    assert not ContinuityOrder.objects.get().complete


def test_a_skipped_line_stays_skipped_in_every_later_plan():
    moved_in(member({"lines": [{}, {"status": "skipped"}, {}]}))
    assert list(Adjustment.objects.values_list("event_key", "kind")) == [("E2", "skip")]


def test_what_is_open_is_owed_and_what_is_invoiced_was_paid():
    children = [*invoiced(2), {"shipment": 3, "status": "shipped"}, {"shipment": 4}]
    ordinary = {"item_number": "0013", "quantity": 2, "delivery_mode": "STD"}
    moved_in(member({}, children, lines=[ordinary], pay=[{"amount": "10.00"}, {}]))
    found = Payment.objects.order_by("order__number", "number").values_list(
        "order__number", "purpose", "amount_minor", "status", "due_on"
    )
    assert list(found) == [
        ("SO-000001", "ordinary", 1000, "due", date(2026, 3, 10)),
        ("SO-000001", "ordinary", 3485, "due", date(2026, 3, 10)),
        ("SO-000001-1-003", "shipment", 2895, "due", date(2026, 5, 14)),
        ("SO-000001-1-004", "shipment", 2490, "due", date(2026, 6, 15)),
    ]
    assert check()["ok"]


def test_payments_that_are_given_stand_with_their_tries_and_bills():
    payments = [
        {
            "order": "SO-000001-1-001",
            "amount": "24.90",
            "status": "captured",
            "gateway_ref": "ch_1",
            "tries": [
                {"kind": "authorise", "key": "k1", "amount": "24.90", "outcome": "approved", "gateway_ref": "ch_1"},
                {"kind": "capture", "key": "k2", "amount": "24.90", "outcome": "approved"},
            ],
        },
        {
            "order": "SO-000001-1-002",
            "method": "on_account",
            "status": "billed",
            "due_on": "2026-05-20",
            "bill": {"on": "2026-04-20", "due_on": "2026-05-20"},
        },
    ]
    moved_in(member({}, invoiced(2), number="SO-000001", payments=payments))
    first, second = Payment.objects.order_by("id")
    assert (first.captured_minor, first.card.token, first.purpose, first.number) == (2490, "tok_visa", "shipment", 1)
    assert list(Attempt.objects.order_by("id").values_list("kind", "key")) == [("authorise", "k1"), ("capture", "k2")]
    assert (second.amount_minor, second.card, Bill.objects.get().amount_minor) == (2490, None, 2490)
    assert check()["ok"]


def test_what_was_billed_elsewhere_is_no_charge_to_come():
    billed = {
        "order": "SO-000001-1-002",
        "method": "on_account",
        "status": "billed",
        "due_on": "2026-05-10",
        "bill": {"on": "2026-04-20", "due_on": "2026-05-10"},
    }
    done = moved_in(member({}, invoiced(2), number="SO-000001", payments=[billed]))
    assert done.first_charge_on == date(2026, 5, 14)  # the third shipment


def test_an_order_billed_up_front_says_what_was_paid():
    needed = wrong(member({"lines": [{}] * 12}, invoiced(5)), bill_upfront=True)
    assert list(needed) == ["payments"]
    paid = [{"purpose": "order", "status": "captured"}]
    moved_in(member({"lines": [{}] * 12}, invoiced(5), payments=paid), bill_upfront=True)
    payment = Payment.objects.get()
    total = 4 * (1995 + 1995 + 2400) + 12 * 495
    assert (payment.continuity_order, payment.captured_minor) == (ContinuityOrder.objects.get(), total)
    assert check()["ok"]


def test_one_that_is_only_planned_now_owes_as_if_it_was_entered():
    moved_in(member({}, acceptance="awaited", acceptance_required=True), bill_upfront=True)
    assert list(Payment.objects.values_list("purpose", "status", "due_on")) == [("order", "due", date(2026, 3, 16))]
    assert SalesOrder.objects.get(parent=None).acceptance == "awaited"


def test_holds_events_parked_and_notices():
    order = member(
        {"parked": [{"shipment": 2, "reason": "no price"}]},
        [{"shipment": 1, "holds": [{"code": "gift", "reason": "wrapping"}], "events": [{"kind": "held"}]}],
        holds=[{"reason": "calls back", "by": "clerk:anna", "on": "2026-03-12"}, {"released_on": "2026-03-11"}],
        events=[{"kind": "entered", "on": "2026-03-10", "by": "clerk:anna", "data": {"a": [1, None, "x"]}}],
    )
    notice = {"customer": "C-1", "kind": "card_expired", "card": "tok_visa", "on": "2026-03-01", "status": "sent"}
    put(twelve() | {"orders": [order], "notices": [notice]})
    assert list(Hold.objects.order_by("id").values_list("order__number", "code", "stops", "by")) == [
        ("SO-000001", "hold", "both", "clerk:anna"),
        ("SO-000001", "hold", "both", ""),
        ("SO-000001-1-001", "gift", "both", ""),
    ]
    assert list(OrderEvent.objects.order_by("id").values_list("kind", "data")) == [
        ("entered", {"a": [1, None, "x"]}),
        ("held", None),
    ]
    assert Parked.objects.get().job == "create-child-orders"
    assert set(Occurrence.objects.filter(status="scheduled").values_list("blocked", flat=True)) == {"parked"}
    assert Notice.objects.get().card_id == StoredCard.objects.get().pk
    assert check()["ok"]


def test_what_customers_were_told_of_a_payment_or_a_try_goes_out_and_in():
    """By the names that another installation knows; a card, payment or try that is not there is about nothing."""
    declined = {"kind": "charge", "key": "inst-7-charge-1", "amount": "24.90", "outcome": "declined"}
    paid = {"order": "SO-000001-1-002", "status": "declined", "tries": [declined]}
    sent = {"customer": "C-1", "on": "2026-04-20", "status": "sent", "facts": {"order": "SO-000001-1-002"}}
    sent |= {"language": "it", "channel": "email"}
    payment = {"order": "SO-000001-1-002", "line": None, "purpose": "shipment", "number": 1}
    told = [
        {**sent, "kind": "bill", "payment": payment, "attempts": 2, "sent_text": "Gentile Ada"},
        {**sent, "kind": "declined", "about": "inst-7-charge-1"},
    ]
    gone = [{**told[0], "payment": {**payment, "number": 2}}, {**told[1], "about": "inst-8-charge-1"}]
    order = member({}, invoiced(2), number="SO-000001", payments=[paid])
    put(twelve() | {"orders": [order], "notices": [*told, *gone]})
    attempt = Attempt.objects.get()
    parent = SalesOrder.objects.get(parent=None)
    assert list(Notice.objects.order_by("id").values_list("order_id", "payment_id", "attempt_id")) == [
        (parent.pk, attempt.payment_id, None),
        (parent.pk, attempt.payment_id, attempt.pk),
    ]
    assert [{key: one[key] for key in sorted(one)} for one in notices()] == [
        {key: one[key] for key in sorted(one)} for one in told
    ]
    put({"notices": told})
    assert Notice.objects.count() == 2
    assert list(faults({"notices": [{**told[0], "kind": "poem"}]})) == ["notices[0].kind"]


def test_what_came_from_elsewhere_says_so():
    """An order and its children, unless their history tells that they were made here, as an export's does."""
    here = [{"kind": "entered"}, {"kind": "child_created", "data": {"child": "SO-000002-1-001"}}]
    theirs = member({}, invoiced(1), number="SO-000001")
    ours = member({}, [{"shipment": 1, "number": "SO-000002-1-001"}], number="SO-000002", reference="B", events=here)
    told = member({}, number="SO-000003", reference="C", status="open", taken_over_on="2025-01-01")
    done = put(twelve() | {"orders": [theirs, ours, told]}, on=date(2026, 3, 10))
    assert done
    assert dict(SalesOrder.objects.values_list("number", "taken_over_on")) == {
        "SO-000001": date(2026, 3, 10),
        "SO-000001-1-001": date(2026, 3, 10),
        "SO-000002": None,
        "SO-000002-1-001": None,
        "SO-000003": date(2025, 1, 1),
    }


def test_a_printed_order_comes_in_as_it_was_printed():
    from perennial.desk.contract import order_documents

    moved_in(member({}, invoiced(2), holds=[{"reason": "x"}]))
    (printed,) = order_documents([SalesOrder.objects.get(parent=None).pk])
    printed |= {"number": "SO-000002", "reference": "COPY"}
    for child in printed["children"]:
        child["number"] = child["number"].replace("000001", "000002")
    for line in printed["continuity"][0]["lines"]:
        line["child_order"] = None
    put({"orders": [printed]})
    (copied,) = order_documents([SalesOrder.objects.get(number="SO-000002").pk])
    assert copied["children"] == printed["children"]
    differs = {"child_order"}
    for ours, theirs in zip(copied["continuity"][0]["lines"], printed["continuity"][0]["lines"], strict=True):
        assert {k: v for k, v in ours.items() if k not in differs} == {
            k: v for k, v in theirs.items() if k not in differs
        }


CONTRADICTIONS = {
    "ordered without a child": (
        member({"lines": [{"status": "ordered"}]}),
        {"lines[0].continuity.lines": "is ordered, but no child"},
    ),
    "a child of a line that is not ordered": (
        member({"lines": [{"status": "scheduled"}]}, invoiced(1)),
        {"children[0].shipment": "is invoiced but no shipment of its order points to it"},
    ),
    "a child of no shipment": (
        member(
            {"lines": [{}]},
            [
                *invoiced(1),
                {"shipment": 9, "ship_on": "2026-05-01", "lines": [{"item_number": "0013", "price": "1.00"}]},
            ],
        ),
        {"children[1].shipment": "is open but no shipment of its order points to it"},
    ),
    "two children of a shipment": (
        member({}, [{"shipment": 1}, {"shipment": 1}]),
        {"children[1].shipment": "was made 2 times"},
    ),
    "a child of an ordinary line": (member({}, [{"line": 2, "shipment": 1}]), {"children[0].line": "2 is none"}),
    "an unknown event": (
        member({"lines": [{"key": "E13"}, {"event_id": 13}]}),
        {
            "lines[0].continuity.lines[0].key": 'unknown event "E13"; did you mean "E',
            "lines[0].continuity.lines[1].event_id": "has no event 13",
        },
    ),
    "an occurrence twice": (
        member({"lines": [{"event_id": 1}, {"event_id": 2}, {"event_id": 1}]}),
        {"lines[0].continuity.lines[2]": "stands twice"},
    ),
    "dates that go back": (
        member({"lines": [{"event_on": "2026-05-01"}, {"event_on": "2026-04-01"}]}),
        {"lines[0].continuity.lines[1].event_on": "is dated before the one before it"},
    ),
    "planned in an open order": (
        member({"lines": [{"status": "planned"}]}),
        {"lines[0].continuity.lines[0].status": "is planned in a open continuity order"},
    ),
    "a cancelled line with a shipment": (
        member({"lines": [{"status": "cancelled", "shipment": 1}]}),
        {"lines[0].continuity.lines[0].shipment": "a cancelled line has no shipment"},
    ),
    "a draft with children": (
        member({"status": "open"}, invoiced(1), status="draft"),
        {"status": "is draft, but its child"},
    ),
    "cancelled, but not all of it": (
        member({"status": "open"}, status="cancelled"),
        {"status": "is cancelled, but line 1 of it is open"},
    ),
    "amounts that do not sum up": (
        member({}, [{"shipment": 1, "total": "5.00"}]),
        {"children[0].total": "5.00, but lines, delivery and tax come to 24.90"},
    ),
    "captured, but not whole": (
        member({}, invoiced(1), number="X", payments=[{"order": "X-1-001", "status": "captured", "captured": "1.00"}]),
        {"payments[0].captured": "is captured, but not its 24.90"},
    ),
    "a payment of nothing": (
        member({}, invoiced(1), number="X", payments=[{"order": "X-1-002"}]),
        {"payments[0].order": '"X-1-002" is neither the order nor a child of it; did you mean "X-1-001"?'},
    ),
    "two unresolved tries": (
        member(
            {},
            invoiced(1),
            number="X",
            payments=[
                {
                    "order": "X-1-001",
                    "tries": [{"kind": "authorise", "key": "a"}, {"kind": "capture", "key": "b"}],
                }
            ],
        ),
        {"payments[0].tries[1].outcome": "a second try of which nobody knows"},
    ),
    "an unknown revision": (member({"revision": 7}), {"lines[0].continuity.revision": "has no released revision 7"}),
    "two open holds of a code": (
        member({}, holds=[{}, {}]),
        {"holds[1].code": 'a second open hold "hold"'},
    ),
    "a check for later shipments": (
        member({"payment_method": "check", "lines": [{}]}),
        {"lines[0].continuity.payment_method": "check pays only what is billed up front"},
    ),
    "complete after five of twelve": (
        member({"complete": True, "lines": [{}] * 5}, invoiced(5)),
        {"lines[0].continuity.complete": "is planned to its end, but event E6/0 follows"},
    ),
    "another currency": (member({}, status="open", currency="EUR"), {"currency": "the installation has USD"}),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions_are_faults(name):
    order, expected = CONTRADICTIONS[name]
    found = wrong(order)
    assert sorted(found) == sorted(expected)
    assert not {path: found[path] for path, words in expected.items() if words not in found[path]}


def test_complete_without_an_end_is_a_fault():
    events = [{"item_number": "0013", "days_from_last": 30, "times_to_repeat": "until_stopped"}]
    assert list(wrong(member({"complete": True, "lines": [{}] * 5}), events=events)) == ["lines[0].continuity.complete"]
    assert list(wrong(member({"complete": True}), events=events)) == ["lines[0].continuity.complete"]


@pytest.mark.parametrize(
    "continuity",
    [
        {"lines": [{}] * 12, "complete": True},
        {"lines": [{}] * 12, "complete": False},
        {"lines": [{}] * 5, "complete": False},
        {"lines": [{}] * 5, "complete": True, "facts": {"last_shipment": 5}},
        {"lines": [{}] * 5, "complete": True, "facts": {"shipments": 5}},
        {"lines": [{}] * 5 + [{"key": "E6", "status": "cancelled"}], "complete": True},
        {"lines": [{}] * 5, "complete": True, "status": "closed"},
    ],
    ids=["all", "not known yet", "goes on", "stopped", "so many bought", "next one cancelled", "closed"],
)
def test_what_complete_may_say(continuity):
    moved_in(member(continuity, invoiced(5)))
    assert ContinuityOrder.objects.get().complete == continuity["complete"]


def test_a_number_of_a_child_stands_once_in_the_world():
    moved_in(member({}, [{"shipment": 1, "number": "SO-000009"}]))
    assert list(wrong(member({}, [{"shipment": 1, "number": "SO-000009"}], reference="OLD-2"))) == [
        "children[0].number"
    ]
    assert list(wrong({**example()["orders"][0], "number": "SO-000009"})) == ["number"]


def test_one_that_was_taken_over_is_known_again():
    order = member({"lines": [{}] * 12}, invoiced(5))
    moved_in(order)
    assert counts(put({"orders": [order]})) == {"orders": (0, 0, 1)}
    assert "orders[0].order_date" in faults({"orders": [order | {"order_date": "2026-03-09"}]})
