"""How long the words may be that come from outside, and what may not be in them: in a bundle and in a command alike."""

from __future__ import annotations

import re
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


_BETWEEN = r"[\s.\-_\u00ad\u00b7\u200b-\u200d\u2010-\u2015\u2060\u2212\ufeff\uff0d\uff0e]"
_LONG_NUMBER = re.compile(rf"[0-9](?:{_BETWEEN}{{0,2}}[0-9]){{12,}}")
"""At least as many digits as a card has, together or in groups."""


def passes_luhn(digits: str) -> bool:
    """Do these digits end with the check digit that the numbers of payment cards have (ISO/IEC 7812)?"""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if at % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def card_fault(value: str) -> Refused | None:
    """Is there a card number in a text: 13 to 19 digits of any script that pass Luhn's check and begin as one, also in
    groups of three or more, or all in ones or in twos? Dates and telephone numbers are grouped otherwise.
    """
    for found in _LONG_NUMBER.finditer(_with_plain_digits(value)):
        groups = re.findall("[0-9]+", found[0])
        for at, first in enumerate(groups):
            if first[0] not in "23456":
                continue
            digits = ""
            for group in groups[at:]:
                digits += group
                if 13 <= len(digits) <= 19 and passes_luhn(digits):
                    return Refused("text_with_card_number")
                if len(digits) > 19 or (len(group) < 3 and len(group) != len(first)):
                    break
    return None


def _with_plain_digits(value: str) -> str:
    """The text with 0 to 9 in place of the digits of other scripts and widths."""
    if value.isascii():
        return value
    return "".join(c if (digit := unicodedata.digit(c, None)) is None else str(digit) for c in value)


def text_fault(value: str, longest: int = TEXT) -> Refused | None:
    """What is wrong with a text: it is too long, it has what cannot be stored, or a card number, which may not be."""
    return number_fault(value, longest) or card_fault(value)


def number_fault(value: str, longest: int = TEXT) -> Refused | None:
    """The same of a telephone number, or a carrier's number, which may look like that of a card."""
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


_WORD = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff])?"
_EMAIL = re.compile(rf"{_WORD}(?:\.{_WORD})*@(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}(?<!\..)", re.IGNORECASE)
LONGEST_EMAIL = 320


def email_fault(value: str) -> Refused | None:
    """Is it written as an e-mail address: a name, @, a domain of two parts or more, of any script?"""
    if len(value) <= LONGEST_EMAIL and _EMAIL.fullmatch(value):
        return None
    return Refused("email_malformed", "email", email=short(value))


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
