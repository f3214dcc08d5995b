"""What people type into a field: a day, an amount, a number, words. What is meant twice is asked back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from babel import Locale
from dateutil.relativedelta import relativedelta

from perennial.errors import Refused
from perennial.kernel.currencies import exponent
from perennial.kernel.money import Money, minor, plain
from perennial.language import LANGUAGES, Reader
from perennial.language.formats import ENGLISH, decimal_mark
from perennial.web.visit import Visit

LOOKS_BACK = 60
"""A day without a year is at most so many days ago; else it is next year's."""
_PLACES = re.compile(r"(\d{1,2})\s*[/.\- ]\s*(\d{1,2})(?:\s*[/.\- ]\s*(\d{4}|\d{2}))?")
_WORDS = re.compile(r"(?:[^\W\d]+\.?,?\s+)?(\d{1,2})[.º°]?\s*([^\W\d]{3,})\.?\s*(\d{4})?")
_LATER = re.compile(r"([+-])\s*(\d{1,4})\s*([^\W\d]*)")
_UNITS = {
    "": "days", "d": "days", "g": "days", "w": "weeks", "s": "weeks", "m": "months", "y": "years", "a": "years",
}  # fmt: skip


def text(request: Visit, field: str, *, most: int = 500) -> str | None:
    """Words, without the space around them; None: nothing was typed. Refused: more than fit."""
    found = " ".join(request.POST.get(field, "").split())
    if len(found) > most:
        raise Refused("text_too_long", field, most=most)
    return found or None


def needed(request: Visit, field: str) -> str:
    """Words that cannot be left out."""
    found = text(request, field)
    if found is None:
        raise Refused("required", field)
    return found


def one_of(request: Visit, field: str, known: Sequence[str]) -> str | None:
    """One of these words, or none. Refused: another one."""
    found = text(request, field)
    if found is not None and found not in known:
        raise Refused("unknown_word", field, word=found, known=tuple(known))
    return found


def address(request: Visit) -> dict[str, str | None]:
    """The fields of an address: words, or nothing."""
    found = {name: text(request, name) for name in ("recipient", "street", "city", "postcode", "region", "country")}
    return {**found, **{name: found[name] or "" for name in ("street", "city", "postcode")}}


def day(request: Visit, field: str, *, base: date | None = None) -> date:
    """A day that was typed (``read_day``). Refused: nothing, nothing that is a day."""
    typed = request.POST.get(field, "").strip()
    if not typed:
        raise Refused("required", field)
    return read_day(
        typed, field, today=request.visitor.today, base=base, day_first=request.visitor.preferences.day_first
    )


def read_day(typed: str, field: str = "", *, today: date, base: date | None = None, day_first: bool = True) -> date:
    """``16/3``, ``16.3.26``, ``16 mar``, ``mon``, ``2026-03-16``, ``+7``, ``+1m``: so many days, weeks, months after ``base``.

    Without a year it is the next such day, or one of the last weeks. Refused: what is no day.
    """
    words = typed.strip().lower()
    refused = Refused("day_not_understood", field, value=typed[:40], example="16/3" if day_first else "3/16")
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", words):
            return date.fromisoformat(words)
        if found := _LATER.fullmatch(words):
            unit = _UNITS.get(found[3][:1])
            if unit is None:
                raise refused
            number = int(found[2]) * (1 if found[1] == "+" else -1)
            return (base or today) + relativedelta(**{unit: number})  # type: ignore[arg-type]
        if found := _PLACES.fullmatch(words):
            first, second = int(found[1]), int(found[2])
            number, month = (first, second) if day_first else (second, first)
            return _with_year(number, month, found[3], today)
        if (found := _WORDS.fullmatch(words)) and (month_named := _named("months", found[2])):
            return _with_year(int(found[1]), month_named, found[3], today)
        if (weekday := _named("days", words.rstrip("."))) is not None:
            return today + timedelta((weekday - today.weekday() - 1) % 7 + 1)
        if words in ("today", "oggi"):
            return today
        if words in ("tomorrow", "domani"):
            return today + timedelta(1)
    except (ValueError, OverflowError):
        raise refused from None
    raise refused


def _with_year(number: int, month: int, year: str | None, today: date) -> date:
    if year is not None:
        return date(int(year) if len(year) == 4 else 2000 + int(year), month, number)
    for one in (today.year, today.year + 1, today.year + 2, today.year + 3, today.year + 4):  # 29 February comes then
        try:
            found = date(one, month, number)
        except ValueError:
            continue
        if found >= today - timedelta(LOOKS_BACK):
            return found
    return date(today.year, month, number)


