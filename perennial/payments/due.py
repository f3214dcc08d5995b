"""What is owed for an order that is billed up front, and for a parent's ordinary lines: amounts and dates.

A child's own payments are made with the child (``jobs/create_child_orders``); the rule for their parts
is the same (``child_parts``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from perennial.catalog.queries import SetUp
from perennial.continuity.planning import OccurrenceRow, OrderState
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.instalments import PaymentSchedule, parts, respread
from perennial.kernel.shares import Share, faults, method_of, shares_of, spread
from perennial.kernel.states import (
    CHANGEABLE,
    COUNTED,
    METHODS,
    NOT_ASKED,
    NOT_COUNTED,
    NOT_INVOICED,
    PREPAID,
    SENT,
    SPREAD_ANEW,
)
from perennial.orders.models import SalesOrder
from perennial.payments import blocked, retry
from perennial.payments.cost import amounts_of, by_shipment, places, tax_groups, totals_made, whole_order
from perennial.payments.models import Payment


@dataclass(frozen=True)
class Owed:
    """One payment as it should be. ``at_invoice``: captured when what it pays is invoiced."""

    number: int
    due_on: date
    amount: int
    at_invoice: bool
    not_before_shipped: bool = False


def upfront_parts(
    schedule: PaymentSchedule | None,
    total: int,
    *,
    base: date,
    order_date: date,
    first_ship_on: date,
    kept: dict[int, int] | None = None,
    shares: Sequence[Share] = (),
) -> list[Owed]:
    """The payments of an order billed up front.

    Without a schedule one of the whole order, or one for each of its shares, due on the later of order date and first
    ``ship_on`` and captured when the first child is invoiced (D24).
    With one, parts from the start date entered or the order date, each charged on its date (D11).
    """
    kept = kept or {}
    if schedule is None and shares:
        due_on = max(order_date, first_ship_on)
        paid = spread(total, shares, kept)
        return [Owed(number, due_on, amount, True) for number, amount in paid.items() if number not in kept]
    if schedule is None:
        left = total - sum(kept.values())
        number = max(kept, default=0) + 1
        if left <= 0:
            return []
        return [Owed(number, max(order_date, first_ship_on), left, True)]
    found = respread(schedule, total, base, kept)
    return [Owed(number, part.due_on, part.amount, False) for number, part in sorted(found.items())]


def child_parts(schedule: PaymentSchedule | None, total: int, ship_on: date, method: str = "card") -> list[Owed]:
    """The payments of one child: in full, or split from its ``ship_on``; no later part before it is shipped.

    On account with a schedule every part is billed some days before its date, whatever was shipped by then.
    """
    if total <= 0:
        return []
    if schedule is None:
        return [Owed(1, ship_on, total, True)]
    if method == "on_account":
        return [Owed(k, part.due_on, part.amount, False) for k, part in enumerate(parts(schedule, total, ship_on), 1)]
    return [
        Owed(k, part.due_on, part.amount, part.due_on == ship_on, part.due_on != ship_on)
        for k, part in enumerate(parts(schedule, total, ship_on), 1)
    ]


def follow_child(child: int, schedule: PaymentSchedule | None, total: int, ship_on: date) -> None:
    """Bring the payments of a child in line with what it costs now, which is less; what is authorised is captured in part.
    Refused: something of it is billed, taken or on its way already.
    """
    rows = Payment.objects.select_for_update(no_key=True).filter(order=child, purpose="shipment")
    found = list(rows.exclude(status__in=(*NOT_COUNTED, "written_off")).order_by("number"))
    if not found:
        return
    if fixed := next((one for one in found if one.status not in (*CHANGEABLE, "authorised")), None):
        raise Refused("short_after_payment", "number", number=fixed.number, status=fixed.status)
    wanted = {one.number: one for one in child_parts(schedule, total, ship_on, found[0].method)}
    for one in found:
        owed = wanted.get(one.number)
        if owed is None:
            sql.shift(Payment, [one.pk], one.status, "cancelled")
        elif owed.amount != one.amount_minor:
            sql.shift(Payment, [one.pk], one.status, one.status, amount_minor=owed.amount)


def bill_due_on(due_on: date, billed_on: date, bill_days: int) -> date:
    """When a part on account is to be paid whose bill is sent on a day: its date, but not before the bill days are over."""
    return max(due_on, date.fromordinal(min(billed_on.toordinal() + max(bill_days, 0), date.max.toordinal())))


def check_method(
    method: str, *, upfront: bool, scheduled: bool, allow_on_account: bool, field: str = "payment_method"
) -> None:
    """Refused: an unknown method; on account without permission; a check, cash or gift card for anything
    but a whole order paid up front without a schedule (D14).
    """
    if method not in METHODS:
        raise Refused("payment_method_unknown", field, method=method, methods=METHODS)
    if method == "on_account" and not allow_on_account:
        raise Refused("not_on_account", field)
    if method in PREPAID and (not upfront or scheduled):
        raise Refused("method_pays_upfront", field, method=method)


def split_faults(
    shares: Sequence[Share], *, upfront: bool, scheduled: bool, allow_on_account: bool, field: str
) -> Iterator[Refused]:
    """What is wrong with paying a continuity order in shares: only what is billed up front without a schedule is paid so, for
    a check, cash or a gift card does not come again with every shipment or part (D14).
    """
    if not shares:
        return
    if not upfront or scheduled:
        yield Refused("shares_pay_upfront", field)
    yield from faults(shares, field)
    for at, one in enumerate(shares):
        if one.method == "on_account" and not allow_on_account:
            yield Refused("not_on_account", f"{field}[{at}].method")


def paid_by(set_up: SetUp, state: OrderState, payment: Payment) -> tuple[int, ...]:
    """The shipments of an order billed up front that this payment pays and that have not left: those from the first one
    on that the others of its payments do not pay in full. What left is paid first, the rest in turn.
    """
    return _unpaid(set_up, state, _Around([state]), paid_by_others(state, payment))


class _Around:
    """What the shipments of orders come to depends on: where they go, tax groups, children that exist and what these cost."""

    def __init__(self, states: Collection[OrderState]) -> None:
        occurrences = [o for state in states for o in state.occurrences]
        self.places = places({o.ship_to_id for o in occurrences} | {state.row.ship_to_id for state in states})
        self.groups = tax_groups(line.product_id for o in occurrences for line in o.lines)
        self.children = SalesOrder.objects.in_bulk([o.child_id for o in occurrences if o.child_id])
        self.made = totals_made({pk: one for pk, one in self.children.items() if one.status != "cancelled"})

    def status(self, occurrence: OccurrenceRow) -> str | None:
        """How its child stands; None: there is none."""
        return None if occurrence.child_id is None else self.children[occurrence.child_id].status


def _unpaid(set_up: SetUp, state: OrderState, around: _Around, paid: int) -> tuple[int, ...]:
    """The shipments of an order that have not left, from the first one on that so much does not pay in full."""
    shipments = by_shipment(o for o in state.occurrences if around.status(o) in (None, *NOT_INVOICED, *SENT))
    amounts = amounts_of(
        set_up.tariff(state.row.tariff_id),
        shipments,
        place_of=lambda o: around.places[o.ship_to_id or state.row.ship_to_id],
        on=state.row.order_date,
        groups=around.groups,
        made=lambda o: None if o.child_id is None else around.made.get(o.child_id),
    )
    sent = {number for number, found in shipments.items() if any(around.status(o) in SENT for o in found)}
    left = paid - sum(amounts[number] for number in sent)
    waiting = sorted(amounts.keys() - sent)
    for at, number in enumerate(waiting):
        if amounts[number] > max(left, 0):
            return tuple(waiting[at:])
        left -= amounts[number]
    return ()


def paid_by_others(state: OrderState, payment: Payment) -> int:
    """What the other payments of an order billed up front pay of it."""
    others = Payment.objects.filter(continuity_order=state.row, purpose="order").exclude(pk=payment.pk)
    others = others.exclude(status__in=(*NOT_COUNTED, "written_off"))
    return sum(amount - back for amount, back in others.values_list("amount_minor", "refunded_minor"))


def recalculate(set_up: SetUp, states: Iterable[OrderState], *, by: str, on: date) -> int:
    """Bring the payments of orders billed up front in line with what is planned now; how many changed.

    What was captured, billed, paid or is on its way stays, and where a schedule has come meanwhile what is authorised
    without one; the rest is spread anew over the parts that are not made yet (D11). Where there is none, it is owed when the
    first shipment leaves that what stays does not pay. What was given back because it was overpaid is owed again, if more
    comes after all. Parts that are not wanted any more go; they are kept as cancelled when the order was stopped, or when
    somebody was asked for them already.
    """
    states = [s for s in states if s.row.upfront and s.row.status in ("draft", "open", "cancelled")]
    if not states:
        return 0
    around = _Around(states)
    rows: dict[int, list[Payment]] = {}
    for payment in (
        Payment.objects.select_for_update(no_key=True)
        .filter(continuity_order_id__in=[s.row.pk for s in states], purpose="order")
        .order_by("pk")
    ):
        rows.setdefault(payment.continuity_order_id or 0, []).append(payment)
    given_back = _overpaid(states, rows)
    changed = 0
    ended: list[int] = []
    owed_now: dict[int, int] = {}
    for state in states:
        coming = [o for o in state.occurrences if around.status(o) != "cancelled"]
        total, first = whole_order(
            tariff=set_up.tariff(state.row.tariff_id),
            occurrences=coming,
            default_place=state.row.ship_to_id,
            on=state.row.order_date,
            known_places=around.places,
            groups=around.groups,
            made=around.made,
        )
        if state.row.owed_minor != total:
            owed_now[state.row.pk] = total
        existing = {p.number: p for p in rows.get(state.row.pk, [])}
        stopped = state.row.status == "cancelled" or state.row.last_shipment is not None
        gone = (*SPREAD_ANEW, "billed") if stopped and not total else SPREAD_ANEW
        schedule = set_up.schedules.get(state.row.payment_schedule_id)
        kept = {n: p.amount_minor for n, p in existing.items() if p.status not in gone}
        shares = shares_of(state.row.shares)
        back = given_back.get(state.row.pk, 0)
        _given_up(kept, existing, total + back)
        if schedule is not None:
            kept |= _asked_for(existing, total + back - sum(kept.values()))
        base = state.facts.base
        found = upfront_parts(
            schedule,
            total + back,
            base=base,
            order_date=state.row.order_date,
            first_ship_on=first or state.row.order_date,
            kept=kept,
            shares=shares,
        )
        if kept and found:
            agreed = len(shares) or 1 if schedule is None else len(parts(schedule, total + back, base))
            more = [owed for owed in found if owed.number > agreed and _unasked(existing.get(owed.number))]
            ships_on = _ships_on(state, _unpaid(set_up, state, around, sum(kept.values()) - back)) if more else None
            if ships_on is not None:  # not with an invoice: one may have been sent already
                later = {o.number: replace(o, due_on=max(o.due_on, ships_on), at_invoice=False) for o in more}
                found = [later.get(owed.number, owed) for owed in found]
        wanted = {owed.number: owed for owed in found}
        fresh = "draft" if state.row.status == "draft" else "due"
        for number, payment in existing.items():
            owed = wanted.pop(number, None)
            before = (payment.amount_minor, payment.due_on, payment.status, payment.at_invoice, payment.method)
            if number in kept:
                if payment.status == "authorised" and kept[number]:
                    payment.amount_minor = kept[number]
            elif owed is None:
                if payment.status in NOT_ASKED and not stopped and not payment.tries.exists():
                    payment.delete()
                    changed += 1
                    continue
                if payment.status in (*CHANGEABLE, "billed"):
                    payment.status = "cancelled"
                    ended.append(payment.pk)
            else:
                payment.amount_minor, payment.due_on, payment.at_invoice = owed.amount, owed.due_on, owed.at_invoice
                if payment.status in NOT_COUNTED:  # what was let go is owed again, by the card that pays the order now
                    payment.status = fresh
                    payment.attempts += retry.new_series(payment.attempts)
                    if payment.method == "card" and not shares:
                        payment.card_id = state.row.card_id
                if shares and payment.status in CHANGEABLE:
                    payment.method = method_of(shares, number)
                    payment.card_id = state.row.card_id if payment.method == "card" else None
            now = (payment.amount_minor, payment.due_on, payment.status, payment.at_invoice, payment.method)
            if now != before:
                sql.shift(
                    Payment, [payment.pk], before[2], payment.status,
                    amount_minor=payment.amount_minor, due_on=payment.due_on, at_invoice=payment.at_invoice,
                    method=payment.method, card_id=payment.card_id, attempts=payment.attempts,
                )  # fmt: skip
                changed += 1
        write_payments(
            [
                payment_row(
                    owed,
                    continuity_order_id=state.row.pk,
                    customer_id=state.row.order.paid_by,
                    purpose="order",
                    method=method_of(shares, owed.number) if shares else state.row.payment_method,
                    card_id=state.row.card_id,
                    currency=state.currency,
                    status=fresh,
                )
                for owed in wanted.values()
            ]
        )
        changed += len(wanted)
    if owed_now:
        sql.execute(
            "update continuity_continuityorder c set owed_minor = n.minor"
            " from unnest(%s::bigint[], %s::bigint[]) as n(id, minor) where c.id = n.id",
            [list(owed_now), list(owed_now.values())],
        )
    blocked.payments_settled(ended, by=by, on=on)
    return changed


def _overpaid(states: Collection[OrderState], payments: Mapping[int, Collection[Payment]]) -> dict[int, int]:
    """By continuity order, what was given back, or will be, of what had been paid for what did not come any more.

    A refund from before that was noted gave back so much of it as was taken beyond what the order costs so far; it is noted
    now.
    """
    found: dict[int, int] = {}
    late: dict[int, list[Payment]] = {}
    back = Payment.objects.filter(continuity_order__in=[state.row.pk for state in states], purpose="refund")
    for one in back.exclude(status__in=(*NOT_COUNTED, "written_off")).order_by("pk"):
        pk = one.continuity_order_id or 0
        found[pk] = found.get(pk, 0) + (one.overpaid_minor or 0)
        if one.overpaid_minor is None:
            late.setdefault(pk, []).append(one)
    for state in states:
        if state.row.pk in late and state.row.owed_minor is not None:
            taken = sum(
                p.amount_minor if p.status == "billed" else p.captured_minor for p in payments.get(state.row.pk, ())
            )
            beyond = taken - state.row.owed_minor - found[state.row.pk]
            for one in late[state.row.pk]:
                one.overpaid_minor = max(0, min(one.amount_minor, beyond))
                beyond -= one.overpaid_minor
                found[state.row.pk] += one.overpaid_minor
            Payment.objects.bulk_update(late[state.row.pk], ["overpaid_minor"])
    return found


def _unasked(payment: Payment | None) -> bool:
    """Is this part new, or was nobody asked for it yet?"""
    return payment is None or payment.status in NOT_COUNTED or (payment.status in NOT_ASKED and not payment.attempts)


def _ships_on(state: OrderState, shipments: Collection[int]) -> date | None:
    """The day on which the first of these shipments leaves."""
    return min((o.ship_on for o in state.occurrences if o.status in COUNTED and o.shipment in shipments), default=None)


def _given_up(kept: dict[int, int], existing: Mapping[int, Payment], total: int) -> None:
    """Of what was written off, so much counts as paid as the others do not pay: what was given up for a shipment that
    was stopped then pays no other one.
    """
    given_up = [number for number in sorted(kept) if existing[number].status == "written_off"]
    asked = sum(p.amount_minor for p in existing.values() if p.status in SPREAD_ANEW and p.status != "cancelled")
    short = total - asked - sum(amount for number, amount in kept.items() if number not in given_up)
    for number in given_up:
        kept[number] = min(kept[number], max(short, 0))
        short -= kept[number]


def _asked_for(payments: Mapping[int, Payment], left: int) -> dict[int, int]:
    """What is authorised, by its number: at most what is still owed, of which so much is captured."""
    found: dict[int, int] = {}
    for number, payment in sorted(payments.items()):
        if payment.status == "authorised":
            found[number] = min(payment.amount_minor, max(left, 0))
            left -= found[number]
    return found


COLUMNS = (
    "order_id", "continuity_order_id", "customer_id", "purpose", "number", "method", "card_id", "currency",
    "amount_minor", "due_on", "status", "at_invoice", "not_before_shipped",
)  # fmt: skip


def payment_row(
    owed: Owed,
    *,
    customer_id: int,
    purpose: str,
    method: str,
    card_id: int | None,
    currency: str,
    status: str,
    order_id: int | None = None,
    continuity_order_id: int | None = None,
) -> tuple[object, ...]:
    """One payment in the order of ``COLUMNS``."""
    return (
        order_id, continuity_order_id, customer_id, purpose, owed.number, method, card_id if method == "card" else None,
        currency, owed.amount, owed.due_on, status, owed.at_invoice, owed.not_before_shipped,
    )  # fmt: skip


def write_payments(rows: Sequence[Sequence[object]]) -> None:
    """Write payments, each in the order of ``COLUMNS``."""
    if rows:
        sql.copy(Payment, COLUMNS, rows)
