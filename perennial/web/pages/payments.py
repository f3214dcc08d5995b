"""The money of an order: the card is tried, something is given back, how a payment ended is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from perennial.desk import actions
from perennial.desk.action import How, perform
from perennial.desk.orders.give_back import most_to_give_back
from perennial.desk.orders.payments import SHIPMENTS
from perennial.desk.queries import to_credit, to_give_back
from perennial.desk.read.order import Order
from perennial.desk.read.order_page import line_meant
from perennial.desk.read.orders import order
from perennial.desk.read.payment_why import payment_whys
from perennial.desk.read.values import Payment
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.money import text as amount_text
from perennial.kernel.states import REFUSED, STOPS_SHIPPING
from perennial.language import phrase
from perennial.language.reasons import payment_words
from perennial.payments.charge import Became
from perennial.web import typed
from perennial.web.answer import Toast, act, done, panel
from perennial.web.codes import reason_code, why_codes
from perennial.web.effects import effect
from perennial.web.giving_back import approvers, expired_cards, may_give_back, refund_limit
from perennial.web.pages.order import meant
from perennial.web.visit import Visit
from perennial.web.words import said


def collect(request: Visit, number: str) -> HttpResponse:
    """Try the card now, while the customer listens; what became of each payment is said."""
    return _collect(request, number)


def give_back_now(request: Visit, number: str) -> HttpResponse:
    """Ask the gateway now to give back what is to be given back; nothing is taken."""
    return _collect(request, number, only_refunds=True)


def _collect(request: Visit, number: str, **how: bool) -> HttpResponse:
    on, by, seen = request.visitor.today, request.visitor.by, request.POST.get("seen") or None
    became = actions.collect(number=number, on=on, by=by, force=True, seen=seen, **how).payments
    return done(request, Toast(_became(request, became)))


def why(request: Visit, number: str) -> HttpResponse:
    """Why a payment has its amount, its day and its card, and why it is not there yet."""
    found, payments = _payments(request, number)
    which = request.GET.get("payment")
    whys = [one for one in payment_whys(found, request.visitor.today) if one.payment in payments]
    chosen = next((one for one in whys if one.payment.which == which), whys[-1] if whys else None)
    if chosen is None:
        raise Refused("required", "payment")
    to = request.visitor.reader
    parts = {"amount": chosen.amount, "day": chosen.day, "by": chosen.by, "now": chosen.now}
    told = [(part, [payment_words(reason, to) for reason in reasons]) for part, reasons in parts.items() if reasons]
    return render(request, "web/panel/payment_why.html", {"payment": chosen.payment, "told": told, "order": found})


def reprocess(request: Visit, number: str) -> HttpResponse:
    """Let a card that has failed be asked again from the beginning, now."""
    found, payments = _payments(request, number)
    again = [one for one in payments if one.reprocessable]
    payment = next((one for one in again if one.which == request.POST.get("payment")), again[0] if again else None)
    about: dict[str, Any] = {} if payment is None else {"part": payment.number, "line": line_meant(found, payment)}
    asked = payment.order if payment else number
    act(request, actions.reprocess, number=asked, **about)
    became = actions.collect(number=asked, on=request.visitor.today, by=request.visitor.by).payments
    return done(request, Toast(_became(request, became)))


def _became(request: Visit, became: Sequence[Became]) -> str:
    visitor = request.visitor
    parts = [
        said(
            visitor.reader,
            _words_of(one),
            order=one.order,
            amount=one.amount,
            state=phrase("payment", one.after, None, visitor.reader),
            message=one.message if one.after in STOPS_SHIPPING else None,
        )
        for one in became
        if one.before != one.after or one.message
    ]
    return " ".join(parts) or said(visitor.reader, "order_nothing_to_collect")


def _words_of(one: Became) -> str:
    """Money that was given back is not called captured."""
    if one.purpose != "refund":
        return "order_became"
    return "order_became_refunded" if one.after == "captured" else "order_became_refund"


def refund(request: Visit, number: str) -> HttpResponse:
    """Give back what was paid: of one payment, or so much of them all; what goes back where is said first."""
    found, payments = _payments(request, number)
    open_ = [one for one in payments if one.refundable]
    allowed = may_give_back(request)

    def post() -> HttpResponse:
        chosen = _chosen(request, open_) if request.POST.get("payment") else None
        amount = typed.money(request, "amount", found.currency) if request.POST.get("amount", "").strip() else None
        outcome = act(
            request,
            actions.refund,
            number=chosen.order if chosen else number,
            part=chosen.number if chosen else None,
            line=line_meant(found, chosen) if chosen else None,
            amount=None if amount is None else amount_text(amount.minor, amount.currency),
            check=typed.text(request, "check"),
            given_on=typed.day(request, "given_on") if request.POST.get("given_on", "").strip() else None,
            reason=_reason(request),
            reason_code=reason_code(request),
            **allowed,
        )
        return done(request, Toast(effect(request, f"order_refund_{outcome.status}", outcome, who=approvers(request))))

    shown = _about(request, number, found, open_)
    owed_back, most = to_give_back(number), most_to_give_back(number)
    if not (request.POST.get("payment") or request.GET.get("payment")) and len(open_) > 1:
        shown["chosen"] = None
    offered = _offered(owed_back, most, several=len(open_) > 1 and shown["chosen"] is None)
    shown |= {
        "owed_back": owed_back,
        "most": most,
        "offered": offered,
        "back_by": _goes_back(request, number, open_, offered),
        "may_exceed": allowed["may_exceed"],
        "limit": refund_limit(found.currency),
        "expired": expired_cards(request, open_),
        "disputed": any(one.disputed for one in payments),
    }
    return panel(request, "web/panel/refund.html", {**shown, **why_codes("refund")}, post)


def _offered(owed_back: Money | None, most: Money | None, *, several: bool) -> Money | None:
    """The amount that the form begins with: what is to be given back, of several payments else all that can be; never more
    than that. None: all that is left of the one payment.
    """
    if owed_back is not None and most is not None:
        return min(owed_back, most, key=lambda one: one.minor)
    return most if several else None


def _goes_back(
    request: Visit, number: str, payments: Sequence[Payment], offered: Money | None
) -> list[tuple[Payment, Money]]:
    """Which payments are given back first, and how much of each, of the amount that is offered."""
    if len(payments) < 2 or not offered or not offered.minor:
        return []
    try:
        would = perform(
            actions.refund,
            How(dry=True),
            number=number,
            amount=amount_text(offered.minor, offered.currency),
            reason="",
            on=request.visitor.today,
            by=request.visitor.by,
            may_exceed=True,
        )
    except Refused:  # something of it is on its way, or cannot be given back
        return []
    of = {(one.order, one.purpose, one.number): one for one in payments}
    return [
        (of[back.order, back.purpose, back.number], back.amount)
        for back in would.refunds
        if (back.order, back.purpose, back.number) in of
    ]


def approve_refund(request: Visit, number: str) -> HttpResponse:
    """Approve what somebody else wants to give back."""
    outcome = act(request, actions.approve_refund, number=number)
    return done(request, Toast(effect(request, "refund_approved", outcome)))


def decline_refund(request: Visit, number: str) -> HttpResponse:
    """Do not give back what somebody wants to give back."""
    outcome = act(request, actions.decline_refund, number=number)
    return done(request, Toast(effect(request, "refund_declined", outcome)))


def refund_again(request: Visit, number: str) -> HttpResponse:
    """A refund that has failed is tried again, or was given back by a check."""
    found, payments = _payments(request, number)
    open_ = [one for one in payments if one.purpose == "refund" and one.status in REFUSED]

    def post() -> HttpResponse:
        chosen = _chosen(request, open_)
        check = typed.text(request, "check")
        outcome = act(
            request,
            actions.refund_again,
            number=chosen.order,
            refund=chosen.number,
            line=line_meant(found, chosen),
            check=check,
            given_on=typed.day(request, "given_on") if request.POST.get("given_on", "").strip() else None,
            reason=_reason(request),
            **may_give_back(request),
        )
        return done(request, Toast(effect(request, f"order_refund_{outcome.status}", outcome, who=approvers(request))))

    return panel(request, "web/panel/refund_again.html", _about(request, number, found, open_), post)


def receive(request: Visit, number: str) -> HttpResponse:
    """A check has come for what is owed."""
    found, payments = _payments(request, number)
    open_ = [one for one in payments if one.awaits_check]

    def post() -> HttpResponse:
        payment = _chosen(request, open_)
        amount = typed.money(request, "amount", found.currency)
        outcome = act(
            request,
            actions.receive,
            number=payment.order,
            part=payment.number,
            line=line_meant(found, payment),
            check=typed.needed(request, "check"),
            amount=amount_text(amount.minor, amount.currency),
            received_on=typed.day(request, "received_on"),
        )
        return done(request, Toast(effect(request, "order_received", outcome)))

    return panel(request, "web/panel/receive.html", _about(request, number, found, open_), post)


def credit(request: Visit, number: str) -> HttpResponse:
    """Take off an order's bills what was billed and does not come."""
    found = order(meant(number).number, on=request.visitor.today)

    def post() -> HttpResponse:
        outcome = act(request, actions.settle, number=found.number, end="credited", reason=_reason(request))
        return done(request, Toast(effect(request, "order_credited", outcome)))

    shown = {"number": number, "order": found, "amount": to_credit(found.number)}
    return panel(request, "web/panel/credit.html", shown, post)


