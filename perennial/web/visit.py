"""Who visits: the person, their language, the business date. What views are given besides the request."""

from __future__ import annotations

from collections.abc import Iterable
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

    def may_release(self, theirs: Iterable[str]) -> bool:
        """Is a hold that these roles may release offered to them? Who may change orders is told who else may."""
        return "change_orders" in self.may or not set(self.roles).isdisjoint(theirs)


class Visit(HttpRequest):
    """A request, and who makes it."""

    visitor: Visitor
    htmx: HtmxDetails
    user: User
