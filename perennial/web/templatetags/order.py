"""The tags of the pages of orders: a row's child and payment, the state of an order, what a payment is for."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from perennial.desk.read.disputes import GoingDispute
from perennial.desk.read.order import Child, Continuity, Order
from perennial.desk.read.order_list import ListedOrder
from perennial.desk.read.order_page import OrderRow
from perennial.desk.read.values import Payment
from perennial.desk.undo import LastChange
from perennial.kernel.money import Money
from perennial.kernel.reasons import Reason
from perennial.kernel.states import PROJECTED, WITH_MONEY
from perennial.language import Reader, phrase
from perennial.language.reasons import not_shipped
from perennial.web.history import by_words
from perennial.web.templatetags.desk import shipment_state, st
from perennial.web.words import said

register = template.Library()
BREAK = mark_safe("<br>")
NOTHING = format_html('<span class="none">{}</span>', "–")


def _to(context: Context) -> Reader:
    found: Reader = context["to"] if "to" in context else Reader()
    return found


@register.simple_tag(takes_context=True)
def order_state(context: Context, order: Order | Child | ListedOrder) -> SafeString:
    """How an order stands: on hold, awaiting acceptance, else its state."""
    if order.held and order.status != "cancelled":
        return st(context, "web state", "held")
    if getattr(order, "acceptance", "none") == "awaited" and order.status == "open":
        return st(context, "", "", said(_to(context), "waits_acceptance"), "awaiting")
    return st(context, "order", order.status)


@register.simple_tag(takes_context=True)
def undo_words(context: Context, change: LastChange) -> str:
    """What the button takes back: what it was, of which shipment, whose and of when."""
    to = _to(context)
    facts = {"action": change.action, "shipment": change.shipment, "on": change.on}
    return said(to, "order_undo_last", by=by_words(change.by, to), **facts)


@register.simple_tag(takes_context=True)
def child_cell(context: Context, row: OrderRow) -> SafeString:
    """The child of a shipment, or how the shipment stands while it has none."""
    shipment, child = row.shipment, row.child
    if child is not None:
        found = [(child, "order_child_named"), *((one, "order_rest_named") for one in row.rests)]
        return format_html_join(
            BREAK, "{}", ((_child_link(context, one, shipment.order, named),) for one, named in found)
        )
    if shipment.lines[-1].changeable(context["visitor"].today) == "until_next_run":
        return st(context, "line", "due", said(_to(context), "order_made_tonight"))
    return shipment_state(context, shipment)


def _child_link(context: Context, child: Child, order: str, named: str) -> SafeString:
    words = said(_to(context), named, child=child.number)
    short, state = child.number.removeprefix(order), order_state(context, child)
    return format_html('<a href="/orders/{}" aria-label="{}">…{}</a> {}', child.number, words, short, state)


@register.simple_tag(takes_context=True)
def payment_cell(context: Context, row: OrderRow) -> SafeString:
    """How a shipment is paid: what became of its payments, else when the card is asked."""
    to, shipment = _to(context), row.shipment
    if shipment.status in ("skipped", PROJECTED):
        return NOTHING
    if shipment.upfront:
        return format_html('<span class="q">{}</span>', said(to, "prepaid"))
    if row.child is not None:
        return _paid(context, [one for one in row.payments if one.purpose != "refund"])
    if row.needs_card or any(reason.code in ("card", "payment") for reason in shipment.waits):
        return st(context, "", "", said(to, "order_needs_card"), "needs_card")
    if shipment.waits:
        return NOTHING
    if row.asked_on is not None:
        return st(context, "", "", said(to, "order_asked_on", on=row.asked_on), "due")
    if shipment.card is not None:
        return st(context, "", "", said(to, "order_asked_when_invoiced"), "due")
    return format_html('<span class="q">{}</span>', said(to, "order_not_by_card"))


def _paid(context: Context, payments: list[Payment]) -> SafeString:
    if not payments:
        return NOTHING
    first_open = next((one for one in payments if one.status not in WITH_MONEY), payments[-1])
    if len(payments) == 1:
        return payment_state(context, first_open)
    taken = sum(one.status in WITH_MONEY for one in payments)
    words = said(_to(context), "order_parts_paid", taken=taken, count=len(payments))
    return st(context, "payment", first_open.status, words)


@register.simple_tag(takes_context=True)
def payment_state(context: Context, payment: Payment) -> SafeString:
    """The state of a payment, at which try, and what of it was given back or lost."""
    shape = "refunded" if payment.purpose == "refund" and payment.status == "captured" else payment.status
    return st(context, "", "", payment_words(context, payment), shape)


@register.simple_tag(takes_context=True)
def payment_words(context: Context, payment: Payment) -> str:
    """The state of a payment in words."""
    to = _to(context)
    if payment.purpose == "refund" and payment.status == "captured":
        return said(to, "order_given_back")
    if payment.purpose == "refund" and payment.status == "draft":
        return said(to, "order_to_approve")
    if payment.purpose == "refund" and payment.status == "due":
        words = said(to, "order_to_refund")
    else:
        words = phrase("payment", payment.status, None, to) or payment.status
    if payment.attempts > 1:
        words = said(to, "order_at_try", state=words, attempts=payment.attempts)
    if payment.refunded.minor:
        words = said(to, "order_of_it_back", state=words, amount=payment.refunded)
    if payment.lost is not None:
        words = said(to, "order_of_it_lost", state=words, amount=payment.lost)
    return words


@register.simple_tag(takes_context=True)
def payment_for(context: Context, payment: Payment) -> str:
    """What a payment is for: a shipment, a line billed up front, the ordinary lines, or money given back."""
    part = payment.number if payment.number > 1 else None
    refunds = [one for one in context["order"].payments if one.purpose == "refund" and one.order == payment.order]
    number = payment.number if len(refunds) > 1 else None
    facts: dict[str, object] = {"shipment": payment.shipment, "line": payment.line, "number": number, "part": part}
    paid = next((one for one in context["order"].payments if one.which == payment.gives_back), None)
    if paid is not None:
        of = payment_for(context, paid)
        facts["of"] = of[:1].lower() + of[1:]
    return said(_to(context), f"order_pays_{payment.purpose}", **facts)


@register.filter
def refunds_behind(payments: Sequence[Payment]) -> list[Payment]:
    """The payments in their order, each refund behind the one that it gives back."""
    there = {one.which for one in payments}
    back: dict[str | None, list[Payment]] = {}
    for one in payments:
        if one.gives_back in there:
            back.setdefault(one.gives_back, []).append(one)
    return [each for one in payments if one.gives_back not in there for each in (one, *back.get(one.which, ()))]


@register.simple_tag(takes_context=True)
def dispute_words(context: Context, going: GoingDispute) -> str:
    """A dispute that goes on: what is disputed and why, until when it is answered, what waits because of it."""
    to, one = _to(context), going.dispute
    why = phrase("dispute reason", one.reason, None, to) or one.reason
    facts = {"order": one.number, "amount": one.amount, "why": why, "status": one.status, "until": one.answer_by}
    waits = [said(to, "dispute_waits", order=number, stops=stops) for number, stops in going.waits]
    nothing = said(to, "dispute_nothing_waits")
    return " ".join([said(to, "dispute_goes_on", **facts), *(waits or [nothing]), said(to, "dispute_no_refund")])


@register.simple_tag
def moved(payment: Payment) -> Money:
    """What a payment brings: what is given back stands with a minus."""
    sign = -1 if payment.purpose == "refund" else 1
    return Money(sign * payment.amount.minor, payment.amount.currency)


@register.simple_tag(takes_context=True)
def paid_with(context: Context, payment: Payment) -> str:
    """The card that pays, else the method."""
    if payment.card is not None and payment.card.words:
        return payment.card.words.capitalize()
    return phrase("method", payment.method, None, _to(context)) or payment.method


@register.simple_tag(takes_context=True)
def may_not_ship(context: Context, reason: Reason) -> str:
    """A reason why a child may not ship, as a sentence."""
    return not_shipped(reason, _to(context)) or reason.code


@register.simple_tag(takes_context=True)
def how_often(context: Context, one: Continuity) -> str:
    """How often and how many times in all a member wants it, where that is not as the program says."""
    to, parts = _to(context), []
    if one.every is not None:
        interval = one.every.interval
        if interval is None:
            parts.append(said(to, "often_days_now", days=one.every.days, count=one.every.days))
        else:
            parts.append(said(to, "often_interval_now", interval=interval.code))
    if one.times is not None:
        parts.append(said(to, "often_times_now", times=one.times, count=one.times))
    return ", ".join(parts)
