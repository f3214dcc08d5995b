"""In whose language a paper is, and the words that it holds: sentences of the context ``paper``."""

from __future__ import annotations

from perennial.catalog.queries import company
from perennial.language import LANGUAGES
from perennial.language.formats import Reader, phrase


def reader_of(language: str | None = None) -> Reader:
    """Who reads a paper: a customer with a language, else the company in its first one, else English."""
    for wanted in (language, *company().languages):
        found = (wanted or "").replace("_", "-").split("-")[0].lower()
        if found in LANGUAGES:
            return Reader(found, dates="weekday", money="symbol")
    return Reader(dates="weekday", money="symbol")


def say(code: str, to: Reader, /, **facts: object) -> str:
    """A sentence of a paper."""
    return phrase("paper", code, facts, to) or code


def of(to: Reader, *codes: str) -> dict[str, str]:
    """Words of a paper by their codes: what stands above a column, beside a box."""
    return {code: say(code, to) for code in codes}
