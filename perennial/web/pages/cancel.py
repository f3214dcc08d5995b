"""An order or a child is cancelled; what that keeps, drops and gives back is said first."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from perennial.desk import actions
from perennial.desk.action import How, perform
from perennial.desk.orders.cancel import Cancelled
from perennial.desk.read.child import child
from perennial.desk.read.order_page import ending, order_page
from perennial.kernel.states import ENDED_BY
from perennial.web import typed
from perennial.web.answer import Toast, act, done, panel
from perennial.web.codes import reason_code, stop_reasons
from perennial.web.effects import effect
from perennial.web.giving_back import gives_back, would_give_back
from perennial.web.pages.order import meant
from perennial.web.visit import Visit


def cancel(request: Visit, number: str) -> HttpResponse:
    """Cancel a parent whole, or a child, which may be made anew."""
    return _child(request, number) if meant(number).is_child else _parent(request, number)


def _parent(request: Visit, number: str) -> HttpResponse:
    page = order_page(number, on=request.visitor.today)

    def post() -> HttpResponse:
        outcome = act(request, actions.cancel, number=number, **_why(request))
        assert isinstance(outcome, Cancelled)
        now = order_page(number, on=request.visitor.today)
        closes = outcome.status == "open" and not now.awaits_invoice
        words = effect(request, "order_cancelled_closes" if closes else f"order_cancelled_{outcome.status}", outcome)
        return done(request, Toast(words, undo=f"/orders/{number}/undo"))

    would = perform(
        actions.cancel,
        How(dry=True),
        number=number,
        on=request.visitor.today,
        by=request.visitor.by,
        **would_give_back(request),
    )
    shown = {"order": page.order, "ending": ending(page), "would": would, **_choices(request)}
    return panel(request, "web/panel/cancel.html", shown, post)


def _child(request: Visit, number: str) -> HttpResponse:
    found = child(number, on=request.visitor.today)
    again = request.POST.get("again") == "1" or found.may_come_again

    def post() -> HttpResponse:
        outcome = act(request, actions.cancel, number=number, again=again, **_why(request))
        words = effect(request, "child_again" if again else "child_cancelled", outcome)
        return done(request, Toast(words, undo=f"/orders/{found.parent.number}/undo"))

    would = perform(
        actions.cancel,
        How(dry=True),
        number=number,
        again=found.may_come_again,
        on=request.visitor.today,
        by=request.visitor.by,
        **would_give_back(request),
    )
    shown = {"order": found.parent, "child": found.child, "found": found, "would": would, **_choices(request)}
    return panel(request, "web/panel/cancel_child.html", shown, post)


def _why(request: Visit) -> dict[str, Any]:
    return {
        "reason": typed.text(request, "reason"),
        "reason_code": reason_code(request),
        "ended_by": request.POST.get("ended_by") or None,
        **gives_back(request),
    }


def _choices(request: Visit) -> dict[str, Any]:
    return {"reasons": stop_reasons(request), "ended_by": ENDED_BY}
