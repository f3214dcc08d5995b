"""What was typed into the cells and the header of a program, and what was wrong with it, cell by cell.

What is typed into a cell that reads as it was shown is no change, so that whoever changes one cell changes that one alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from perennial.desk.read.products import product_meant
from perennial.errors import Refused
from perennial.kernel.states import CATCH_UP
from perennial.web import typed
from perennial.web.program_cells import ACTIONS, CELL_OF, FLAGS, ORDER_STARTS, Words, called, fault_words
from perennial.web.visit import Visit
from perennial.web.words import said

_NUMBER = re.compile(r"\+?\s*(\d{1,6})\s*(?:[^\W\d].*)?")
_WITH = ("with", "insieme", "con ", "on the order", "alla data")
_UNTIL = ("until", "fino")


def errors_of_row(request: Visit, faults: Iterator[Refused] | list[Refused], at: int) -> dict[str, str]:
    """By cell, what is wrong with what was typed; what is wrong with another event names it."""
    found: dict[str, str] = {}
    for fault in faults:
        where = re.fullmatch(r"events\[(\d+)\](?:\.products\[(\d+)\])?\.(\w+)", fault.field)
        words = fault_words(fault, request.visitor.reader)
        if where is None:
            found.setdefault(fault.field, words)
        elif int(where[1]) + 1 != at:
            other = said(request.visitor.reader, "program_fault_elsewhere", event=int(where[1]) + 1, fault=words)
            found.setdefault("elsewhere", other)
        else:
            cell = CELL_OF.get(where[3], where[3])
            if cell in ("item", "quantity", "price"):
                cell = f"{cell}_{where[2] or 0}"
            found.setdefault(cell, words)
    return found


def read_event(
    request: Visit, words: Words, at: int, stored: Mapping[str, str] | None
) -> tuple[dict[str, Any], dict[int, dict[str, Any]], list[Refused]]:
    """What was typed into the cells of an event where it differs from what is stored: cells, products by place, faults.

    ``stored`` None: it is not what was seen any more, and what the cells showed then counts.
    """
    shown = _shown(request) if stored is None else stored
    changes: dict[str, Any] = {}
    products: dict[int, dict[str, Any]] = {}
    faults: list[Refused] = []
    for name, before in shown.items():
        if name not in request.POST or _same(request.POST[name], before):
            continue
        kind, _, place = name.partition("_")
        try:
            if place:
                products.setdefault(int(place), {}).update(_read_product(request, words, kind, name))
            else:
                changes |= _read_cell(request, words, name, at)
        except Refused as refused:
            faults.append(refused)
    return changes, products, faults


def _shown(request: Visit) -> dict[str, str]:
    """The cells as they were shown when somebody began to type."""
    try:
        found = json.loads(request.POST.get("shown", "{}"))
    except ValueError:
        return {}
    names = r"when|times|then|chance|start|mode|schedule|days|(item|quantity|price)_\d{1,3}"
    if not isinstance(found, dict):
        return {}
    return {name: str(value) for name, value in found.items() if re.fullmatch(names, name)}


def _same(typed_now: str, before: str) -> bool:
    return " ".join(typed_now.split()) == " ".join(before.split())


def _read_product(request: Visit, words: Words, kind: str, name: str) -> dict[str, Any]:
    text = " ".join(request.POST[name].split())
    if kind == "item":
        return {"item_number": read_item(request, text, name) if text else ""}
    if kind == "quantity":
        return {"quantity": typed.number(request, name)}
    return {"price_minor": typed.money(request, name, words.currency).minor if text else None}


def read_item(request: Visit, text: str, name: str) -> str:
    """The number of the product that was typed: its number, its number with its name, or words of its name."""
    try:
        return product_meant(text, on=request.visitor.today)[0]
    except Refused as refused:
        first = text.partition(" ")[0]
        try:
            number = product_meant(first, on=request.visitor.today)[0]
        except Refused:
            number = ""
        if first and number.casefold() == first.casefold():
            return number
        raise refused.at(name) from None


def _read_cell(request: Visit, words: Words, name: str, at: int) -> dict[str, Any]:
    text = " ".join(request.POST[name].split())
    match name:
        case "when":
            return read_when(text, words, first=at == 1)
        case "times":
            return {"times_to_repeat": _repeats(text)}
        case "days":
            return {"days_from_last": _count(text, name)}
        case "then":
            return {"action": typed.one_of(request, name, ACTIONS) or "none"}
        case "chance":
            return {"probability": _percent(text)}
        case "start":
            return {"start_order_date": typed.day(request, name) if text else None}
        case "mode":
            return {"delivery_mode": text or None}
    return {"payment_schedule": text or None}


def read_when(text: str, words: Words, *, first: bool) -> dict[str, Any]:
    """When an event comes, as it was typed: ``30``, ``30 days later``, the name of an interval or a part of it, ``with``.

    Of the first event, days are those after the order date.
    """
    plain = text.casefold()
    by_name = {
        written_so.casefold(): code
        for code, name in words.intervals.items()
        for written_so in (called(code, name), name, code)
    }
    if plain in by_name:
        return {"interval": by_name[plain]}
    days = "days_after_order_date" if first else "days_from_last"
    number = _NUMBER.fullmatch(plain)
    unit = number and plain[number.end(1) :].strip()
    if number and (not unit or unit[0] in "dg"):
        return {"interval": None, days: int(number[1])}
    if plain and plain.startswith(_WITH):
        return {"interval": None, days: 0}
    meant = {code for name, code in by_name.items() if plain and plain in name}
    if len(meant) == 1:
        return {"interval": meant.pop()}
    raise Refused("program_when_not_understood", "when", value=text[:40])


def _repeats(text: str) -> int | None:
    if text.casefold().startswith(_UNTIL):
        return None
    return _count(text, "times") - 1


def _count(text: str, name: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise typed.no_whole(text, name)
    return int(text)


def _percent(text: str) -> Decimal | None:
    plain = text.removesuffix("%").strip().replace(",", ".")
    if not plain:
        return None
    try:
        found = Decimal(plain)
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite():
        raise Refused("number_not_understood", "chance", value=text[:40])
    return found


def read_header(request: Visit, now: Mapping[str, Any], *, is_seen: bool) -> tuple[dict[str, Any], list[Refused]]:
    """What was given in the header where it differs from what is stored, or, where that is not what was seen any more, from
    what it showed then; and what is wrong with it.
    """
    changes: dict[str, Any] = {}
    faults: list[Refused] = []
    shown = _header_values(now) if is_seen else _shown_header(request, now)
    for name, before in shown.items():
        try:
            given = _read_header(request, name)
        except Refused as refused:
            faults.append(refused)
            continue
        if given != before:
            changes[name] = given
    return changes, faults


def _shown_header(request: Visit, now: Mapping[str, Any]) -> dict[str, Any]:
    """The header as it was shown, in the values that reading it gives."""
    try:
        shown = json.loads(request.POST.get("shown", "{}"))
        return _header_values({name: shown.get(name, value) for name, value in now.items()})
    except (ValueError, TypeError, AttributeError):
        return _header_values(now)


def _header_values(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **found,
        "started_on": date.fromisoformat(found["started_on"]) if found["started_on"] else None,
        "days_after_order_date": int(found["days_after_order_date"]),
        "payment_schedule": found["payment_schedule"] or None,
        "delivery_mode": found["delivery_mode"] or None,
        "valid_payment_schedules": tuple(found["valid_payment_schedules"]),
    }


def _read_header(request: Visit, name: str) -> Any:
    if name in FLAGS:
        return request.POST.get(name) == "1"
    if name == "valid_payment_schedules":
        return tuple(sorted(request.POST.getlist(name)))
    text = " ".join(request.POST.get(name, "").split())
    match name:
        case "started_on":
            return typed.day(request, name) if text else None
        case "days_after_order_date":
            return _count(text, name)
        case "order_start":
            return typed.one_of(request, name, ORDER_STARTS) or "first_event"
        case "catch_up":
            return typed.one_of(request, name, CATCH_UP) or "resume"
        case "payment_schedule" | "delivery_mode":
            return text or None
    return typed.text(request, name) or ""
