"""The buttons of a shipment's row: one table of what can be done, drawn for every row of a page."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from django import template
from django.template import Context
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from perennial.desk.read.coming import ComingShipment
from perennial.language import Reader, phrase
from perennial.web.templatetags.desk import version
from perennial.web.words import said

register = template.Library()


class Button(NamedTuple):
    """What can be done with a shipment: the action that it needs (``desk.changeable``), its id and address in the row, its
    key, its words, who may. ``asks``: it opens a form; else it is done at once.
    """

    needs: str
    id: str
    key: str
    words: str
    at: str
    may: str = "change_orders"
    asks: bool = True
    style: str = "btn"
    label: str = ""


BUTTONS = (
    Button("skip", "skip", "s", "skip", "{n}/skip", asks=False, label="skip_what"),
    Button("unskip", "skip", "s", "restore", "{n}/unskip", asks=False),
    Button("substitute", "product", "p", "swap_product", "{n}/product"),
    Button("add_product", "add", "b", "add_product", "{n}/add"),
    Button("remove_product", "remove", "l", "remove_product", "{n}/remove"),
    Button("move", "date", "d", "date", "{n}/date"),
    Button("quantity", "quantity", "q", "quantity", "{n}/quantity"),
    Button("address", "address", "a", "address", "{n}/address"),
    Button("price", "price", "e", "price", "{n}/price", may="change_prices"),
    Button("move", "often", "f", "how_often", "frequency"),
    Button("end_with", "stop", "t", "stop_from_here", "stop?from={n}", style="btn danger"),
)


@register.simple_tag(takes_context=True)
def shipment_actions(context: Context, shipment: Any, row: str) -> SafeString:
    """The buttons of a shipment that its reader may press; ``row``: the id of its row."""
    offered = _offered(context, shipment)
    if not offered:
        return mark_safe("")  # nothing that anybody typed
    facts = {
        "row": escape(row),
        "order": escape(quote(shipment.order, safe="")),
        "line": shipment.line,
        "n": shipment.number,
        "key": escape(context["token"]),
        "seen": escape(version(context, shipment.order)),
        "name": escape(f"{shipment.program} {shipment.number}"),
    }
    shown = [_html(one, context["to"]).format_map(facts) for one in offered]
    return mark_safe(f'<div class="acts">{"".join(shown)}</div>')  # every fact is escaped above


@register.simple_tag(takes_context=True)
def keys_of_rows(context: Context, shipments: Iterable[ComingShipment]) -> frozenset[str]:
    """The keys that do something in the row of one of these shipments."""
    return frozenset(button.key for one in shipments for button in _offered(context, one))


def _offered(context: Context, shipment: ComingShipment) -> list[Button]:
    """The buttons of a shipment that its reader may press."""
    may, actions = context["visitor"].may, shipment.actions
    if "change_orders" not in may:
        return []
    return [
        one
        for one in BUTTONS
        if one.needs in actions and one.may in may and (one.needs != "remove_product" or len(shipment.lines) > 1)
    ]


@lru_cache(maxsize=64)
def _html(button: Button, to: Reader) -> str:
    """A button in its reader's words, with the places of what differs from row to row."""
    key = phrase("web key", button.key, None, to) or button.key
    words = f'{escape(said(to, button.words))} <kbd aria-hidden="true">{escape(key)}</kbd>'
    about = f'class="{button.style}" id="{{row}}-{button.id}" aria-keyshortcuts="{button.key}"'
    target = f'"/orders/{{order}}/{{line}}/{button.at}" hx-target="#{{row}}-panel"'
    if button.asks:
        return f'<button type="button" {about} hx-get={target}>{words}</button>'
    label = f' aria-label="{escape(said(to, button.label, what="{n}"))}"' if button.label else ""
    hidden = f'<input type="hidden" name="key" value="{{key}}:{{row}}:{button.needs}">'
    hidden += '<input type="hidden" name="seen" value="{seen}"><input type="hidden" name="name" value="{name}">'
    return f"<form hx-post={target}>{hidden}<button {about}{label}>{words}</button></form>"
