"""Update current event: where each program stands today by its own calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perennial.db import sql
from perennial.jobs import touched
from perennial.jobs.job import Job, Run
from perennial.jobs.report import Report
from perennial.kernel.plan import current_event
from perennial.kernel.reasons import Reason
from perennial.programs.models import Program
from perennial.programs.queries import load_revisions, newest_released

DUE = """
select row_number() over (order by p.schedule_id), p.id, null::int from programs_program p
 where p.active and exists (select from programs_programrevision r where r.program_id = p.id and r.released)
"""
LOCK = """
select * from programs_program
 where id in (select subject_id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s)
 order by id for no key update
"""


class UpdateCurrentEvent(Job):
    """Store the event that is current, and the date when it became so, for screens.

    1. For each active program, run its calendar from the day it started on.
    2. Store what is current on the business date, if it is later than what is stored.

    Safe to rerun because the calendar gives the same answer, and nothing is moved back. No order
    depends on it: an order computes the current event of its own order date.
    """

    name = "update-current-event"
    counts = ("programs", "advanced")
    names = (
        "select p.schedule_id, null::int from jobs_jobitem i join programs_program p on p.id = i.subject_id"
        " where i.run_id = %s and i.seq = %s"
    )

    def due(self, run: Run) -> tuple[str, Mapping[str, Any]]:
        """Active programs that were released, by schedule id."""
        return DUE, {}

    def work(self, run: Run, first: int, last: int) -> Report:
        """Advance the programs ``first`` to ``last``."""
        report = Report()
        programs = sql.models(Program, LOCK, {"run": run.id, "first": first, "last": last})
        places = touched.places(run, first, last)
        rows = []
        newest = newest_released(program.pk for program in programs)
        loaded = load_revisions(run.set_up, newest.values())
        for program in programs:
            report.count("programs")
            revision = loaded[newest[program.pk]]
            if revision.started_on is None:
                continue
            current = current_event(revision.plan, revision.started_on, run.on)
            if current is None or (program.current_since is not None and current.since < program.current_since):
                continue
            stored = (program.current_key, program.current_event_id, program.current_repetition, program.current_since)
            if stored == (current.key, current.event_id, current.repetition, current.since):
                continue
            before = _stands(program)
            program.current_key, program.current_event_id = current.key, current.event_id
            program.current_repetition, program.current_since = current.repetition, current.since
            program.save(update_fields=["current_key", "current_event_id", "current_repetition", "current_since"])
            report.count("advanced")
            rows.append(
                touched.Row(
                    seq=places[program.pk],
                    number=1,
                    name=program.schedule_id,
                    line=None,
                    shipment=None,
                    what="advanced",
                    before=touched.stored(before),
                    after=touched.stored(_stands(program)),
                    because=None,
                )
            )
        touched.write(run, rows)
        return report

    def park(self, run: Run, seq: int, reason: Reason, sqlstate: str | None) -> Report:
        """A program whose calendar cannot be computed is named; the others go on."""
        program, _ = self.named(run, seq)
        report = Report()
        report.count("programs")
        report.because(program, None, "parked", reason)
        return report


def _stands(program: Program) -> dict[str, Any] | None:
    """Where a program stands by its own calendar, and since when."""
    if program.current_since is None:
        return None
    return {
        "event": program.current_event_id,
        "key": program.current_key,
        "repetition": program.current_repetition,
        "since": program.current_since.isoformat(),
    }
