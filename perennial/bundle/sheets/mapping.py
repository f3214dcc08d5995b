"""Which column of a sheet says what, and how its days and amounts are written: guessed, and kept for the next sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from perennial.bundle.sheets.cells import DECIMALS, mark_of
from perennial.bundle.sheets.fields import FIELDS, KINDS, ONE_OF, field_names, heads
from perennial.bundle.sheets.file import ENCODINGS, SEPARATORS, Sheet
from perennial.errors import Refused, refuse_all
from perennial.kernel.guess import meant
from perennial.language.written import DATES, order_of_all, plain

LOOKED_AT = 500
"""So many rows are looked at for how days and amounts are written."""
KEYS = ("as", "encoding", "separator", "dates", "decimals", "columns")


@dataclass(frozen=True, slots=True)
class SheetMapping:
    """How a sheet of a kind is read. ``columns``: by field, the name of its column; ``encoding``, ``separator``, ``dates`` and
    ``decimals`` None: as the sheet shows it.
    """

    kind: str
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    separator: str | None = None
    dates: str | None = None
    decimals: str | None = None

    def document(self) -> dict[str, Any]:
        """The JSON that ``read_mapping`` reads."""
        return {
            "as": self.kind,
            "encoding": self.encoding,
            "separator": self.separator,
            "dates": self.dates,
            "decimals": self.decimals,
            "columns": dict(self.columns),
        }

    def refuse(self, sheet: Sheet) -> None:
        """Refused: a column that the sheet does not have, a field that needs a column and has none."""
        refuse_all(self._faults(sheet))

    def _faults(self, sheet: Sheet) -> Iterator[Refused]:
        for name, column in self.columns.items():
            if column not in sheet.columns:
                yield Refused("sheet_without_column", name, column=column, columns=list(sheet.columns))
        for one in FIELDS[self.kind]:
            if one.required and one.name not in self.columns:
                yield Refused("sheet_needs_column", one.name, what=one.name)
        for names in ONE_OF[self.kind]:
            if not any(name in self.columns for name in names):
                yield Refused("sheet_needs_one_column", names[0], names=list(names))


def guess(sheet: Sheet, kind: str, kept: SheetMapping | None = None) -> SheetMapping:
    """The mapping of a sheet: what was ``kept`` of the last one, as far as its columns are there; the rest by the head line,
    and by how the first rows write days and amounts (None: they do not say).
    """
    found: dict[str, str] = {}
    if kept is not None:
        found = {name: column for name, column in kept.columns.items() if column in sheet.columns}
    known, taken = heads(kind), set(found.values())
    for column in sheet.columns:
        name = known.get(plain(column))
        if name is not None and name not in found and column not in taken:
            found[name] = column
            taken.add(column)
    ordered = {name: found[name] for name in field_names(kind) if name in found}
    rows = list(islice(sheet.rows(), LOOKED_AT))
    made = SheetMapping(kind, ordered, sheet.encoding, sheet.separator)
    dates, decimals = _dates(made, sheet, rows), _decimals(made, sheet, rows)
    if kept is not None:
        dates, decimals = dates or kept.dates, decimals or kept.decimals
    return replace(made, dates=dates, decimals=decimals)


def _cells(made: SheetMapping, sheet: Sheet, rows: Sequence[tuple[int, list[str]]], *forms: str) -> Iterator[str]:
    columns = {one.name for one in FIELDS[made.kind] if one.form in forms}
    places = [sheet.columns.index(column) for name, column in made.columns.items() if name in columns]
    for _, cells in rows:
        yield from (cells[at] for at in places if at < len(cells) and cells[at])


def _dates(made: SheetMapping, sheet: Sheet, rows: Sequence[tuple[int, list[str]]]) -> str | None:
    return order_of_all(_cells(made, sheet, rows, "day"))


def _decimals(made: SheetMapping, sheet: Sheet, rows: Sequence[tuple[int, list[str]]]) -> str | None:
    marks = {mark for cell in _cells(made, sheet, rows, "amount") if (mark := mark_of(cell)) is not None}
    return marks.pop() if len(marks) == 1 else None


def read_mapping(document: Any, kind: str) -> SheetMapping:
    """A mapping as it was kept, or as somebody has written it. Refused: all that is wrong with it."""
    if not isinstance(document, dict):
        raise Refused("mapping_unreadable", "mapping")
    faults = [
        Refused("mapping_key", f"mapping.{key}", key=key, known=list(KEYS)) for key in document if key not in KEYS
    ]
    for key, known in (
        ("as", KINDS),
        ("encoding", ENCODINGS),
        ("separator", SEPARATORS),
        ("dates", DATES),
        ("decimals", DECIMALS),
    ):
        value = document.get(key)
        if value is not None and value not in known:
            faults.append(Refused("unknown_word", f"mapping.{key}", word=str(value)[:40], known=known))
    if document.get("as") not in (None, kind) and not faults:
        faults.append(Refused("mapping_of_other_kind", "mapping.as", found=document["as"], kind=kind))
    columns = document.get("columns", {})
    if not isinstance(columns, dict) or not all(isinstance(column, str) for column in columns.values()):
        raise Refused("mapping_unreadable", "mapping.columns")
    names = field_names(kind)
    for name in columns:
        if name not in names:
            faults.append(
                Refused("mapping_field", f"mapping.columns.{name}", name=name, kind=kind, meant=meant(name, names))
            )
    refuse_all(faults)
    return SheetMapping(
        kind,
        dict(columns),
        encoding=document.get("encoding"),
        separator=document.get("separator"),
        dates=document.get("dates"),
        decimals=document.get("decimals"),
    )
