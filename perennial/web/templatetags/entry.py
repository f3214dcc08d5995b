"""The tags of order entry: what a line costs and how it is paid, the ways to pay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.template import Context
from django.template.defaultfilters import capfirst
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from perennial.desk.read.entry import Entry, Way
from perennial.desk.read.values import Card
from perennial.kernel.money import Money, text
from perennial.kernel.reasons import Reason
from perennial.language import phrase
from perennial.language.formats import fact as written
from perennial.web.words import said

register = template.Library()


@register.simple_tag(takes_context=True)
def line_amount(context: Context, entry: Entry, line: Any) -> str:
    """What a line costs."""
    return written(entry.amount(line), "", context["to"])


@register.simple_tag(takes_context=True)
def line_paid(context: Context, entry: Entry, line: Any) -> str:
    """When a line is paid: today, upfront, as each ships; in how many parts."""
    to, one = context["to"], entry.continuity(line.line)
    if one is None:
        return said(to, "entry_today")
    parts = max((due.parts for due in entry.dues if due.line == line.line), default=1)
    if parts > 1:
        return said(to, "entry_upfront_parts" if one.upfront else "entry_ship_parts", count=parts)
    return said(to, "entry_upfront" if one.upfront else "entry_as_each_ships")


@register.simple_tag(takes_context=True)
def pay_options(context: Context, entry: Entry, one: Any, methods: Sequence[str]) -> SafeString:
    """The cards of the customer, then the other ways to pay, as the options of a list."""
    own = f"card:{one.card.token}" if one.card else one.payment_method
    return _options(context, entry, own, methods, one.card)


def _options(context: Context, entry: Entry, own: str, methods: Sequence[str], also: Card | None = None) -> SafeString:
    cards = list(entry.cards)
    if also is not None and also.token not in {card.token for card in cards}:
        cards.append(also)
    options = [(f"card:{card.token}", capfirst(card.words or card.token)) for card in cards]
    options += [
        (method, phrase("method", method, None, context["to"]) or method) for method in methods if method != "card"
    ]
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, mark_safe(" selected") if value == own else "", words) for value, words in options),
    )


@register.simple_tag(takes_context=True)
def way_options(context: Context, entry: Entry, chosen: str, methods: Sequence[str]) -> SafeString:
    """The same for the ordinary lines, with the one that is chosen."""
    return _options(context, entry, chosen, methods)


@register.simple_tag(takes_context=True)
def line_ships(context: Context, entry: Entry, line: Any) -> str:
    """What a continuity line ships, and from when."""
    one = entry.continuity(line.line)
    shipments = entry.sent(line.line)
    if one is None or not shipments:
        return ""
    code = "summary_shipments" if one.complete else "summary_shipments_go_on"
    return said(context["to"], code, count=len(shipments), first=shipments[0].ship_on)


@register.simple_tag
def line_card(entry: Entry, line: Any) -> str:
    """The card that pays a line."""
    one = entry.continuity(line.line)
    cards = [one.card] if one else [due.card for due in entry.ordinary]
    return ", ".join(card.words or card.token for card in cards if card)


@register.simple_tag
def cards_words(cards: Sequence[Card]) -> str:
    """The names of cards."""
    return ", ".join(capfirst(card.words or card.token) for card in cards)


@register.simple_tag
def delivery_of(entry: Entry, line: Any) -> str:
    """The delivery mode of an ordinary line."""
    return entry.deliveries.get(line.line, "")


@register.simple_tag
def ways_of(entry: Entry, line: Any) -> list[Way]:
    """How an ordinary line can be delivered."""
    return entry.ways_of(line.line)


@register.simple_tag
def amount_typed(amount: Money) -> str:
    """An amount as it is typed."""
    return text(amount.minor, amount.currency)


@register.simple_tag(takes_context=True)
def odd(context: Context, note: Reason) -> str:
    """What may be a slip, as a sentence."""
    words = phrase("note", note.code, note.facts, context["to"]) or note.code
    return f"{words[:1].upper()}{words[1:]}."
