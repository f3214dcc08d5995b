"""The payments of an order that is taken over, with every try and the bill.

Where an order says nothing about its payments, what is still open of it is owed as if it had been made
here, and what is invoiced was paid elsewhere. An order billed up front has to say what was paid of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.values import Given, keys
from perennial.bundle.takeover.context import Context, instant
from perennial.bundle.takeover.given_back import disputes, requests, requests_fit
from perennial.bundle.takeover.payment_rules import has_theirs, subject_fits, sums_fit, unpaid, words_fit
from perennial.bundle.takeover.taken import TakenOver, Walk
from perennial.desk.entry.rows import AttemptRow, BillRow, ContinuityRow, OrderRow, PaymentRow, PayRow
from perennial.kernel import limits, states
from perennial.kernel.instalments import PaymentSchedule
from perennial.kernel.money import Money, percent_of
from perennial.kernel.shares import method_of
from perennial.kernel.states import (
    ATTEMPTS,
    COUNTED,
    METHODS,
    NOT_ENDED,
    NOT_INVOICED,
    OUTCOMES,
    PURPOSES,
    TO_COME,
    WITH_MONEY,
)
from perennial.payments.cost import planned_total
from perennial.payments.due import Owed, child_parts, upfront_parts
from perennial.payments.gateways.contract import CATEGORIES

PAYMENT = keys(
    "order line purpose number method card amount due_on status attempts captured refunded at_invoice"
    " not_before_shipped tried_on authorised_on authorised_until lapsed gateway gateway_ref refunds tries bill"
    " captured_on payer approval_code why request disputes overpaid"
)
TRY = keys(
    "kind number key amount on sent_at outcome hard category final gateway gateway_ref network_transaction_id"
    " message card payer"
)
BILL = keys("on due_on amount")
MOST = 10_000


def payments(ctx: Context, taken: TakenOver, walks: Sequence[Walk]) -> None:
    """Read the payments, or make those that are owed; and how the ordinary lines are paid."""
    thing, order = ctx.thing, taken.order
    order.pays, shares = _pays(ctx, order)
    asked = requests(ctx, thing)
    taken.requests = list(asked.values())
    if thing.given("payments"):
        numbers: dict[Any, int] = {}
        given = []
        for one in thing.objects("payments", PAYMENT):
            made = _Reader(ctx, taken, one).build(numbers)
            if made is not None:
                given.append((made, one))
        taken.payments = [made for made, _ in given]
        taken.places.payments = given
        if not thing.bad:
            sums_fit(
                taken,
                given,
                {id(row): whole_order(ctx, taken, row) for row in taken.continuity if row.upfront},
                ctx.currency,
            )
            ctx.reading.notes.add("unpaid", unpaid(taken, ctx.currency))
            for _, one in given:
                thing.spoil(one)
    else:
        taken.payments = [*_owed(ctx, taken, walks, shares)]
    requests_fit(asked, taken.places.payments, thing)
    for row in taken.continuity:
        wanted = row.upfront and (row.status in NOT_ENDED or not has_theirs(taken, row))
        paid = any(payment.continuity is row for payment in taken.payments)
        if wanted and not paid and not thing.faulted("payments") and whole_order(ctx, taken, row):
            thing.fault("payments", "upfront_payments_required")


def _pays(ctx: Context, order: OrderRow) -> tuple[list[PayRow], list[tuple[str, int | None, int]]]:
    """How the ordinary lines are paid, as it was entered; and (method, card, amount) of each part."""
    total, left = order.total_minor, order.total_minor
    entered, shares = [], []
    pays = ctx.one.entry.pay
    for at, (pay, thing) in enumerate(zip(pays, ctx.one.pays, strict=True), 1):
        card = None
        if pay.method == "card":
            card = ctx.card(thing, "card", pay.card) if pay.card else ctx.only_card(thing, "card")
        entered.append(PayRow(pay.method, card, pay.percent, pay.amount_minor))
        amount = pay.amount_minor
        if amount is None:
            amount = left if at == len(pays) else min(left, percent_of(total, pay.percent or Decimal(0)))
        shares.append((pay.method, card, amount))
        left -= amount
        ctx.thing.spoil(thing)
    return entered, shares


def _owed(
    ctx: Context, taken: TakenOver, walks: Sequence[Walk], shares: list[tuple[str, int | None, int]]
) -> Iterator[PaymentRow]:
    """What is still to be paid of an order that says nothing about its payments."""
    order = taken.order
    open_ = [line for line in order.lines if line.amount_minor and line.status in NOT_INVOICED]
    if open_ and order.total_minor and order.status in ("draft", "open", "shipped"):
        if not shares:
            method, card = "card", None
            if taken.continuity:
                method, card = taken.continuity[0].payment_method, taken.continuity[0].card_id
            else:
                card = ctx.only_card(ctx.thing, "pay")
            shares = [(method, card, order.total_minor)]
        status = "draft" if order.status == "draft" else "due"
        for number, (method, card, amount) in enumerate(shares, 1):
            if amount > 0:
                owed = Owed(number, order.order_date, amount, True)
                yield PaymentRow(
                    order=order,
                    continuity=None,
                    purpose="ordinary",
                    owed=owed,
                    method=method,
                    card_id=card if method == "card" else None,
                    status=status,
                )
    for walk in walks:
        row = walk.row
        if walk.planned_now and row.upfront and not any(o.child for o in row.occurrences):
            yield from _owed_upfront(ctx, taken, row)  # of what came already somebody has to say what was paid
    rows = {id(row.parent_line): row for row in taken.continuity}
    for child in taken.children:
        row = rows[id(child.parent_line)]
        if row.upfront or child.status not in NOT_INVOICED or child.ship_on is None:
            continue
        for owed in child_parts(_schedule(ctx, row, child), child.total_minor, child.ship_on, row.payment_method):
            yield PaymentRow(
                order=child,
                continuity=None,
                purpose="shipment",
                owed=owed,
                method=row.payment_method,
                card_id=_card(row),
                status="due",
            )


def _card(row: ContinuityRow) -> int | None:
    return row.card_id if row.payment_method == "card" else None


def _schedule(ctx: Context, row: ContinuityRow, child: OrderRow | None) -> PaymentSchedule | None:
    """The payment schedule of a child: its event's, else the order's. Without a child: the order's."""
    occurrence = next((o for o in reversed(row.occurrences) if child is not None and o.child is child), None)
    found = (occurrence.payment_schedule_id if occurrence else None) or row.payment_schedule_id
    return None if found is None else ctx.names.set_up.schedules.get(found)


