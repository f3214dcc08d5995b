"""What was said to somebody since they signed in: none of it vanishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from perennial.catalog.queries import zone_of
from perennial.web.visit import Visit

MOST = 50
_KEPT = "messages"
SAID = "said"
"""What the next page says, once."""


@dataclass(frozen=True, slots=True)
class Message:
    """What was said, and when, by the company's clock."""

    text: str
    at: datetime

    @property
    def clock(self) -> str:
        """The hour by that clock; a filter of a template would make it UTC."""
        return f"{self.at:%H:%M}"


def note_message(request: Visit, text: str) -> None:
    """Keep it in the session."""
    request.session[_KEPT] = [[timezone.now().isoformat(), text], *request.session.get(_KEPT, [])][:MOST]


def messages(request: Visit) -> list[Message]:
    """The last ones, newest first."""
    zone = zone_of(request.visitor.company)
    return [Message(text, datetime.fromisoformat(at).astimezone(zone)) for at, text in request.session.get(_KEPT, [])]
