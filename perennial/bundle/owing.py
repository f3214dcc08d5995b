"""The payments of an order that is taken over, with every try and the bill.

Where an order says nothing about its payments, what is still open of it is owed as if it had been made
here, and what is invoiced was paid elsewhere. An order billed up front has to say what was paid of it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from perennial.bundle.paid import has_theirs, subject_fits, sums_fit, unpaid, words_fit
from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.values import Given, keys
from perennial.bundle.standing import Standing, instant
from perennial.bundle.taken import ContinuityRow, OccurrenceRow, OrderRow, PaymentRow
from perennial.kernel import limits, states
from perennial.kernel.instalments import PaymentSchedule
from perennial.kernel.money import Money, line_amount, percent_of
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
from perennial.kernel.totals import Charge
from perennial.payments.due import Owed, child_parts, upfront_parts
from perennial.payments.gateways.contract import CATEGORIES

PAYMENT = keys(
    "order line purpose number method card amount due_on status attempts captured refunded at_invoice"
    " not_before_shipped tried_on authorised_on authorised_until gateway gateway_ref refunds tries bill"
)
TRY = keys(
    "kind number key amount on sent_at outcome hard category final gateway gateway_ref network_transaction_id"
    " message card"
)
BILL = keys("on due_on amount")
MOST = 10_000


def payments(standing: Standing) -> None:
    """Read the payments, or make those that are owed; and how the ordinary lines are paid."""
    if standing.thing.bad:
        return
    shares = _pays(standing)
    if standing.thing.given("payments"):
        numbers: dict[Any, int] = {}
        given = []
        for thing in standing.thing.objects("payments", PAYMENT):
            made = _Reader(standing, thing).build(numbers)
            if made is not None:
                given.append((made, thing))
        standing.taken.payments += [made for made, _ in given]
        standing.taken.places.payments = given
        if not standing.thing.bad:
            whole = {id(row): whole_order(standing, row) for row in standing.taken.continuity if row.columns["upfront"]}
            sums_fit(standing.taken, given, whole, standing.currency)
            standing.reading.notes.add("unpaid", unpaid(standing.taken, standing.currency))
            for _, thing in given:
                standing.thing.spoil(thing)
    else:
        _owed(standing, shares)
    for row in standing.taken.continuity:
        going = row.columns["status"] in NOT_ENDED
        asked = row.columns["upfront"] and (going or not has_theirs(standing.taken, row))
        paid = any(payment.continuity is row for payment in standing.taken.payments)
        if asked and not paid and not standing.thing.faulted("payments") and whole_order(standing, row):
            standing.thing.fault("payments", "upfront_payments_required")


def _pays(standing: Standing) -> list[tuple[str, int | None, int]]:
    """How the ordinary lines are paid, as it was entered; gives (method, card, amount) of each part."""
    total, left, shares = standing.order.total_minor, standing.order.total_minor, []
    pays = standing.one.entry.pay
    for at, (pay, thing) in enumerate(zip(pays, standing.one.pays, strict=True), 1):
        card = None
        if pay.method == "card":
            card = standing.card(thing, "card", pay.card) if pay.card else standing.only_card(thing, "card")
        standing.order.pays.append((pay.method, card, pay.percent, pay.amount_minor))
        amount = pay.amount_minor
        if amount is None:
            amount = left if at == len(pays) else min(left, percent_of(total, pay.percent or Decimal(0)))
        shares.append((pay.method, card, amount))
        left -= amount
        standing.thing.spoil(thing)
    return shares


def _owed(standing: Standing, shares: list[tuple[str, int | None, int]]) -> None:
    """What is still to be paid of an order that says nothing about its payments."""
    order = standing.order
    open_ = [line for line in order.lines if line.amount_minor and line.status in NOT_INVOICED]
    if open_ and order.total_minor and order.status in ("draft", "open", "shipped"):
        if not shares:
            first = next(iter(standing.taken.continuity), None)
            if first is not None:
                shares = [(first.columns["payment_method"], first.columns["card_id"], order.total_minor)]
            else:
                shares = [("card", standing.only_card(standing.thing, "pay"), order.total_minor)]
        status = "draft" if order.status == "draft" else "due"
        for number, (method, card, amount) in enumerate(shares, 1):
            if amount > 0:
                owed = Owed(number, order.order_date, amount, True)
                standing.taken.payments.append(_row(standing, owed, "ordinary", method, card, status, order, None))
    for row in standing.taken.continuity:
        if row.planned_now and row.columns["upfront"] and not any(o.child for o in row.occurrences):
            _owed_upfront(standing, row)  # of what came already somebody has to say what was paid
    rows = {id(row.parent_line): row for row in standing.taken.continuity}
    for child in standing.taken.children:
        row = rows[id(child.parent_line)]
        if row.columns["upfront"] or child.status not in NOT_INVOICED or child.ship_on is None:
            continue
        method, card = row.columns["payment_method"], row.columns["card_id"]
        for owed in child_parts(_schedule(standing, row, child), child.total_minor, child.ship_on, method):
            standing.taken.payments.append(_row(standing, owed, "shipment", method, card, "due", child, None))


def _schedule(standing: Standing, row: ContinuityRow, child: OrderRow | None) -> PaymentSchedule | None:
    """The payment schedule of a child: its event's, else the order's. Without a child: the order's."""
    occurrence = next((o for o in reversed(row.occurrences) if child is not None and o.child is child), None)
    found = (occurrence.payment_schedule_id if occurrence else None) or row.columns["payment_schedule_id"]
    return None if found is None else standing.names.set_up.schedules.get(found)


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


