"""A program as its pages write it: an event as words in cells, a header as fields, differences as words."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.catalog.on_offer import Off, mode_off, product_off
from perennial.desk.read.program import ProductOf
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel.money import Money
from perennial.language import Reader, phrase
from perennial.language.formats import fact as written
from perennial.programs.differences import Difference
from perennial.programs.values import EventFacts, EventProductFacts, ProgramFacts, Rule
from perennial.web.words import said

ACTIONS = ("none", "skip", "end")
ORDER_STARTS = ("first_event", "current_event")
MIXED = "*"
"""The delivery of all events, where it differs from event to event."""
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


@dataclass(frozen=True, slots=True)
class Words:
    """How somebody reads a program: in which language, with the names of what it is made of.

    ``names``: of delivery modes and intervals by their codes; ``intervals``: the names of all that are set up.
    ``with_codes``: intervals are called by their codes too, as whoever chooses one has to tell them apart.
    """

    to: Reader
    currency: str
    products: Mapping[str, ProductOf]
    names: Mapping[tuple[str, str], str]
    intervals: Mapping[str, str] = field(default_factory=dict)
    with_codes: bool = False

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
        name = self.names.get(("interval", rule.code))
        return called(rule.code, name) if self.with_codes else name or rule.code

    def offered_intervals(self) -> list[str]:
        """The intervals to choose from."""
        return [called(code, name) for code, name in self.intervals.items()]

    @property
    def names_modes(self) -> bool:
        """Are there ways to deliver?"""
        return any(kind == "mode" for kind, _ in self.names)

    def delivery(self, mode: str | None, *, mostly: bool = False) -> str:
        """How an event is delivered, or most of them."""
        name = said(self.to, "program_no_mode") if mode is None else self.names.get(("mode", mode)) or mode
        return said(self.to, "program_mostly_delivered" if mostly else "program_delivered", mode=name)

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
        return "" if minor is None else written(money.text(minor, self.currency), "decimal", self.to)

    def own_price(self, number: str) -> str:
        """The product's own price."""
        found = self.products.get(number)
        return "" if found is None or found.price is None else self.price(found.price.minor)

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
        modes = {event.delivery_mode for event in facts.events}
        return {
            "name": facts.name,
            "order_start": facts.order_start,
            "started_on": "" if facts.started_on is None else facts.started_on.isoformat(),
            "days_after_order_date": str(facts.days_after_order_date),
            "catch_up": facts.catch_up,
            "payment_schedule": facts.payment_schedule or "",
            "valid_payment_schedules": sorted(facts.valid_payment_schedules),
            "delivery_mode": MIXED if len(modes) > 1 else next(iter(modes), None) or "",
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

    ``was``: by cell, the words of the released version. ``off``: by cell, why what is stored may not be released. ``delivery``: in words, where it is another than that of most. ``shown``: the cells as they are stored, for the next edit to compare
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
    off: dict[str, str] = field(default_factory=dict)
    shown: str = "{}"
    start: date | None = None
    repeats: bool = False
    delivery: str = ""

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
            for name, words in {**self.off, **self.errors}.items()
        ]


def fault_words(fault: Refused, to: Reader) -> str:
    """A refusal in the words of these pages, where its own name the keys of a bundle."""
    own = phrase("program fault", fault.code, fault.facts, to)
    return own or phrase("problem", fault.code, fault.facts, to) or fault.code


def usual_mode(facts: ProgramFacts) -> str | None:
    """How most events are delivered."""
    found = Counter(event.delivery_mode for event in facts.events).most_common(1)
    return found[0][0] if found else None


def called(code: str, name: str | None) -> str:
    """An interval by its code and name, so that it can be told from others."""
    return code if not name or name.casefold() == code.casefold() else f"{code} {name}"


def slug(key: str) -> str:
    """A key as the id of an element may have it."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f"x{key.encode().hex()}"


def rows(words: Words, facts: ProgramFacts, found: tuple[Difference, ...] = ()) -> list[EventRow]:
    """The events of a revision as rows, with what differs of them."""
    made, usual = [], usual_mode(facts)
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
            delivery="" if event.delivery_mode == usual else words.delivery(event.delivery_mode),
        )
        _mark(words, row, own)
        made.append(row)
    for one in found:
        if one.kind == "header" and one.field == "days_after_order_date" and made:
            made[0].was.setdefault("when", words.value("days_after_order_date", one.before))
    return made


def mark_off(words: Words, facts: ProgramFacts, found: Sequence[EventRow], off: Off) -> None:
    """Note in the rows of a draft what of it may not be released, as it is not in use."""
    for row, event in zip(found, facts.events, strict=True):
        if event.delivery_mode in off.modes:
            row.off["mode"] = fault_words(mode_off(event.delivery_mode or "", ""), words.to)
        for place, product in enumerate(event.products):
            if product.item_number in off.products:
                row.off[f"item_{place}"] = fault_words(product_off(product.item_number, ""), words.to)


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
