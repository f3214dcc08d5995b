"""What is given of payments must fit together: its word of state, its amounts, its tries, and what it pays.

Nobody would find these afterwards: a payment that is on its way, and no try of which the gateway could be asked, waits
for ever. What ``check`` would find is asked of the rows when they are written (``takeover.contradictions``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perennial.bundle.reading.notes import Note, note
from perennial.bundle.reading.values import Given
from perennial.bundle.takeover.taken import TakenOver
from perennial.desk.entry.rows import ContinuityRow, OrderRow, PaymentRow
from perennial.kernel.money import Money
from perennial.kernel.states import (
    NOT_ANSWERED,
    NOT_ASKED,
    NOT_COUNTED,
    NOT_INVOICED,
    OF_BILLS,
    OF_CARDS,
    PREPAID,
    REFUSED,
    WHILE_ASKED,
    WITH_MONEY,
)

Made = Sequence[tuple[PaymentRow, Given]]


def subject_fits(
    thing: Given,
    purpose: str,
    order: OrderRow | None,
    continuity: ContinuityRow | None,
    row: ContinuityRow | None,
    *,
    ordinary: bool,
) -> None:
    """The purpose is that of what is paid: a whole order billed up front, a child, or ordinary lines.

    ``row``: the continuity order that it is of, or whose child it pays. ``ordinary``: the order has ordinary lines.
    """
    key = "purpose" if thing.given("purpose") else "order" if continuity is None else "line"
    if continuity is not None and not continuity.upfront:
        line = continuity.parent_line.line
        thing.fault(key, "line_not_upfront", line=line)
    elif purpose == "refund":
        return
    elif continuity is not None:
        if purpose != "order":
            thing.fault(key, "purpose_not_of_upfront", purpose=purpose)
    elif order is not None and order.parent is not None:
        if purpose != "shipment":
            thing.fault(key, "purpose_not_of_child", purpose=purpose)
        elif row is not None and row.upfront:
            thing.fault("order", "child_billed_upfront")
    elif purpose != "ordinary":
        thing.fault(key, "purpose_of_child", purpose=purpose)
    elif not ordinary:
        thing.fault(key, "no_ordinary_lines")


def words_fit(thing: Given, made: PaymentRow, parent: OrderRow, currency: str) -> None:
    """Its word of state fits its method, its amounts, its tries and the state of what it pays."""
    status, method, captured = made.status, made.method, made.captured_minor
    if made.refunds is not None and made.purpose != "refund":
        thing.fault("refunds", "refunds_of_no_refund")
    if made.disputes and (made.purpose == "refund" or not captured):
        thing.fault("disputes", "refund_of_nothing", status=status)
    if made.purpose == "refund":
        return
    if method != "card" and status in OF_CARDS:
        thing.fault("status", "status_of_card", status=status, method=method)
    elif method in PREPAID and made.purpose == "shipment" and status in NOT_ASKED:
        thing.fault("method", "method_not_per_shipment", method=method)
    elif method != "on_account" and status in OF_BILLS:
        thing.fault("status", "status_of_bill", status=status, method=method)
    elif status == "draft" and parent.status != "draft":
        thing.fault("status", "payment_draft", status=parent.status)
    elif (status in REFUSED or (status in NOT_ASKED and not made.tries)) and (what := _cancelled(made)):
        thing.fault("status", "payment_of_cancelled", status=status, what=[what])
    if captured and status not in WITH_MONEY:
        thing.fault("captured", "captured_not_taken", captured=Money(captured, currency), status=status)
    if made.bill is not None and status in NOT_ASKED:
        thing.fault("bill", "billed_again", status=status)
    _tries_fit(thing, made, status)


def _cancelled(made: PaymentRow) -> tuple[str, str] | None:
    """What it pays, where that is cancelled."""
    if made.continuity is not None:
        row = made.continuity
        return ("line", str(row.parent_line.line)) if row.status == "cancelled" else None
    return ("order", made.order.number) if made.order is not None and made.order.status == "cancelled" else None


def _tries_fit(thing: Given, made: PaymentRow, status: str) -> None:
    """What is on its way has the one try that the gateway is asked for."""
    waits = next((one.kind for one in made.tries if one.outcome in (None, "unknown")), None)
    if status in NOT_ANSWERED and waits in (None, "refund"):
        thing.fault("status", "no_try_waits", status=status)
    elif waits in WHILE_ASKED and status not in WHILE_ASKED[waits]:
        thing.fault("status", "try_waits", status=status, kind=waits, states=list(WHILE_ASKED[waits]))


def has_theirs(taken: TakenOver, row: ContinuityRow) -> bool:
    """Is there a child of another system among those of a continuity order? They cost what they cost there."""
    return any(child.external is not None for child in taken.children if child.parent_line is row.parent_line)


def sums_fit(taken: TakenOver, made: Made, whole: dict[int, int], currency: str) -> None:
    """The payments of ordinary lines come to what these cost; those of an order billed up front to no less than that.

    ``whole``: by the id of the row, what an order billed up front costs. A child of another system has its own sums.
    """
    _refunds_fit(made, currency)
    _ordinary_fits(taken, made, currency)
    for row in taken.continuity:
        mine = [(one, thing) for one, thing in made if one.continuity is row and one.purpose == "order"]
        if mine and not has_theirs(taken, row):
            owed = sum(one.owed.amount for one, _ in mine if one.status not in NOT_COUNTED)
            owed -= _overpaid(made, row, max(0, owed - whole[id(row)]))
            if owed < whole[id(row)]:
                sums = {"sum": Money(owed, currency), "cost": Money(whole[id(row)], currency)}
                mine[-1][1].fault("amount", "upfront_sum_differs", line=row.parent_line.line, **sums)
            elif asked := _beyond(mine, whole[id(row)]):
                asked.fault("status", "upfront_paid_already", line=row.parent_line.line)


def _overpaid(made: Made, row: ContinuityRow, beyond: int) -> int:
    """How much of the refunds of an order billed up front had been overpaid: as they say; those that do not say, so much as
    is paid ``beyond`` what it costs, the oldest first.
    """
    refunds = [
        one
        for one, _ in made
        if one.continuity is row and one.purpose == "refund" and one.status not in (*NOT_COUNTED, "written_off")
    ]
    beyond -= sum(one.overpaid_minor or 0 for one in refunds)
    for one in refunds:
        if one.overpaid_minor is None:
            one.overpaid_minor = max(0, min(one.owed.amount, beyond))
            beyond -= one.overpaid_minor
    return sum(one.overpaid_minor or 0 for one in refunds)


def _beyond(mine: Made, whole: int) -> Given | None:
    """A payment that is still to be asked for though all is taken; none while nobody knows how another one ended."""
    net = sum(one.captured_minor - one.refunded_minor for one, _ in mine)
    if net < whole or any(one.status in NOT_ANSWERED for one, _ in mine):
        return None
    return next((thing for one, thing in mine if one.status in NOT_ASKED), None)


def _refunds_fit(made: Made, currency: str) -> None:
    """What a refund gives back is there, and was taken."""
    taken = {(id(row.paid), row.owed.number): row.captured_minor for row, _ in made if row.purpose != "refund"}
    for row, thing in made:
        most = row.owed.amount if row.purpose == "refund" and row.continuity is not None else 0
        if (row.overpaid_minor or 0) > most:
            thing.fault("overpaid", "overpaid_above_refund", amount=Money(most, currency))
        if row.refunds is not None:
            captured = taken.get((id(row.paid), row.refunds))
            if captured is None:
                thing.fault("refunds", "no_payment_to_give_back", number=row.refunds)
            elif row.owed.amount > captured:
                thing.fault("amount", "more_than_captured", captured=Money(captured, currency))


def _ordinary_fits(taken: TakenOver, made: Made, currency: str) -> None:
    """The payments of ordinary lines come to what these cost."""
    order = taken.order
    mine = [
        (row, thing)
        for row, thing in made
        if row.order is order and row.purpose == "ordinary" and row.status not in NOT_COUNTED
    ]
    owed = sum(row.owed.amount for row, _ in mine)
    going = order.status != "cancelled" and all(line.status != "cancelled" for line in order.lines if line.amount_minor)
    if mine and going and owed != order.total_minor:
        sums = {"sum": Money(owed, currency), "cost": Money(order.total_minor, currency)}
        mine[-1][1].fault("amount", "ordinary_sum_differs", **sums)


def unpaid(taken: TakenOver, currency: str) -> Iterator[Note]:
    """What is still to be sent or invoiced, and none of the payments given pays."""
    order = taken.order
    own = [line for line in order.lines if line.amount_minor and line.status in NOT_INVOICED]
    theirs = [row for row in taken.payments if row.order is order and row.status not in NOT_COUNTED]
    if any(c.status == "due" and c.method == "card" and c.card_id is None for c in theirs):
        yield note("ordinary_lines_without_card", order=order.number)
    if own and order.total_minor and not theirs:
        yield note("ordinary_lines_unpaid", order=order.number, cost=Money(order.total_minor, currency))
    upfront = {id(row.parent_line) for row in taken.continuity if row.upfront}
    paid = {id(row.order) for row in taken.payments}
    for child in taken.children:
        going = child.status in NOT_INVOICED and child.external is None and id(child.parent_line) not in upfront
        if going and child.total_minor and id(child) not in paid:
            yield note("child_unpaid", order=child.number, cost=Money(child.total_minor, currency))


def holds_have_reason(taken: TakenOver) -> None:
    """An open hold of the code ``payment`` is the program's own: it goes when no payment has failed any more."""
    if any(payment.status == "failed" for payment in taken.payments):
        return
    for order in taken.orders:
        thing = taken.places.children.get(order.number, taken.places.order)
        for at, hold in enumerate(order.holds):
            if hold.code == "payment" and hold.released_on is None:
                thing.fault(f"holds[{at}].code", "payment_hold_without_failure")
        taken.places.order.spoil(thing)
