"""The customers whom somebody opened last, in their session."""

from __future__ import annotations

from typing import Any

from perennial.web.visit import Visit

MOST = 8


def note_customer(request: Visit, account: str, name: str) -> None:
    """This customer was opened just now."""
    old = [one for one in request.session.get("recent", []) if one["account"] != account]
    new = [{"account": account, "name": name}, *old][:MOST]
    if new != request.session.get("recent"):
        request.session["recent"] = new


def recent_customers(request: Visit) -> list[dict[str, Any]]:
    """The last ones, newest first."""
    return list(request.session.get("recent", []))