def _owed_upfront(standing: Standing, row: ContinuityRow) -> None:
    """What is owed of an order billed up front that was planned just now, as order entry would make it."""
    columns = row.columns
    ships = [o.ship_on for o in row.occurrences if o.status in COUNTED]
    status = "draft" if columns["status"] == "draft" else "due"
    for owed in upfront_parts(
        _schedule(standing, row, None),
        whole_order(standing, row),
        base=columns["start_date"] or columns["order_date"],
        order_date=columns["order_date"],
        first_ship_on=min(ships, default=columns["order_date"]),
    ):
        made = _row(standing, owed, "order", columns["payment_method"], columns["card_id"], status, None, row)
        standing.taken.payments.append(made)


def whole_order(standing: Standing, row: ContinuityRow) -> int:
    """The sum of the children that a continuity order has and will have; cancelled ones are not owed."""
    made = [child for child in standing.taken.children if child.parent_line is row.parent_line]
    total = sum(child.total_minor for child in made if child.status != "cancelled")
    shipments: dict[int, list[OccurrenceRow]] = {}
    for o in row.occurrences:
        if o.status in TO_COME and o.shipment is not None:
            shipments.setdefault(o.shipment, []).append(o)
    for together in shipments.values():
        charges = [
            Charge(line_amount(line[2], line[3]), standing.names.groups.get(line[1]))
            for o in together
            for line in o.lines
        ]
        mode_id = together[-1].delivery_mode_id
        mode = standing.names.set_up.modes.get(mode_id) if mode_id else None
        deliveries = [Charge(mode.charge_minor, mode.tax_group)] if mode else []
        place = together[-1].ship_to or row.ship_to
        total += standing.amounts(charges, deliveries, place, row.columns["order_date"]).total
    return total


def _row(
    standing: Standing,
    owed: Owed,
    purpose: str,
    method: str,
    card: int | None,
    status: str,
    order: OrderRow | None,
    continuity: ContinuityRow | None,
) -> PaymentRow:
    return PaymentRow(
        order,
        continuity,
        {
            "customer_id": standing.customer_id,
            "purpose": purpose,
            "number": owed.number,
            "method": method,
            "card_id": card if method == "card" else None,
            "currency": standing.currency,
            "amount_minor": owed.amount,
            "captured_minor": 0,
            "refunded_minor": 0,
            "due_on": owed.due_on,
            "status": status,
            "at_invoice": owed.at_invoice,
            "not_before_shipped": owed.not_before_shipped,
            "attempts": 0,
            "tried_on": None,
            "authorised_on": None,
            "authorised_until": None,
            "gateway": None,
            "gateway_ref": None,
        },
    )


