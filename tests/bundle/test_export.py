"""Export, import, export: the same bytes, and everything goes on exactly where it was.

The installations that are exported come from the second reading's scenarios: holds, adjustments,
cancelled children and tries, payments in all states, drafts, removed events, several revisions.
BUNDLE_SEEDS=1-200 plays more of them.
"""

from __future__ import annotations

import json
import os
import shutil
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from perennial.catalog.models import DeliveryMode, Product
from perennial.continuity.models import Parked
from perennial.desk import actions
from perennial.desk.actions import approve_refund, cancel, decline_refund, refund
from perennial.desk.contract import order_documents
from perennial.desk.disputes import reported
from perennial.desk.orders.short import Pieces
from perennial.errors import Refused
from perennial.jobs.check import check, check_once
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.dry_run import rehearse
from perennial.jobs.update_orders import UpdateOrders
from perennial.kernel.shares import Share
from perennial.orders.models import Hold, OrderEvent, SalesOrder
from perennial.payments import gateways
from perennial.payments.gateways.contract import DisputeFacts
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.models import Attempt, Payment
from perennial.programs import draft
from perennial.programs.models import Program, ProgramRevision
from tests.second_reading import generate
from tests.second_reading.runner import in_process
from tests.worlds import desk
from tests.worlds.bundle import empty, example, faults, put, take_out, twelve
from tests.worlds.leading import lead
from tests.worlds.moved_in import invoiced, member

LOW, _, HIGH = os.environ.get("BUNDLE_SEEDS", "1-8").partition("-")
SEEDS = [
    pytest.param(seed, marks=[pytest.mark.patient] if seed > 3 else [])
    for seed in range(int(LOW), int(HIGH or LOW) + 1)
]


def documents() -> list[dict[str, Any]]:
    """All orders as they are printed."""
    return list(order_documents(SalesOrder.objects.filter(parent=None).order_by("id").values_list("id", flat=True)))


def play(seed: int, tmp_path: Any) -> generate.Scenario:
    """One scenario, through the command line."""
    scenario = generate.Scenario(seed)
    for number, step in enumerate(scenario.steps):
        argv = step.get("argv")
        if argv is None:
            path = tmp_path / f"{number}.json"
            path.write_text(json.dumps(step["import"]))
            argv = ["import", str(path)]
        status, _, err = in_process(argv)
        assert not (argv[0] == "import" and status), err
    return scenario


def without(value: Any, *names: str) -> Any:
    """A document without some of its keys, however deep."""
    if isinstance(value, dict):
        return {key: without(inner, *names) for key, inner in value.items() if key not in names}
    return [without(inner, *names) for inner in value] if isinstance(value, list) else value


def nights(scenario: generate.Scenario) -> list[Any]:
    """What the next two months bring, night by night, and the orders after them."""
    found: list[Any] = []
    for days in range(1, 60, 20):
        on = (scenario.on + timedelta(days)).isoformat()
        status, out, err = in_process(["night", "--on", on, "--json"])
        assert status == 0, err
        found += [without(job, "run", "by") for job in json.loads(out)["jobs"]]
    return [*found, without(documents(), "by")]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.django_db(transaction=True)
def test_export_import_export_is_the_same(seed, tmp_path, settings):
    settings.PERENNIAL_HOME = tmp_path
    book, then = tmp_path / "book", tmp_path / "then"
    book.mkdir()
    empty()
    with gateways.use(Sandbox(book)):
        scenario = play(seed, tmp_path)
    if seed % 2:  # nothing of it may be given any more, and all goes on
        for model in (Product, DeliveryMode):
            model.objects.update(active=False)
    before, printed = take_out(), documents()
    done = put(before)
    assert {(t.new, t.changed) for t in done.tallies.values()} == {(0, 0)}, "the same file again changes nothing"
    assert take_out() == before

    shutil.copytree(book, then)
    with gateways.use(Sandbox(book)):
        expected = nights(scenario)
    empty()
    put(before)
    assert take_out() == before
    assert documents() == printed
    status, out, _ = in_process(["check", "--json"])
    told = json.loads(out)
    assert (status, told["ok"], told["faults"]) == (0, True, [])
    with gateways.use(Sandbox(then)):  # what the gateway knows is where it was, too
        assert nights(scenario) == expected


