"""The link by which a customer is asked for a card, as the pages of customer and order show it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from perennial.desk.read.card_links import newest_link
from perennial.web.visit import Visit

LOOKS = timedelta(hours=1)
"""So long after somebody did something about it a page looks every two seconds how far it is."""


def link_shown(request: Visit, account: str) -> dict[str, Any]:
    """How far the newest link of a customer is, and whether the page keeps looking."""
    found = newest_link(account, on=request.visitor.today)
    if found is None:
        return {"card_link": None}
    goes_on = found.works or (found.status == "stored" and not found.charged)
    last = found.stored_at or found.opened_at or found.sent_at or found.made_at
    return {"card_link": found, "polls": goes_on and timezone.now() - last < LOOKS}
