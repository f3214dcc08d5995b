"""A customer while the telephone rings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from perennial.desk import access, actions
from perennial.desk.customers.address import set_address
from perennial.desk.customers.customer import change_customer
from perennial.desk.customers.notes import note_on_customer
from perennial.desk.read.customer import Customer, customer, customer_page, paying_card
from perennial.desk.read.values import Address
from perennial.errors import Refused
from perennial.language import LANGUAGES
from perennial.payments import gateways
from perennial.web import typed
from perennial.web.answer import Toast, act, done, panel, redraws, whole
from perennial.web.caller import checked, note_answer
from perennial.web.codes import source_words
from perennial.web.effects import effect
from perennial.web.history import history_of
from perennial.web.presence import presence
from perennial.web.recent import note_customer
from perennial.web.told import told
from perennial.web.visit import Visit
from perennial.web.words import names_of

SECTIONS = (
    "web/customer/head.html",
    "web/customer/warnings.html",
    "web/customer/strips.html",
    "web/customer/shipments.html",
    "web/customer/orders.html",
    "web/customer/side.html",
    "web/customer/more.html",
)
HISTORY = 12
ADDRESS = ("recipient", "street", "postcode", "city", "region", "country")


def page(request: Visit, account: str) -> HttpResponse:
    """All that a call is about, on one page."""
    context = _shown(request, account)
    if note_customer(request, account, context["page"].customer.name):
        access.note_opened(account=account, by=request.visitor.by)
    return whole(request, "web/customer.html", context)


def here(request: Visit, account: str) -> HttpResponse:
    """This visitor is still on the page; who else is."""
    return render(
        request,
        "web/customer/here.html",
        {"account": account, "peers": presence(request, account), "peers_known": True},
    )


@redraws("customer")
def redraw(request: Visit, account: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The sections that a change may have touched."""
    return SECTIONS, _shown(request, account)


def check(request: Visit, account: str) -> HttpResponse:
    """Note that the caller's answer fits, or does not; with two that fit what is masked is shown."""
    what, fits = request.POST.get("what", ""), request.POST.get("fits") == "1"
    access.note_check(account=account, what=what, fits=fits, by=request.visitor.by)
    note_answer(request, account, what, fits=fits)
    return done(request)


def note(request: Visit, account: str) -> HttpResponse:
    """Write something down that whoever answers next should know."""

    def post() -> HttpResponse:
        act(request, note_on_customer, account=account, text=request.POST.get("text", "").strip())
        return done(request, Toast(effect(request, "noted", None)))

    return panel(request, "web/panel/note.html", {"account": account}, post)


def card(request: Visit, account: str) -> HttpResponse:
    """Store a card that the gateway keeps; it pays what the card that it replaces paid."""
    found = customer_page(account, on=request.visitor.today)

    def post() -> HttpResponse:
        last4 = typed.text(request, "last4")
        outcome = act(
            request,
            actions.store_card,
            account=account,
            token=request.POST.get("token", "").strip(),
            exp=request.POST.get("exp", "").strip(),
            brand=request.POST.get("brand") or None,
            last4=last4,
            replaces=request.POST.get("replaces") or None,
        )
        return done(request, Toast(effect(request, "card_stored", outcome, count=len(outcome.orders))))

    shown = {
        "account": account,
        "customer": found.customer,
        "pays": paying_card(found),
        "sandbox": not gateways.current().real,
    }
    return panel(request, "web/panel/card.html", shown, post)


def change(request: Visit, account: str) -> HttpResponse:
    """Change the name, the e-mail address, the telephone, the language."""

    def post() -> HttpResponse:
        given: dict[str, Any] = {
            "name": typed.needed(request, "name"),
            "email": typed.email(request, "email"),
            "phone": typed.text(request, "phone"),
            "language": typed.one_of(request, "language", LANGUAGES),
        }
        act(request, change_customer, account=account, **given)
        return done(request, Toast(effect(request, "customer_changed", None)))

    shown = {"account": account, "customer": customer(account), "known_languages": LANGUAGES}
    return panel(request, "web/panel/customer.html", shown, post)


def address(request: Visit, account: str, code: str) -> HttpResponse:
    """Change an address; what is still to come goes there, whatever order it is of."""
    found = customer(account)

    def post() -> HttpResponse:
        given: dict[str, Any] = typed.address(request)
        outcome = act(request, set_address, account=account, code=code, **given)
        code_said = "address_added" if outcome.added else "address_changed"
        return done(request, Toast(effect(request, code_said, outcome, go_there=list(outcome.go_there))))

    shown = {"account": account, "code": code, "address": _address(found, code), "names": ADDRESS}
    return panel(request, "web/panel/customer_address.html", shown, post)


def _address(found: Customer, code: str) -> Address:
    mine = [one for one in found.addresses if one.code == code]
    if not mine:
        raise Refused("address_unknown", "to", address=code)
    return mine[0]


def _shown(request: Visit, account: str) -> dict[str, Any]:
    found = customer_page(account, on=request.visitor.today)
    to, names = request.visitor.reader, names_of(request)
    happened = [(order.number, one) for order in found.open_orders for one in history_of(order, to, names)]
    return {
        "page": found,
        "asked_card": paying_card(found),
        "history": sorted(happened, key=lambda one: one[1].on, reverse=True)[:HISTORY],
        "open_row": request.GET.get("row"),
        "here": "customers",
        "checked": checked(request, account),
        "source": source_words(request, found.customer.source_code),
        **told(request, customer=account),
    }