def _when_taken(
    schedule: PaymentSchedule | None, child: OrderRow | None, method: str, due_on: date, *, invoiced: bool
) -> tuple[bool, bool]:
    """Whether a part is captured at the invoice, and whether not before it is shipped, as one that is made here would be.

    What is invoiced already is taken on its date. Else without a schedule: at the invoice. With one of an order billed
    up front, and on account: on its date. Of a child: what is due when it ships at the invoice, other parts on their
    dates, but not before it is shipped.
    """
    if invoiced or (schedule is not None and (child is None or method == "on_account")):
        return False, False
    if schedule is None or child is None or due_on == child.ship_on:
        return True, False
    return False, True


def _owed_upfront(ctx: Context, taken: TakenOver, row: ContinuityRow) -> Iterator[PaymentRow]:
    """What is owed of an order billed up front that was planned just now, as order entry would make it."""
    facts = row.facts
    ships = [o.ship_on for o in row.occurrences if o.status in COUNTED]
    for owed in upfront_parts(
        _schedule(ctx, row, None),
        whole_order(ctx, taken, row),
        base=facts.base,
        order_date=facts.order_date,
        first_ship_on=min(ships, default=facts.order_date),
        shares=row.split,
    ):
        status = "draft" if row.status == "draft" else "due"
        method = method_of(row.split, owed.number) if row.split else row.payment_method
        yield PaymentRow(
            order=None,
            continuity=row,
            purpose="order",
            owed=owed,
            method=method,
            card_id=_card(row) if method == "card" else None,
            status=status,
        )


def whole_order(ctx: Context, taken: TakenOver, row: ContinuityRow) -> int:
    """The sum of the children that a continuity order has and will have; cancelled ones are not owed."""
    made = [child for child in taken.children if child.parent_line is row.parent_line]
    coming = [o for o in row.occurrences if o.status in TO_COME]
    planned, _ = planned_total(
        ctx.names.set_up.tariff(row.tariff_id),
        coming,
        lambda o: ctx.buyer.where(o.ship_to or row.ship_to),
        row.facts.order_date,
        ctx.names.groups,
    )
    return planned + sum(child.total_minor for child in made if child.status != "cancelled")


