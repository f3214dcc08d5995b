"""Orders that were taken over and contradict themselves: the rules of ``audit`` are asked of the rows just written.

What an import accepts and what ``check`` passes are so the same statements. Each fault is noted at its place in the
bundle; of what is blamed for one thing, the next one is not told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perennial.audit import run
from perennial.audit.fault import Fault
from perennial.bundle.reading.values import Given
from perennial.bundle.takeover.taken import TakenOver
from perennial.desk.entry.rows import PaymentRow
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.states import NOT_COUNTED

ASKED = (
    "once_child",
    "child_state",
    "child_without_occurrence",
    "child_lines",
    "order_totals",
    "once_charged",
    "captured",
    "parts_sum",
    "once_paid",
    "given_back",
    "refund_request",
    "dense",
    "walk_in_order",
    "state_of_lines",
    "skips",
    "ended_orders",
    "whole_walk",
)
"""The rules that rows of a bundle can break; the others hold of all that is read, or ask what happened here only."""
FIELDS = {
    "shipment_made_again": "shipment",
    "child_without_shipment": "shipment",
    "child_lines_differ": "lines",
    "child_was_sent": "shipped_on",
    "child_was_invoiced": "invoiced_on",
    "order_total_differs": "total",
    "payment_charged_again": "tries",
    "payment_captured_differs": "captured",
    "child_payments_differ": "amount",
    "child_paid_over": "captured",
    "payment_given_back_over": "refunded",
    "refund_request_over": "refund_requests",
    "shipment_number_left_out": "shipment",
    "shipment_dated_before": "event_on",
    "event_state_differs": "status",
    "event_was_skipped": "kind",
    "line_not_as_its_order": "status",
    "child_not_as_its_order": "status",
    "plan_cut_short": "complete",
}
"""The key that is at fault."""
IN_MONEY = {
    "order_total_differs": "total_not_of_lines",
    "payment_captured_differs": "captured_not_of_tries",
    "child_payments_differ": "payments_not_of_child",
    "child_paid_over": "payments_above_child",
    "payment_given_back_over": "given_back_above_captured",
    "refund_request_over": "request_above_captured",
}
"""Faults whose sentence for a bundle names amounts with their digits."""


def note_contradictions(taken: Sequence[TakenOver]) -> None:
    """Note what the orders of a batch, which is written, say against themselves."""
    by_number = {t.order.number: t for t in taken}
    told: set[tuple[str | None, int | None, int]] = set()
    for fault in run.faults(ASKED, [t.order.id for t in taken], as_told=True):
        found = by_number[fault.order or ""]
        child = next((c for c in found.children if c.number == fault.child), None)
        line = child.parent_line.line if child is not None and child.parent_line else fault.line
        if fault.shipment is not None:
            if (fault.order, line, fault.shipment) in told:
                continue
            told.add((fault.order, line, fault.shipment))
        place = _place(found, fault, line)
        key, refused = FIELDS[fault.code], fault.refusal
        if fault.code in IN_MONEY:
            key, refused = _in_money(found, fault, key, place)
        if not place.faulted(key):
            place.note(refused.at(place.at(key)))


def _place(found: TakenOver, fault: Fault, line: int | None) -> Given:
    """What of the bundle is at fault; where it was left out, what it belongs to."""
    places = found.places
    event = (line or 0, str(fault.facts.get("event")), int(str(fault.facts.get("repetition", 0))))
    match fault.code:
        case "line_not_as_its_order" | "child_not_as_its_order":
            return places.order
        case "event_was_skipped":
            return places.skips.get(event, places.lines[event[0]])
        case "shipment_made_again":
            made = [c for c in found.children if c.shipment == fault.shipment and c.status != "cancelled"]
            return places.children[[c for c in made if c.parent_line and c.parent_line.line == line][-1].number]
        case "child_payments_differ" | "child_paid_over":
            mine = _payments_of(found, fault)
            return mine[-1][1] if mine else places.order
        case _ if fault.payment is not None:
            return next((thing for row, thing in places.payments if row.id == fault.payment), places.order)
        case _ if fault.child is not None:
            return places.children[fault.child]
        case _ if "event" in fault.facts and fault.code != "plan_cut_short":
            return places.events.get(event, places.lines[event[0]])
    return places.order if line is None else places.lines[line]


def _payments_of(found: TakenOver, fault: Fault) -> list[tuple[PaymentRow, Given]]:
    """The payments of a child that count in its sum; where none does, all of them."""
    mine = [
        (row, thing)
        for row, thing in found.places.payments
        if row.order is not None and row.order.number == fault.child and row.purpose == "shipment"
    ]
    live = [(row, thing) for row, thing in mine if row.status not in NOT_COUNTED]
    return mine if fault.code == "child_paid_over" else live or mine


def _in_money(found: TakenOver, fault: Fault, key: str, place: Given) -> tuple[str, Refused]:
    """The key at fault, and the fault with its amounts, for whoever wrote the bundle."""
    said: dict[str, Any] = {"child": fault.child} | {
        name.removesuffix("_minor"): Money(int(str(minor)), found.order.currency)
        for name, minor in fault.facts.items()
        if name.endswith("_minor")
    }
    if fault.code == "child_payments_differ" and not fault.facts["sum_minor"]:
        return "status", Refused("child_paid_by_nothing", "", status=place.get("status"), **said)
    return key, Refused(IN_MONEY[fault.code], "", **said)
