"""Numbers as payment cards have them, made where they are needed: none stands in a file."""

from __future__ import annotations

from perennial.kernel.limits import passes_luhn


def card_number(begins: str = "4", digits: int = 16) -> str:
    """So many digits that begin so and end with the check digit."""
    rest = begins.ljust(digits - 1, "7")
    return next(rest + str(last) for last in range(10) if passes_luhn(rest + str(last)))
