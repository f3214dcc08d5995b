"""How long the words may be that come from outside, and what may not be in them: in a bundle and in a command alike."""

from __future__ import annotations

import unicodedata

from perennial.errors import Refused

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


def text_fault(value: str, longest: int = TEXT) -> Refused | None:
    """What is wrong with a text: it is too long, or has what cannot be stored."""
    if len(value) > longest:
        return Refused("text_too_long", most=longest)
    if value.isprintable():
        return None
    if "\0" in value:
        return Refused("text_nul")
    try:
        value.encode()
    except UnicodeEncodeError:
        return Refused("text_half_character")
    return None


def code_fault(value: str, longest: int = CODE) -> Refused | None:
    """What is wrong with a code: as with a text; and it is not empty, has no spaces around it, and nothing in it that
    nobody sees: two codes that look the same are the same.
    """
    if 0 < len(value) <= longest and value.isprintable() and value[0] != " " != value[-1]:
        return None
    if fault := text_fault(value, longest):
        return fault
    if not value:
        return Refused("text_empty")
    if not value.isprintable():
        for character in value:
            category = unicodedata.category(character)
            if category == "Cc":
                return Refused("code_control_characters")
            if category in UNSEEN and character != " ":
                return Refused("code_unseen_character", character=f"U+{ord(character):04X}")
    if value != value.strip():
        return Refused("code_spaces", given=value)
    return None
