"""A night: the six jobs in their order, for one business date; missed dates one by one, oldest first. When it is done, the
figures of the pictures are worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from psycopg.types.json import Jsonb

from perennial.catalog.queries import parameters, today
from perennial.db import sql
from perennial.errors import Refused
from perennial.jobs import JOBS, NIGHTLY, touched
from perennial.jobs.ahead import has_jumped, refuse_ahead
from perennial.jobs.at_work import Session
from perennial.jobs.dry_run import rehearse
from perennial.jobs.job import document
from perennial.jobs.kept_rows import KeptRows
from perennial.jobs.models import NightRun
from perennial.jobs.night_report import make_report
from perennial.jobs.report import Report
from perennial.jobs.runner import Opened, run_job
from perennial.kernel.calendar import add_days
from perennial.language.formats import ENGLISH, Reader
from perennial.pictures.figures import work_out

Progress = Callable[[str, date], None]


def last_night() -> date | None:
    """The business date of the last finished night."""
    finished = NightRun.objects.filter(finished_at__isnull=False)
    return finished.order_by("-on_date").values_list("on_date", flat=True).first()


def first_missed(through: date) -> date:
    """The first business date whose night is not done: behind the last finished one; where none is, the first that was begun."""
    if (last := last_night()) is not None:
        return last + timedelta(1)
    begun = NightRun.objects.filter(on_date__lte=through).order_by("on_date").values_list("on_date", flat=True).first()
    return begun or through


def is_over(day: date) -> bool:
    """Is the night of the day done, so that what ships on it goes with the next run?"""
    last = last_night()
    return last is not None and day <= last


def night(
    on: date | None = None,
    *,
    dry: bool = False,
    again: bool = False,
    by: str = "",
    progress: Progress | None = None,
    opened: Opened | None = None,
    to: Reader = ENGLISH,
    meant: date | None = None,
) -> dict[str, Any]:
    """Run the night of a date, or without one every missed night through today. ``opened`` hears of each run before it is
    worked on; ``to``: who reads the reasons.

    ``meant``: the date once more, as ``jobs/ahead.py`` wants it. Without it a date ahead is refused; where more nights
    were missed than run by themselves none is run, and that of today is rehearsed (``waits`` says how many there are).

    A date whose night is done is passed over without ``again`` (no ``jobs``, or not among ``nights``), also when
    another process has done it meanwhile. Refused: a date before the last finished night without ``again`` (nothing
    moves back).
    """
    last = last_night()
    if on is not None:
        if not dry:
            refuse_ahead(on, meant)
        if last is not None and on < last and not again:
            raise Refused("night_done", "on", last=last, on=on)
        return one_night(on, dry=dry, again=again, by=by, progress=progress, opened=opened, to=to)
    end = today()
    start = first_missed(end)
    dates = _through(start, end)
    if dry:
        return {"nights": _rehearsal(dates, by, to, progress)}
    if has_jumped(start - timedelta(1), end) and meant != end:
        waits = {"last": (start - timedelta(1)).isoformat(), "today": end.isoformat(), "missed": len(dates)}
        return {"nights": _rehearsal([end], by, to, progress), "waits": waits}
    nights: list[dict[str, Any]] = []
    with Session() as session:
        for day in dates:
            catching_up = day != dates[-1]
            made = one_night(
                day,
                again=False,
                by=by,
                progress=progress,
                opened=opened,
                session=session,
                to=to,
                catching_up=catching_up,
                figures=wants_figures(day, dates[-1]),
            )
            if not made["jobs"]:
                continue
            nights.append(made)
            if not is_done(made):  # somebody asked it to stop: no later night before this one
                break
    return {"nights": nights}


def to_run(on: date | None) -> list[date]:
    """The business dates of the nights that would be run now: that of a date, or without one every missed one through today."""
    if on is not None:
        return [] if _is_passed(on) else [on]
    end = today()
    return _through(first_missed(end), end)


def _through(start: date, end: date) -> list[date]:
    return [date.fromordinal(day) for day in range(start.toordinal(), end.toordinal() + 1)]


def wants_figures(on: date, last: date | None) -> bool:
    """Of nights that follow each other at once: are figures worked out in that of a date? In the last one, and once a week, so
    that what was expected of each week is kept. ``last``: None where others follow behind the last one, too.
    """
    return on == last or on.weekday() == 0


def is_done(night: dict[str, Any]) -> bool:
    """Have all six jobs of a night come to their end?"""
    return len(night["jobs"]) == len(NIGHTLY) and all(job["status"] == "done" for job in night["jobs"])


def one_night(
    on: date,
    *,
    dry: bool = False,
    again: bool = True,
    by: str = "",
    progress: Progress | None = None,
    opened: Opened | None = None,
    session: Session | None = None,
    to: Reader = ENGLISH,
    catching_up: bool = False,
    figures: bool = True,
) -> dict[str, Any]:
    """The six runs of one date. A night that was killed goes on with the job that it was killed in.

    What is done of it is not done again: a second extension after the children are made would plan on
    further than an undisturbed night does. Without ``again`` a date whose night is done, or that lies before one
    that is, is passed over: it has no jobs. ``catching_up``: a later night is run right behind this one. ``figures``: whoever
    ends it works the figures of the pictures out, outside of it: a fault there holds up no later night.
    """
    _in_the_calendar(on)
    if dry:
        done = not again and _is_passed(on)
        return {"on": on.isoformat(), "jobs": []} if done else _rehearsal([on], by, to, progress)[0]
    documents: list[dict[str, Any]] = []
    started = _opened(on, again=again)
    if started is None:
        return {"on": on.isoformat(), "jobs": documents}
    touched.forget(on)
    with nullcontext(session) if session else Session() as session:
        for name in NIGHTLY:
            if progress is not None:
                progress(name, on)
            made = run_job(
                JOBS[name](),
                on=on,
                arguments=night_arguments(name, catching_up),
                by=by,
                night=started,
                session=session,
                opened=opened,
                to=to,
            )
            documents.append(made)
            if made["status"] != "done":
                return {"on": on.isoformat(), "jobs": documents}
    ended = sql.execute(
        "update jobs_nightrun set finished_at = now(), report = %s where id = %s and finished_at is null",
        [Jsonb(make_report(started)), started],
    )
    if ended and figures:
        work_out(on)
    return {"on": on.isoformat(), "jobs": documents}


def _opened(on: date, *, again: bool) -> int | None:
    """The date's night that is not finished, else a new one; None: it is passed over."""
    with transaction.atomic():
        # Nobody opens or finishes a night while another decides which one is next.
        sql.execute("lock table jobs_nightrun in share row exclusive mode")
        if not again and _is_passed(on):
            return None
        return _unfinished(on) or NightRun.objects.create(on_date=on).pk


