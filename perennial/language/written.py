"""What stands in files that people write: the heads of columns, and days in the order of their country."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from perennial.errors import Refused
from perennial.kernel import limits

DAY_FIRST, MONTH_FIRST = DATES = ("day_first", "month_first")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?", re.ASCII)
_DAY = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})(?:\s+\d{1,2}[:.]\d{2}.*)?", re.ASCII)


def plain(words: str) -> str:
    """Words as heads are compared: without accents, small, letters and digits alone."""
    letters = unicodedata.normalize("NFKD", words)
    letters = "".join(c for c in letters if not unicodedata.combining(c)).casefold()
    return " ".join(re.findall(r"[a-z0-9]+", letters))


def day(words: str, dates: str | None) -> date:
    """A day: as ISO writes it, or day and month in the order that is said. Refused: no day; one that may be two."""
    try:
        if found := _ISO.fullmatch(words):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DAY.fullmatch(words):
            first, second = int(found[1]), int(found[2])
            year = int(found[3]) + (0 if len(found[3]) == 4 else 2000)
            if dates is None and first <= 12 and second <= 12 and first != second:
                raise Refused("sheet_day_unclear", value=words)
            month_first = dates == MONTH_FIRST if dates else second > 12
            return date(year, first, second) if month_first else date(year, second, first)
    except ValueError:
        pass
    raise Refused("not_a_day", value=limits.short(words))


def order_of(words: str) -> str | None:
    """The order of day and month in which this is a day, where it is one in one order alone."""
    found = _DAY.fullmatch(words)
    if found is None or (int(found[1]) > 12) == (int(found[2]) > 12):
        return None
    return DAY_FIRST if int(found[1]) > 12 else MONTH_FIRST


def order_of_all(column: Iterable[str]) -> str | None:
    """The same of a column; None: nothing in it tells, or it tells both."""
    orders = {found for one in column if (found := order_of(one))}
    return orders.pop() if len(orders) == 1 else None
