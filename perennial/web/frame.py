"""What stands around every page: the rail, the search box, the business date, the training bar."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token

from perennial.catalog.copies import COPY
from perennial.desk.read.exceptions import urgent
from perennial.people.roles import ROLES
from perennial.practice import in_training
from perennial.web.visit import Visitor


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the rail: its address, its word, its key, the permission that it asks for."""

    address: str
    code: str
    keys: str
    permission: str


PLACES = (
    Place("/today", "today_page", "g d", "see_jobs"),
    Place("/search", "customers", "g s", "see_customers"),
    Place("/orders", "orders", "g o", "see_orders"),
    Place("/updates", "updates", "g u", "change_many"),
    Place("/exceptions", "todo", "g e", "see_lists"),
    Place("/pick-list", "pick_list", "g k", "ship_orders"),
    Place("/messages", "outbox", "g x", "see_lists"),
    Place("/money/differences", "money_differences", "g m", "see_money"),
    Place("/programs", "programs", "g p", "see_programs"),
    Place("/jobs", "jobs", "g j", "see_jobs"),
    Place("/pictures/demand", "pictures", "g f", "see_pictures"),
    Place("/setup", "set_up", "g c", "change_setup"),
    Place("/setup/people", "people", "g l", "change_people"),
    Place("/setup/messages", "message_texts", "g t", "change_setup"),
)

LANGUAGE_NAMES = {"en": "English", "it": "Italiano"}
"""As each calls itself."""

FIRST = {
    "clerk": "/search",
    "manager": "/today",
    "finance": "/exceptions",
    "planner": "/pictures/demand",
    "administrator": "/today",
}


def first_page(visitor: Visitor) -> str:
    """The page on which a role begins."""
    return next((FIRST[role] for role in ROLES if role in visitor.roles and role in FIRST), "/me")


def frame(request: HttpRequest) -> dict[str, Any]:
    """For the base template."""
    visitor: Visitor | None = getattr(request, "visitor", None)
    if visitor is None:
        return {}
    return {
        "visitor": visitor,
        "likes": visitor.preferences,
        "to": visitor.reader,
        "places": [place for place in PLACES if place.permission in visitor.may],
        "things_to_do": partial(urgent, visitor.today),
        "languages": LANGUAGE_NAMES.items(),
        "copy": visitor.company.installation.startswith(COPY),
        "training": in_training(),
        "idle": settings.PERENNIAL_IDLE_SECONDS,
        "headers": json.dumps({"X-CSRFToken": get_token(request)}),
    }
