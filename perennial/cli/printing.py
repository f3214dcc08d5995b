"""`print …`: packing slips, the pick list of a day, order confirmations and evidence in disputes as a PDF."""

from __future__ import annotations

import sys
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from perennial.cli.output import result
from perennial.cli.parser import Given, Parser, Run, Usage, long_code, on, path, whole
from perennial.errors import Refused

if TYPE_CHECKING:
    from perennial.papers import Pdf


SLIPS_IN_A_FILE = 200
"""How many slips are set at once: a document of thousands of papers takes minutes, and a printer no less."""


def print_slip(p: Parser) -> Run:
    """Packing slips, each on a page of its own."""
    p.add_argument(
        "numbers", type=long_code, nargs="*", metavar="NUMBER", help="child orders, or orders with ordinary lines"
    )
    p.add_argument("--all-due", action="store_true", help="of all that may be sent by the date")
    _out(p)
    p.on()

    def which(given: Given) -> None:
        if given.all_due == bool(given.numbers):
            raise Usage("either numbers of orders or --all-due", "print slip")

    p.set_defaults(check=which)

    def run(given: Given) -> int:
        from perennial import papers

        day = on(given)
        found = papers.due_slips(on=day) if given.all_due else papers.slips(given.numbers, on=day)
        first = list(islice(found, SLIPS_IN_A_FILE))
        if not first:
            raise Refused("nothing_due_to_pack", "all_due", on=day)
        second = list(islice(found, SLIPS_IN_A_FILE))
        if given.out == "-" or not second:
            return _write(papers.typeset([*first, *second, *found]), given)
        files: list[str] = []
        pages, slips = 0, first
        following = chain([second], iter(lambda: list(islice(found, SLIPS_IN_A_FILE)), []))
        while slips:
            made = papers.typeset(slips)
            files.append(_numbered(given.out, len(files) + 1))
            pages += made.pages
            _save(made, files[-1])
            slips = next(following, [])
        result({"files": files, "pages": pages}, given.json)
        return 0

    return run


def print_pick_list(p: Parser) -> Run:
    """What is to be packed, by product and by parcel."""
    _out(p)
    p.on()

    def run(given: Given) -> int:
        from perennial import papers

        return _write(papers.typeset([papers.pick_list(on=on(given))]), given)

    return run


def print_confirmation(p: Parser) -> Run:
    """What was agreed with the customer."""
    p.number()
    _out(p)
    p.on()

    def run(given: Given) -> int:
        from perennial import papers

        return _write(papers.typeset([papers.confirmation(given.number, on=on(given))]), given)

    return run


def print_evidence(p: Parser) -> Run:
    """What speaks for a charge that is disputed."""
    p.add_argument("dispute", type=whole, metavar="DISPUTE", help="the number of the dispute")
    _out(p)
    p.on()

    def run(given: Given) -> int:
        from perennial import papers

        return _write(papers.typeset([papers.evidence(given.dispute, on=on(given))]), given)

    return run


def _out(p: Parser) -> None:
    p.add_argument("--out", type=path, metavar="FILE", required=True, help="where to; - is stdout")


def _numbered(file: str, number: int) -> str:
    """The name of one of several files: slips.pdf, slips-2.pdf."""
    named = Path(file)
    return file if number == 1 else str(named.with_name(f"{named.stem}-{number}{named.suffix}"))


def _save(made: Pdf, file: str) -> None:
    if Path(file).is_dir():
        raise Refused("file_is_folder", "out", path=file)
    try:
        Path(file).write_bytes(made.bytes)
    except OSError as problem:
        raise Refused("file_unwritable", "out", path=file, why=problem.strerror) from None


def _write(made: Pdf, given: Given) -> int:
    """Write the PDF, and say how long it is. Refused: a folder, a file that cannot be written."""
    if given.out == "-":
        sys.stdout.buffer.write(made.bytes)
        sys.stdout.buffer.flush()
        return 0
    _save(made, given.out)
    result({"file": given.out, "pages": made.pages}, given.json)
    return 0