def settle(request: Visit, number: str) -> HttpResponse:
    """Say how a payment ended, or give it up."""
    found, payments = _payments(request, number)
    open_ = [one for one in payments if one.ends]

    def post() -> HttpResponse:
        payment = _chosen(request, open_)
        end = request.POST.get("end", "")
        given_up = end == "written-off"
        about: dict[str, Any] = {"number": payment.order, "part": payment.number, "line": line_meant(found, payment)}
        why: dict[str, Any] = {"reason": _reason(request)}
        if end == "approved":
            approved = act(request, actions.authorise, code=typed.needed(request, "code"), **about, **why)
            return done(request, Toast(effect(request, "order_approved", approved)))
        if end == "declined":
            return done(
                request, Toast(effect(request, "order_declined", act(request, actions.decline, **about, **why)))
            )
        outcome = act(
            request,
            actions.settle,
            end=end,
            shipments=typed.one_of(request, "shipments", SHIPMENTS) if given_up else None,
            approved_by=typed.text(request, "approved_by") if given_up else None,
            **about,
            **why,
            reason_code=reason_code(request),
        )
        return done(request, Toast(effect(request, "order_settled", outcome)))

    shown = _about(request, number, found, open_)
    unpaid = _would_stop(request, found, shown["chosen"])
    return panel(
        request, "web/panel/settle.html", {**shown, "unpaid": unpaid, "ways": SHIPMENTS, **why_codes("settle")}, post
    )


