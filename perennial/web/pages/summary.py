"""Complete an order: its summary, how the ordinary lines are paid; submit it, and what the bank says at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from perennial.catalog.queries import SetUp, set_up
from perennial.desk import actions
from perennial.desk.entry import PayEntry
from perennial.desk.read.coming import ComingShipment, asked_on, coming
from perennial.desk.read.entry import Entry, answered, entry
from perennial.desk.read.order import Order
from perennial.desk.read.orders import order
from perennial.desk.read.shipment import before
from perennial.desk.read.values import Card, Payment
from perennial.errors import Conflict, Refused
from perennial.jobs.recurrences import next_night
from perennial.kernel.money import Money
from perennial.kernel.states import METHODS
from perennial.language.reasons import reason_words
from perennial.payments import refused_keys
from perennial.web import problems
from perennial.web.answer import Toast, act, drawn, form_again, go_to, redraws, whole
from perennial.web.entry import shown
from perennial.web.pages.entry import conflict_in
from perennial.web.typed import money
from perennial.web.visit import Visit
from perennial.web.words import card_words, said

SECTIONS = ("web/entry/seen.html", "web/summary/lines.html", "web/summary/pays.html", "web/entry/totals.html")
MOST_WAYS = 3
"""So many ways pay the ordinary lines of an order together."""


def page(request: Visit, number: str) -> HttpResponse:
    """The summary, once what it says was read to the customer and agreed."""
    found = entry(number, on=request.visitor.today)
    if found.order is None or found.order.status != "draft":
        return HttpResponseRedirect(f"/orders/{quote(number)}")
    if not request.GET.get("agreed"):
        return _not_agreed(request, number)
    at = f"/orders/{quote(number)}/summary?agreed=on"
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        return go_to(request, at)
    return whole(request, "web/summary.html", _shown(request, number))


@redraws("summary")
def redraw(request: Visit, number: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """Its sections."""
    return SECTIONS, _shown(request, number)


def pay(request: Visit, number: str) -> HttpResponse:
    """How the ordinary lines are paid."""
    try:
        act(
            request,
            actions.pay_draft,
            number=number,
            pay=_ways(request, entry(number, on=request.visitor.today).currency),
        )
    except Conflict as conflict:
        return conflict_in(request, conflict, "#submit-panel")
    except Refused as refused:
        fault = refused.at("pay") if refused.field.startswith("pay") else refused
        return form_again(request, "web/summary/pays_form.html", _shown(request, number), fault)
    toast = Toast(f"{said(request.visitor.reader, 'done_pay_changed')}.")
    return drawn(request, SECTIONS, _shown(request, number), toast)


def submit(request: Visit, number: str) -> HttpResponse:
    """Open the order, then ask for what is due at once: what was opened stays open whatever the bank says.

    What was agreed to is what was read: of an order that somebody has changed since, it is read anew.
    """
    if not request.POST.get("agreed"):
        return _not_agreed(request, number)
    try:
        act(request, actions.submit, number=number)
    except Conflict as conflict:
        return problems.conflict(request, conflict, may_keep=False)
    _collect(request, number, submitted=True)
    return go_to(request, f"/orders/{quote(number)}/answer")


def answer(request: Visit, number: str) -> HttpResponse:
    """What the bank said, and what comes next; of a draft nobody was asked yet."""
    if order(number, on=request.visitor.today).status == "draft":
        return HttpResponseRedirect(f"/orders/{quote(number)}/edit")
    return whole(request, "web/answer.html", _answer(request, number))


@redraws("answer")
def redraw_answer(request: Visit, number: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """Its one section."""
    return ("web/answer/bank.html",), _answer(request, number)


def ask(request: Visit, number: str) -> HttpResponse:
    """Ask the bank what became of it; with another card, if one was chosen, charge that one."""
    token = request.POST.get("card")
    if token:
        act(request, actions.card, number=number, token=token)
    _collect(request, number, force=bool(token))
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(f"/orders/{quote(number)}/answer")
    return render(request, "web/answer/bank.html", _answer(request, number))


def _collect(request: Visit, number: str, *, submitted: bool = False, force: bool = False) -> None:
    """Ask the bank. A gateway that does not accept our key was not asked: the page of the answer says so."""
    visitor = request.visitor
    try:
        actions.collect(number=number, on=visitor.today, by=visitor.by, submitted=submitted, force=force)
    except Refused as refused:
        if refused.code != refused_keys.REFUSED:
            raise


def _not_agreed(request: Visit, number: str) -> HttpResponse:
    refused = Refused("not_agreed", "agreed")
    if request.headers.get("HX-Request"):
        response = form_again(request, "web/entry/agree.html", {}, refused)
        response["HX-Trigger"] = '{"desk:focus": "#agreed"}'
        return response
    return form_again(request, "web/entry.html", shown(request, entry(number, on=request.visitor.today)), refused)


def _ways(request: Visit, currency: str) -> tuple[PayEntry, ...]:
    """The ways that were chosen; one without an amount pays the rest."""
    found = []
    for at in range(1, MOST_WAYS + 1):
        method, _, token = request.POST.get(f"way-{at}", "").partition(":")
        if not method:
            continue
        typed = request.POST.get(f"amount-{at}", "").strip()
        amount = money(request, f"amount-{at}", currency).minor if typed else None
        found.append(PayEntry(method, token or None, amount_minor=amount))
    return tuple(found)


def _shown(request: Visit, number: str) -> dict[str, Any]:
    found = entry(number, on=request.visitor.today)
    methods = [method for method in METHODS if method != "on_account" or found.pays.allow_on_account]
    shares = list(found.shares)
    ways = []
    for at in range(1, MOST_WAYS + 1):
        share = shares[at - 1] if at <= len(shares) else None
        due = found.ordinary[0] if not shares and at == 1 and found.ordinary else None
        chosen = ""
        if share is not None:
            chosen = f"card:{share.card}" if share.card else share.method
        elif due is not None:
            chosen = f"card:{due.card.token}" if due.card else due.method
        ways.append({"at": at, "chosen": chosen, "amount": share.amount if share else None})
    return {**shown(request, found), "methods": methods, "ways": ways, "due_today": _due_today(found)}


def _due_today(found: Entry) -> Money:
    """What submitting asks for at once."""
    due = sum(one.amount.minor for one in found.dues if one.purpose != "shipment" and one.on <= found.today)
    return Money(due, found.currency)


def _later(request: Visit, found: Order, following: Sequence[ComingShipment], rules: SetUp) -> str:
    """What is charged when, of an order of which nothing was asked for at once."""
    to, today = request.visitor.reader, request.visitor.today
    owed = [one for one in found.payments if one.status == "due" and one.method == "card" and one.purpose != "shipment"]
    shipment = following[0] if following else None
    if shipment is not None and shipment.waits and (owed or shipment.card is not None):
        return said(to, "outcome_waits", why=reason_words(shipment.waits[0], to))
    if owed:
        first = min(owed, key=lambda one: one.due_on)
        card = _card(first.card)
        if not _at_invoice(found, first):
            return said(to, "outcome_later", amount=first.amount, card=card, on=first.due_on)
        given = rules.parameters
        on = before(first.due_on, given.authorize_days_before) if given.authorize_child_orders else None
    elif shipment is not None and shipment.card is not None and not shipment.upfront:
        card, on = _card(shipment.card), asked_on(shipment, rules)
    else:
        return said(to, "outcome_nothing")
    if on is None:
        return said(to, "outcome_when_invoiced", card=card)
    night = next_night()
    if on > (today if night is None else max(today, night.facts()["on"])):
        return said(to, "outcome_authorised_on", card=card, on=on)
    tonight = night is not None and night.next_at - timezone.now() < timedelta(days=1)
    return said(to, "outcome_tonight" if tonight else "outcome_next_night", card=card)


def _at_invoice(found: Order, payment: Payment) -> bool:
    """Is a payment taken with the first parcel: of an order that is billed up front, whole?"""
    whole = {one.line for one in found.continuity if one.payment_schedule is None}
    return payment.purpose == "order" and payment.line in whole


def _card(card: Card | None) -> str | None:
    return None if card is None else card_words(card)


def _answer(request: Visit, number: str) -> dict[str, Any]:
    found = order(number, on=request.visitor.today)
    told = answered(found, request.visitor.today)
    rules = set_up()
    following = sorted(
        (one for one in coming(found, rules) if one.status != "skipped"), key=lambda one: (one.ship_on, one.line)
    )
    who = entry(number, on=request.visitor.today) if told.state == "declined" else None
    refused = {card.token for card in told.cards}
    return {
        "order": found,
        "here": "orders",
        "bank": told,
        "next": following[0] if following else None,
        "later": _later(request, found, following, rules) if told.state == "nothing" else "",
        "not_asked": refused_keys.refusal_now() if told.state == "due" else None,
        "others": [card for card in who.cards if card.token not in refused] if who else [],
    }
