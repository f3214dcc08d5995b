"""A program as its pages write it: an event as words in cells, a header as fields, differences as words; and cells read back.

What is typed into a cell that reads as it was shown is no change, so that whoever changes one cell changes that one alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from perennial.desk.read.products import product_meant
from perennial.desk.read.program import ProductOf
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel.money import Money
from perennial.kernel.states import CATCH_UP
from perennial.language import Reader, phrase
from perennial.language.formats import fact as written
from perennial.programs.differences import Difference
from perennial.programs.values import EventFacts, EventProductFacts, ProgramFacts, Rule
from perennial.web import typed
from perennial.web.visit import Visit
from perennial.web.words import said

ACTIONS = ("none", "skip", "end")
ORDER_STARTS = ("first_event", "current_event")
FLAGS = ("bill_upfront", "consolidate", "prompt_for_start_date", "prompt_for_payment_schedule")
CELL_OF = {
    "when": "when",
    "days_from_last": "when",
    "interval": "when",
    "date_interval": "when",
    "start_order_date": "start",
    "delivery_mode": "mode",
    "payment_schedule": "schedule",
    "action": "then",
    "times_to_repeat": "times",
    "probability": "chance",
    "item_number": "item",
    "quantity": "quantity",
    "price": "price",
    "price_minor": "price",
}
"""By the name of a field of an event, the cell that shows it."""
NAME_OF = {
    "item": "product",
    "price": "price",
    "days": "program_days_between",
    **{
        name: f"program_{name}" for name in ("quantity", "when", "times", "then", "chance", "start", "mode", "schedule")
    },
}
"""By cell, the code of what it is called."""
_NUMBER = re.compile(r"\+?\s*(\d{1,6})\s*(?:[^\W\d].*)?")
_WITH = ("with", "insieme", "con ", "on the order", "alla data")
_UNTIL = ("until", "fino")


@dataclass(frozen=True, slots=True)
class Words:
    """How somebody reads a program: in which language, with the names of what it is made of.

    ``names``: of delivery modes and intervals by their codes; ``intervals``: all that are set up.
    """

    to: Reader
    currency: str
    products: Mapping[str, ProductOf]
    names: Mapping[tuple[str, str], str]
    intervals: Mapping[str, str] = field(default_factory=dict)

    def when(self, event: EventFacts, days_after: int) -> str:
        """When an event comes: so many days later, by an interval, with the one before."""
        if event.interval is not None:
            return self.interval(event.interval)
        if event.event_id == 1:
            return said(self.to, "program_after_order" if days_after else "program_on_order", count=days_after)
        if event.days_from_last:
            return said(self.to, "program_days_later", count=event.days_from_last)
        return said(self.to, "program_with_event", event=(event.event_id or 1) - 1)

    def interval(self, rule: Rule) -> str:
        """An interval by its name."""
        return self.names.get(("interval", rule.code)) or rule.code

    def times(self, repeats: int | None) -> str:
        """How many times in all."""
        return said(self.to, "program_until_stopped") if repeats is None else str(repeats + 1)

    def chance(self, percent: Decimal | None) -> str:
        """How likely it is."""
        return "" if percent is None else f"{written(percent, '', self.to)} %"

    def product(self, number: str) -> str:
        """A product by its number and name."""
        return self.products[number].called if number in self.products else number

    def price(self, minor: int | None) -> str:
        """A price as it is typed; nothing: the product's own."""
        return "" if minor is None else money.text(minor, self.currency)

    def own_price(self, number: str) -> str:
        """The product's own price."""
        found = self.products.get(number)
        return "" if found is None or found.price is None else money.text(found.price.minor, self.currency)

    def value(self, name: str, value: Any) -> str:
        """The value of a field as a sentence says it."""
        match name:
            case "price_minor":
                return (
                    said(self.to, "program_own_price")
                    if value is None
                    else written(Money(value, self.currency), "", self.to)
                )
            case "item_number":
                return self.product(value)
            case "when":
                days, interval = value
                return said(self.to, "program_days_later", count=days) if interval is None else self.interval(interval)
            case "days_after_order_date":
                return said(self.to, "program_days", count=value)
            case "times_to_repeat":
                return self.times(value)
            case "probability":
                return self.chance(value) or said(self.to, "program_nothing")
            case "action" | "order_start" | "catch_up":
                return phrase(f"program {name}", value, None, self.to) or value
            case "delivery_mode" if value is not None:
                return self.names.get(("mode", value)) or value
            case "valid_payment_schedules" if value:
                return ", ".join(value)
        if value is None or value == ():
            return said(self.to, "program_nothing")
        return written(value, "", self.to)

    def was(self, one: Difference) -> str:
        """What stood in a cell before, as short as a cell."""
        if one.field == "price_minor":
            return self.price(one.before) or self.own_price(one.item or "") or self.value("price_minor", None)
        return self.value(one.field or "", one.before)

    def event(self, event: EventFacts, days_after: int) -> dict[str, str]:
        """The cells of an event, as their fields show them."""
        cells = {
            "when": self.when(event, days_after),
            "times": self.times(event.times_to_repeat),
            "then": event.action,
            "chance": self.chance(event.probability),
            "start": "" if event.start_order_date is None else event.start_order_date.isoformat(),
            "mode": event.delivery_mode or "",
            "schedule": event.payment_schedule or "",
        }
        if event.event_id == 1:
            cells["days"] = str(event.days_from_last)
        for place, product in enumerate(event.products):
            cells |= {
                f"item_{place}": self.product(product.item_number),
                f"quantity_{place}": written(product.quantity, "", self.to),
                f"price_{place}": self.price(product.price_minor),
            }
        return {**cells, f"item_{len(event.products)}": ""}

    def header(self, facts: ProgramFacts) -> dict[str, Any]:
        """The fields of the header."""
        return {
            "name": facts.name,
            "order_start": facts.order_start,
            "started_on": "" if facts.started_on is None else facts.started_on.isoformat(),
            "days_after_order_date": str(facts.days_after_order_date),
            "catch_up": facts.catch_up,
            "payment_schedule": facts.payment_schedule or "",
            "valid_payment_schedules": sorted(facts.valid_payment_schedules),
            **{name: getattr(facts, name) for name in FLAGS},
        }

    def sentence(self, one: Difference) -> str:
        """A difference as a sentence."""
        facts: dict[str, Any] = {"event": one.event_after or one.event_before, "product": self.product(one.item or "")}
        if one.kind == "header":
            return said(self.to, "program_diff_header", **self._changed(one))
        if one.kind == "changed":
            code = "program_diff_changed" if one.place in (None, 0) else "program_diff_changed_product"
            return said(self.to, code, **facts, **self._changed(one))
        return said(self.to, f"program_diff_{one.kind}", **facts, before=one.event_before, after=one.event_after)

    def _changed(self, one: Difference) -> dict[str, str]:
        name = one.field or ""
        return {
            "what": phrase("program field", name, None, self.to) or name,
            "before": self.value(name, one.before),
            "after": self.value(name, one.after),
        }


