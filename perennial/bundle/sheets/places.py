"""Where in a sheet each thing of its bundle stands: from a path of the bundle to a row and a column."""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping
from typing import NamedTuple

from perennial.bundle.sheets.fields import CUSTOMERS
from perennial.bundle.sheets.file import letter
from perennial.bundle.sheets.mapping import SheetMapping
from perennial.errors import Refused

_PATH = re.compile(r"(customers|orders)\[(\d+)\]\.?(.*)")
_PART = re.compile(r"(addresses|cards)\[(\d+)\]\.?(.*)")
_LINE = re.compile(r"lines\[0\]\.continuity\.lines\[(\d+)\]\.?(.*)")
_CELL = re.compile(r"file\[(\d+)\](?:\.(.*))?")
_OF_CUSTOMER: dict[str, tuple[str, ...]] = {
    "addresses": ("street", "city", "address_code"),
    "addresses.code": ("address_code",),
    "cards": ("token",),
    "cards.exp_month": ("expiry", "exp_month"),
    "cards.exp_year": ("expiry", "exp_year"),
}
_OF_ORDER: dict[str, tuple[str, ...]] = {
    "lines": ("product", "program"),
    "lines[0]": ("product", "program"),
    "lines[0].item_number": ("product", "program"),
    "lines[0].quantity": ("quantity",),
    "lines[0].continuity": ("product", "program"),
    "children": ("sent", "next_event"),
    "payments": ("product", "program"),
    "holds": ("hold",),
}
_OF_LINE = {"price": ("price",), "event_on": ("next_on", "last_sent_on"), "ship_on": ("next_on", "last_sent_on")}


class Cell(NamedTuple):
    """A place in a sheet: the row as a spreadsheet counts, and the column's name and letter; without one it is the row."""

    row: int
    column: str | None = None
    letter: str | None = None


class Places:
    """The rows of the things of a bundle, in the order of its list, and of the parts of those that take several rows."""

    def __init__(self, mapping: SheetMapping, columns: tuple[str, ...]) -> None:
        self.mapping, self.columns = mapping, columns
        self._rows = array("L")
        self._parts: dict[tuple[int, str, int], int] = {}
        self._sent: dict[int, int] = {}

    def thing(self, row: int) -> int:
        """Note the next thing, which begins in a row; its place in the list."""
        self._rows.append(row)
        return len(self._rows) - 1

    def part(self, name: str, number: int, row: int) -> None:
        """Note an address or a card of the last thing, which stands in another row."""
        at = len(self._rows) - 1
        if row != self._rows[at]:
            self._parts[at, name, number] = row

    def field(self, row: int, name: str) -> str:
        """The field of a fault in a cell: the row, and the column that says this."""
        column = self.mapping.columns.get(name)
        return f"file[{row}].{column}" if column else f"file[{row}]"

    def at(self, path: str) -> str:
        """The same of a path of the bundle; another path stays."""
        found = _PATH.fullmatch(path)
        if found is None or int(found[2]) >= len(self._rows):
            return path
        at, rest = int(found[2]), found[3]
        if found[1] == CUSTOMERS and (part := _PART.fullmatch(rest)):
            row = self._parts.get((at, part[1], int(part[2])), self._rows[at])
            key = f"{part[1]}.{part[3]}" if part[3] else part[1]
            return self._named(row, _OF_CUSTOMER.get(key, (part[3],)))
        if line := _LINE.fullmatch(rest):
            return self._named(self._rows[at], _OF_LINE.get(line[2], ("sent", "next_event")))
        rest = re.sub(r"^(children|payments|holds)\[.*", r"\1", rest)
        return self._named(self._rows[at], _OF_ORDER.get(rest, (rest.removeprefix("lines[0].continuity."),)))

    def _named(self, row: int, names: tuple[str, ...]) -> str:
        return self.field(row, next((name for name in names if name in self.mapping.columns), ""))

    def told(self, fault: Refused) -> Refused:
        """A fault of the bundle, told of the sheet."""
        facts: Mapping[str, object] = fault.facts
        first = facts.get("first")
        if isinstance(first, str) and _PATH.fullmatch(first):
            facts = {**facts, "first": self.at(first)}
        return Refused(fault.code, self.at(fault.field), **facts)

    def cell(self, field: str) -> Cell | None:
        """The row and the column of the field of a fault; None: it is of the sheet as a whole."""
        return cell_of(field, self.columns)


def cell_of(field: str, columns: tuple[str, ...]) -> Cell | None:
    """The row and the column in the field of a fault (``file[7].Town``)."""
    found = _CELL.fullmatch(field)
    if found is None:
        return None
    name = found[2]
    return Cell(int(found[1]), name, letter(columns.index(name)) if name in columns else None)
