"""What an order that is taken over says of refunds that somebody had to approve, and of disputes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perennial.bundle.reading.values import Given, keys
from perennial.bundle.takeover.context import Context
from perennial.desk.entry.rows import DisputeRow, PaymentRow, RequestRow
from perennial.kernel import limits
from perennial.kernel.states import DISPUTE, DISPUTE_GOES_ON

REQUEST = keys("number amount asked_by asked_on reason approved decided_by decided_on")
DISPUTED = keys("gateway reference amount reason status opened_on answer_by answered_on closed_on told_at")
LATEST = 2**62
"""No gateway's clock is behind it."""


def requests(ctx: Context, thing: Given) -> dict[int, RequestRow]:
    """The refunds that were asked for, by their numbers; one of them at most waits."""
    made: dict[int, RequestRow] = {}
    for number, one in enumerate(thing.objects("refund_requests", REQUEST), 1):
        if one.given("number") and one.get("number") != number:
            one.fault("number", "request_out_of_place", place=number)
        approved = one.flag("approved") if one.given("approved") else None
        row = RequestRow(
            amount_minor=ctx.money(one, "amount", required=True),
            currency=ctx.currency,
            asked_by=one.text("asked_by", "", required=True, longest=limits.LINE),
            asked_on=one.day("asked_on", ctx.reading.on),
            reason=one.text("reason", "", longest=limits.LINE),
            approved=approved,
            decided_by=one.text("decided_by", None if approved is None else "", longest=limits.LINE),
            decided_on=one.day("decided_on", None if approved is None else ctx.reading.on),
        )
        if row.amount_minor <= 0 and not one.bad:
            one.fault("amount", "amount_not_above_zero")
        if approved is None and (row.decided_by is not None or row.decided_on is not None):
            one.fault("approved", "request_not_decided")
        if approved and row.decided_by == row.asked_by and not one.bad:
            one.fault("decided_by", "refund_own_approval", by=row.asked_by)
        if approved is None and any(other.approved is None for other in made.values()):
            one.fault("approved", "refund_waits_already")
        made[number] = row
        thing.spoil(one)
    return made


def requests_fit(found: Mapping[int, RequestRow], payments: Sequence[tuple[PaymentRow, Given]], thing: Given) -> None:
    """A refund that waits is one that was asked for, and of one that was asked for and waits all refunds wait."""
    for row, place in payments:
        if row.purpose != "refund":
            if place.given("request"):
                place.fault("request", "refunds_of_no_refund")
            continue
        number = place.whole("request", None, 1)
        row.request = None if number is None else found.get(number)
        if number is not None and row.request is None:
            place.fault("request", "no_such_request", number=number)
        elif (row.status == "draft") != (row.request is not None and row.request.approved is None):
            place.fault("status", "refund_waits_for_nobody" if row.status == "draft" else "refund_waits_still")
        elif row.request is not None and row.refunds is None:
            place.fault("refunds", "required")
    for number, one in found.items():
        if one.approved is None and not any(row.request is one for row, _ in payments):
            thing.fault(f"refund_requests[{number - 1}]", "request_of_nothing")


def disputes(ctx: Context, thing: Given) -> list[DisputeRow]:
    """The disputes about a payment, in the order in which they began."""
    made = []
    for one in thing.objects("disputes", DISPUTED):
        status = one.word("status", tuple(DISPUTE), "open", required=True)
        goes_on = status in DISPUTE_GOES_ON
        row = DisputeRow(
            gateway=one.code("gateway"),
            reference=one.text("reference"),
            amount_minor=ctx.money(one, "amount", required=True),
            currency=ctx.currency,
            reason=one.text("reason", "", longest=limits.LINE),
            status=status,
            opened_on=one.day("opened_on", ctx.reading.on),
            answer_by=one.day("answer_by"),
            answered_on=one.day("answered_on"),
            closed_on=one.day("closed_on", None if goes_on else ctx.reading.on),
            told_at=one.whole("told_at", None, 0, LATEST),
        )
        if row.amount_minor <= 0 and not one.bad:
            one.fault("amount", "amount_not_above_zero")
        if goes_on and row.closed_on is not None:
            one.fault("closed_on", "dispute_closed_and_goes_on", status=status)
        made.append(row)
        thing.spoil(one)
    return made
