"""Process payments: collect what is due, by card, on account, or as received by check and cash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perennial.catalog.queries import company, product_by_number
from perennial.db import sql
from perennial.jobs.job import Job, Run
from perennial.jobs.report import Report
from perennial.kernel.reasons import Reason
from perennial.payments import gateways, refused_keys
from perennial.payments.charge import collect
from perennial.payments.next_step import facts, rules, statement
from perennial.payments.noted import note_all

SQL = sql.named("perennial.jobs", "sql/process_payments.sql")
AMOUNTS = ("authorised", "captured", "billed")
BY_GATEWAY = ("authorise", "charge", "capture", "void", "refund", "reconcile")
"""The steps that nobody but a gateway can do."""
ANSWERS = {"declined": "payment_declined", "unknown": "payment_outcome_unknown"}


class ProcessPayments(Job):
    """Do about payments what is to be done by the date: ask the gateway, bill, record what was received.

    1. Select the payments that have a next step on the date (``payments.work``), by the day they are due.
    2. For each chunk, ``payments.collect`` commits what it is going to ask, asks the gateway outside of
       any transaction, and records the answers.
    3. Count the chunk from the attempts and bills that carry the run's number. A gateway that does not accept our key is not
       asked again by this run; what it was to be asked stays to be done, and is counted as ``not_asked``.

    Safe to rerun because every attempt is written before it is made and keeps its key: a chunk that is
    begun again first asks what became of those without an answer, and its counts come from rows.
    """

    name = "process-payments"
    counts = ("authorised", "captured", "billed", "declined", "failed", "unknown", "voided", "notified")
    counts_if_any = ("refunded", "not_asked")
    network = True
    touched = SQL["touched"]
    chunk_size = 2500
    names = SQL["named"]

    def arguments(self, run: Run) -> None:
        """``product``: only the orders of one continuity product, or only what sends one product that ships."""
        number = run.arguments.get("product")
        if number is None:
            return
        run.cache["product"] = product_by_number(number, "product").pk

    def due(self, run: Run) -> tuple[str, Mapping[str, Any]]:
        """Each payment about which something is to be done, once; what the parameters say holds for the run."""
        catching_up = _catching_up(run)
        values: dict[str, Any] = rules(run.on, gateways.current(), run=run.id, catching_up=catching_up).as_params()
        where = ""
        if "product" in run.cache:
            where = SQL["of_product"]
            values["product"] = run.cache["product"]
        return SQL["select"].replace("$facts", statement("all_open", where)), values

    def select(self, run: Run) -> tuple[int, Report]:
        """What is due, and amounts from 0 on."""
        selected, report = super().select(run)
        currency = company().currency
        if currency is not None:  # zeros too
            for word in AMOUNTS:
                report.amount(currency, word, 0)
        return selected, report

    def work(self, run: Run, first: int, last: int) -> Report:
        """Process the items ``first`` to ``last``; what came of it is counted afterwards, from the rows."""
        places = dict(
            sql.tuples(
                "select subject_id, seq from jobs_jobitem where run_id = %s and seq between %s and %s order by seq",
                [run.id, first, last],
            )
        )
        collect(
            places,
            on=run.on,
            by=run.by,
            run=run.id,
            places=places,
            catching_up=_catching_up(run),
            dry=run.dry,
            shut=_shut(run),
        )
        return Report()

    def count(self, run: Run, first: int, last: int) -> Report:
        """What became of the chunk."""
        values = {"run": run.id, "first": first, "last": last}
        report = Report()
        for word, number in zip((*self.counts, "refunded"), sql.tuples(SQL["counts"], values)[0], strict=True):
            if number or word in self.counts:
                report.count(word, number)
        for currency, *sums in sql.tuples(SQL["amounts"], values):
            for word, minor in zip((*AMOUNTS, "refunded"), sums, strict=True):
                if minor or word in AMOUNTS:
                    report.amount(currency, word, int(minor))
        for order, shipment, failed, outcome, message in sql.tuples(SQL["reasons"], values):
            code = "payment_failed_finally" if failed else ANSWERS[outcome]
            report.because(order, shipment, "payment" if failed else None, Reason(code, {"message": message}))
        if shut := _shut(run):
            self._count_not_asked(run, values, report)
            if not run.cache.setdefault("told_shut", set()) >= set(shut):
                run.cache["told_shut"].update(shut)
                report.because(None, None, None, Reason.of(refused_keys.refusal(shut)))
        return report

    def _count_not_asked(self, run: Run, values: Mapping[str, Any], report: Report) -> None:
        """Of what the chunk leaves to be done, what is done by a gateway alone."""
        ids = [row[0] for row in sql.tuples(SQL["subjects"], values)]
        found = facts(ids, rules(run.on, gateways.current(), run=run.id, catching_up=_catching_up(run)))
        if left := sum(one.step in BY_GATEWAY for one in found):
            report.count("not_asked", left)

    def sweep(self, run: Run) -> None:
        """Note what lists of all orders read."""
        note_all()


def _shut(run: Run) -> dict[str, str]:
    """The gateways that have refused our key in this run, with its setting."""
    found: dict[str, str] = run.cache.setdefault("shut", {})
    return found


def _catching_up(run: Run) -> bool:
    """Is this a night that was missed, with a later one behind it?"""
    return bool(run.arguments.get("catching_up"))