@dataclass
class ProductCells:
    """One product of an event in its row."""

    place: int
    item: str
    quantity: str
    price: str
    own_price: str
    list: str

    @property
    def number(self) -> str:
        """Its place, as the names of its cells end."""
        return str(self.place)

    @property
    def target(self) -> str:
        """Where products are offered while somebody types into its cell."""
        return f"#{self.list}"


@dataclass
class EventRow:
    """An event as a row of the table: its cells, what differs of it from the version for new orders, and what was wrong with
    what was typed.

    ``was``: by cell, the words of the released version. ``shown``: the cells as they are stored, for the next edit to compare
    with.
    """

    key: str
    at: int
    of: int
    cells: dict[str, str]
    products: list[ProductCells]
    is_new: bool = False
    moved_from: int | None = None
    was: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    shown: str = "{}"
    start: date | None = None
    repeats: bool = False

    @property
    def slug(self) -> str:
        """The key as an id of the page may be."""
        return slug(self.key)

    @property
    def next_item(self) -> str:
        """The cell of one more product."""
        return f"item_{len(self.products)}"

    @property
    def next_list(self) -> str:
        """Where products are offered for it."""
        return f"e-{self.slug}-hits-{len(self.products)}"

    @property
    def next_target(self) -> str:
        """The same, as a selector."""
        return f"#{self.next_list}"

    @property
    def differs(self) -> bool:
        """Is anything of it not as it is for new orders?"""
        return bool(self.is_new or self.moved_from or self.was or self.gone)

    @property
    def faults(self) -> list[tuple[str, str, str]]:
        """What is wrong: the cell, the code of its name, the words. What no cell shows comes without a name."""
        return [
            (name, NAME_OF.get(name.partition("_")[0], "") if name in self.cells else "", words)
            for name, words in self.errors.items()
        ]