@pytest.mark.django_db(transaction=True)
def test_programs_with_their_past_drafts_and_run_state():
    empty()
    bundle = twelve(started_on="2026-01-01", order_start="current_event")
    events = bundle["programs"][0]["events"]
    events[3] |= {"date_interval": "NM", "days_from_last": 0, "probability": "33.333333", "times_to_repeat": 2}
    events[4] |= {"event_id": 4, "days_from_last": None, "quantity": "0.125", "unit": "kg", "price": "0.00"}
    put(bundle)
    put({"date_intervals": [{"code": "NM", "rule": "FREQ=MONTHLY;BYMONTHDAY=9"}]})
    draft.remove_event(schedule_id="BOM", key="E2", by="test")
    done = in_process(["program", "release", "BOM", "--apply"])
    assert done[0] == 0, done
    draft.remove_event(schedule_id="BOM", key="E3", by="test")
    in_process(["program", "copy", "BOM", "COPY"])
    in_process(["job", "update-current-event", "--on", "2026-04-20"])
    assert Program.objects.get(schedule_id="BOM").current_key
    before = take_out()
    program = next(p for p in json.loads(before)["programs"] if p["schedule_id"] == "BOM")
    assert [r["revision"] for r in program["revisions"]] == [1, 2]
    assert (program["revision"], program["apply"], program["draft"]["revision"]) == (3, True, 4)
    assert [(e["key"], e["before"]) for e in program["removed_events"]] == [("E2", "E3")]
    empty()
    put(before)
    assert take_out() == before
    assert ProgramRevision.objects.filter(program__schedule_id="BOM").count() == 4


@pytest.mark.django_db(transaction=True)
def test_what_is_given_back_and_at_which_gateway():
    empty()
    charge = {
        "kind": "charge", "key": "k1", "amount": "24.90", "outcome": "approved", "gateway": "bank", "gateway_ref": "ch_1",
        "network_transaction_id": "nt_1",
    }  # fmt: skip
    refused = {"kind": "charge", "number": 2, "key": "k0", "amount": "24.90", "outcome": "declined"}
    paid = {
        "order": "SO-000001-1-002", "status": "captured", "refunded": "4.90", "gateway": "bank", "gateway_ref": "ch_1",
        "authorised_until": "2026-05-20", "tries": [charge, refused | {"category": "authentication"}],
    }  # fmt: skip
    given = {"order": "SO-000001-1-002", "purpose": "refund", "refunds": 1, "amount": "4.90", "status": "captured"}
    order = member({}, invoiced(2), number="SO-000001", payments=[paid, given])
    wrong = {
        "payments[1].refunds": {**given, "refunds": 2},
        "payments[1].amount": {**given, "amount": "24.91"},
        "payments[0].refunds": given,
    }
    for path, one in wrong.items():
        theirs = [paid | {"refunds": 1}, one] if path == "payments[0].refunds" else [paid, one]
        assert list(faults(twelve() | {"orders": [order | {"payments": theirs}]})) == [f"orders[0].{path}"]
    put(twelve() | {"orders": [order]})
    refund(number="SO-000001-1-002", amount="5.00", on=date(2026, 5, 20), by="anna", reason="torn")
    before = take_out()
    empty()
    put(before)
    assert take_out() == before
    taken = Payment.objects.get(purpose="shipment")
    assert list(Payment.objects.filter(refunds=taken).order_by("number").values_list("amount_minor", "status")) == [
        (490, "captured"),
        (500, "due"),
    ]
    tries = Attempt.objects.filter(payment=taken).order_by("number")
    assert list(tries.values_list("gateway", "category", "network_transaction_id")) == [
        ("bank", None, "nt_1"),
        (None, "authentication", None),
    ]
    # As an export said it before there were categories.
    old = json.loads(before)
    old["orders"][0]["payments"][-1]["tries"][1].pop("category")
    empty()
    put(json.dumps(old))
    assert Attempt.objects.get(outcome="declined").category == "hard"


