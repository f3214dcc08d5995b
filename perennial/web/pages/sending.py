"""What the warehouse reports: a child, or an order's ordinary lines, went out; was invoiced."""

from __future__ import annotations

from django.http import HttpResponse

from perennial.desk import actions
from perennial.desk.read.order_page import taken_when_invoiced
from perennial.desk.read.orders import order
from perennial.web import typed
from perennial.web.answer import Toast, act, act_on, done, panel
from perennial.web.effects import effect
from perennial.web.pages.order import meant
from perennial.web.visit import Visit


def ship(request: Visit, number: str) -> HttpResponse:
    """It went out: when, by whom, under which number."""

    def post() -> HttpResponse:
        outcome = act_on(
            request,
            typed.day(request, "on"),
            actions.ship,
            number=number,
            carrier=typed.text(request, "carrier"),
            tracking=typed.text(request, "tracking"),
            today=request.visitor.today,
        )
        return done(request, Toast(effect(request, "order_shipped", outcome)))

    return panel(
        request, "web/panel/ship.html", {"number": number, "order": order(number, on=request.visitor.today)}, post
    )


def invoice(request: Visit, number: str) -> HttpResponse:
    """It was invoiced: what is taken then is said first."""

    def post() -> HttpResponse:
        return done(request, Toast(effect(request, "order_invoiced", act(request, actions.invoice, number=number))))

    about = meant(number)
    found = order(about.number, on=request.visitor.today)
    shown = {"number": number, "order": found, "takes": taken_when_invoiced(found, number)}
    return panel(request, "web/panel/invoice.html", shown, post)
