"""Products as a sheet: what a file of them has in its columns, and what was typed into one as a bundle says it.

A product with several prices has a row for each of them. A file may have some of the columns alone, in any order, named as
the file that is taken away names them (in any of our languages), or as a bundle does; its cells as people type them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, NamedTuple

from perennial.bundle.set_up.things import Listed, things
from perennial.bundle.sheets.cells import flag
from perennial.bundle.sheets.file import Sheet
from perennial.db.pages import Page
from perennial.errors import Refused, Several
from perennial.language import LANGUAGES, Reader
from perennial.web.set_up.fields import Amount, Day, Field, Whole
from perennial.web.sheet import AT_ONCE, Column, harmless
from perennial.web.visit import Visit
from perennial.web.words import said


@dataclass(frozen=True, slots=True)
class YesNo(Field):
    """Yes or no, as cells say it; where nothing is said, it is as it was, of a new product yes."""

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        return flag(raw) if raw else None


COLUMNS: tuple[Field, ...] = (
    Field("number"),
    Field("name", default=""),
    Field("tax_group"),
    Amount("price"),
    Day("from"),
    Field("program"),
    Whole("event_duration"),
    Whole("shipments"),
    YesNo("active"),
)
PRICE = ("price", "from")
MOST_BYTES = 5_000_000
MOST_FAULTS = 1000


class Row(NamedTuple):
    """A product with one of its prices, and whether it is the first."""

    document: Mapping[str, Any]
    price: Mapping[str, Any]
    is_first: bool


def rows(words: str, after: str | None) -> Page[Row]:
    """Some rows of the file of all products that fit."""
    page = things("products", words=words, after=after, size=AT_ONCE)
    return Page(tuple(row for one in page.rows for row in _rows_of(one)), page.next)


def _rows_of(one: Listed) -> Iterator[Row]:
    prices = one.document["prices"] or [{"price": None, "from": None}]
    for at, price in enumerate(prices):
        yield Row(one.document, price, at == 0)


def columns() -> tuple[Column[Row], ...]:
    """The columns of the file that is taken away."""
    return tuple((f"csv_product_{one.name}", _value(one.name)) for one in COLUMNS)


def _value(name: str) -> Callable[[Row], object]:
    if name in PRICE:
        return lambda row: row.price[name]
    if name == "event_duration":  # 0, all events, is what nothing means
        return lambda row: row.document[name] or None if row.is_first else None
    return lambda row: row.document[name] if row.is_first or name == "number" else None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell, a row, or (row 0) the file. ``column``: by its name in a bundle."""

    row: int
    column: str
    problem: Refused


@dataclass
class Found:
    """The products of a file, as a bundle says them, and in which rows each stands: of all its prices, in turn."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[int]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def at_fault(self, problem: Refused) -> list[Fault]:
        """What the door refuses, by row and column."""
        faults = problem.faults if isinstance(problem, Several) else (problem,)
        return [self._placed(fault) for fault in faults]

    def _placed(self, fault: Refused) -> Fault:
        found = re.match(r"\[(\d+)\]\.?(\w*)(?:\[(\d+)\]\.?(\w*))?", fault.field)
        if found is None:
            return Fault(0, "", fault)
        its = self.rows[int(found[1])]
        priced = its[1:] if found[2] == "prices" and found[3] else []
        row = priced[min(int(found[3]), len(priced) - 1)] if priced else its[0]
        name = (found[4] or "price") if found[2] == "prices" else found[2]
        return Fault(row, name, fault)


def read_sheet(request: Visit, content: bytes) -> Found:
    """The products of a file. What cannot be understood is noted by row and column, and the rest is read.

    Refused: no sheet, or one that cannot be read to its end.
    """
    sheet, found = Sheet(BytesIO(content)), Found()
    heads = _heads(sheet.heads, found)
    if not found.faults:
        _products(request, heads, sheet.rows(), found)
    return found


def _heads(titles: Sequence[str], sheet: Found) -> list[str]:
    known = {one.name: one.name for one in COLUMNS}
    for one in COLUMNS:
        for language in LANGUAGES:
            known[said(Reader(language), f"csv_product_{one.name}").casefold()] = one.name
    found: list[str] = []
    for title in titles:
        name = known.get(title.strip().casefold())
        if name is None:
            names = [one.name for one in COLUMNS]
            sheet.faults.append(Fault(1, "", Refused("sheet_column_unknown", title=title[:60], known=names)))
        elif name in found:
            sheet.faults.append(Fault(1, name, Refused("sheet_column_twice", title=title)))
        found.append(name or "")
    if "number" not in found and not sheet.faults:
        sheet.faults.append(Fault(1, "number", Refused("sheet_column_missing", title="number")))
    if "from" in found and "price" not in found:
        sheet.faults.append(Fault(1, "price", Refused("sheet_column_missing", title="price")))
    return found


def _products(request: Visit, heads: Sequence[str], lines: Iterable[tuple[int, list[str]]], sheet: Found) -> None:
    fields = {one.name: one for one in COLUMNS}
    by_number: dict[str, int] = {}
    for number, cells in lines:
        typed = [_cell(cell) for cell in cells]
        if len(typed) > len(heads) and any(typed[len(heads) :]):
            sheet.faults.append(Fault(number, "", Refused("sheet_row_too_long", columns=len(heads))))
        typed += [""] * (len(heads) - len(typed))
        found: dict[str, Any] = {}
        for name, raw in zip(heads, typed, strict=False):
            try:
                found[name] = fields[name].parse(raw, request, name)
            except Refused as problem:
                sheet.faults.append(Fault(number, name, problem.at("")))
                found[name] = None
        if found.get("active") is None:
            found.pop("active", None)
        price = {name: found.pop(name, None) for name in PRICE}
        if not found["number"]:
            sheet.faults.append(Fault(number, "number", Refused("required")))
            continue
        at = by_number.setdefault(found["number"], len(sheet.documents))
        if at == len(sheet.documents):
            sheet.documents.append({**found, "prices": []} if "price" in heads else found)
            sheet.rows.append([number])
        else:
            _again(found, sheet, at, number)
        if price["price"] is not None or price["from"] is not None:
            sheet.documents[at]["prices"].append(price)
            sheet.rows[at].append(number)


def _again(found: Mapping[str, Any], sheet: Found, at: int, number: int) -> None:
    """A further row of a product has a further price, and says nothing else."""
    for name, value in found.items():
        if value not in (None, "") and value != sheet.documents[at].get(name):
            problem = Refused("sheet_differs", first=sheet.rows[at][0])
            sheet.faults.append(Fault(number, name, problem))


def _cell(cell: str) -> str:
    """What a cell says; the mark that keeps a spreadsheet from reckoning with it is no part of it."""
    if cell.startswith("'") and harmless(cell[1:]) == cell:
        cell = cell[1:]
    return cell.strip()
