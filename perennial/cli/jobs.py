"""`job`, `night`, `simulate`, `parked`: what the night does, and what it could not do."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any

from perennial.cli.output import DoneBut, document, listing, note, outcome, result, say, sentence, table, tell
from perennial.cli.parser import Given, Parser, Run, Usage, by, count, day, did_you_mean, on, percent, who, whole
from perennial.cli.runs import (
    CLEAR_LINE,
    above_0,
    chunks,
    is_quiet,
    job_page,
    jobs_of_nights,
    last_line,
    night_page,
    parked_uncounted,
)
from perennial.errors import Refused
from perennial.jobs import CRITERIA, JOBS, NIGHTLY
from perennial.language import reader

PARKED, WAITS = 3, 4  # exit statuses


def job(p: Parser) -> Run:
    """One of the six jobs, for one business date."""
    p.add_argument("name", metavar="NAME", nargs="?", help=f"{', '.join(NIGHTLY)}; left out: list them")
    p.on()
    yes_on(p)
    p.add_argument("--dry-run", action="store_true", help="say what it would do, and change nothing")
    p.add_argument("--through", type=day, metavar="DATE", help="create-child-orders: what ships through this date")
    p.add_argument("--limit", type=count, metavar="N", help="create-child-orders: at most so many child orders")
    p.add_argument("--program", metavar="ID", help="create-child-orders, update-orders: of this program alone")
    p.add_argument(
        "--revision",
        type=whole,
        metavar="N",
        help="update-orders, with --program: its version N, with --dry-run a draft too",
    )
    p.add_argument(
        "--refresh",
        type=whole,
        metavar="RUN",
        help="update-orders, with --revision and --dry-run: only what has changed since the preview of this run",
    )
    p.add_argument(
        "--keep",
        action="store_const",
        const=True,
        help="update-orders, with --revision: keep what is changed, so that `orders take-back` puts it back",
    )
    p.add_argument(
        "--product",
        metavar="P",
        help="create-child-orders, process-payments: of this continuity product, or with this product",
    )
    p.add_argument("--customer", metavar="ACCOUNT", help="create-child-orders: of this customer alone")
    p.add_argument("--order", metavar="NUMBER", help="create-child-orders: of this order alone")
    p.by("who starts it, for the list of runs")
    _by_worker(p)

    def run(given: Given) -> int:
        criteria = _criteria(given)
        if given.name is None:
            return _status(given)
        if given.by_worker:
            return _asked(given, job=given.name, arguments=criteria)
        from perennial.jobs.ahead import run_by_hand

        _refuse_other_day(given, given.name)
        done = run_by_hand(
            JOBS[given.name](),
            on=on(given),
            meant=given.yes_on,
            arguments=criteria,
            dry=given.dry_run,
            by=by(given),
            progress=chunks() if sys.stderr.isatty() else None,
            to=reader(),
        )
        _say_whether_told()
        refused = _without_key([done])
        if not given.json:
            job_page(done)
        elif refused is None:
            document(done)
        tell(last_line(done))
        if refused is not None:
            raise DoneBut(done, refused)
        return 0 if done["status"] == "done" else 1

    p.set_defaults(check=_criteria)
    return run


def _without_key(ran: Sequence[Mapping[str, Any]]) -> Refused | None:
    """What is told behind the runs where a gateway did not accept our key: what it was to be asked is still to be done."""
    from perennial.payments.refused_keys import refusal_now

    return refusal_now() if any(run["counts"].get("not_asked") for run in ran) else None


def _by_worker(p: Parser) -> None:
    p.add_argument("--by-worker", action="store_true", help="a worker does it (`perennial worker`); do not wait for it")


def _asked(given: Given, **what: Any) -> int:
    """Let a worker do it."""
    from perennial.worker import queue

    _refuse_other_day(given, what["job"])
    asked = queue.ask(on=given.on, dry=given.dry_run, meant=given.yes_on, by=by(given), **what)
    if given.json:
        document({"request": asked.pk, "job": asked.job, "status": asked.status})
    tell(sentence("outcome", "asked_worker" if queue.workers() else "asked_without_worker", request=asked.pk))
    return 0


def yes_on(p: Parser) -> None:
    """The business date once more."""
    p.add_argument(
        "--yes-on", type=day, metavar="DATE", help="the date once more: it is meant, though it is ahead or long after"
    )


def _refuse_other_day(given: Given, command: str) -> None:
    """Whoever repeats a date that is not run, and names none, would take it for run. Nights that wait for a person say so
    themselves.
    """
    from perennial.catalog.queries import today
    from perennial.jobs.ahead import has_jumped
    from perennial.jobs.night import last_night

    now = today()
    if given.on is not None or given.yes_on in (None, now) or (command == "night" and has_jumped(last_night(), now)):
        return
    raise Usage(f"--yes-on repeats the date that is run, {now}: {given.yes_on} is run with --on", command)


def _say_whether_told() -> None:
    """The first line of a job: whoever runs it should not take for told what no customer hears."""
    from perennial.catalog.models import Company

    if not Company.objects.filter(notices_on=True).exists():
        tell(sentence("outcome", "notices_off"))


def _note_of_the_late(on: date | None, *, again: bool) -> None:
    """What is late ships and is charged by one night: say so before, to whoever starts with the orders of last year."""
    from perennial.jobs.status import late_before

    found = late_before(on, again=again)
    if found is None or not found[1].shipments:
        return
    night, late = found
    code = "shipments_late" if late.all else "shipments_late_at_least"
    note(code, count=late.shipments, since=late.since, on=night)


def _note_before(on: date | None, *, dry: bool, meant: date | None) -> bool:
    """A night that is run for a mistyped year keeps all others from running: say so before it starts."""
    from perennial.catalog.queries import today

    now = today()
    if on is None or on <= now or not (dry or on == meant or (on - now).days == 1):
        return False
    note("night_ahead_dry" if dry else "night_ahead", today=now, on=on)
    return True


def _note_after(last: date | None) -> None:
    """Whoever was not told before hears it of a night that was run ahead some time ago."""
    from perennial.catalog.queries import today

    now = today()
    if last is not None and last > now:
        note("night_was_ahead", on=last, today=now)


def _criteria(given: Given) -> dict[str, Any]:
    """The options that were given for this job; one that it does not have is wrong usage."""
    if given.name is not None and given.name not in NIGHTLY:
        near = get_close_matches(given.name, NIGHTLY, 1)
        raise Usage(f"unknown job {given.name!r}" + did_you_mean(near), "job")
    names = dict.fromkeys(name for options in CRITERIA.values() for name in options)
    found = {name: getattr(given, name) for name in names if getattr(given, name) is not None}
    for name in found:
        if name not in CRITERIA.get(given.name or "", ()):
            taken = ", ".join(job for job, options in CRITERIA.items() if name in options)
            raise Usage(f"--{name} is an option of {taken}", "job")
    if "through" in found:
        found["through"] = found["through"].isoformat()
    return found


def _status(given: Given) -> int:
    """The six jobs with their last run and what is due."""
    from perennial.jobs.status import status, status_json

    found = status_json(status(on(given)))
    if given.json:
        document(found)
    else:
        listing([{**row, "last_counts": above_0(row["last_counts"])} for row in found])
    return 0


def night(p: Parser) -> Run:
    """The six jobs in their order; without a date every night that was missed, oldest first."""
    p.add_argument("--on", type=day, metavar="DATE", help="of this date (left out: all missed nights through today)")
    p.add_argument("--dry-run", action="store_true", help="say what it would do, and change nothing")
    yes_on(p)
    p.add_argument("--again", action="store_true", help="also for a date whose night is done, or before it")
    p.add_argument("--fail-on-parked", action="store_true", help="exit status 3 while something is parked")
    p.by("who starts it, for the list of runs")
    _by_worker(p)

    def fits_together(given: Given) -> None:
        if given.again and given.on is None:
            raise Usage("--again runs one date anew: say which one with --on", "night")
        if given.fail_on_parked and given.by_worker:
            raise Usage("--fail-on-parked waits for the night: it does not go with --by-worker", "night")

    def run(given: Given) -> int:
        from perennial.desk import queries
        from perennial.jobs import night as nights

        if given.by_worker:
            from perennial.jobs.many import Confirmed

            return _asked(given, job="night", confirmed=Confirmed(again=True) if given.again else None)
        _refuse_other_day(given, "night")
        progress = jobs_of_nights()
        told = _note_before(given.on, dry=given.dry_run, meant=given.yes_on)
        _note_of_the_late(given.on, again=given.again)
        try:
            done = nights.night(
                given.on,
                dry=given.dry_run,
                again=given.again,
                by=by(given),
                progress=progress,
                to=reader(),
                meant=given.yes_on,
            )
        finally:
            if progress is not None:
                sys.stderr.write(CLEAR_LINE)
        _say_whether_told()
        made = done.get("nights", [done])
        refused = _without_key([ran for one in made for ran in one["jobs"]])
        if given.json and refused is None:
            document(done)
        quiet = [] if "waits" in done or given.dry_run else [one["on"] for one in made if is_quiet(one)]
        ran = [ran for one in made for ran in one["jobs"] if one["on"] not in quiet]
        if given.json or not sys.stdout.isatty():  # on a terminal the table below says the same
            for one in ran:
                tell(f"{one['on']} {one['job']}: {last_line(one)}")
        if quiet:
            code = "night_quiet" if len(quiet) == 1 else "nights_quiet"
            tell(sentence("outcome", code, count=len(quiet), on=quiet[0], last=quiet[-1]))
        if not made:
            tell(sentence("outcome", "no_night_missed"))
        elif not ran and not quiet:
            tell(sentence("outcome", "night_is_done", on=given.on))
        if not told:
            _note_after(nights.last_night())
        if not given.json:
            night_page(ran)
        if "waits" in done:
            tell(sentence("outcome", "night_waits", **done["waits"]))
            return WAITS
        if refused is not None:
            raise DoneBut(done, refused)
        if any(r["status"] != "done" for r in ran):
            return 1
        ran = [ran for one in made for ran in one["jobs"]]
        if not given.fail_on_parked:
            return 0
        parks = any(r["counts"].get("parked") or parked_uncounted(r) for r in ran)
        return PARKED if parks or (not given.dry_run and queries.parked()) else 0

    p.set_defaults(check=fits_together)
    return run


def simulate(p: Parser) -> Run:
    """Days pass, as with a warehouse that sends everything on its day."""
    p.add_argument("--from", dest="first", type=day, metavar="DATE", required=True, help="the first date")
    p.add_argument("--to", dest="last", type=day, metavar="DATE", required=True, help="the last date")
    p.add_argument("--declines", type=percent, metavar="PERCENT", default=0, help="so many charges are declined")
    p.add_argument("--seed", type=count, metavar="S", default=0, help="draws which charges are declined")

    def in_order(given: Given) -> None:
        if given.last < given.first:
            raise Usage(f"--to {given.last} lies before --from {given.first}", "simulate")

    def run(given: Given) -> int:
        from perennial.jobs.night import last_night
        from perennial.jobs.simulate import simulate as let_pass
        from perennial.kernel.calendar import add_days

        last = last_night()
        if last is not None and given.first > (next_ := add_days(last, 1)):
            before = add_days(given.first, -1)
            code = "night_not_run" if before == next_ else "nights_not_run"
            note(code, first=next_, last=before, on=given.first)
        told = (lambda day, made: tell(f"{day}: {_nonzero(made)}")) if sys.stderr.isatty() else None
        done = let_pass(from_=given.first, to=given.last, declines=given.declines, seed=given.seed, on_night=told)
        if done["to"] != given.last.isoformat():
            tell(sentence("outcome", "simulate_stopped", on=done["to"]))
            result(done, given.json)
            return 1
        if left := (given.last - given.first).days + 1 - done["nights"]:
            note("nights_passed_over", count=left)
        result(done, given.json)
        return 0

    p.set_defaults(check=in_order)
    return run


def _nonzero(made: Mapping[str, Any]) -> str:
    """What a night did, all its jobs together."""
    counts: dict[str, int] = {}
    for ran in made["jobs"]:
        for name, number in ran["counts"].items():
            counts[name] = counts.get(name, 0) + number
    return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items() if number) or "nothing"


def parked(p: Parser) -> Run:
    """What was put aside, with its reason."""
    p.add_argument("run", metavar="RUN", nargs="?", type=whole, help="all that this run parked (left out: what waits)")

    def run(given: Given) -> int:
        from perennial.desk import queries
        from perennial.jobs.models import JobRun

        if given.run is not None and not JobRun.objects.filter(pk=given.run).exists():
            raise Refused("run_unknown", "run", run=given.run)
        found = queries.parked(given.run, reader())
        if given.json:
            document(found)
        elif found:
            table(("run", "order", "shipment", "reason"), ([row[n] for n in row] for row in found))
        else:
            say(sentence("outcome", "nothing_parked"))
        return 0

    return run


def parked_retry(p: Parser) -> Run:
    """A parked order is tried again by the next run."""
    p.number()
    p.catch_up()
    p.who()

    def run(given: Given) -> int:
        from perennial.desk import actions

        done = actions.parked_retry(number=given.number, catch_up=given.catch_up, **who(given))
        outcome(done, given)
        return 0

    return run
