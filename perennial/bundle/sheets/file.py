"""A sheet: a file of CSV whose first line names the columns. Read row by row, as often as needed, never held."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from perennial.errors import Refused
from perennial.kernel import limits

CHUNK = 1 << 20
ENCODINGS = ("utf-8", "cp1252", "latin-1", "utf-16")
"""How letters are written: as is usual today; by Windows; by older systems; by spreadsheets that say "Unicode text"."""
SEPARATORS = ("\t", ";", ",")
MOST_COLUMNS = 200
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_WINDOWS_ALONE = frozenset(range(0x80, 0xA0)) - {0x81, 0x8D, 0x8F, 0x90, 0x9D}
_SAYS_SEPARATOR = re.compile(r"\s*sep=(.)\s*", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"(?:\d[\s.\-]?){12,}\d")


class Sheet:
    """A sheet. ``encoding`` and ``separator`` are recognised where they are not said; ``heads`` are its first line as it
    stands, ``columns`` the same with a name of its own for each.

    Refused: what is no text, a workbook, a file without a head line, one whose cells do not end.
    """

    def __init__(self, file: BinaryIO, *, encoding: str | None = None, separator: str | None = None) -> None:
        self._file = file
        found = _encoding(file)
        self.encoding = encoding or found
        self._head_at = 1
        first = self._first_line()
        said = _SAYS_SEPARATOR.fullmatch(first)
        if said:
            self._head_at = 2
        self.separator = separator or (said[1] if said and said[1] in SEPARATORS else _separator(first))
        head = next((cells for row, cells in self._all() if row == self._head_at), [])
        if not any(cell.strip() for cell in head):
            raise Refused("file_empty", "file")
        if len(head) > MOST_COLUMNS:
            raise Refused("sheet_too_wide", "file", columns=len(head), most=MOST_COLUMNS)
        self.heads = tuple(cell.strip() for cell in head)
        self.columns = _named(head)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows behind the head line, each with its number as a spreadsheet counts; empty ones are passed over."""
        for row, cells in self._all():
            if row > self._head_at and any(cell and not cell.isspace() for cell in cells):
                yield row, [cell.strip() for cell in cells]

    def refuse_card_numbers(self) -> int:
        """Look through the whole sheet once. Refused: a column of card numbers, which may not be kept anywhere. Its rows, counted."""
        long, cards, count = [0] * len(self.columns), [0] * len(self.columns), 0
        for _, cells in self.rows():
            count += 1
            for at, cell in enumerate(cells[: len(self.columns)]):
                if len(cell) >= 13 and _LONG_NUMBER.search(cell):
                    long[at] += 1
                    cards[at] += limits.card_fault(cell) is not None
        for at, name in enumerate(self.columns):
            if cards[at] and 2 * cards[at] > long[at]:
                raise Refused("sheet_of_card_numbers", "file", column=name, letter=letter(at))
        return count

    def _first_line(self) -> str:
        with self._text() as text:
            try:
                return text.readline(CHUNK)
            except UnicodeError:
                raise Refused("sheet_of_other_encoding", "file", encoding=self.encoding) from None

    def _all(self) -> Iterator[tuple[int, list[str]]]:
        with self._text() as text:
            lines = csv.reader(text, delimiter=self.separator, strict=True)
            row = 0
            try:
                for row, cells in enumerate(lines, 1):
                    yield row, cells
            except csv.Error:  # the row that follows the last one that could be read
                raise Refused("sheet_row_not_csv", "file", row=row + 1) from None
            except UnicodeError:
                raise Refused("sheet_of_other_encoding", "file", encoding=self.encoding) from None

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        self._file.seek(0)
        text = io.TextIOWrapper(
            self._file, "utf-8-sig" if self.encoding == "utf-8" else self.encoding, newline="", write_through=False
        )
        try:
            yield text
        finally:
            text.detach()  # the file stays open


def letter(at: int) -> str:
    """What a spreadsheet calls a column: A to Z, AA …"""
    found = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        found = chr(65 + rest) + found
    return found


def _named(head: list[str]) -> tuple[str, ...]:
    """The names of the columns: an empty one has its letter, a second one of a name its number."""
    names: list[str] = []
    for at, cell in enumerate(head):
        wanted = limits.short(" ".join(cell.split())) or letter(at)
        name, number = wanted, 1
        while name in names:
            number += 1
            name = f"{wanted} ({number})"
        names.append(name)
    return tuple(names)


def _encoding(file: BinaryIO) -> str:
    """How the letters of the whole file are written."""
    file.seek(0)
    start = file.read(4)
    if start.startswith(_WORKBOOKS):
        raise Refused("sheet_is_workbook", "file")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    file.seek(0)
    decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    seen: set[int] = set()
    while True:
        piece = file.read(CHUNK)
        if b"\0" in piece:
            raise Refused("sheet_not_text", "file")
        if decoder is not None:
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError:
                decoder = None
        seen.update(piece)
        if not piece:
            break
    if decoder is not None:
        return "utf-8"
    return "cp1252" if {byte for byte in seen if 0x80 <= byte < 0xA0} <= _WINDOWS_ALONE else "latin-1"


def _separator(line: str) -> str:
    """What parts the cells of a line: that of the separators which stands most often outside quotes."""
    plain = re.sub(r'"[^"]*"', "", line)
    return max(SEPARATORS, key=plain.count)
