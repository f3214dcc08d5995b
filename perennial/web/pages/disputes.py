"""Charges that customers do not accept: that there is one, how it stands, what speaks for us."""

from __future__ import annotations

from django.http import HttpResponse

from perennial.desk import actions
from perennial.desk.read.disputes import disputes_of
from perennial.desk.read.order_page import line_meant
from perennial.desk.read.orders import order
from perennial.errors import Refused
from perennial.kernel.money import text as amount_text
from perennial.kernel.states import DISPUTE
from perennial.web import typed
from perennial.web.answer import Toast, act, done, panel
from perennial.web.effects import effect
from perennial.web.pages.order import meant
from perennial.web.visit import Visit


def dispute(request: Visit, number: str) -> HttpResponse:
    """Say how a dispute about an order stands; where none goes on, that a charge is disputed."""
    found = order(meant(number).number, on=request.visitor.today)
    known = disputes_of(found.number)
    asked = request.POST.get("dispute") or request.GET.get("dispute") or ""
    chosen = next((one for one in known if str(one.id) == asked), None)
    chosen = chosen or next((one for one in known if one.goes_on), None)
    payments = [one for one in found.payments if one.purpose != "refund" and one.kept.minor > 0]
    which = request.POST.get("payment") or request.GET.get("payment")
    payment = next((one for one in payments if one.which == which), payments[-1] if payments else None)

    def post() -> HttpResponse:
        day = typed.day(request, "answer_by") if request.POST.get("answer_by", "").strip() else None
        reason = typed.needed(request, "reason")
        if chosen is not None:
            status = typed.one_of(request, "status", tuple(DISPUTE))
            outcome = act(
                request,
                actions.dispute,
                number=found.number,
                dispute=chosen.id,
                status=status,
                reason=reason,
                answer_by=day,
            )
        else:
            if payment is None:
                raise Refused("required", "payment")
            amount = typed.money(request, "amount", found.currency) if request.POST.get("amount", "").strip() else None
            outcome = act(
                request,
                actions.dispute,
                number=payment.order,
                part=payment.number,
                line=line_meant(found, payment),
                status="open",
                amount=None if amount is None else amount_text(amount.minor, amount.currency),
                reason=reason,
                answer_by=day,
            )
        return done(request, Toast(effect(request, f"dispute_{outcome.status}", outcome, held=outcome.held or None)))

    shown = {
        "number": number, "order": found, "disputes": known, "dispute": chosen, "payments": payments, "chosen": payment,
        "states": [one for one in DISPUTE if chosen and (one == chosen.status or one in DISPUTE[chosen.status])],
    }  # fmt: skip
    return panel(request, "web/panel/dispute.html", shown, post)
