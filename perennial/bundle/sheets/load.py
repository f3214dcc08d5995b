"""A sheet comes in: it becomes a bundle, the bundle is imported, and each fault says its row and column."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any, BinaryIO

from perennial.bundle.load.importer import Progress, import_bundle
from perennial.bundle.load.report import Imported
from perennial.bundle.reading.faults import BundleRefused, Faults
from perennial.bundle.reading.notes import note
from perennial.bundle.sheets.customers import customers
from perennial.bundle.sheets.fields import CUSTOMERS
from perennial.bundle.sheets.file import Sheet
from perennial.bundle.sheets.mapping import SheetMapping
from perennial.bundle.sheets.orders import orders
from perennial.bundle.sheets.places import Cell, Places, cell_of
from perennial.bundle.sheets.rows import Rows
from perennial.catalog.queries import today
from perennial.errors import Refused


def import_sheet(
    *,
    file: BinaryIO,
    mapping: SheetMapping,
    by: str,
    on: date | None = None,
    dry_run: bool = False,
    meant: Collection[date] = (),
    progress: Progress | None = None,
) -> Imported:
    """Import a sheet, all or nothing. Refused (``BundleRefused``, every fault with its row and column as ``file[7].Town``) when
    anything is wrong with it; a sheet of card numbers at once.

    What the sheet has no column for, and empty cells, leave what is stored as it is. The other parameters are those of
    ``import_bundle``.
    """
    sheet = Sheet(file, encoding=mapping.encoding, separator=mapping.separator)
    mapping.refuse(sheet)
    sheet.refuse_card_numbers()
    places = Places(mapping, sheet.columns)
    rows = Rows(sheet, mapping, places)
    with tempfile.TemporaryFile(prefix="perennial-sheet-") as bundle:
        _write(bundle, mapping.kind, things_of(rows, places, on=on or today()))
        found: tuple[Refused, ...] = ()
        more = 0
        try:
            done = import_bundle(
                file=bundle,
                by=by,
                on=on,
                dry_run=dry_run or bool(rows.faults),
                meant=meant,
                only_given=True,
                progress=progress,
            )
        except BundleRefused as refused:
            found, more = tuple(places.told(one) for one in refused.faults), refused.count - len(refused.faults)
    if rows.faults or found:
        more += rows.count - len(rows.faults)
        raise BundleRefused(_together(rows.faults, found, more, sheet.columns))
    if unread := [column for column in sheet.columns if column not in mapping.columns.values()]:
        done.notes.add("columns", [note("sheet_columns_unread", columns=unread)])
    return done


def things_of(rows: Rows, places: Places, *, on: date) -> Iterator[dict[str, Any]]:
    """What the rows of a sheet become in the bundle."""
    return customers(rows, places) if rows.mapping.kind == CUSTOMERS else orders(rows, places, on=on)


def _write(file: BinaryIO, name: str, things: Iterator[dict[str, Any]]) -> None:
    file.write(f'{{"{name}": ['.encode())
    for number, thing in enumerate(things):
        file.write(
            (",\n" if number else "\n").encode() + json.dumps(thing, ensure_ascii=False).encode("utf-8", "replace")
        )
    file.write(b"\n]}\n")
    file.flush()


def _together(cells: list[Refused], found: tuple[Refused, ...], more: int, columns: tuple[str, ...]) -> Faults:
    """The faults of cells and of the bundle by row and column; a cell that could not be read is not blamed again."""
    blamed = {one.field for one in cells}
    rows = {cell.row for one in cells if (cell := cell_of(one.field, columns)) is not None}
    fresh = [one for one in found if one.field not in blamed and not _rests(one, rows, columns)]
    faults = Faults()
    for one in sorted((*cells, *fresh), key=lambda one: _place(one, columns)):
        faults.add(one)
    faults.count += more
    return faults


def _rests(fault: Refused, rows: set[int], columns: tuple[str, ...]) -> bool:
    """Does the fault come of a cell of the same row that could not be read?"""
    cell = cell_of(fault.field, columns)
    return cell is not None and cell.row in rows and (fault.code == "required" or cell.column is None)


def _place(fault: Refused, columns: tuple[str, ...]) -> tuple[int, int]:
    cell = cell_of(fault.field, columns) or Cell(0)
    return cell.row, columns.index(cell.column) if cell.column in columns else -1
