"""How long the words may be that come from outside, and what may not be in them: in a bundle and in a command alike."""

from __future__ import annotations

import unicodedata

CODE = 100
"""A code, a number, a key: what people name things by."""
LONG_CODE = 200
"""A gateway's token; the number of a child, which is its parent's and more."""
LINE = 1_000
"""What people write with a change: who, why, who carries it."""
TEXT = 10_000
"""Any other text."""
UNSEEN = ("Cf", "Zl", "Zp", "Zs")
"""The categories of characters that show as nothing or as a space: marks of direction and of joining, odd spaces."""


def short(words: str) -> str:
    """Words as a message shows them: their start, where they are long."""
    return words if len(words) <= 80 else words[:77] + "…"


def text_fault(value: str, longest: int = TEXT) -> str | None:
    """What is wrong with a text: it is too long, or has what cannot be stored."""
    if len(value) > longest:
        return f"longer than {longest:,} characters"
    if value.isprintable():
        return None
    if "\0" in value:
        return "has a NUL character, which cannot be stored"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "has half a surrogate pair, which is not a character"
    return None


def code_fault(value: str, longest: int = CODE) -> str | None:
    """What is wrong with a code: as with a text; and it is not empty, has no spaces around it, and nothing in it that
    nobody sees: two codes that look the same are the same.
    """
    if fault := text_fault(value, longest):
        return fault
    if not value:
        return "is empty"
    if not value.isprintable():
        for character in value:
            category = unicodedata.category(character)
            if category == "Cc":
                return "has control characters"
            if category in UNSEEN and character != " ":
                return f"has U+{ord(character):04X} in it, a character that nobody sees"
    if value != value.strip():
        return f'"{value}" has spaces around it'
    return None