def _would_stop(request: Visit, found: Order, payment: Payment | None) -> tuple[int, ...]:
    """The shipments that a payment pays, which stop when it is written off."""
    if payment is None or payment.purpose != "order" or "written-off" not in payment.ends:
        return ()
    would = perform(
        actions.settle,
        How(dry=True),
        number=payment.order,
        part=payment.number,
        line=line_meant(found, payment),
        end="written-off",
        on=request.visitor.today,
        by=request.visitor.by,
    )
    return would.stopped


def _payments(request: Visit, number: str) -> tuple[Order, list[Payment]]:
    """The parent with its payments; of a child with those that it alone has."""
    about = meant(number)
    found = order(about.number, on=request.visitor.today)
    return found, [one for one in found.payments if not about.is_child or one.order == about.number]


def _about(request: Visit, number: str, found: Order, payments: Sequence[Payment]) -> dict[str, Any]:
    which = request.POST.get("payment") or request.GET.get("payment")
    chosen = next((one for one in payments if one.which == which), payments[-1] if payments else None)
    return {"number": number, "order": found, "payments": payments, "chosen": chosen}


def _chosen(request: Visit, payments: Sequence[Payment]) -> Payment:
    which = request.POST.get("payment")
    found = next((one for one in payments if one.which == which), None)
    if found is None:
        raise Refused("required", "payment")
    return found


def _reason(request: Visit) -> str:
    reason = typed.text(request, "reason")
    if reason is None:
        raise Refused("required", "reason")
    return reason
