"""`import` and `export`: the bundle in and out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from perennial import language
from perennial.cli.output import document, facts, following, note, say, section, sentence, table, tell
from perennial.cli.parser import Given, Parser, Run, by, order_day, path
from perennial.cli.tariffs import said as tariff_page
from perennial.errors import Several


def import_(p: Parser) -> Run:
    """A bundle comes in, all or nothing."""
    p.add_argument("file", type=path, metavar="FILE", help="the bundle; - is stdin")
    p.add_argument("--dry-run", action="store_true", help="say what would be new and changed, and change nothing")
    p.add_argument(
        "--only-given", action="store_true", help="keep what the bundle leaves out of a thing that is stored"
    )
    p.on()
    p.yes_date()
    p.by("who does it, for the history")

    def run(given: Given) -> int:
        from perennial.bundle.load.importer import import_bundle
        from perennial.bundle.reading.file import opened

        if given.on is not None:
            order_day(given)
        with opened(given.file, sys.stdin.buffer) as file, _said_how_to_mean_it():
            done = import_bundle(
                file=file,
                by=by(given),
                on=given.on,
                dry_run=given.dry_run,
                meant=frozenset(given.yes_date),
                only_given=given.only_given,
            )
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

    return run


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
