"""What a person does about a card that does not pay: asks the bank by telephone, lets it be asked again, or says that it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from perennial.desk.action import action
from perennial.desk.locking import lock, order_by_number
from perennial.desk.orders.payments import the_payment
from perennial.desk.outcome import Outcome
from perennial.errors import Refused
from perennial.kernel.limits import LINE, text_fault
from perennial.kernel.money import Money
from perennial.kernel.states import REFUSED, STOPS_SHIPPING
from perennial.payments import actions as payments
from perennial.payments.models import Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved(Outcome):
    """The bank has approved a payment by a code."""

    order: str
    purpose: str
    number: int
    amount: Money
    code: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprocessed(Outcome):
    """A payment is due again by its card, its tries counted from 0."""

    order: str
    purpose: str
    number: int
    amount: Money
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined(Outcome):
    """A payment is declined for good."""

    order: str
    purpose: str
    number: int
    amount: Money
    status: str


@action()
def authorise(
    *,
    number: str,
    code: str,
    on: date,
    by: str,
    reason: str,
    part: int | None = None,
    line: int | None = None,
) -> Approved:
    """The bank has approved the card on the telephone, and gave a ``code``: the payment is authorised by hand. No gateway is
    asked for it any more; it counts as captured when it is invoiced, or on its day. Of one that is unknown it says, too,
    that nothing was taken at the gateway.

    ``line`` and ``part`` name the payment where several do not pay. Refused: none is declined, failed or unknown; what is not
    paid by card; money that goes back.
    """
    code = code.strip()
    if not code:
        raise Refused("required", "code")
    if fault := text_fault(code, LINE):
        raise fault.at("code")
    payment = _locked(number, line, part, STOPS_SHIPPING, on=on, by=by, reason=reason)
    payments.approve(payment=payment.pk, code=code, by=by, on=on, reason=reason)
    payment.refresh_from_db()
    return Approved(code=code, **_said(number, payment))


@action()
def reprocess(
    *, number: str, on: date, by: str, reason: str | None = None, part: int | None = None, line: int | None = None
) -> Reprocessed:
    """Let the card of a payment that is declined or has failed be asked again from the beginning, and what waits for it go on.
    It is due; who wants the answer at once collects it.

    Refused: nothing is declined or failed; the bank has forbidden another try with this card.
    """
    payment = _locked(number, line, part, REFUSED, on=on, by=by, reason=reason, refund=True)
    payments.try_again(payments=[payment.pk], by=by, on=on)
    payment.refresh_from_db()
    return Reprocessed(**_said(number, payment))


@action()
def decline(
    *,
    number: str,
    on: date,
    by: str,
    reason: str,
    part: int | None = None,
    line: int | None = None,
) -> Declined:
    """Say that a payment is declined for good, with a reason: its card is not asked again. It has failed, and what it is for
    waits (D30) until another card pays, or it is written off.

    Refused: nothing of it waits for a try; money that goes back.
    """
    payment = _locked(number, line, part, ("due", "declined"), on=on, by=by, reason=reason)
    payments.give_up_trying(payment=payment.pk, by=by, on=on, reason=reason)
    payment.refresh_from_db()
    return Declined(**_said(number, payment))


def _locked(
    number: str,
    line: int | None,
    part: int | None,
    states: tuple[str, ...],
    *,
    on: date,
    by: str,
    reason: str | None,
    refund: bool = False,
) -> Payment:
    order = order_by_number(number)
    lock(order.parent_id or order.pk, on=on, by=by, reason=reason)
    payment = the_payment(order, line, part, states)
    if payment.purpose == "refund" and not refund:
        raise Refused("no_payment_in_state", "number", order=number, states=states)
    return payment


def _said(number: str, payment: Payment) -> dict[str, Any]:
    return {
        "order": number,
        "purpose": payment.purpose,
        "number": payment.number,
        "amount": Money(payment.amount_minor, payment.currency),
        "status": payment.status,
    }
