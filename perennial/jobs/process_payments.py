"""process-payments: collect what is due, by card, on account, or as received at order entry.

1. Select the payments about which something is to be done on the date (``payments.work``), oldest first.
2. A chunk: ``payments.collect`` writes intents, asks the gateway, records the answers.
3. Count the chunk from the attempts and bills that carry the run's number.

Safe to rerun because every attempt is written before it is made and has one key for ever; the counts
come from rows, so a run that was killed reports what an undisturbed one does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from perennial.catalog.queries import company
from perennial.db import sql
from perennial.kernel.money import text
from perennial.payments import gateways
from perennial.payments.collect import collect
from perennial.payments.gateways.dry import DryGateway
from perennial.payments.work import rules, statement

NAME = "process-payments"
COUNTS = ("authorised", "captured", "billed", "declined", "failed", "unknown", "voided", "notified")
AMOUNTS = ("authorised", "captured", "billed")

SQL = sql.named("perennial.jobs", "process_payments.sql")


class Run(Protocol):
    """What this job asks of a run."""

    id: int
    on: date
    arguments: dict[str, Any]
    dry: bool
    by: str
    left_over: int


@dataclass
class Report:
    """What a chunk did: counts, amounts by currency as decimal strings, and why some were not collected."""

    counts: dict[str, int]
    amounts: dict[str, dict[str, str]] = field(default_factory=dict)
    reasons: list[dict[str, Any]] = field(default_factory=list)


def select(run: Run) -> None:
    """Write the run's work list: each payment once, by the day it is due."""
    product = run.arguments.get("product")
    where = "and coalesce(c1.parent_line_id, o.parent_line_id) in ($lines)" if product else ""
    scope = statement("all_open", where.replace("$lines", SQL["lines_of_product"]))
    gateway = gateways.current()
    sql.execute(
        SQL["select"].replace("$facts", scope),
        {
            **rules(run.on, DryGateway(gateway) if run.dry else gateway, run=run.id).as_params(),
            "run": run.id,
            "product": product,
        },
    )
    run.left_over = 0


def work(run: Run, first: int, last: int) -> None:
    """Process the payments of one chunk. Not inside a transaction, unless the run is dry."""
    ids = sql.tuples(
        "select subject_id from jobs_jobitem where run_id = %s and seq between %s and %s order by seq",
        [run.id, first, last],
    )
    collect([row[0] for row in ids], on=run.on, by=run.by, run=run.id, dry=run.dry)


def count(run: Run, first: int, last: int) -> Report:
    """What became of the chunk, from its rows."""
    params = {"run": run.id, "first": first, "last": last}
    found = sql.one(SQL["counts"], params)
    report = Report(counts=dict(zip(COUNTS, found or (0,) * len(COUNTS), strict=True)), amounts=no_amounts())
    for currency, *sums in sql.tuples(SQL["amounts"], params):
        report.amounts[currency] = {
            name: text(int(amount), currency) for name, amount in zip(AMOUNTS, sums, strict=True)
        }
    for order, shipment, failed, outcome, message in sql.tuples(SQL["reasons"], params):
        words = "failed" if failed else outcome
        report.reasons.append(
            {
                "order": order,
                "shipment": shipment,
                "blocked": "payment" if failed else None,
                "reason": f"{words}: {message}" if message else words,
            }
        )
    return report


def no_amounts() -> dict[str, dict[str, str]]:
    """Zeros in the installation's currency: the amounts of a run that had nothing to do."""
    currency = company().currency
    return {currency: {name: text(0, currency) for name in AMOUNTS}} if currency else {}
