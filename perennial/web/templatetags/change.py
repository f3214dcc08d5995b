"""The tags of the page that says what a version of a program would change."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django import template
from django.template import Context

from perennial.errors import Refused
from perennial.jobs.change_orders import PaidUpfront
from perennial.jobs.change_preview import Group, words_of
from perennial.kernel.money import Money
from perennial.language import Reader, say
from perennial.language.formats import fact
from perennial.web.words import said

register = template.Library()
_NONE: dict[str, str] = defaultdict(lambda: "none")
_NOW = _NONE | {"added": "absent", "more_often": "absent", "comes": "skipped", "ends": "going_on", "goes_on": "over"}
_THEN = _NONE | {
    "left_out": "absent",
    "less_often": "absent",
    "skipped": "skipped",
    "ends": "over",
    "goes_on": "going_on",
}
"""What stands before and after a difference that has neither a value nor a day, by its kind."""


def _to(context: Context) -> Reader:
    found: Reader = context["to"] if "to" in context else Reader()
    return found


@register.simple_tag(takes_context=True)
def group_words(context: Context, group: Group) -> str:
    """What the orders of a group have in common."""
    return words_of(group, _to(context))


@register.simple_tag(takes_context=True)
def before(context: Context, group: Group) -> str:
    """How it is now, of what a group says; where each order has a day of its own, that of its example."""
    day = group.example.ship_on if group.example else None
    return _side(
        context,
        group.was,
        day if group.kind in ("date", "left_out", "less_often", "skipped") else None,
        _NOW[group.kind],
    )


@register.simple_tag(takes_context=True)
def after(context: Context, group: Group) -> str:
    """How it would be."""
    day = group.example.new_ship_on if group.example else None
    return _side(
        context, group.now, day if group.kind in ("date", "added", "more_often", "comes") else None, _THEN[group.kind]
    )


def _side(context: Context, value: object, day: date | None, otherwise: str) -> str:
    shown = day if value is None else value
    return said(_to(context), f"preview_is_{otherwise}") if shown is None else fact(shown, "", _to(context))


@register.simple_tag(takes_context=True)
def more(context: Context, amount: Money) -> str:
    """So much more or less: +1.00, or that it is the same."""
    to = _to(context)
    if not amount.minor:
        return said(to, "preview_same")
    return ("+" if amount.minor > 0 else "") + fact(amount, "", to)


@register.simple_tag(takes_context=True)
def upfront(context: Context, paid: PaidUpfront) -> str:
    """What an order billed up front is charged as a whole: how much more and when, how much less, what is too much."""
    amounts = {
        "preview_row_now": paid.now,
        "preview_row_later": paid.later if paid.later_on else None,
        "preview_row_first": paid.later if not paid.later_on else None,
        "preview_row_less": paid.less,
        "preview_row_back": paid.back,
    }
    words = (
        said(_to(context), code, amount=amount, on=paid.later_on)
        for code, amount in amounts.items()
        if amount is not None
    )
    return "; ".join(words)


@register.simple_tag(takes_context=True)
def refusal(context: Context, refused: Refused) -> str:
    """What is wrong, as a sentence."""
    return say(refused, _to(context))
