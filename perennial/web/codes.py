"""The codes that pages offer: where an order comes from, why something is done, kinds of holds."""

from __future__ import annotations

from datetime import date
from typing import Any

from perennial.catalog.codes import hold_codes, reason_codes, source_codes
from perennial.language import phrase
from perennial.web.visit import Visit
from perennial.web.words import names_of

STOP_REASONS = ("too_many", "too_dear", "moved_house", "other")
"""Why people stop, where no list of reasons is set up."""
LETTERS = "abcdefgijklmnopqrstuvwz"
"""The keys of the reasons to stop; h holds instead."""


def why_codes(action: str) -> dict[str, Any]:
    """What a form offers as reasons of an action."""
    return {"codes": reason_codes(action)}


def reason_code(request: Visit) -> str | None:
    """The reason that was chosen from the list."""
    return request.POST.get("reason_code") or None


def stop_reasons(request: Visit) -> list[tuple[str, str, str]]:
    """Why people stop: code, key and words of each; behind the last key they go without."""
    to = request.visitor.reader
    known = [(one.code, one.description or one.code) for one in reason_codes("cancel")]
    known = known or [(code, phrase("stop reason", code, None, to) or code) for code in STOP_REASONS]
    keys = LETTERS + " " * max(0, len(known) - len(LETTERS))
    return [(code, key.strip(), words) for (code, words), key in zip(known, keys, strict=False)]


def hold_kinds() -> dict[str, Any]:
    """What a form offers as kinds of holds."""
    return {"kinds": hold_codes()}


def sources(request: Visit, on: date, chosen: str | None) -> list[tuple[str, str]]:
    """The source codes that an order of a day may have, and the one that it has: code and words."""
    found = {one.code: one.description for one in source_codes(on)}
    if chosen is not None and chosen not in found:
        found[chosen] = names_of(request).get(("source", chosen), "")
    return [(code, f"{code} {words}".strip()) for code, words in sorted(found.items())]


def source_words(request: Visit, code: str | None) -> str:
    """Where an order or a customer comes from, in words."""
    return "" if code is None else f"{code} {names_of(request).get(('source', code), '')}".strip()