def lost_besides(payments):
    """The refund that was due went out, and then the bank took all that was captured."""
    taken, back = payments[3], payments[1]
    back.update(status="captured", captured=back["amount"], due_on="2026-05-20")
    taken["refunded"] = back["amount"]
    taken["disputes"][0].update(status="lost", amount=taken["captured"], closed_on="2026-05-20")


def gone_out_after_a_loss(payments):
    lost_besides(payments)
    payments[3]["disputes"][0]["closed_on"] = "2026-05-19"


@pytest.mark.django_db(transaction=True)
def test_refunds_that_wait_for_approval_and_disputes_go_out_and_in_again_and_go_on():
    empty()
    child = "SO-000001-1-002"
    paid = {"order": child, "status": "captured", "gateway": "bank", "gateway_ref": "ch_1"}
    order = member({}, invoiced(2), number="SO-000001", payments=[paid])
    put(twelve() | {"orders": [order], "parameters": {"refund_limit": "1.00"}})
    who = {"on": date(2026, 5, 20), "by": "anna", "reason": "torn"}
    assert refund(number=child, amount="5.00", **who).status == "draft"
    decline_refund(number="SO-000001", **who | {"by": "luca"})
    refund(number=child, amount="0.50", **who)
    assert refund(number=child, amount="4.00", **who).status == "draft"
    told = DisputeFacts("dp_1", "ch_1", 490, "USD", "fraudulent", "open", date(2026, 6, 1))
    reported(gateway="bank", facts=told, happened=1_790_000_000, on=date(2026, 5, 21), by="gateway:bank")
    before = take_out()
    (said,) = json.loads(before)["orders"]
    assert [(one["number"], one["amount"], one["approved"]) for one in said["refund_requests"]] == [
        (1, "5.00", False),
        (2, "4.00", None),
    ]
    assert [(one["status"], one.get("request")) for one in said["payments"] if one["purpose"] == "refund"] == [
        ("cancelled", 1),
        ("due", None),
        ("draft", 2),
    ]
    wrong = {
        "refund_requests[1].approved": lambda o: o["refund_requests"][0].update(approved=None, decided_by=None, decided_on=None),
        "refund_requests[0].approved": lambda o: o["refund_requests"][0].update(approved=None),
        "refund_requests[1]": lambda o: o["payments"].pop(2),
        "payments[2].request": lambda o: o["payments"][2].update(request=3),
        "payments[2].status": lambda o: o["refund_requests"][1].update(approved=False, decided_by="luca"),
        "payments[3].disputes": lambda o: o["payments"][3].update(captured="0.00", status="due"),
        "payments[3].disputes[0].closed_on": lambda o: o["payments"][3]["disputes"][0].update(closed_on="2026-06-02"),
        "payments[3].refunded": lambda o: gone_out_after_a_loss(o["payments"]),
        "refund_requests": lambda o: o["refund_requests"][0].update(amount="25.00"),
    }  # fmt: skip
    empty()
    for path, break_ in wrong.items():
        broken = json.loads(before)
        break_(broken["orders"][0])
        assert path in [at.removeprefix("orders[0].") for at in faults(broken)], path
    both = json.loads(before)
    lost_besides(both["orders"][0]["payments"])
    put(json.dumps(both))
    empty()
    put(before)
    assert take_out() == before
    with pytest.raises(Refused, match="refund_of_disputed"):
        approve_refund(number="SO-000001", **who | {"by": "luca"})
    reported(gateway="bank", facts=told._replace(status="won"), happened=1_790_000_001, on=date(2026, 6, 2), by="bank")
    assert approve_refund(number="SO-000001", **who | {"by": "luca"}).amount.minor == 400


