"""The tags of the pages: words, facts as their reader writes them, states, beads, keys, fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from perennial.catalog.queries import zone_of
from perennial.desk.read.exceptions import MOST_COUNTED
from perennial.desk.read.order import Continuity
from perennial.kernel import money
from perennial.kernel.money import Money
from perennial.kernel.states import PROJECTED, SENT
from perennial.language import Reader, phrase
from perennial.language.countries import countries
from perennial.language.formats import fact as written
from perennial.web.states import icon, tone
from perennial.web.visit import Visitor
from perennial.web.why import why_of
from perennial.web.words import card_words, names_of, said

register = template.Library()
BEADS = 60
"""So many beads at most; the words beside them tell all."""
A_ROW = 12


def _to(context: Context) -> Reader:
    found: Reader = context["to"] if "to" in context else Reader()
    return found


@register.simple_tag(takes_context=True)
def t(context: Context, code: str, **facts: Any) -> str:
    """A sentence of the pages: ``{% t "hits" count=3 %}``."""
    return said(_to(context), code, **facts)


@register.simple_tag(takes_context=True)
def fact(context: Context, value: Any, style: str = "") -> str:
    """A date, an amount, a number, a list as the reader writes it."""
    return written(value, style, _to(context))


@register.simple_tag(takes_context=True)
def day_of(context: Context, at: datetime) -> str:
    """The day of a moment by the company's clock."""
    return written(at.astimezone(zone_of(context["visitor"].company)).date(), "", _to(context))


@register.simple_tag(takes_context=True)
def many(context: Context, number: int) -> str:
    """How many there are, as far as they were counted: ``187``, ``1,000+``."""
    counted = written(min(number, MOST_COUNTED), "n", _to(context))
    return f"{counted}+" if number > MOST_COUNTED else counted


@register.simple_tag(takes_context=True)
def label(context: Context, kind: str, word: str) -> str:
    """The name of a state, a method, an event."""
    return phrase(kind, word, None, _to(context)) or word


@register.simple_tag(takes_context=True)
def st(context: Context, kind: str, word: str, text: str = "", as_: str = "") -> SafeString:
    """A state: its shape and its word. ``text``: other words; ``as_``: the shape of another state."""
    shape = as_ or word
    words = text or phrase(kind, word, None, _to(context)) or word
    return format_html('<span class="st {}">{}{}</span>', tone(shape), use(icon(shape)), words[:1].upper() + words[1:])


@register.simple_tag
def use(name: str) -> SafeString:
    """A shape of the sprite."""
    return format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag(takes_context=True)
def k(context: Context, keys: str) -> SafeString:
    """The key of a button beside its word: ``{% k "s" %}``."""
    return format_html('<kbd aria-hidden="true">{}</kbd>', key_named(context, keys))


@register.simple_tag(takes_context=True)
def key_named(context: Context, keys: str) -> str:
    """What stands on a key, or on several, in the reader's language."""
    words = keys.replace("Control+", "Ctrl ").split(" ")
    return " ".join(phrase("web key", word, None, _to(context)) or word for word in words)


