"""A fact as the reader writes it, and sentences made of them.

A placeholder names a fact, and how it is written: ``{on}``, ``{count:n}`` (12,345), ``{order:quoted}``, ``{price:amount}``
(without its currency), ``{price:decimal}`` (its digits), ``{name:json}`` (a text as a bundle writes it), ``{status:order}`` (the name of a state, from the
context ``order``), ``{message:bank}`` (what a bank said, in the reader's language), ``{meant:?did_you_mean}`` (the phrase of that code, or nothing where there is no such fact).
A list is joined with commas, or ``{states:payment|or}``: this or that. In a list a pair such as ``("address", "home")``
is the label ``address`` with ``home`` as its fact ``name``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from string import Formatter
from typing import NamedTuple

from perennial.kernel import money
from perennial.kernel.limits import short
from perennial.kernel.money import Money
from perennial.kernel.reasons import Reason, Who
from perennial.language.catalogue import catalogue


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the language, how dates and how money are written.

    ``dates``: as commands take them (``iso``), in words (``words``), or with the day of the week (``weekday``), there
    without the year where it is ``year``. ``money``: with its code (``code``), as people write it (``symbol``), or, as files
    have it, with its code and a point before decimals in any language (``plain``).
    """

    language: str = "en"
    dates: str = "iso"
    money: str = "code"
    year: int | None = None


ENGLISH = Reader()


def phrase(context: str, code: str, facts: Mapping[str, object] | None = None, to: Reader | None = None) -> str | None:
    """The sentence of a code with its facts; None where the catalogue has none."""
    to, facts = to or ENGLISH, facts or {}
    template = catalogue(to.language).template(context, code, facts.get("count"))
    if template is None:
        return None
    parts = _parts(template)
    if len(parts) == 1 and parts[0].name is None:
        return parts[0].literal
    return "".join(part.literal if part.name is None else _placed(facts, part, to, context) for part in parts)


class _Part(NamedTuple):
    literal: str
    name: str | None
    style: str


@lru_cache(maxsize=4096)
def _parts(template: str) -> tuple[_Part, ...]:
    found = []
    for literal, name, style, _ in Formatter().parse(template):
        if literal:
            found.append(_Part(literal, None, ""))
        if name is not None:
            found.append(_Part("", name, style or ""))
    return tuple(found)


def placeholders(template: str) -> dict[str, bool]:
    """The facts that a sentence names; true for those that it cannot do without."""
    found: dict[str, bool] = {}
    for part in _parts(template):
        if part.name is not None:
            found[part.name] = found.get(part.name, False) or not part.style.startswith("?")
    return found


def _placed(facts: Mapping[str, object], part: _Part, to: Reader, context: str) -> str:
    value = facts.get(part.name or "")
    if part.style.startswith("?"):
        if not value:
            return ""
        return phrase("phrase", part.style[1:], facts, to) or ""
    return fact(value, part.style, to)


def fact(value: object, style: str, to: Reader) -> str:
    """One fact as the reader writes it."""
    match value:
        case None:
            return ""
        case list() | tuple() if not isinstance(value, Money):
            style, _, joined_by = style.partition("|")
            between = f" {phrase('phrase', joined_by, None, to)} " if joined_by else ", "
            return between.join(_in_list(one, style, to) for one in value)
        case Who():
            if value.on is None:
                return value.by or phrase("phrase", "a_person", None, to) or ""
            facts = {"by": value.by or phrase("phrase", "a_person", None, to), "on": value.on, "reason": value.reason}
            return phrase("phrase", "who", facts, to) or ""
        case Reason():
            for kind in ("reason", "not_shipped", "problem"):
                if (said := phrase(kind, value.code, value.facts, to)) is not None:
                    return said
            return value.code
        case Money():
            return _money(value, style, to)
        case bool():
            return phrase("phrase", "yes" if value else "no", None, to) or str(value)
        case date():
            return _date(value, to)
        case int() if style == "n":
            return _grouped(value, to)
        case int():
            return str(value)
        case Decimal():
            return _decimal(money.plain(value), to)
    words = str(value)
    if style == "quoted":
        return short(repr(words))
    if style == "json":
        return short(json.dumps(words, ensure_ascii=False))
    if style == "decimal":
        return _decimal(words, to)
    if style == "bank":
        return _of_bank(words, to)
    if style:
        return phrase(style, words, None, to) or words
    return words


def pieces(quantity: str, of: str) -> str:
    """Something, and how many pieces of it where that is not one; ``quantity`` as it is written."""
    return of if quantity == "1" else f"{quantity} × {of}"


def _of_bank(words: str, to: Reader) -> str:
    """Why a bank declines, as the reader says it, and its code once behind that; as it came where nobody knows it."""
    code = words.rpartition(" (")[2].removesuffix(")") if words.endswith(")") else ""
    told = phrase("bank", code or words, None, to)
    return words if told is None else f"{told} ({code})" if code else told


def _in_list(value: object, style: str, to: Reader) -> str:
    if isinstance(value, tuple) and not isinstance(value, Money):
        label, name = value
        return phrase(style, label, {"name": name}, to) or str(name)
    return fact(value, style, to)


@lru_cache(maxsize=4096)
def _date(day: date, to: Reader) -> str:
    if to.dates == "iso":
        return day.isoformat()
    from babel.dates import format_date

    if to.dates == "words":
        return format_date(day, "d MMM yyyy", locale=to.language)
    return format_date(day, "EEE d MMM" if day.year == to.year else "EEE d MMM yyyy", locale=to.language)


@lru_cache(maxsize=4096)
def _money(value: Money, style: str, to: Reader) -> str:
    if to.money == "symbol":
        from babel.numbers import format_currency

        return format_currency(Decimal(money.text(value.minor, value.currency)), value.currency, locale=to.language)
    amount = _decimal(money.text(value.minor, value.currency), to)
    return amount if style == "amount" else f"{amount} {value.currency}"


def _grouped(number: int, to: Reader) -> str:
    return f"{number:,}" if decimal_mark(to) == "." else f"{number:,}".replace(",", ".")


def _decimal(plain: str, to: Reader) -> str:
    """A decimal in the reader's digits. Without groups: it is read back, and typed, as it stands."""
    return plain.replace(".", decimal_mark(to))


def decimal_mark(to: Reader) -> str:
    """What the reader writes before decimals."""
    return "." if to.language == "en" or to.money == "plain" else ","