@pytest.mark.django_db(transaction=True)
def test_what_follows_a_child_that_went_short_goes_out_and_in_again_to_the_cent():
    empty()
    desk.club()
    number = desk.order("CLUB")
    actions.price(number=number, shipment=1, price="9.99", on=desk.ON, by="anna")
    assert desk.make_children(desk.ON) == 1
    child, rest = f"{number}-1-001", f"{number}-1-001-2"
    actions.ship(number=child, pieces=[Pieces(1, Decimal("0.5"))], rest="later", on=desk.ON, by="anna")
    actions.ship(number=rest, pieces=[Pieces(1, Decimal("0.4"))], rest="later", on=desk.day(1), by="anna")
    before = take_out()
    (said,) = json.loads(before)["orders"]
    assert [
        (one.get("rest_of"), one["lines"][0].get("amount"), one["tax"], one["total"]) for one in said["children"]
    ] == [
        (None, None, "1.00", "11.00"),
        (child, None, "0.40", "4.40"),
        (child, "0.99", "0.10", "1.09"),
    ]
    assert sum(one.total_minor for one in SalesOrder.objects.filter(parent__number=number)) == 999 + 500 + 150
    broken = json.loads(before)
    del broken["orders"][0]["children"][1]["lines"]
    broken["orders"][0]["children"][2]["rest_of"] = "SO-000001-1-009"
    empty()
    assert {path.removeprefix("orders[0].") for path in faults(broken)} == {
        "children[1].lines",
        "children[2].rest_of",
    }
    put(before)
    assert take_out() == before
    assert check()["faults"] == check_once()["faults"] == []