@register.simple_tag(takes_context=True)
def beads(context: Context, one: Continuity) -> SafeString:
    """A continuity order's shipments, one bead each. The same stands in words beside it."""
    states: dict[int, str] = {}
    for line in one.lines:
        if line.shipment is not None and line.status != "cancelled":
            states[line.shipment] = _bead(line, context["visitor"].today)
    shown = list(states.values())[:BEADS]
    parts = []
    for at, state in enumerate(shown):
        x, y = 5 + 12 * (at % A_ROW), 5 + 12 * (at // A_ROW)
        if state == "off":
            parts.append(format_html('<path class="off" d="M{} {}h6"/>', x - 3, y))
        else:
            parts.append(format_html('<circle class="{}" cx="{}" cy="{}" r="3.5"/>', state, x, y))
    width, height = 12 * min(len(shown), A_ROW), 12 * -(-len(shown) // A_ROW) - 2
    return format_html(
        '<svg class="beads" role="img" aria-label="{said}" width="{x}" height="{y}" viewBox="0 0 {x} {y}">{beads}</svg>',
        said=said(_to(context), "shipments_count", count=len(states)),
        x=width,
        y=height,
        beads=mark_safe("".join(parts)),  # made of what format_html made
    )


def _bead(line: Any, today: date) -> str:
    if line.child_status in SENT:
        return "done"
    if line.child is not None:
        return "off" if line.child_status == "cancelled" else "live"
    if line.status == "skipped":
        return "off"
    return "act" if line.waits and line.run_on <= today else "wait"


@register.simple_tag(takes_context=True)
def why(context: Context, shipment: Any) -> Any:
    """Why a shipment has its date, products and prices, as parts that the page sets."""
    return why_of(shipment, _to(context), names_of(context["request"]), context["visitor"].today)


@register.simple_tag(takes_context=True)
def changeable(context: Context, shipment: Any) -> str | None:
    """Until when it can be changed: ``until_day``, ``until_next_run``, ``while_waiting``; None: it cannot."""
    found: str | None = shipment.lines[-1].changeable(context["visitor"].today)
    return found


@register.filter
def get(values: Mapping[str, Any] | None, name: str) -> Any:
    """A value by its name."""
    return values.get(name) if isinstance(values, Mapping) else None


@register.inclusion_tag("web/field.html", takes_context=True)
def field(
    context: Context,
    name: str,
    label: str,
    value: Any = "",
    id: str = "",
    hint: str = "",
    type: str = "text",
    **more: Any,
) -> dict[str, Any]:
    """A field with its label, what was understood, and its fault; ``more``: attributes of the control."""
    errors: Mapping[str, str] = context.get("errors") or {}
    given = context.get("given")
    understood = more.pop("understood", None)
    if understood:  # what was understood stands beside it, while it is typed
        base = more.pop("base", "")
        more["hx_get"] = f"/typed/{understood}?base={base}"
        more["hx_trigger"] = "input changed delay:200ms"
        more["hx_target"] = f"#{id or f'f-{name}'}-got"
        more["hx_sync"] = "this:replace"
        more["hx_params"] = name
    shown = given.get(name, value) if given is not None and type != "password" else value
    attributes = format_html_join(
        "", ' {}="{}"', ((key.replace("_", "-"), one) for key, one in more.items() if one not in (None, False))
    )
    return {
        "name": name,
        "label": label,
        "value": "" if shown is None else shown,
        "id": id or f"f-{name}",
        "hint": hint,
        "type": type,
        "error": errors.get(name),
        "understood": understood,
        "attributes": attributes,
    }


@register.inclusion_tag("web/country.html", takes_context=True)
def country_field(context: Context, label: str, value: str | None) -> dict[str, Any]:
    """A country as one of a list. ``value``: what stands there until another one is chosen."""
    given, errors = context.get("given"), context.get("errors") or {}
    chosen = value if given is None else given.get("country", value)
    return {"label": label, "value": chosen, "error": errors.get("country"), "countries": countries(context["to"])}


@register.filter
def may_release(visitor: Visitor, theirs: Iterable[str]) -> bool:
    """Is a hold that these roles may release offered to a visitor?"""
    return visitor.may_release(theirs)


@register.filter
def last_four(phone: str | None) -> str:
    """A telephone number as a list shows it: its last four digits."""
    digits = "".join(c for c in phone or "" if c.isdigit())
    return f"…{digits[-4:]}" if len(digits) >= 4 else ""


@register.simple_tag
def row_id(shipment: Any) -> str:
    """The id of a shipment's row."""
    return f"s-{shipment.order}-{shipment.line}-{shipment.number}".replace(" ", "_")


@register.simple_tag(takes_context=True)
def version(context: Context, number: str) -> str:
    """The version of an order of this page, as it is drawn."""
    orders = context["page"].open_orders if "page" in context else [context["order"]]
    return next((order.version for order in orders if order.number == number), "")


@register.simple_tag(takes_context=True)
def progress(context: Context, one: Continuity) -> str:
    """How far a continuity order is."""
    p = one.progress
    total = None if one.ends_with is None else one.ends_with
    code = "progress_of" if total else "progress"
    return said(_to(context), code, sent=p.sent, total=total, skipped=p.skipped or None, to_come=p.to_come)


@register.simple_tag(takes_context=True)
def strip_money(context: Context, one: Continuity) -> str:
    """How a continuity order is paid."""
    card = card_words(one.card) if one.card else ""
    method = phrase("method", one.payment_method, None, _to(context)) or one.payment_method
    return said(_to(context), "paid_upfront" if one.upfront else "paid_per_shipment", method=card or method)


@register.simple_tag(takes_context=True)
def to_pay(context: Context, coming: Any) -> str:
    """What the coming shipments cost that are shown."""
    paid = [s for s in coming if s.status != "skipped" and not s.upfront]
    if not paid:
        return ""
    amount = Money(sum(s.cost.minor for s in paid), paid[0].cost.currency)
    return said(_to(context), "to_pay_sum", count=len(paid), amount=amount)


@register.simple_tag(takes_context=True)
def ship_day(context: Context, shipment: Any) -> SafeString:
    """The day on which a shipment goes; of one that a hold keeps, that it waits, and for which day it was planned."""
    to = _to(context)
    if shipment.held:
        return format_html('<span class="q">{}</span>', said(to, "waits_was", on=shipment.ship_on))
    return format_html("{}", written(shipment.ship_on, "", to))


@register.simple_tag(takes_context=True)
def shipment_state(context: Context, shipment: Any) -> SafeString:
    """The state of a shipment: what it waits for, else its line's; the last one says so."""
    to = _to(context)
    last = said(to, "and_last") if shipment.last else ""
    if shipment.waits:
        code = shipment.waits[0].code.removesuffix("_without_reason")
        text = said(to, f"waits_{code}") + last
        soon = shipment.lines[-1].run_on > context["visitor"].today
        return st(context, "", "", text, "needs_card" if soon and code == "card" else "held")
    words = said(to, "state_projected") if shipment.status == PROJECTED else phrase("line", shipment.status, None, to)
    text = (words or shipment.status) + last
    return st(context, "", shipment.status, text)


@register.simple_tag(takes_context=True)
def card_health(context: Context, one: Any) -> SafeString:
    """Whether a card will do."""
    to = _to(context)
    month = one.card.expires_on.strftime("%m/%Y")
    words = said(to, f"card_{one.health}", month=month)
    shape = {"expired": "declined", "refused": "declined", "ends": "ends"}.get(one.health)
    return st(context, "", "", words, shape) if shape else format_html("{}", words)


@register.simple_tag(takes_context=True)
def warning(context: Context, one: Any) -> str:
    """What waits for a person, as a sentence."""
    facts = {**one.facts, "order": one.order, "about": one.number}
    if isinstance(card := facts.get("card"), str):
        facts["card"] = card[:1].upper() + card[1:]
    return said(_to(context), f"warning_{one.code}", **facts)


@register.simple_tag
def address_line(address: Any) -> str:
    """An address on one line."""
    return ", ".join(_address(address))


@register.simple_tag
def address_lines(address: Any) -> SafeString:
    """An address on its lines."""
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in _address(address)))


def _address(a: Any) -> list[str]:
    city = " ".join(word for word in (a.postcode, a.city) if word)
    land = " ".join(word for word in (a.region, a.country) if word)
    return [word for word in (a.recipient, a.street, city, land) if word]


@register.filter
def masked(email: str) -> str:
    """An e-mail address as it is shown before the caller is checked."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}…@{domain}"


@register.simple_tag(takes_context=True)
def amount_typed(context: Context, amount: Money | None) -> str:
    """An amount as its reader types it into a field, without its currency; None: nothing."""
    return "" if amount is None else written(money.text(amount.minor, amount.currency), "decimal", _to(context))


@register.filter
def words(value: str) -> list[str]:
    """The words of a text."""
    return value.split()


@register.simple_tag
def payments_of(page: Any) -> list[Any]:
    """The payments of a customer's open orders, the newest day first."""
    found = [payment for order in page.open_orders for payment in order.payments]
    return sorted(found, key=lambda payment: payment.due_on, reverse=True)[:30]
