"""Who visits: the person, their language, the business date. What views are given besides the request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.http import HttpRequest

from perennial.catalog.models import Company
from perennial.language import Reader
from perennial.people.models import Preferences

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_htmx.middleware import HtmxDetails


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at the desk. ``by``: how the history calls them; ``may``: their permissions."""

    by: str
    name: str
    roles: tuple[str, ...]
    may: frozenset[str]
    preferences: Preferences
    reader: Reader
    today: date
    company: Company


class Visit(HttpRequest):
    """A request, and who makes it."""

    visitor: Visitor
    htmx: HtmxDetails
    user: User
