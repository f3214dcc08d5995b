"""A list as a file for a spreadsheet: CSV, row by row as it is read. Who took how much is noted."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from io import StringIO
from typing import TypeVar

from django.http import StreamingHttpResponse

from perennial.db.pages import Page
from perennial.desk import access
from perennial.kernel import money
from perennial.kernel.money import Money
from perennial.language import Reader, phrase
from perennial.web.visit import Visit
from perennial.web.words import words

T = TypeVar("T")
AT_ONCE = 500
BYTE_ORDER_MARK = "\ufeff"
"""By it a spreadsheet knows that letters are written in UTF-8."""
_FORMULA = "=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"

Column = tuple[str, Callable[[T], object]]
"""What it is called, a code of the pages, and its value."""


def sheet(
    request: Visit, name: str, columns: Sequence[Column[T]], read: Callable[[str | None], Page[T]]
) -> StreamingHttpResponse:
    """All rows of a list, page by page. What is refused is refused before the file begins."""
    first = read(None)
    response = StreamingHttpResponse(
        _lines(request, name, columns, first, read), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}-{request.visitor.today.isoformat()}.csv"'
    return response


def _lines(
    request: Visit, name: str, columns: Sequence[Column[T]], first: Page[T], read: Callable[[str | None], Page[T]]
) -> Iterator[str]:
    rows, ended = 0, "broken off"
    try:
        yield BYTE_ORDER_MARK + _written([words(request, code) for code, _ in columns])
        page = first
        while True:
            lines = [_written([cell(value(one), request.visitor.reader) for _, value in columns]) for one in page.rows]
            rows += len(lines)
            yield "".join(lines)
            if page.next is None:
                break
            page = read(page.next)
        ended = "whole"
    finally:
        access.note_export(what=f"{request.get_full_path()}: {rows} rows, {ended}", by=request.visitor.by)


def _written(cells: Sequence[str]) -> str:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def cell(value: object, to: Reader) -> str:
    """A value as a spreadsheet reads it: days as ISO writes them, amounts and numbers plain; words never as a formula."""
    match value:
        case None:
            return ""
        case Money():
            return money.text(value.minor, value.currency)
        case bool():
            return phrase("phrase", "yes" if value else "no", None, to) or ""
        case date():
            return value.isoformat()
        case int():
            return str(value)
        case tuple() | list():
            return harmless(", ".join(str(one) for one in value))
    return harmless(str(value))


def harmless(words: str) -> str:
    """Words that a spreadsheet shows, and does not reckon with."""
    is_formula = words.lstrip()[:1] in tuple(_FORMULA) or words[:1] in ("\t", "\r", "\n")
    return f"'{words}" if is_formula else words
