"""A customer while the telephone rings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string

from perennial.desk import access, actions
from perennial.desk.cards.link import keeper
from perennial.desk.cards.pays import what_it_pays
from perennial.desk.cards.take_in import take_in_cards
from perennial.desk.customers.address import set_address
from perennial.desk.customers.customer import change_customer
from perennial.desk.customers.notes import note_on_customer
from perennial.desk.read.customer import Customer, CustomerPage, customer, customer_page, paying_card
from perennial.desk.read.order import Order
from perennial.desk.read.orders import order
from perennial.desk.read.values import Address
from perennial.errors import Refused
from perennial.language import LANGUAGES
from perennial.notices.links import card_link as address_of_link
from perennial.notices.links import token_of
from perennial.payments import gateways
from perennial.web import typed
from perennial.web.answer import Toast, act, done, form_again, new_token, panel, redraws, whole
from perennial.web.caller import checked, note_answer
from perennial.web.card_link import link_shown, links_happened
from perennial.web.codes import source_words
from perennial.web.effects import effect
from perennial.web.history import history_of, names_and_runs
from perennial.web.presence import presence
from perennial.web.recent import note_customer
from perennial.web.templatetags.desk import masked
from perennial.web.told import told
from perennial.web.visit import Visit
from perennial.worker.queue import ask_to_send

SECTIONS = (
    "web/customer/head.html",
    "web/customer/warnings.html",
    "web/customer/link.html",
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
    if keeper() is not None and request.method != "POST":
        return _ask_for_card(request, found)

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


def card_pays(request: Visit, account: str) -> HttpResponse:
    """What a card pays that takes the place of the one that is chosen."""
    pays = _what_pays(request, account, request.GET.get("replaces") or None)
    return render(request, "web/panel/card_pays.html", {**pays, "oob": True})


def card_link(request: Visit, account: str) -> HttpResponse:
    """Ask the customer for a card: send the link, show it once, open the card page here; or revoke the link."""
    how, found = request.POST.get("how", "send"), customer(account)
    asked: dict[str, Any] = {
        "account": account,
        "order": request.POST.get("order") or None,
        "replaces": request.POST.get("replaces") or None,
    }
    try:
        if how == "revoke":
            act(request, actions.revoke_card_link, link=typed.whole(request, "link") or 0)
            return done(request, Toast(effect(request, "card_link_revoked", None)))
        if how == "here":
            made = act(request, actions.send_card_link, **asked, send=False, channel="desk")
            return HttpResponseRedirect(f"/k/{token_of(made.link)}")
        made = act(request, actions.send_card_link, **asked, send=how == "send")
    except Refused as problem:
        if not request.headers.get("HX-Request"):
            raise
        shown = {**_asked_for_card(request, customer_page(account, on=request.visitor.today)), "customer": found}
        return form_again(request, "web/panel/card_link.html", shown, problem)
    if how == "send":
        ask_to_send()
        return done(request, Toast(effect(request, "card_link_sent", None, email=masked(made.email or ""))))
    shown = {"url": address_of_link(made.link), "expires_on": made.expires_on}
    drawn_anew = {"oob": True, "token": new_token(), **link_shown(request, account)}
    return HttpResponse(
        render_to_string("web/panel/card_link_shown.html", shown, request)
        + render_to_string("web/customer/link.html", drawn_anew, request)
    )


def kept_cards(request: Visit, account: str) -> HttpResponse:
    """Take in the cards that the gateway keeps of the customer already; first whose they are there is shown."""
    at, seen = typed.text(request, "at"), request.POST.get("seen")
    look = seen is None
    try:
        taken = take_in_cards(account=account, at=at or seen, on=request.visitor.today, by=request.visitor.by, dry=look)
    except Refused as problem:
        shown = _asked_for_card(request, customer_page(account, on=request.visitor.today))
        return form_again(request, "web/panel/card_link.html", shown, problem)
    new = sum(one.status == "new" for one in taken.cards)
    if look:
        shown = {"account": account, "customer": customer(account), "taken": taken, "new": new, "token": new_token()}
        return render(request, "web/panel/kept_cards.html", shown)
    return done(request, Toast(effect(request, "cards_taken_in", None, count=new, there=len(taken.cards))))


def card_link_progress(request: Visit, account: str) -> HttpResponse:
    """How far the customer is: nothing new, or the page is told to draw itself anew."""
    number = request.GET.get("order")
    about = order(number, on=request.visitor.today) if number else None
    same = _moment(request, account, about) == request.GET.get("moment", "")
    return HttpResponse(status=204, headers={} if same else {"HX-Trigger": "card-link-moved"})


def _moment(request: Visit, account: str, about: Order | None = None) -> str:
    """How far the newest link of a customer is (of an order: that concerns it), in a few letters; nothing: there is none."""
    link = link_shown(request, account, about)["card_link"]
    return link.moment if link else ""


def _ask_for_card(request: Visit, found: CustomerPage) -> HttpResponse:
    """The panel of a gateway that has a page for cards."""
    return render(request, "web/panel/card_link.html", {**_asked_for_card(request, found), "token": new_token()})


def _asked_for_card(request: Visit, found: CustomerPage) -> dict[str, Any]:
    pays = paying_card(found)
    asked = request.POST.get("replaces", pays.token if pays else "")
    return {
        "customer": found.customer,
        "has_address": bool(settings.PERENNIAL_URL),
        "gateway": gateways.current().name,
        "moment": _moment(request, found.customer.account),
        **_what_pays(request, found.customer.account, asked or None),
    }


def _what_pays(request: Visit, account: str, replaces: str | None) -> dict[str, Any]:
    order = request.POST.get("order") or request.GET.get("order") or None
    pays = what_it_pays(account=account, on=request.visitor.today, order=order, replaces=replaces)
    return {"account": account, "for_order": order, "replaces": replaces, "pays": pays, "token": new_token()}


def change(request: Visit, account: str) -> HttpResponse:
    """Change the name, the e-mail address, the telephone, the language."""

    def post() -> HttpResponse:
        given: dict[str, Any] = {
            "name": typed.needed(request, "name"),
            "email": typed.text(request, "email"),
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
    to, names = request.visitor.reader, names_and_runs(request, found.open_orders)
    happened = [(order.number, one) for order in found.open_orders for one in history_of(order, to, names)]
    link = link_shown(request, account)
    happened += [("", one) for one in links_happened(request, link["card_links"])]
    return {
        "page": found,
        "asked_card": paying_card(found),
        "history": sorted(happened, key=lambda one: one[1].on, reverse=True)[:HISTORY],
        "open_row": request.GET.get("row"),
        "here": "customers",
        "checked": checked(request, account),
        "source": source_words(request, found.customer.source_code),
        **link,
        **told(request, customer=account),
    }