class _Reader:
    """One payment that is given."""

    def __init__(self, standing: Standing, thing: Given) -> None:
        self.standing = standing
        self.thing = thing

    def build(self, numbers: dict[Any, int]) -> PaymentRow | None:
        """The rows; None when it is at fault."""
        thing, standing = self.thing, self.standing
        order, continuity = self._subject()
        if order is None and continuity is None:
            return None
        purpose = "order" if continuity else "ordinary" if order is standing.order else "shipment"
        purpose = thing.word("purpose", PURPOSES, purpose)
        whose = (id(order or continuity), purpose)
        number = thing.whole("number", numbers.get(whose, 0) + 1, 1, MOST)
        if (*whose, number) in numbers:
            thing.fault("number", "part_twice", part=number)
        numbers[whose], numbers[(*whose, number)] = max(number, numbers.get(whose, 0)), 1
        row = continuity or next(
            (r for r in standing.taken.continuity if order is not None and r.parent_line is order.parent_line), None
        )
        subject_fits(thing, purpose, order, continuity, row, ordinary=standing.has_ordinary)
        usual, pays = self._usual(row, number)
        method = thing.word("method", METHODS, usual)
        card = None
        if method == "card":
            named = thing.code("card", longest=limits.LONG_CODE)
            card = standing.card(thing, "card", named) if named else pays
            card = None if "card" in thing.value and named is None and thing.given("tries") else card
        status = thing.word("status", tuple(states.PAYMENT), "due")
        total = self._total(order, continuity)
        amount = standing.money(thing, "amount", total)
        if amount <= 0 and not thing.bad:
            thing.fault("amount", "amount_not_above_zero")
        captured = standing.money(thing, "captured", amount if status in WITH_MONEY else 0)
        refunded = standing.money(thing, "refunded")
        if captured > amount:
            thing.fault("captured", "captured_above_amount", amount=Money(amount, standing.currency))
        elif status in WITH_MONEY and captured != amount:
            thing.fault("captured", "captured_below_amount", status=status, amount=Money(amount, standing.currency))
        if refunded > captured:
            thing.fault("refunded", "more_than_captured", captured=Money(captured, standing.currency))
        due_on = thing.day("due_on", (order.ship_on if order else None) or standing.order.order_date)
        schedule = None if row is None else _schedule(standing, row, order)
        invoiced = self._is_invoiced(order, continuity)
        at_invoice, not_before_shipped = _when_taken(schedule, order, method, due_on, invoiced=invoiced)
        owed = Owed(
            number,
            due_on,
            amount,
            thing.flag("at_invoice", purpose != "refund" and at_invoice),
            thing.flag("not_before_shipped", not_before_shipped),
        )
        made = _row(standing, owed, purpose, method, card, status, order, continuity)
        made.tries = self._tries()
        made.columns |= {
            "captured_minor": captured,
            "refunded_minor": refunded,
            "attempts": thing.whole("attempts", 0, 0, MOST),
            "tried_on": thing.day("tried_on"),
            "authorised_on": thing.day("authorised_on"),
            "authorised_until": thing.day("authorised_until"),
            "gateway": thing.code("gateway"),
            "gateway_ref": thing.text("gateway_ref"),
        }
        made.refunds = thing.whole("refunds", None, 1, MOST)
        made.bill = self._bill(amount)
        if not thing.bad:
            words_fit(thing, made, standing.order, standing.currency)
        return None if thing.bad else made

    def _usual(self, row: ContinuityRow | None, number: int) -> tuple[str, int | None]:
        """How it is paid where it does not say: as its continuity order; ordinary lines as their order says, else as
        its first continuity order, else by the only card.
        """
        standing = self.standing
        if row is None and (pays := standing.order.pays):
            method, card, *_ = pays[min(number, len(pays)) - 1]
            return method, card
        if row is None:
            row = next(iter(standing.taken.continuity), None)
        if row is not None:
            return row.columns["payment_method"], row.columns["card_id"]
        cards = list(standing.names.customers.cards[standing.customer_id].values())
        return "card", cards[0] if len(cards) == 1 else None

    def _is_invoiced(self, order: OrderRow | None, continuity: ContinuityRow | None) -> bool:
        """Is what it pays invoiced already, so that no invoice is to come with which it could be taken?"""
        taken = self.standing.taken
        if continuity is not None:
            return any(c.status == "invoiced" for c in taken.children if c.parent_line is continuity.parent_line)
        if order is not None and order.parent is not None:
            return order.status == "invoiced"
        return any(line.status == "invoiced" for line in self.standing.order.lines if line.amount_minor)

    def _subject(self) -> tuple[OrderRow | None, ContinuityRow | None]:
        """What it pays: a child, the ordinary lines of the parent, or a continuity order billed up front."""
        thing, standing = self.thing, self.standing
        named = thing.code("order", longest=limits.LONG_CODE)
        purpose = thing.get("purpose")
        for child in standing.taken.children:
            if child.number == named:
                return child, None
        if named is not None and named != standing.order.number:
            known = [standing.order.number, *(c.number for c in standing.taken.children)]
            thing.fault("order", "payment_of_no_child", value=shown(named), meant=thing.faults.meant(named, known))
            return None, None
        lines = [row for row in standing.taken.continuity if row.columns["upfront"]]
        if thing.given("line") or purpose == "order" or (purpose is None and lines and not standing.ordinary):
            line = thing.whole("line", None, 1, MOST)
            found = [row for row in standing.taken.continuity if line in (None, row.parent_line.line)]
            if line is None and len(lines) == 1:
                found = lines
            if len(found) != 1:
                thing.fault("line", "payment_of_which_line")
                return None, None
            return None, found[0]
        return standing.order, None

    def _total(self, order: OrderRow | None, continuity: ContinuityRow | None) -> int:
        """What the thing costs that it pays."""
        if order is not None:
            return order.total_minor
        assert continuity is not None
        return whole_order(self.standing, continuity)

    def _tries(self) -> list[dict[str, Any]]:
        """Every call to the gateway; at most one of them may be unresolved."""
        made, open_ = [], 0
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
                {
                    "card_id": self.standing.card(thing, "card", thing.code("card", longest=limits.LONG_CODE)),
                    "kind": kind,
                    "number": number,
                    "key": thing.code("key", "", required=True, longest=limits.LONG_CODE),
                    "amount_minor": self.standing.money(thing, "amount"),
                    "on_date": thing.day("on", self.standing.reading.on),
                    "sent_at": instant(thing, "sent_at") or self.standing.reading.now,
                    "outcome": outcome,
                    "category": self._category(thing, outcome),
                    "final": thing.flag("final"),
                    "gateway": thing.code("gateway"),
                    "gateway_ref": thing.text("gateway_ref"),
                    "network_transaction_id": thing.text("network_transaction_id"),
                    "message": thing.text("message"),
                }
            )
        return made

    @staticmethod
    def _category(thing: Given, outcome: str | None) -> str | None:
        """Why it was declined; where only ``hard`` is said, hard or soft."""
        usual = ("hard" if thing.flag("hard") else "soft") if outcome == "declined" else None
        found: str | None = thing.word("category", CATEGORIES, usual)
        return found

    def _bill(self, amount: int) -> Any:
        bill = self.thing.inner("bill", BILL)
        if bill is None:
            return None
        on = bill.day("on", self.standing.reading.on)
        found = (on, bill.day("due_on", on), self.standing.money(bill, "amount", amount))
        self.thing.spoil(bill)
        return found
