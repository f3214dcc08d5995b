"""What the warehouse reports: a child, or an order's ordinary lines, went out; was invoiced."""

from __future__ import annotations

from django.http import HttpResponse

from perennial.desk import actions
from perennial.desk.read.orders import order
from perennial.web import typed
from perennial.web.answer import Toast, act, act_on, done, panel
from perennial.web.effects import effect
from perennial.web.visit import Visit


def ship(request: Visit, number: str) -> HttpResponse:
    """It went out: when, by whom, under which number."""

    def post() -> HttpResponse:
        outcome = act_on(
            request,
            typed.day(request, "on", latest=request.visitor.today),
            actions.ship,
            number=number,
            carrier=typed.text(request, "carrier"),
            tracking=typed.text(request, "tracking"),
        )
        return done(request, Toast(effect(request, "order_shipped", outcome)))

    return panel(
        request, "web/panel/ship.html", {"number": number, "order": order(number, on=request.visitor.today)}, post
    )


def invoice(request: Visit, number: str) -> HttpResponse:
    """It was invoiced: what pays it is captured next."""
    outcome = act(request, actions.invoice, number=number)
    return done(request, Toast(effect(request, "order_invoiced", outcome)))
