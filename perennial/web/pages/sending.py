"""What the warehouse reports: a child, or an order's ordinary lines, went out; was invoiced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse

from perennial.desk import actions
from perennial.desk.orders.rest import WORDS
from perennial.desk.orders.ship import OVERRIDABLE
from perennial.desk.orders.short import Pieces
from perennial.desk.read.order import Child, ChildLine
from perennial.desk.read.order_page import taken_when_invoiced
from perennial.desk.read.orders import order
from perennial.desk.read.values import Product
from perennial.errors import Refused
from perennial.kernel.money import Money, plain
from perennial.web import typed
from perennial.web.answer import Toast, act, act_on, done, form_again, panel
from perennial.web.codes import reason_code, why_codes
from perennial.web.effects import effect
from perennial.web.pages.order import meant
from perennial.web.typed import read_number
from perennial.web.visit import Visit


def ship(request: Visit, number: str) -> HttpResponse:
    """It went out: when, by whom, under which number; what stands in the way is overridden with a reason."""

    def post() -> HttpResponse:
        outcome = act_on(
            request,
            typed.day(request, "on"),
            actions.ship,
            number=number,
            carrier=typed.text(request, "carrier"),
            tracking=typed.text(request, "tracking"),
            today=request.visitor.today,
            **_short(request, child),
            **_override(request),
        )
        return done(request, Toast(effect(request, "order_shipped", outcome)))

    found = order(meant(number).number, on=request.visitor.today)
    child = next((one for one in found.children if one.number == number), None)
    shown = {"number": number, "order": found, "child": child, "alike": alike(child), **why_codes("ship")}
    return _panel(request, "web/panel/ship.html", shown, post)


def invoice(request: Visit, number: str) -> HttpResponse:
    """It was invoiced: what is taken then is said first; what stands in the way is overridden with a reason."""

    def post() -> HttpResponse:
        outcome = act(request, actions.invoice, number=number, **_override(request))
        cards = [one for one in takes if one.method == "card"]
        taken = Money(sum(one.amount.minor for one in cards), found.currency) if cards else None
        return done(request, Toast(effect(request, "order_invoiced", outcome, taken=taken)))

    found = order(meant(number).number, on=request.visitor.today)
    takes = taken_when_invoiced(found, number)
    unreported = any(child.number == number and child.status == "open" for child in found.children)
    shown = {
        "number": number,
        "order": found,
        "takes": takes,
        "unreported": unreported,
        "override": unreported,
        **why_codes("invoice"),
    }
    return _panel(request, "web/panel/invoice.html", shown, post)


def track(request: Visit, number: str) -> HttpResponse:
    """Correct who carries what was sent, and under which number."""

    def post() -> HttpResponse:
        outcome = act(
            request,
            actions.track,
            number=number,
            carrier=typed.text(request, "carrier"),
            tracking=typed.text(request, "tracking"),
            reason=typed.text(request, "reason"),
        )
        return done(request, Toast(effect(request, "order_tracked", outcome)))

    found = order(number, on=request.visitor.today)
    sent = next((child.sent for child in found.children if child.number == number), found.sent)
    return panel(request, "web/panel/track.html", {"number": number, "order": found, "sent": sent}, post)


@dataclass(frozen=True, slots=True)
class Alike:
    """The lines of a child that send one product at one price, by their places: one field; ``quantity`` of all of them."""

    at: int
    product: Product
    quantity: Decimal
    lines: tuple[tuple[int, Decimal], ...]

    def short(self, pieces: Decimal) -> list[Pieces]:
        """Of which lines fewer go, where so many pieces go of all: the first lines go whole. More than there is stands with
        the last line, where it is refused.
        """
        found = []
        for at, quantity in self.lines:
            goes = pieces if at == self.lines[-1][0] else min(pieces, quantity)
            pieces -= goes
            if goes != quantity:
                found.append(Pieces(at, goes))
        return found


def alike(child: Child | None) -> list[Alike]:
    """What a child sends, each product at its price once."""
    found: dict[tuple[str, Money], list[tuple[int, ChildLine]]] = {}
    for at, line in enumerate(child.lines if child else (), 1):
        found.setdefault((line.product.number, line.price), []).append((at, line))
    return [
        Alike(
            lines[0][0],
            lines[0][1].product,
            sum((line.quantity for _, line in lines), Decimal(0)),
            tuple((at, line.quantity) for at, line in lines),
        )
        for lines in found.values()
    ]


def _pieces(request: Visit, child: Child | None) -> list[Pieces]:
    """Of which lines of a child fewer pieces went, as was typed: one number for those that are alike."""
    found = []
    for one in alike(child):
        typed_ = request.POST.get(f"pieces-{one.at}", "").strip()
        if not typed_ or typed_ == plain(one.quantity):
            continue
        found += one.short(read_number(typed_, f"pieces-{one.at}", to=request.visitor.reader))
    return found


def _short(request: Visit, child: Child | None) -> dict[str, Any]:
    """What goes of it, and what becomes of what does not."""
    pieces = _pieces(request, child)
    later = bool(pieces) and typed.one_of(request, "rest", WORDS) == "later"
    day = typed.day(request, "rest_on") if later and typed.text(request, "rest_on") else None
    return {"pieces": pieces, "rest": "later" if later else None, "rest_on": day}


def _override(request: Visit) -> dict[str, Any]:
    return {
        "override": bool(request.POST.get("override")),
        "reason": typed.text(request, "reason"),
        "reason_code": reason_code(request),
    }


def _panel(request: Visit, template: str, shown: Mapping[str, Any], post: Callable[[], HttpResponse]) -> HttpResponse:
    """The form; refused for what may be overridden it asks whether that is meant, and why."""
    if request.method != "POST":
        return panel(request, template, shown, post)
    try:
        return post()
    except Refused as problem:
        asks = problem.code in OVERRIDABLE or bool(request.POST.get("override"))
        return form_again(request, template, {**shown, "override": asks or shown.get("override")}, problem)
