"""The words of state and which may follow which. A change that is not in a pair is refused."""

from __future__ import annotations

ORDER = {
    "draft": {"open", "cancelled"},
    "open": {"shipped", "invoiced", "cancelled"},
    "shipped": {"invoiced"},
    "invoiced": set(),
    "cancelled": set(),
}
"""A sales order: parent, child or ordinary. Only a child, or an order of ordinary lines, is shipped."""

ORDER_LINE = {
    "open": {"shipped", "invoiced", "cancelled"},
    "shipped": {"invoiced"},
    "invoiced": set(),
    "cancelled": set(),
}

CONTINUITY_ORDER = {
    "draft": {"open", "cancelled"},
    "open": {"closed", "cancelled"},
    "closed": set(),
    "cancelled": set(),
}

LINE = {
    "planned": {"scheduled", "skipped", "cancelled"},
    "scheduled": {"ordered", "skipped", "cancelled"},
    "ordered": {"scheduled", "cancelled"},
    "skipped": {"planned", "scheduled", "cancelled"},
    "cancelled": {"planned", "scheduled", "skipped"},
}
"""An occurrence: ``planned`` in a draft order; ``ordered`` has a child; ``cancelled`` may be revived."""

BLOCKED = ("acceptance", "hold", "card", "payment", "parked")

PAYMENT = {
    "draft": {"due", "cancelled"},
    "due": {"sent", "captured", "billed", "cancelled", "failed", "written_off"},
    "sent": {"authorised", "captured", "declined", "failed", "unknown", "due"},
    "authorised": {"capturing", "voided", "expired", "due", "unknown", "cancelled"},
    "capturing": {"captured", "declined", "failed", "unknown", "authorised", "due"},
    "captured": set(),
    "declined": {"sent", "due", "failed", "cancelled", "written_off"},
    "failed": {"due", "cancelled", "written_off"},
    "unknown": {"authorised", "captured", "declined", "failed", "due", "voided", "cancelled", "written_off"},
    "voided": {"due", "cancelled"},
    "expired": {"due", "cancelled"},
    "cancelled": {"due"},
    "written_off": set(),
    "billed": {"paid", "written_off", "cancelled"},
    "paid": set(),
}

PROJECTED = "projected"


def may_follow(pairs: dict[str, set[str]], old: str, new: str) -> bool:
    """May a row go from the old state to the new one?"""
    return new in pairs.get(old, set())
