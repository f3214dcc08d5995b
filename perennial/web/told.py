"""What a customer was told last, for the page of the customer or of an order."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from perennial.desk.read.messages import messages
from perennial.web.visit import Visit

FEW = 10


def told(request: Visit, **about: str) -> dict[str, Any]:
    """The last messages to a ``customer`` or about an ``order``; they stay open after something was done with one."""
    found = messages(**about, size=FEW)
    return {
        "messages": found.rows,
        "all_messages": urlencode(about) if found.next else "",
        "messages_open": request.path.startswith("/messages/"),
    }
