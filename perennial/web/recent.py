"""The customers whom somebody opened last, in their session."""

from __future__ import annotations

from typing import Any

from perennial.web.visit import Visit

MOST = 8


def note_customer(request: Visit, account: str, name: str) -> bool:
    """This customer was opened just now. True: another one was open before."""
    old = [one for one in request.session.get("recent", []) if one["account"] != account]
    new = [{"account": account, "name": name}, *old][:MOST]
    if new != request.session.get("recent"):
        request.session["recent"] = new
        return True
    return False


def recent_customers(request: Visit) -> list[dict[str, Any]]:
    """The last ones, newest first."""
    return list(request.session.get("recent", []))
