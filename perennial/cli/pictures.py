"""`pictures`: the figures of the pictures, worked out at once instead of by the next night."""

from __future__ import annotations

from perennial.cli.output import document, say, sentence
from perennial.cli.parser import Given, Parser, Run


def pictures(p: Parser) -> Run:
    """Demand, money and retention as of today."""

    def run(given: Given) -> int:
        from perennial.catalog.queries import today
        from perennial.pictures.figures import work_out

        made = work_out(today())
        if given.json:
            worked_out = made.worked_out_at.isoformat(timespec="seconds")
            document({"on": made.on.isoformat(), "worked_out_at": worked_out, "seconds": round(made.seconds, 1)})
        else:
            say(sentence("outcome", "pictures_worked_out", on=made.on, seconds=f"{made.seconds:.1f}"))
        return 0

    return run
