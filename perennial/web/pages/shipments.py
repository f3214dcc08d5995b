"""What is done with a planned shipment, on whichever page its row stands."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from perennial.catalog.queries import set_up
from perennial.desk import actions
from perennial.desk.read.coming import ComingShipment, coming
from perennial.desk.read.customer import customer
from perennial.desk.read.order import Order
from perennial.desk.read.orders import order
from perennial.desk.read.products import product_meant, products_found
from perennial.errors import Refused
from perennial.kernel.money import text as amount_text
from perennial.web import typed
from perennial.web.answer import Toast, act, done, panel
from perennial.web.codes import reason_code, why_codes
from perennial.web.effects import come_back, effect
from perennial.web.visit import Visit


def skip(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Leave it out."""
    outcome = act(request, actions.skip, number=number, line=line, shipment=shipment)
    return done(request, _told(request, "skipped", outcome))


def unskip(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Send it after all."""
    outcome = act(request, actions.unskip, number=number, line=line, shipment=shipment)
    return done(request, _told(request, "unskipped", outcome))


def move(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Send it on another day: this one alone, or it and all that follow."""
    found = {**_found(request, number, line, shipment), **why_codes("move")}

    def post() -> HttpResponse:
        try:
            outcome = act(
                request,
                actions.move,
                number=number,
                line=line,
                shipment=shipment,
                to=typed.day(request, "to", base=_ships_on(found)),
                following=request.POST.get("following") == "1",
                reason=typed.text(request, "reason"),
                reason_code=reason_code(request),
                meant=(typed.day(request, "meant"),) if request.POST.get("meant") else (),
            )
        except Refused as refused:
            if refused.code == "day_years_away":
                found["meant"] = refused.facts["day"]
            raise
        return done(request, _told(request, "moved", outcome))

    return panel(request, "web/panel/date.html", found, post)


def product(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Send another product."""

    def post() -> HttpResponse:
        item, _ = product_meant(request.POST.get("item", ""), on=request.visitor.today)
        outcome = act(
            request,
            actions.substitute,
            number=number,
            line=line,
            shipment=shipment,
            item=item,
            replaces=request.POST.get("replaces") or None,
            reason=typed.text(request, "reason"),
            reason_code=reason_code(request),
        )
        return done(request, _told(request, "substituted", outcome))

    shown = {**_found(request, number, line, shipment), **why_codes("substitute")}
    return panel(request, "web/panel/product.html", shown, post)


def products(request: Visit) -> HttpResponse:
    """Ordinary products while typing: what can be sent instead."""
    found = products_found(request.GET.get("item", ""), on=request.visitor.today)
    return render(request, "web/panel/products.html", {"found": [one for one in found if one.kind == "item"]})


def add(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Put one more product into it."""
    found = _found(request, number, line, shipment)

    def post() -> HttpResponse:
        item, _ = product_meant(request.POST.get("item", ""), on=request.visitor.today)
        priced = request.POST.get("price", "").strip() and "change_prices" in request.visitor.may
        given = typed.money(request, "price", found["order"].currency) if priced else None
        outcome = act(
            request,
            actions.add_product,
            number=number,
            line=line,
            shipment=shipment,
            item=item,
            quantity=typed.number(request, "quantity"),
            price=None if given is None else amount_text(given.minor, given.currency),
            reason=typed.text(request, "reason"),
        )
        return done(request, _told(request, "product_added", outcome))

    return panel(request, "web/panel/add.html", found, post)


def remove(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Leave one of its products out."""

    def post() -> HttpResponse:
        outcome = act(
            request,
            actions.remove_product,
            number=number,
            line=line,
            shipment=shipment,
            item=request.POST.get("replaces", ""),
            reason=typed.text(request, "reason"),
        )
        return done(request, _told(request, "product_removed", outcome))

    return panel(request, "web/panel/remove.html", _found(request, number, line, shipment), post)


def quantity(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Send more of it, or fewer."""

    def post() -> HttpResponse:
        outcome = act(
            request,
            actions.quantity,
            number=number,
            line=line,
            shipment=shipment,
            quantity=typed.number(request, "quantity"),
            replaces=request.POST.get("replaces") or None,
            reason=typed.text(request, "reason"),
        )
        return done(request, _told(request, "quantity", outcome))

    return panel(request, "web/panel/quantity.html", _found(request, number, line, shipment), post)


def price(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Give its product another price."""
    found = {**_found(request, number, line, shipment), **why_codes("price")}

    def post() -> HttpResponse:
        given = typed.money(request, "price", found["order"].currency)
        outcome = act(
            request,
            actions.price,
            number=number,
            line=line,
            shipment=shipment,
            price=amount_text(given.minor, given.currency),
            replaces=request.POST.get("replaces") or None,
            reason=typed.text(request, "reason"),
            reason_code=reason_code(request),
        )
        return done(request, _told(request, "priced", outcome))

    return panel(request, "web/panel/price.html", found, post)


def address(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Send it, or all of its order, to another address: one that is known, or a new one."""
    found = _found(request, number, line, shipment)

    def post() -> HttpResponse:
        alone = request.POST.get("scope") != "order"
        about: dict[str, Any] = {"number": number, "reason": typed.text(request, "reason")}
        about |= {"line": line, "shipment": shipment} if alone else {}
        to = request.POST.get("to", "")
        if to and not any(typed.text(request, name) for name in ("street", "city", "postcode")):
            outcome = act(request, actions.address, to=to, **about)
        else:
            place: dict[str, Any] = typed.address(request)
            outcome = act(request, actions.new_address, **about, **place)
        return done(request, _told(request, "addressed" if alone else "order_addressed", outcome))

    places = customer(found["order"].account).addresses
    return panel(request, "web/panel/address.html", {**found, "places": places}, post)


def undo(request: Visit, number: str) -> HttpResponse:
    """Take back the last change of the order."""
    not_theirs = () if "change_prices" in request.visitor.may else ("price",)
    outcome = act(request, actions.undo, number=number, but_not=not_theirs, roles=request.visitor.roles)
    code = "undone"
    if outcome.action == "cancel":
        code = "undone_stop" if come_back(outcome) else "undone_cancel"
    return done(request, Toast(effect(request, code, outcome)))


def _told(request: Visit, code: str, outcome: Any) -> Toast:
    return Toast(effect(request, code, outcome), undo=f"/orders/{outcome.order}/undo" if outcome.can_undo else None)


def _found(request: Visit, number: str, line: int, shipment: int) -> dict[str, Any]:
    """The order with this shipment of it, as forms show it. Refused: there is no such shipment to come."""
    whole: Order = order(number, on=request.visitor.today)
    mine = [one for one in coming(whole, set_up()) if (one.line, one.number) == (line, shipment)]
    if not mine:
        raise Refused("shipment_unknown", "shipment", order=number, shipment=shipment)
    one: ComingShipment = mine[0]
    return {"order": whole, "s": one, "several": len(one.lines) > 1, "quantity": _quantity(one)}


def _ships_on(found: dict[str, Any]) -> date:
    day: date = found["s"].ship_on
    return day


def _quantity(one: ComingShipment) -> Decimal:
    return one.lines[0].quantity
