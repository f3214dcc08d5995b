"""The tags of the page that says what a version of a program would change."""

from __future__ import annotations

from django import template
from django.template import Context

from perennial.errors import Refused
from perennial.jobs.change_preview import Group, words_of
from perennial.kernel.money import Money
from perennial.language import Reader, say
from perennial.language.formats import fact
from perennial.web.words import said

register = template.Library()


def _to(context: Context) -> Reader:
    found: Reader = context["to"] if "to" in context else Reader()
    return found


@register.simple_tag(takes_context=True)
def group_words(context: Context, group: Group) -> str:
    """What the orders of a group have in common."""
    return words_of(group, _to(context))


@register.simple_tag(takes_context=True)
def more(context: Context, amount: Money) -> str:
    """So much more or less: +1.00, or that it is the same."""
    to = _to(context)
    if not amount.minor:
        return said(to, "preview_same")
    return ("+" if amount.minor > 0 else "") + fact(amount, "", to)


@register.simple_tag(takes_context=True)
def refusal(context: Context, refused: Refused) -> str:
    """What is wrong, as a sentence."""
    return say(refused, _to(context))
