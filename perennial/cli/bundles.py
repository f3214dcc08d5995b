"""`import` and `export`: the bundle in and out, and sheets in."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from perennial import language
from perennial.cli.output import document, facts, following, note, say, section, sentence, table, tell
from perennial.cli.parser import Given, Parser, Run, Usage, by, order_day, path
from perennial.cli.tariffs import said as tariff_page
from perennial.errors import Refused, Several

if TYPE_CHECKING:
    from perennial.bundle.load.report import Imported
    from perennial.bundle.sheets.mapping import SheetMapping

SHEETS = ("customers", "orders")


def import_(p: Parser) -> Run:
    """A bundle, or a sheet of customers or of orders, comes in, all or nothing."""
    p.add_argument("file", type=path, metavar="FILE", help="the bundle, or the sheet; - is stdin")
    p.add_argument(
        "--as",
        dest="kind",
        choices=SHEETS,
        help="FILE is CSV with a head line: customers, or continuity orders as they stand",
    )
    p.add_argument(
        "--mapping", type=path, metavar="FILE", help="which column says what (left out: as the head line says)"
    )
    p.add_argument(
        "--show-mapping", action="store_true", help="print how the columns are understood, and read nothing in"
    )
    p.add_argument("--dry-run", action="store_true", help="say what would be new and changed, and change nothing")
    p.add_argument(
        "--only-given", action="store_true", help="keep what the bundle leaves out of a thing that is stored"
    )
    p.on()
    p.yes_date()
    p.by("who does it, for the history")

    def of_sheets(given: Given) -> None:
        if given.kind is None and (given.mapping is not None or given.show_mapping):
            raise Usage("--as says what the sheet holds: customers or orders", "import")
        if given.kind is not None and given.only_given:
            raise Usage("of a sheet only what is given counts anyway: no --only-given", "import")

    def run(given: Given) -> int:
        from perennial.bundle.reading.file import opened

        if given.on is not None:
            order_day(given)
        with opened(given.file, sys.stdin.buffer) as file, _said_how_to_mean_it():
            if given.show_mapping:
                document(_mapping(given, file).document())
                return 0
            done = _imported(given, file)
        to = language.reader()
        for one in done.notes.all():
            said = (language.phrase(context, one.code, one.facts, to) for context in ("note", "command"))
            tell(sentence("phrase", "noted", said="".join(words or "" for words in said)))
        found = done.document()
        if given.json:
            document(found)
            return 0
        kinds = dict.fromkeys(kind for part in ("new", "changed", "same") for kind in found.get(part, {}))
        table(
            ("", "new", "changed", "the same"),
            ([kind, *(found.get(part, {}).get(kind, 0) for part in ("new", "changed", "same"))] for kind in kinds),
        )
        facts({"first charge on": found["first_charge_on"]})
        following(done.following)
        if done.tariff is not None:
            section(sentence("outcome", "tariff_kept", count=done.tariff.orders, tariff=done.tariff.tariff))
            tariff_page(done.tariff)
        if given.dry_run:
            tell(sentence("outcome", "dry_run_done"))
        elif done.numbers:
            more = done.tallies["orders"].new - len(done.numbers)
            say(sentence("outcome", "new_orders", numbers=list(done.numbers), more=more))
        return 0

    p.set_defaults(check=of_sheets)
    return run


def _imported(given: Given, file: BinaryIO) -> Imported:
    """What came in, or would."""
    from perennial.bundle.load.importer import import_bundle
    from perennial.bundle.sheets.load import import_sheet

    how: dict[str, Any] = {
        "by": by(given), "on": given.on, "dry_run": given.dry_run, "meant": frozenset(given.yes_date),
    }  # fmt: skip
    if given.kind is not None:
        return import_sheet(file=file, mapping=_mapping(given, file), **how)
    return import_bundle(file=file, only_given=given.only_given, **how)


def _mapping(given: Given, file: BinaryIO) -> SheetMapping:
    """Which column says what: as it was written down; what is left out of that as the sheet shows it."""
    from perennial.bundle.sheets.file import Sheet
    from perennial.bundle.sheets.mapping import guess, read_mapping

    if given.mapping is None:
        return guess(Sheet(file), given.kind)
    with open(given.mapping, "rb") as written:
        try:
            found = json.load(written)
        except ValueError:
            raise Refused("mapping_unreadable", "mapping") from None
    return read_mapping(found, given.kind)


@contextmanager
def _said_how_to_mean_it() -> Iterator[None]:
    """Of days that are years away, how they are said twice."""
    try:
        yield
    except Several as refused:
        days = {fault.facts["day"] for fault in refused.faults if fault.code == "day_years_away"}
        if days:
            note("days_are_meant", days=sorted(str(day) for day in days))
        raise


def export(p: Parser) -> Run:
    """Everything goes out as one bundle."""
    p.add_argument("file", type=path, metavar="FILE", help="where to; - is stdout")

    def run(given: Given) -> int:
        from perennial.bundle.export.exporter import export_file

        export_file(given.file)
        if given.file != "-":
            if given.json:
                document({"file": given.file})
            tell(sentence("outcome", "file_written", path=given.file))
        return 0

    return run