def _named(kind: str, word: str) -> int | None:
    """The number of a month (from 1) or a day of the week (Monday 0) whose name begins so, in any of our languages."""
    if len(word) < 3:
        return None
    for language in LANGUAGES:
        locale = Locale(language)
        names = (locale.months if kind == "months" else locale.days)["format"]["wide"]
        for number, name in names.items():
            if name.lower().startswith(word):
                return int(number)
    return None


def time_of_day(request: Visit, field: str) -> time:
    """``02:00``, ``2:00``. Refused: what is no time of day."""
    typed = request.POST.get(field, "").strip()
    try:
        return datetime.strptime(typed, "%H:%M").time()
    except ValueError:
        raise Refused("time_not_understood", field, value=typed[:20]) from None


def money(request: Visit, field: str, currency: str) -> Money:
    """An amount, with a comma or a point before its decimals. Refused: ``1.234`` means two things, and is asked back."""
    return read_money(request.POST.get(field, ""), field, currency=currency)


def read_money(typed: str, field: str = "", *, currency: str) -> Money:
    """The same, of what was typed."""
    return Money(minor(_decimal(typed, field, digits=exponent(currency)), currency, field), currency)


def whole(request: Visit, field: str) -> int | None:
    """A whole number from 1 on; None: nothing was typed. Refused: what is none."""
    typed = request.POST.get(field, "").strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 10 and int(typed)):
        raise no_whole(typed, field, from_1=True)
    return int(typed)


def no_whole(typed: str, field: str, *, from_1: bool = False) -> Refused:
    """What is wrong with words that should be a whole number: they are none, or no number at all."""
    if re.fullmatch(r"[+-]?\d+(?:[.,]\d+)?", typed.strip()):
        return Refused("not_whole_from_1" if from_1 else "not_whole", field, value=typed[:40])
    return Refused("number_not_understood", field, value=typed[:40])


def number(request: Visit, field: str) -> Decimal:
    """A number as its reader writes it (``read_number``)."""
    return read_number(request.POST.get(field, ""), field, to=request.visitor.reader)


def read_number(typed: str, field: str = "", *, to: Reader) -> Decimal:
    """A number, with a comma or a point before its decimals. Refused: what is none.

    Before three digits the reader's own mark stands before decimals, as in what the page has written; the other one may
    stand after thousands, too, and is asked back.
    """
    typed = typed.strip()
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", typed) and decimal_mark(to) not in typed:
        one, other = re.sub("[.,]", ".", typed), re.sub("[.,]", "", typed)
        raise Refused("amount_ambiguous", field, one=plain(Decimal(one)), other=other)
    typed = typed.replace(",", ".")
    try:
        found = Decimal(typed)
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite():
        raise Refused("required" if not typed else "number_not_understood", field, value=typed[:40])
    return found


def read_percent(typed: str, field: str = "") -> Decimal:
    """A percentage, its sign or none behind it: none has thousands, so that either mark stands before decimals."""
    return read_number(typed.strip().removesuffix("%").rstrip().replace(",", "."), field, to=ENGLISH)


_SIGN = r"(?:[A-Za-z]{3}|[^\w\s.,'+-])"
"""A currency beside the amount: its code or its sign."""
_AMOUNT = re.compile(rf"{_SIGN}?\s*(-?[\d.,' \u00a0\u202f]+?)\s*{_SIGN}?")
_DIGITS = re.compile(r"-?(?:\d+|\d{1,3}(?:([.,' \u00a0\u202f])\d{3})(?:\1\d{3})*)(?:[.,]\d*)?")


def _decimal(typed: str, field: str, *, digits: int) -> str:
    if not typed.strip():
        raise Refused("required", field)
    found = _AMOUNT.fullmatch(typed.strip())
    if found is None or not _DIGITS.fullmatch(found[1]):
        raise Refused("amount_not_understood", field, value=typed[:40])
    plain = re.sub(r"['\s]", "", found[1])
    marks = [c for c in plain if c in ".,"]
    if len(set(marks)) == 2:  # the last one stands before the decimals
        last = max(plain.rindex("."), plain.rindex(","))
        return plain[:last].replace(".", "").replace(",", "") + "." + plain[last + 1 :]
    if len(marks) == 1:
        whole, _, rest = plain.replace(",", ".").partition(".")
        if len(rest) == 3 and digits != 3:
            raise Refused("amount_three_digits", field, value=typed[:40], other=f"{whole}{rest}", digits=digits)
        return f"{whole}.{rest}" if rest else whole
    return plain.replace(".", "").replace(",", "")