def slug(key: str) -> str:
    """A key as the id of an element may have it."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f"x{key.encode().hex()}"


def rows(words: Words, facts: ProgramFacts, found: tuple[Difference, ...] = ()) -> list[EventRow]:
    """The events of a revision as rows, with what differs of them."""
    made = []
    for event in facts.events:
        cells = words.event(event, facts.days_after_order_date)
        own = [one for one in found if one.key == event.key and one.event_after is not None]
        row = EventRow(
            key=event.key or "",
            at=event.event_id or 0,
            of=len(facts.events),
            cells=cells,
            products=[
                _product(words, event.key or "", place, product, cells) for place, product in enumerate(event.products)
            ],
            shown=json.dumps(cells, ensure_ascii=False),
            start=event.start_order_date,
            repeats=event.times_to_repeat != 0,
        )
        _mark(words, row, own)
        made.append(row)
    for one in found:
        if one.kind == "header" and one.field == "days_after_order_date" and made:
            made[0].was.setdefault("when", words.value("days_after_order_date", one.before))
    return made


def _product(words: Words, key: str, place: int, product: EventProductFacts, cells: Mapping[str, str]) -> ProductCells:
    return ProductCells(
        place=place,
        item=cells[f"item_{place}"],
        quantity=cells[f"quantity_{place}"],
        price=cells[f"price_{place}"],
        own_price=words.own_price(product.item_number),
        list=f"e-{slug(key)}-hits-{place}",
    )


def _mark(words: Words, row: EventRow, differences: list[Difference]) -> None:
    """Note in a row what differs of it."""
    for one in differences:
        match one.kind:
            case "added":
                row.is_new = True
            case "moved":
                row.moved_from = one.event_before
            case "product_added":
                row.was[f"item_{one.place}"] = ""
            case "product_removed":
                row.gone.append(words.product(one.item or ""))
            case "changed" if one.field in CELL_OF:
                cell = CELL_OF[one.field]
                name = cell if one.place is None else f"{cell}_{one.place}"
                row.was[name] = words.was(one)


def errors_of_row(request: Visit, faults: Iterator[Refused] | list[Refused], at: int) -> dict[str, str]:
    """By cell, what is wrong with what was typed; what is wrong with another event names it."""
    found: dict[str, str] = {}
    for fault in faults:
        where = re.fullmatch(r"events\[(\d+)\](?:\.products\[(\d+)\])?\.(\w+)", fault.field)
        words = fault_words(request, fault)
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


def fault_words(request: Visit, fault: Refused) -> str:
    """A refusal in the words of these pages, where its own name the keys of a bundle."""
    to = request.visitor.reader
    own = phrase("program fault", fault.code, fault.facts, to)
    return own or phrase("problem", fault.code, fault.facts, to) or fault.code


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
    by_name = {name.casefold(): code for code, name in words.intervals.items()} | {
        code.casefold(): code for code in words.intervals
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
        raise Refused("number_not_understood", name, value=text[:40])
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
        case "payment_schedule":
            return text or None
    return typed.text(request, name) or ""
