"""Countries as a reader calls them."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

from perennial.kernel.places import COUNTRIES
from perennial.language.formats import Reader


def country_name(code: str | None, to: Reader) -> str | None:
    """A country by its code; one that nobody knows is its code."""
    return None if code is None else Locale(to.language).territories.get(code, code)


def countries(to: Reader) -> tuple[tuple[str, str], ...]:
    """All countries by their codes, in the order of their names."""
    return _countries(to.language)


@lru_cache(maxsize=8)
def _countries(language: str) -> tuple[tuple[str, str], ...]:
    named = Locale(language).territories
    return tuple(sorted(((code, named.get(code, code)) for code in COUNTRIES), key=lambda one: one[1]))
