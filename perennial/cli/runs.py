"""Runs and nights in words, as `job`, `night` and the changes of many orders tell them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.cli.output import facts, say, section, sentence, table
from perennial.jobs import NIGHTLY
from perennial.kernel.money import Money, minor

MOST_SHOWN = 20
LOOKED_AT = ("programs", "unchanged")
"""Counts of what a job has looked at, not of what it did."""
CLEAR_LINE = "\r\x1b[K"


def above_0(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts that say something."""
    return {name: number for name, number in counts.items() if number}


def chunks() -> Callable[[int, int], None]:
    """On a terminal, how far a run is."""

    def progress(done: int, total: int) -> None:
        sys.stderr.write(f"\r{done:,} of {total:,} chunks" + ("\n" if done == total else ""))
        sys.stderr.flush()

    return progress


def last_line(done: Mapping[str, Any]) -> str:
    """What a run did, in words that add up."""
    stopped = done["status"] != "done"
    return sentence(
        "outcome", "run_done", dry=done["dry_run"], did=_did(done), sums=list(_amounts(done)), stopped=stopped
    )


CHILD_ORDERS = ("created", "left", "expired_card", "on_hold", "acceptance", "payment", "parked")
"""What becomes of the shipments that are due, in the order in which it is told."""


def _did(done: Mapping[str, Any]) -> str:
    """The counts of a run, and how much a dry run found locked."""
    counts: dict[str, int] = done["counts"]
    busy = sentence("reason", "busy")
    more = {"busy": sum(reason["reason"] == busy for reason in done["reasons"]) if done["dry_run"] else 0}
    more["parked"] = parked_uncounted(done)
    if done["job"] != "create-child-orders":
        told = {**counts, **{word: number for word, number in more.items() if number}}
        return ", ".join(sentence("count", word, count=number) for word, number in told.items())
    told = {word: number for word in (*CHILD_ORDERS, "busy") if (number := {**more, **counts}.get(word, 0))}
    parts = [sentence("count", word, count=number) for word, number in told.items()]
    if not parts:
        return sentence("outcome", "no_shipments_due")
    return sentence("outcome", "shipments_due", due=sum(told.values()), parts=parts)


def parked_uncounted(done: Mapping[str, Any]) -> int:
    """How much was parked by a job that has no count for it."""
    return 0 if "parked" in done["counts"] else sum(reason["blocked"] == "parked" for reason in done["reasons"])


def _amounts(done: Mapping[str, Any], *, zeros: bool = True) -> Iterator[str]:
    """The amounts of a run in words."""
    for currency, of in done["amounts"].items():
        for word, amount in of.items():
            if zeros or Decimal(amount):
                yield sentence("sum", word, amount=Money(minor(amount, currency), currency))


def job_page(done: Mapping[str, Any]) -> None:
    """A run: its counts, and the first of the reasons why something waits."""
    facts({"job": done["job"], "run": done["run"], "on": done["on"], "dry_run": done["dry_run"] or None})
    facts({name: f"{number:,}" for name, number in done["counts"].items()})
    reasons = done["reasons"]
    if reasons:
        section(sentence("outcome", "why_things_wait" if any(reason["blocked"] for reason in reasons) else "why"))
        names = ("order", "shipment", "blocked", "reason")
        table(names, ([reason.get(name) for name in names] for reason in reasons[:MOST_SHOWN]), "  ")
        if len(reasons) > MOST_SHOWN:
            say("  " + sentence("outcome", "more_reasons", count=len(reasons) - MOST_SHOWN))


def is_quiet(night: Mapping[str, Any]) -> bool:
    """Did the six jobs find nothing to do, and nothing that waits?"""
    jobs = night["jobs"]
    return len(jobs) == len(NIGHTLY) and all(
        job["status"] == "done"
        and not job["reasons"]
        and not any(number for word, number in job["counts"].items() if word not in LOOKED_AT)
        for job in jobs
    )


def night_page(ran: Sequence[Mapping[str, Any]]) -> None:
    """The runs of nights, a line each."""
    amounts = [list(_amounts(run, zeros=False)) for run in ran]
    names = ["on", "job", "run", "counts", *(["amounts"] if any(amounts) else [])]
    rows = ([r["on"], r["job"], r["run"], above_0(r["counts"]), a] for r, a in zip(ran, amounts, strict=True))
    table(names, (row[: len(names)] for row in rows))


def jobs_of_nights() -> Callable[[str, date], None] | None:
    """On a terminal one line that names the job at work; what it did takes its place."""
    if not sys.stderr.isatty():
        return None

    def progress(name: str, day: date) -> None:
        sys.stderr.write(f"{CLEAR_LINE}{day} {name} …")
        sys.stderr.flush()

    return progress