@pytest.mark.django_db(transaction=True)
def test_why_a_job_held_or_parked_goes_out_as_data_and_in_again():
    empty()
    parked = {"code": "product_without_price", "product": "0099", "event": 3}
    failed = {"code": "payment_failed", "number": 1, "amount": {"minor": 2490, "currency": "USD"}, "message": "no"}
    said = ["product 0099 has no price and event 3 names none", "payment 1 of 24.90 failed: no"]
    held = {"code": "credit", "on": "2026-03-11", "by": "job:3", "because": failed}
    order = member(
        {"parked": [{"shipment": 2, "on": "2026-03-11", "because": parked}]},
        number="SO-000001",
        holds=[held, {"code": "call", "reason": "calls back"}],
        events=[{"kind": "held", "on": "2026-03-11", "by": "job:3", "because": failed, "data": {"code": "credit"}}],
    )
    for one in ({"code": 7}, "no price", {"code": "x", "on": {"date": "soon"}}):
        assert list(faults(twelve() | {"orders": [order | {"holds": [held | {"because": one}]}]})) == [
            "orders[0].holds[0].because"
        ]
    put(twelve() | {"orders": [order]})
    before = take_out()
    (made,) = json.loads(before)["orders"]
    (put_aside,) = made["lines"][0]["continuity"]["parked"]
    assert (put_aside["reason"], put_aside["because"]) == (said[0], parked)
    assert [(hold["reason"], hold.get("because")) for hold in made["holds"]] == [
        (said[1], failed),
        ("calls back", None),
    ]
    (event,) = made["events"]
    assert (event["reason"], event["because"], event["data"]) == (said[1], failed, {"code": "credit"})
    empty()
    put(before)
    assert take_out() == before
    # Words alone, as bundles had them, are kept as words.
    for one in (put_aside, made["holds"][0], event):
        del one["because"]
    empty()
    put(twelve() | {"orders": [made]})
    assert [one.reason for one in (Parked.objects.get(), Hold.objects.get(code="credit"), OrderEvent.objects.get())] == [
        said[0], said[1], said[1],
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_whose_turn_it_is_on_a_day_does_not_hang_on_when_it_was_planned(tmp_path, settings):
    """Line 1 is extended after line 2 was planned; an import writes all of line 1 first."""
    settings.PERENNIAL_HOME = tmp_path
    empty()
    bundle = example()
    bundle["parameters"]["repeat_threshold"] = 1
    bundle["programs"][0]["days_after_order_date"] = 0
    bundle["programs"][0]["events"] = [
        {"item_number": "0013", "days_from_last": 10, "times_to_repeat": "until_stopped"},
    ]
    lines = [{"item_number": "0016", "continuity": {"start_date": day}} for day in ("2026-03-10", "2026-03-20")]
    bundle["orders"][0] |= {"lines": lines, "pay": []}
    put(bundle)
    assert in_process(["job", "create-child-orders", "--on", "2026-03-15"])[0] == 0
    assert in_process(["job", "extend-lines", "--on", "2026-03-16"])[0] == 0
    before = take_out()

    def next_night() -> list[Any]:
        assert in_process(["job", "create-child-orders", "--on", "2026-03-25", "--limit", "1"])[0] == 0
        first = documents()[0]["events"][-1]["data"]["child"]
        assert in_process(["simulate", "--from", "2026-03-30", "--to", "2026-03-30"])[0] == 0
        return [first, without(documents(), "by"), without(json.loads(take_out())["orders"][0]["events"], "by", "at")]

    expected = next_night()
    assert expected[0] == "SO-000001-1-003"
    empty()
    put(before)
    assert next_night() == expected


@pytest.mark.django_db(transaction=True)
def test_what_an_update_dropped_keeps_its_place_among_what_is_cancelled_later():
    """No export says where in the walk it stood once: the place comes from what every export keeps."""
    on = date(2026, 3, 10)
    bundle = twelve()
    events = [
        {"key": key, "item_number": "0013", "days_from_last": 10, "delivery_mode": "STD"} for key in ("A", "B", "C")
    ]
    bundle["programs"][0]["events"] = events
    order = {"reference": "R", "customer": "C-1", "order_date": str(on), "submit": True}
    put({**bundle, "orders": [{**order, "lines": [{"item_number": "0016"}]}]}, on=on)
    rehearse(CreateChildOrders(), on, {"through": "2026-03-11"}, "")
    bundle["programs"][0]["events"] = [events[0], {**events[1], "key": "N"}, {**events[1], "key": "M"}, events[2]]
    put(bundle, on=on)
    rehearse(UpdateOrders(), on, {}, "")
    before = take_out()

    def cancelled() -> list[tuple[str, str]]:
        number = SalesOrder.objects.get(parent=None).number
        cancel(number=number, on=on, by="clerk:anna")
        (found,) = documents()
        return [(line["key"], line["status"]) for line in found["continuity"][0]["lines"]]

    first = cancelled()
    assert sorted(key for key, _ in first) == ["A", "B", "C", "M", "N"]
    assert {status for key, status in first if key != "A"} == {"cancelled"}
    empty()
    put(before, on=on)
    assert take_out() == before
    assert cancelled() == first


@pytest.mark.django_db(transaction=True)
def test_several_ways_to_pay_and_a_code_of_the_bank_are_taken_along():
    empty()
    put(desk.set_up(), on=desk.ON)
    number = desk.order("UP")
    shares = [Share("check", 2000), Share("gift_card", percent=Decimal(25)), Share("card")]
    actions.split(number=number, pay=shares, **desk.ANNA)
    child = desk.order("CLUB")
    with transaction.atomic():
        desk.make_children(desk.ON)
    payment = Payment.objects.filter(order__parent__number=child)
    lead(payment, "failed", attempts=1)
    actions.authorise(number=f"{child}-1-001", code="04711", reason="by telephone", **desk.ANNA)
    before, printed = take_out(), documents()
    empty()
    put(before)
    assert (take_out(), documents()) == (before, printed)
    assert Payment.objects.get(order__number=f"{child}-1-001").approval_code == "04711"
    actions.skip(number=number, shipment=3, **desk.ANNA)
    found = Payment.objects.filter(continuity_order__order__number=number, status="due").order_by("number")
    assert list(found.values_list("method", "amount_minor")) == [("check", 2000), ("gift_card", 875), ("card", 625)]
