"""The tags of the pages of messages."""

from __future__ import annotations

import re
from datetime import datetime

from django import template
from django.template import Context
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from perennial.catalog.queries import zone_of
from perennial.language.formats import fact as written
from perennial.web.words import said

register = template.Library()


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime) -> str:
    """A day and its hour, by the company's clock."""
    local = at.astimezone(zone_of(context["visitor"].company))
    return said(context["to"], "message_moment", on=written(local.date(), "", context["to"]), clock=f"{local:%H:%M}")


@register.filter
def breakable(words: str) -> SafeString:
    """Words with a path, an address, a number that may go on in the next line behind each of its parts."""
    return mark_safe(re.sub(r"(?<=\w)([/@._-])(?=\w)", r"\1<wbr>", conditional_escape(words)))


@register.filter
def in_braces(name: str) -> str:
    """A placeholder as it is written in a text."""
    return f"{{{name}}}"
