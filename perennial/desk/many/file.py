"""Orders, shipments and new days as a file of CSV has them: every fault with its line and column, or all of them right.

The first line names the columns: ``order``, ``shipment``, ``new date``, and ``line`` where an order has several continuity
lines, or as one of our languages calls them. Commas or semicolons part them, as spreadsheets write them. Days are 2026-04-30, or
as people write them: where the day stands is told by the days of the file, else by the language of its heads.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from perennial.db import sql
from perennial.desk.entry.far import far_away
from perennial.desk.locking import unknown_order
from perennial.desk.many.wanted import Asked
from perennial.errors import Refused, Several
from perennial.kernel import limits
from perennial.language import LANGUAGES, Reader, phrase
from perennial.language.written import DAY_FIRST, day, order_of_all, plain

if TYPE_CHECKING:
    from _csv import _reader

SQL = sql.named("perennial.desk.many", "file.sql")
COLUMNS = ("order", "shipment", "new date")
LINE = "line"
MOST_FAULTS = 1000


class Row(NamedTuple):
    """A line of the file (the first is 1): the shipment of an order, and its new day. ``line`` None: not said."""

    place: int
    order: str
    shipment: int
    to: date
    line: int | None


@dataclass
class File:
    """What a file says, and what is wrong with it. ``digest``: the same file has the same."""

    digest: str
    rows: list[Row] = field(default_factory=list)
    faults: list[tuple[int, int, Refused]] = field(default_factory=list)

    def wrong(self, place: int, column: str, refused: Refused) -> None:
        """Note what is wrong in a line and a column."""
        at = (*COLUMNS, LINE).index(column)
        self.faults.append((place, at, refused.at(f"file[{place}].{column}")))

    def refuse(self) -> None:
        """Refused: all that is wrong, the first thousand of it, in the order of the file."""
        if self.faults:
            shown = [fault for *_, fault in sorted(self.faults, key=lambda one: one[:2])]
            raise Several(shown[:MOST_FAULTS], "file_at_fault", count=len(shown))


class _Found(NamedTuple):
    """What there is of a line's order: its id, whether it is a child, its continuity lines, whether the one that is meant
    has the shipment.
    """

    place: int
    order: int | None
    is_child: bool
    lines: list[str]
    chosen: int | None
    has_shipment: bool


def read_file(content: bytes) -> File:
    """The rows of a file, with the faults of its form. Refused: it is no text, its first line does not name the columns."""
    file = File(hashlib.sha256(content).hexdigest())
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("file_not_utf8", "file") from None
    first = text.split("\n", 1)[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",")
    try:
        _read(file, lines)
    except csv.Error:  # a cell without end
        raise Refused("file_not_csv", "file", line=lines.line_num) from None
    return file


def _read(file: File, lines: _reader) -> None:
    header = [name.strip().lower() for name in next(lines, [])]
    names, dates = _columns(header)
    said: list[tuple[int, dict[str, str]]] = []
    before = lines.line_num
    for cells in lines:
        place, before = before + 1, lines.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            file.wrong(place, COLUMNS[0], Refused("row_of_other_length", count=len(cells), columns=len(names)))
            continue
        said.append((place, dict(zip(names, (cell.strip() for cell in cells), strict=True))))
    dates = order_of_all(one["new date"] for _, one in said) or dates
    file.rows = [row for place, one in said if (row := _row(file, place, one, dates)) is not None]


def _columns(header: list[str]) -> tuple[list[str], str | None]:
    """What the heads of a file name, all in one language, and what stands first in its days: English is written both ways.

    Refused: they name other columns.
    """
    for language in LANGUAGES:
        known = {plain(_called(name, language)): name for name in (*COLUMNS, LINE)}
        names = [known.get(plain(head), "") for head in header]
        if sorted(names) in (sorted(COLUMNS), sorted((*COLUMNS, LINE))):
            return names, None if language == "en" else DAY_FIRST
    raise Refused("file_header", "file", found=limits.short(", ".join(header)), columns=list(COLUMNS), line=LINE)


def _called(column: str, language: str) -> str:
    return phrase("file column", column, None, Reader(language)) or column


def _row(file: File, place: int, said: dict[str, str], dates: str | None) -> Row | None:
    """A line of the file; None: something in it cannot be read, which is noted."""
    before = len(file.faults)
    order, shipment, to = (said[name] for name in COLUMNS)
    line = said.get(LINE) or None
    if fault := limits.code_fault(order, limits.LONG_CODE):
        file.wrong(place, "order", fault)
    if not _is_whole(shipment):
        file.wrong(place, "shipment", Refused("not_whole_from_1", value=limits.short(shipment)))
    if line is not None and not _is_whole(line):
        file.wrong(place, LINE, Refused("not_whole_from_1", value=limits.short(line)))
    try:
        new = day(to, dates)
    except Refused as refused:
        file.wrong(place, "new date", refused)
    if len(file.faults) > before:
        return None
    return Row(place, order, int(shipment), new, None if line is None else int(line))


def _is_whole(words: str) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", words) is not None and int(words) > 0


def asked_in(file: File, *, on: date, most: int | None, meant: Collection[date]) -> list[Asked]:
    """What a file asks of orders, in its order. Refused: all that is wrong with it, each with its line and column.

    ``most``, ``meant``: as for the days of one order (``far_away``).
    """
    found = {
        row.place: row
        for row in sql.rows(
            _Found,
            SQL["rows"],
            {
                "places": [row.place for row in file.rows],
                "orders": [row.order for row in file.rows],
                "shipments": [row.shipment for row in file.rows],
                "lines": [row.line for row in file.rows],
            },
        )
    }
    asked = []
    seen: dict[tuple[int, int | None, int], int] = {}
    for row in file.rows:
        there = found[row.place]
        for column, refused in _faults(row, there, on=on, most=most, meant=meant):
            file.wrong(row.place, column, refused)
        if there.order is None or not there.has_shipment:
            continue
        first = seen.setdefault((there.order, there.chosen, row.shipment), row.place)
        if first != row.place:
            file.wrong(row.place, "shipment", Refused("row_twice", order=row.order, shipment=row.shipment, first=first))
        asked.append(Asked(there.order, there.chosen, row.shipment, row.to))
    file.refuse()
    if not asked:
        raise Refused("file_without_rows", "file")
    return asked


def _faults(
    row: Row, there: _Found, *, on: date, most: int | None, meant: Collection[date]
) -> Sequence[tuple[str, Refused]]:
    """What is wrong with a line: with its order, or its shipment; and with its day."""
    found = []
    if there.order is None:
        found.append(("order", unknown_order(row.order)))
    elif there.is_child:
        found.append(("order", Refused("is_child_order", order=row.order)))
    elif not there.lines:
        found.append(("order", Refused("no_continuity_line", order=row.order)))
    elif row.line is None and len(there.lines) > 1:
        found.append(("order", Refused("several_continuity_lines", order=row.order, lines=there.lines)))
    elif there.chosen is None:
        found.append((LINE, Refused("not_a_continuity_line", order=row.order, line=row.line, lines=there.lines)))
    elif not there.has_shipment:
        found.append(("shipment", Refused("shipment_unknown", order=row.order, shipment=row.shipment)))
    if row.to < on:
        found.append(("new date", Refused("date_past", date=row.to, earliest=on)))
    elif far := far_away(row.to, "", on=on, most=most, meant=meant):
        found.append(("new date", far))
    return found
