"""A row of a sheet as what its mapping says: by field its value, with every cell that cannot be read noted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from perennial.bundle.reading.faults import KEPT
from perennial.bundle.sheets.cells import read
from perennial.bundle.sheets.fields import FIELDS
from perennial.bundle.sheets.file import Sheet
from perennial.bundle.sheets.mapping import SheetMapping
from perennial.bundle.sheets.places import Places
from perennial.errors import Refused


@dataclass(slots=True)
class Row:
    """What a row says: ``said`` by field, as words; ``values`` those that could be read. What is empty is in neither."""

    number: int
    said: dict[str, str]
    values: dict[str, Any]


class Rows:
    """The rows of a sheet; ``faults`` are those of its cells: the first 1,000 of ``count``."""

    def __init__(self, sheet: Sheet, mapping: SheetMapping, places: Places) -> None:
        self.sheet, self.mapping, self.places = sheet, mapping, places
        self.faults: list[Refused] = []
        self.count = 0
        forms = {field.name: field.form for field in FIELDS[mapping.kind]}
        self._cells = [(name, forms[name], sheet.columns.index(column)) for name, column in mapping.columns.items()]

    def __iter__(self) -> Iterator[Row]:
        width = len(self.sheet.columns)
        dates, decimals = self.mapping.dates, self.mapping.decimals
        for number, cells in self.sheet.rows():
            row = Row(number, {}, {})
            if len(cells) > width and any(cells[width:]):
                self.wrong(row, "", Refused("row_of_other_length", count=len(cells), columns=width))
                continue
            for name, form, at in self._cells:
                words = cells[at] if at < len(cells) else ""
                if not words:
                    continue
                row.said[name] = words
                try:
                    row.values[name] = read(form, words, dates=dates, decimals=decimals)
                except Refused as refused:
                    self.wrong(row, name, refused)
            yield row

    def wrong(self, row: Row, name: str, refused: Refused) -> None:
        """Note what is wrong in a cell (``name``: its field), or with a row."""
        self.count += 1
        if len(self.faults) < KEPT:
            self.faults.append(refused.at(self.places.field(row.number, name)))