class _Reader:
    """One payment that is given."""

    def __init__(self, ctx: Context, taken: TakenOver, thing: Given) -> None:
        self.ctx = ctx
        self.taken = taken
        self.thing = thing

    def build(self, numbers: dict[Any, int]) -> PaymentRow | None:
        """The rows; None when it is at fault."""
        thing, ctx = self.thing, self.ctx
        order, continuity = self._subject()
        if order is None and continuity is None:
            return None
        purpose = "order" if continuity else "ordinary" if order is self.taken.order else "shipment"
        purpose = thing.word("purpose", PURPOSES, purpose)
        whose = (id(order or continuity), purpose)
        number = thing.whole("number", numbers.get(whose, 0) + 1, 1, MOST)
        if (*whose, number) in numbers:
            thing.fault("number", "part_twice", part=number)
        numbers[whose], numbers[(*whose, number)] = max(number, numbers.get(whose, 0)), 1
        row = continuity or next(
            (r for r in self.taken.continuity if order is not None and r.parent_line is order.parent_line), None
        )
        subject_fits(thing, purpose, order, continuity, row, ordinary=ctx.has_ordinary)
        usual, pays = self._usual(row, number)
        method = thing.word("method", METHODS, usual)
        card, payer = None, ctx.payer(thing)
        if method == "card":
            named = thing.code("card", longest=limits.LONG_CODE)
            card = ctx.card(thing, "card", named, payer) if named else pays
            card = None if "card" in thing.value and named is None and thing.given("tries") else card
        status = thing.word("status", tuple(states.PAYMENT), "due")
        amount = ctx.money(thing, "amount", 0 if thing.given("amount") else self._total(order, continuity))
        if amount <= 0 and not thing.bad:
            thing.fault("amount", "amount_not_above_zero")
        captured = ctx.money(thing, "captured", amount if status in WITH_MONEY else 0)
        refunded = ctx.money(thing, "refunded")
        if captured > amount:
            thing.fault("captured", "captured_above_amount", amount=Money(amount, ctx.currency))
        elif status in WITH_MONEY and captured != amount:
            thing.fault("captured", "captured_below_amount", status=status, amount=Money(amount, ctx.currency))
        if refunded > captured:
            thing.fault("refunded", "more_than_captured", captured=Money(captured, ctx.currency))
        due_on = thing.day("due_on", (order.ship_on if order else None) or self.taken.order.order_date)
        schedule = None if row is None else _schedule(ctx, row, order)
        invoiced = self._is_invoiced(order, continuity)
        at_invoice, not_before_shipped = _when_taken(schedule, order, method, due_on, invoiced=invoiced)
        owed = Owed(
            number,
            due_on,
            amount,
            thing.flag("at_invoice", purpose != "refund" and at_invoice),
            thing.flag("not_before_shipped", not_before_shipped),
        )
        made = PaymentRow(
            order=order,
            continuity=continuity,
            purpose=purpose,
            owed=owed,
            method=method,
            card_id=card if method == "card" else None,
            status=status,
            captured_minor=captured,
            refunded_minor=refunded,
            attempts=thing.whole("attempts", 0, 0, MOST),
            tried_on=thing.day("tried_on"),
            authorised_on=thing.day("authorised_on"),
            authorised_until=thing.day("authorised_until"),
            lapsed=thing.whole("lapsed", 0, 0, MOST) or 0,
            gateway=thing.code("gateway"),
            gateway_ref=thing.text("gateway_ref"),
            approval_code=thing.text("approval_code"),
            tries=self._tries(payer),
            bill=self._bill(amount),
            refunds=thing.whole("refunds", None, 1, MOST),
            overpaid_minor=ctx.money(thing, "overpaid") if thing.given("overpaid") else None,
            payer_id=payer,
            disputes=disputes(ctx, thing),
        )
        if not thing.bad:
            words_fit(thing, made, self.taken.order, ctx.currency)
        return None if thing.bad else made

    def _usual(self, row: ContinuityRow | None, number: int) -> tuple[str, int | None]:
        """How it is paid where it does not say: as its continuity order; ordinary lines as their order says, else as
        its first continuity order, else by the only card.
        """
        ctx = self.ctx
        if row is None and (pays := self.taken.order.pays):
            pay = pays[min(number, len(pays)) - 1]
            return pay.method, pay.card_id
        if row is None:
            row = next(iter(self.taken.continuity), None)
        if row is not None:
            return row.payment_method, row.card_id
        return "card", ctx.buyer.only_card()

    def _is_invoiced(self, order: OrderRow | None, continuity: ContinuityRow | None) -> bool:
        """Is what it pays invoiced already, so that no invoice is to come with which it could be taken?"""
        taken = self.taken
        if continuity is not None:
            return any(c.status == "invoiced" for c in taken.children if c.parent_line is continuity.parent_line)
        if order is not None and order.parent is not None:
            return order.status == "invoiced"
        return any(line.status == "invoiced" for line in self.taken.order.lines if line.amount_minor)

    def _subject(self) -> tuple[OrderRow | None, ContinuityRow | None]:
        """What it pays: a child, the ordinary lines of the parent, or a continuity order billed up front."""
        thing = self.thing
        named = thing.code("order", longest=limits.LONG_CODE)
        purpose = thing.get("purpose")
        for child in self.taken.children:
            if child.number == named:
                return child, None
        if named is not None and named != self.taken.order.number:
            known = [self.taken.order.number, *(c.number for c in self.taken.children)]
            thing.fault("order", "payment_of_no_child", value=shown(named), meant=thing.faults.meant(named, known))
            return None, None
        lines = [row for row in self.taken.continuity if row.upfront]
        if (
            thing.given("line")
            or purpose == "order"
            or (purpose is None and lines and not any(line.amount_minor for line in self.taken.order.lines))
        ):
            line = thing.whole("line", None, 1, MOST)
            found = [row for row in self.taken.continuity if line in (None, row.parent_line.line)]
            if line is None and len(lines) == 1:
                found = lines
            if len(found) != 1:
                thing.fault("line", "payment_of_which_line")
                return None, None
            return None, found[0]
        return self.taken.order, None

    def _total(self, order: OrderRow | None, continuity: ContinuityRow | None) -> int:
        """What the thing costs that it pays."""
        if order is not None:
            return order.total_minor
        assert continuity is not None
        return whole_order(self.ctx, self.taken, continuity)

    def _tries(self, payer: int | None) -> list[AttemptRow]:
        """Every call to the gateway; at most one of them may be unresolved."""
        made: list[AttemptRow] = []
        open_ = 0
        seen: set[tuple[str, int]] = set()
        for thing in self.thing.objects("tries", TRY):
            kind = thing.word("kind", ATTEMPTS, "charge", required=True)
            outcome = thing.word("outcome", OUTCOMES)
            number = thing.whole("number", 1, 1, MOST)
            if (kind, number) in seen:
                thing.fault("number", "try_twice", kind=kind, number=number)
            seen.add((kind, number))
            open_ += outcome in (None, "unknown")
            if open_ > 1:
                thing.fault("outcome", "second_open_try")
            made.append(
                AttemptRow(
                    card_id=self._card_of_try(thing, payer),
                    kind=kind,
                    number=number,
                    key=thing.code("key", "", required=True, longest=limits.LONG_CODE),
                    amount_minor=self.ctx.money(thing, "amount"),
                    on_date=thing.day("on", self.ctx.reading.on),
                    sent_at=instant(thing, "sent_at") or self.ctx.reading.now,
                    outcome=outcome,
                    category=self._category(thing, outcome),
                    final=thing.flag("final"),
                    gateway=thing.code("gateway"),
                    gateway_ref=thing.text("gateway_ref"),
                    network_transaction_id=thing.text("network_transaction_id"),
                    message=thing.text("message"),
                )
            )
        return made

    def _card_of_try(self, thing: Given, payer: int | None) -> int | None:
        """Of whose card is it? Of who paid then: the one it names, else who pays the payment."""
        token = thing.code("card", longest=limits.LONG_CODE)
        return self.ctx.card(thing, "card", token, self.ctx.payer(thing) or payer)

    @staticmethod
    def _category(thing: Given, outcome: str | None) -> str | None:
        """Why it was declined; where only ``hard`` is said, hard or soft."""
        usual = ("hard" if thing.flag("hard") else "soft") if outcome == "declined" else None
        found: str | None = thing.word("category", CATEGORIES, usual)
        return found

    def _bill(self, amount: int) -> BillRow | None:
        bill = self.thing.inner("bill", BILL)
        if bill is None:
            return None
        on = bill.day("on", self.ctx.reading.on)
        found = BillRow(on, bill.day("due_on", on), self.ctx.money(bill, "amount", amount))
        self.thing.spoil(bill)
        return found