def _unfinished(on: date) -> int | None:
    """The date's night that was begun and is not finished."""
    return NightRun.objects.filter(on_date=on, finished_at=None).values_list("pk", flat=True).first()


def _is_passed(on: date) -> bool:
    """Is the night of the date done, with none to go on with, or that of a later date?"""
    last = last_night()
    return last is not None and (on < last or (on == last and _unfinished(on) is None))


def night_arguments(name: str, catching_up: bool = False) -> dict[str, Any]:
    """To what a night restricts a job."""
    if name == "process-payments" and catching_up:
        return {"catching_up": True}
    return {"night": True} if name == "update-orders" else {}


class _Undo(Exception):
    pass


def _in_the_calendar(on: date) -> None:
    """Refused before the first job has done its part: a night whose shipments lie behind the last date there is."""
    add_days(on, parameters().days_before_delivery, "on")


def _rehearsal(dates: Sequence[date], by: str, to: Reader, progress: Progress | None = None) -> list[dict[str, Any]]:
    """All jobs of all nights in one transaction that is taken back, so that each sees the ones before."""
    rehearsals: list[tuple[KeptRows, Report]] = []
    try:
        with transaction.atomic():
            for on in dates:
                _in_the_calendar(on)
                for name in NIGHTLY:
                    if progress is not None:
                        progress(name, on)
                    job, arguments = JOBS[name](), night_arguments(name, on != dates[-1])
                    kept = KeptRows(job, on, arguments, by)
                    rehearsals.append((kept, Report()))
                    rehearsals[-1][1].add(rehearse(job, on, arguments, by, kept))
            raise _Undo
    except _Undo:
        pass
    except BaseException:
        for kept, _ in rehearsals:
            kept.drop()
        raise
    nights: dict[date, list[dict[str, Any]]] = {on: [] for on in dates}
    for kept, report in rehearsals:
        nights[kept.on].append(document(kept.job, kept.close(report), to))
    return [{"on": on.isoformat(), "jobs": jobs} for on, jobs in nights.items()]
