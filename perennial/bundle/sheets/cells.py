"""What stands in the cells of a sheet: days, amounts, numbers, lists, as its mapping says that they are written."""

from __future__ import annotations

import re
from typing import Any

from perennial.errors import Refused
from perennial.kernel import limits
from perennial.kernel.states import METHODS
from perennial.language import LANGUAGES, Reader, phrase
from perennial.language.written import day

POINT, COMMA = DECIMALS = ("point", "comma")
_EXPIRY = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})|(\d{4})\s*[/.\-]\s*(\d{1,2})", re.ASCII)
_SIGN = r"(?:[A-Za-z]{3}|[^\w\s.,'+-])"
_AMOUNT = re.compile(rf"{_SIGN}?\s*(-?[\d.,' \u00a0\u202f]+?)\s*{_SIGN}?", re.ASCII)
_YES = frozenset({"1", "x", "yes", "y", "true", "si", "sì", "s", "vero"})
_NO = frozenset({"0", "no", "n", "false", "falso", "-"})


def amount(words: str, decimals: str | None) -> str:
    """An amount as a bundle writes it. Refused: no amount; ``1.234`` where nothing says what the point is."""
    found = _AMOUNT.fullmatch(words)
    if found is None or not re.search(r"\d", found[1]):
        raise Refused("amount_not_understood", value=limits.short(words))
    plain = re.sub(r"['\s]", "", found[1])
    if decimals is None:
        decimals = mark_of(words)
        if decimals is None and re.search("[.,]", plain):
            raise Refused("sheet_amount_unclear", value=words)
    point, thousand = (",", ".") if decimals == COMMA else (".", ",")
    whole, _, rest = plain.partition(point)
    if not re.fullmatch(rf"-?(?:\d+|\d{{1,3}}(?:{re.escape(thousand)}\d{{3}})+)", whole) or not re.fullmatch(
        r"\d*", rest
    ):
        raise Refused("amount_not_understood", value=limits.short(words))
    whole = whole.replace(thousand, "")
    return f"{whole}.{rest}" if rest else whole


def mark_of(words: str) -> str | None:
    """What stands before the decimals of an amount, where only one mark can."""
    marks = re.findall(r"[.,]", words)
    if not marks:
        return None
    rest = re.search(r"[.,](\d*)\D*$", words)
    if len(set(marks)) == 1 and (len(marks) > 1 or (rest is not None and len(rest[1]) == 3)):
        return None
    return COMMA if marks[-1] == "," else POINT


def whole(words: str) -> int:
    """A whole number from 0 on; spreadsheets write 3 as 3.0, too."""
    found = re.fullmatch(r"(\d{1,9})(?:[.,]0+)?", words, re.ASCII)
    if found is None:
        raise Refused("number_not_understood", value=limits.short(words))
    return int(found[1])


def number(words: str, decimals: str | None) -> str:
    """A quantity, as an amount is read."""
    try:
        return amount(words, decimals)
    except Refused as refused:
        if refused.code == "sheet_amount_unclear":
            raise
        raise Refused("number_not_understood", value=limits.short(words)) from refused


def flag(words: str) -> bool:
    """Yes or no."""
    found = words.casefold()
    if found not in _YES | _NO:
        raise Refused("sheet_yes_or_no", value=limits.short(words))
    return found in _YES


def numbers(words: str) -> list[int]:
    """Whole numbers from 1 on, with anything between them."""
    found = re.split(r"[\s,;/+&]+", words.strip())
    if not all(re.fullmatch(r"[1-9]\d{0,5}", one, re.ASCII) for one in found):
        raise Refused("sheet_numbers", value=limits.short(words))
    return sorted({int(one) for one in found})


def expiry(words: str, dates: str | None) -> tuple[int, int]:
    """The month and the year at whose end a card expires: 12/2030, 12/30, 2030-12, or a day of that month."""
    if found := _EXPIRY.fullmatch(words):
        month, year = (found[1], found[2]) if found[1] else (found[4], found[3])
        if 1 <= int(month) <= 12:
            return int(month), int(year) + (0 if len(year) == 4 else 2000)
    try:
        last = day(words, dates)
    except Refused:
        raise Refused("sheet_expiry", value=limits.short(words)) from None
    return last.month, last.year


def method(words: str) -> str:
    """How an order is paid: a word of ours, or what one of our languages calls it. Other words stay as they are."""
    wanted = words.casefold()
    for one in METHODS:
        if wanted in (one, one.replace("_", " "), *(phrase("method", one, None, Reader(to)) for to in LANGUAGES)):
            return one
    return words


def read(form: str, words: str, *, dates: str | None, decimals: str | None) -> Any:
    """A cell that is not empty, by its form (``fields``). Refused, without a field: it is not of that form."""
    match form:
        case "day":
            return day(words, dates)
        case "amount":
            return amount(words, decimals)
        case "number":
            return number(words, decimals)
        case "whole":
            return whole(words)
        case "flag":
            return flag(words)
        case "list":
            return numbers(words)
        case "expiry":
            return expiry(words, dates)
        case "method":
            return method(words)
    return words
