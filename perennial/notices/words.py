"""The facts of a message as its reader writes them: dates with their weekday, money, cards.

Money is written as on the pages and on paper, by the language alone; of a day the country says whether it or its month comes first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from perennial.catalog.models import Company
from perennial.kernel.money import Money
from perennial.language import LANGUAGES, Reader, phrase
from perennial.language.formats import fact, pieces

DAYS = (
    "ship_on",
    "change_until",
    "due_on",
    "first_on",
    "last_on",
    "ordered_on",
    "shipped_on",
    "rest_on",
    "ended_on",
    "valid_until",
)
AMOUNTS = ("amount", "delivery", "tax", "old_price", "new_price", "old_amount", "new_amount", "added", "whole")
PLAIN = ("order", "program", "place", "carrier", "tracking", "product")


class Item(NamedTuple):
    """A row of what is sent: what, and what it costs (empty: it is not told); or of what is paid in parts: when, how much."""

    name: str
    amount: str


class Words(NamedTuple):
    """What stands for the placeholders, and by their placeholder the rows that stand for ``{items}`` and ``{parts}``."""

    values: dict[str, str]
    rows: dict[str, tuple[Item, ...]]


def words(
    facts: Mapping[str, Any],
    *,
    company: Company,
    sender: str,
    customer: str,
    language: str,
    told_on: date,
    link: str = "",
) -> Words:
    """The facts of a message in words of a language. ``link``: where its reader gives a card."""
    locale = _locale(language, company.country)
    values = {
        "customer": customer,
        "company": company.name,
        "phone": company.phone or "",
        "address": company.address or "",
        "sender": sender,
        "link": link,
        **{name: str(facts[name]) for name in PLAIN if facts.get(name)},
        **{name: _day(facts[name], locale, told_on) for name in DAYS if facts.get(name)},
        **{name: _money(facts, f"{name}_minor", locale) for name in AMOUNTS if facts.get(f"{name}_minor") is not None},
    }
    if facts.get("shipment"):
        values["shipment"] = str(facts["shipment"])
    if facts.get("last4") or facts.get("brand"):
        values["parts_card" if facts.get("parts") else "card"] = _card(facts, language)
    if facts.get("expires_on"):
        values["expires_on"] = format_date(date.fromisoformat(facts["expires_on"]), "LLLL y", locale=locale)
    items = tuple(
        Item(_counted(item), _money(item | {"currency": facts["currency"]}, "amount_minor", locale))
        for item in facts.get("items", ())
    )
    if items:
        values["items"] = ", ".join(item.name for item in items)
        values.setdefault("product", values["items"])
    parts = tuple(
        Item(
            _day(part["due_on"], locale, told_on),
            _money(part | {"currency": facts["currency"]}, "amount_minor", locale),
        )
        for part in facts.get("parts", ())
    )
    if parts:
        values["parts"] = "; ".join(f"{part.amount} ({part.name})" for part in parts)
        parts = tuple(Item(part.name[:1].upper() + part.name[1:], part.amount) for part in parts)
    if facts.get("rest"):
        values["rest"] = ", ".join(_counted(item) for item in facts["rest"])
    if facts.get("instead"):
        values["product"] = _instead(facts.get("product"), facts["instead"], language)
    if facts.get("others"):
        values["others"] = ", ".join(
            _repriced(one | {"currency": facts["currency"]}, locale, language) for one in facts["others"]
        )
    return Words(
        {name: " ".join(value.split()) for name, value in values.items()}, {"{items}": items, "{parts}": parts}
    )


def _locale(language: str, country: str | None) -> Locale:
    first = language.partition("-")[0]
    for name in (f"{first}_{country}", first, "en"):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("English is always there")


def _day(written: str, locale: Locale, told_on: date) -> str:
    """A day with its weekday in full, the year only where it is another one."""
    day = date.fromisoformat(written)
    pattern = locale.date_formats["full"].pattern
    if day.year == told_on.year:
        pattern = re.sub(r",?\s*y+$", "", pattern)
    return str(format_date(day, pattern, locale=locale))


def _money(facts: Mapping[str, Any], name: str, locale: Locale) -> str:
    minor, currency = facts.get(name), facts["currency"]
    if minor is None:
        return ""
    return fact(Money(int(minor), currency), "", Reader(locale.language, money="symbol"))


def _card(facts: Mapping[str, Any], language: str) -> str:
    to = Reader(language if language in LANGUAGES else "en")
    brand = str(facts.get("brand") or "").capitalize() or phrase("message", "card", None, to) or ""
    if not facts.get("last4"):
        return brand
    return phrase("message", "card_ending", {"brand": brand, "last4": facts["last4"]}, to) or brand


def _repriced(one: Mapping[str, Any], locale: Locale, language: str) -> str:
    what = _instead(one.get("name"), one["instead"], language) if one.get("instead") else one["name"]
    return f"{what} {_money(one, 'old_minor', locale)} → {_money(one, 'new_minor', locale)}"


def _instead(name: str | None, instead: Mapping[str, Any], language: str) -> str:
    """A product (None: delivery), and so many pieces, or which delivery mode, come instead of which."""
    to = Reader(language if language in LANGUAGES else "en")
    what = name or phrase("message", "delivery", None, to) or ""
    if instead.get("old") is None or instead.get("new") is None:
        return what
    return phrase("message", "instead_of", {"what": what, **instead}, to) or what


def _counted(item: Mapping[str, Any]) -> str:
    return pieces(str(item.get("quantity", "1")), str(item["name"]))
