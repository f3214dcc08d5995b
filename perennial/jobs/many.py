"""The same change of many orders, for whoever asks for it: begun or gone on with, rehearsed, taken back, told.

A preview is the same run, rolled back (``dry``). Killed in the middle, the same call goes on with it; a second process
that makes the same call works along. Who does not want it any more takes it back: what is not done of it is given up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Unpack

from psycopg.types.json import Jsonb

from perennial.db import sql
from perennial.desk.many.criteria import NAMES, Criteria
from perennial.desk.many.file import File
from perennial.errors import Refused
from perennial.jobs import JOBS, touched
from perennial.jobs.ahead import refuse_many, run_by_hand
from perennial.jobs.change_many import PASSED_OVER, SQL, ChangeMany
from perennial.jobs.files import kept
from perennial.jobs.job import Job, Run, document
from perennial.jobs.models import JobRun
from perennial.jobs.move_orders import MoveOrders
from perennial.jobs.runner import Opened, give_up
from perennial.jobs.substitute_orders import SubstituteOrders
from perennial.jobs.take_back import TakeBackOrders
from perennial.jobs.update_orders import UpdateOrders
from perennial.kernel.reasons import Reason
from perennial.language.formats import ENGLISH, Reader, phrase
from perennial.language.reasons import reason_words
from perennial.programs.actions import for_new_orders_only

EXAMPLES = 5
NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a change of many orders is made, beside what is asked: by whom, on which business date, why.

    ``meant_on``, ``meant``: the date, and other days, that are meant though they are ahead or years away; ``orders``: how
    many orders, said once more where they are many; ``again``: also what a run has done already. ``opened`` hears of the run
    before it is worked on.
    """

    by: str
    on: date
    reason: str | None = None
    dry: bool = False
    meant_on: date | None = None
    meant: Collection[date] = ()
    orders: int | None = None
    again: bool = False
    examples: int = EXAMPLES
    progress: Callable[[int, int], None] | None = None
    opened: Opened | None = None
    to: Reader = ENGLISH


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What a person says twice of a change that workers are asked for: how many orders, days that are meant though they
    are years away, what a run has done already once more.
    """

    orders: int | None = None
    meant: Collection[date] = ()
    again: bool = False

    def stored(self) -> dict[str, Any]:
        """As a request keeps it."""
        return {"orders": self.orders, "meant": [one.isoformat() for one in self.meant], "again": self.again}

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> Confirmed:
        """As it was kept."""
        said = stored or {}
        meant = tuple(date.fromisoformat(one) for one in said.get("meant", ()))
        return cls(orders=said.get("orders"), meant=meant, again=said.get("again", False))


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Why some things stay as they are: a reason, how many of them have it (each with facts of its own, ``because`` are those
    of the first; what has happened and who did it are the same), and the first orders.
    """

    because: Reason
    count: int
    orders: list[str]

    def words(self, to: Reader = ENGLISH) -> str:
        """The reason: of one order with its facts, of several as far as they have it in common."""
        common = phrase("passed over", self.because.code, self.because.facts, to) if self.count > 1 else None
        return common or reason_words(self.because, to)


def move(
    how: How,
    *,
    to: date | None = None,
    by_days: int | None = None,
    following: bool = False,
    also_adjusted: bool = False,
    file: File | None = None,
    **criteria: Unpack[Criteria],
) -> dict[str, Any]:
    """Move the first open shipment of each order that fits the criteria, to a day or by days; or (``file``) each
    shipment that it names to its own day. ``following``: and what follows is dated again.

    Refused: no criterion, what there is not, a day that is past or years away, more orders than were meant, faults of the
    file; what another run has moved by as many days already.
    """
    job = MoveOrders(meant=how.meant, orders=how.orders, again=how.again, file=file)
    asked = {
        "to": to,
        "by_days": by_days,
        "following": following or None,
        "file": None if file is None else file.digest,
        "also_adjusted": also_adjusted or None,
    }
    return _run(job, how, _known(criteria) | asked)


def substitute(
    how: How,
    *,
    item: str,
    price: str | None = None,
    also_adjusted: bool = False,
    **criteria: Unpack[Criteria],
) -> dict[str, Any]:
    """Send another product (``item``) instead of one, the criterion ``product``, in every open shipment that brings it and fits; it keeps the
    price that each would have unless one is given.
    """
    job = SubstituteOrders(meant=how.meant, orders=how.orders, again=how.again)
    asked = {"item": item, "price": price, "also_adjusted": also_adjusted or None}
    return _run(job, how, _known(criteria) | asked)


def take_back(how: How, *, run: int, send_late: bool = False) -> dict[str, Any]:
    """Put back what a run has changed, order by order, where nothing has used or changed it since. What a run that was
    killed has not done yet is given up first. Of an update that was applied: its version is for new orders only from then
    on.

    ``send_late``: also where a shipment comes back whose night is over. Where all of it was put back already, it is told
    (``already``) what the run did that put it back. Refused: no such run, one that is at work.
    """
    row = _to_take_back(run)
    if not how.dry:
        give_up(row, _give_up)
        if row.job == UpdateOrders.name:  # no night does again what is put back
            for_new_orders_only(
                schedule_id=row.arguments["program"], number=row.arguments["revision"], by=how.by, reason=how.reason
            )
    job = TakeBackOrders(orders=how.orders)
    if (before := _put_back_by(run)) is not None:
        return document(job, before, how.to) | told(before.pk, most=how.examples, to=how.to) | {"already": True}
    return _run(job, how, {"run": run, "send_late": send_late or None})


def orders_to_put_back(run: int) -> int:
    """How many orders a run has changed that nobody has put back. Refused: no such run, one that is not taken back."""
    _to_take_back(run)
    return int(sql.value(SQL["to_put_back"], {"of_run": run}))


def as_asked(job: str, how: How, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Any of the three by the arguments of its run, as workers are asked for it."""
    if job == TakeBackOrders.name:
        return take_back(how, run=arguments["run"], send_late=arguments.get("send_late", False))
    return _run(_job_of(job, how, arguments), how, dict(arguments))


def refuse_as_asked(job: str, how: How, arguments: Mapping[str, Any], *, shown: int | None = None) -> None:
    """Refused as ``as_asked`` would be, before anything is done. ``shown``: how many orders the dry run has told as changing."""
    if job == TakeBackOrders.name:
        _to_take_back(arguments["run"])
    else:
        _job_of(job, how, arguments).arguments(Run(0, job, how.on, dict(arguments), how.dry))
    if shown is not None:
        refuse_many(shown, how.orders)


def _job_of(job: str, how: How, arguments: Mapping[str, Any]) -> Job:
    file = None if arguments.get("file") is None else kept(arguments["file"])
    kind = MoveOrders if job == MoveOrders.name else SubstituteOrders
    return kind(meant=how.meant, orders=how.orders, again=how.again, file=file)


def _to_take_back(run: int) -> JobRun:
    """Refused: there is no such run, or it is none that can be taken back."""
    row = JobRun.objects.filter(pk=run).first()
    if row is None:
        raise Refused("run_unknown", "run", run=run)
    if row.dry or not (issubclass(JOBS[row.job], ChangeMany) or row.arguments.get("keep")):
        raise Refused("run_not_taken_back", "run", run=run, job=row.job, dry=row.dry)
    return row


def _put_back_by(run: int) -> JobRun | None:
    """The run that put back the last of what a run had changed; None: something of it stands, or nobody did by a run."""
    found = sql.models(JobRun, SQL["put_back_by"], {"job": TakeBackOrders.name, "run": run})
    return found[0] if found else None


def _give_up(run: int, first: int, last: int) -> dict[str, int]:
    """What is told of a chunk that nobody will do any more."""
    because = Jsonb(Reason("run_given_up").stored())
    values = {"run": run, "first": first, "last": last, "because": because}
    return {PASSED_OVER: sql.execute(SQL["give_up"], values)}


def _known(criteria: Criteria) -> dict[str, Any]:
    """The criteria; one that there is not would be none at all."""
    if unknown := set(criteria) - set(NAMES):
        raise TypeError(f"no criterion: {sorted(unknown)}")
    return dict(criteria)


def _run(job: Job, how: How, arguments: dict[str, Any]) -> dict[str, Any]:
    done = run_by_hand(
        job,
        on=how.on,
        meant=how.meant_on,
        arguments={
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in {**arguments, "reason": how.reason}.items()
        },
        dry=how.dry,
        by=how.by,
        progress=how.progress,
        opened=how.opened,
        to=how.to,
    )
    return done | told(done["run"], most=how.examples, to=how.to)


def told(run: int, *, most: int = EXAMPLES, to: Reader = ENGLISH) -> dict[str, Any]:
    """What a run of these did, beside its numbers: the first of what it changed, before and after, and why the rest stays."""
    return {
        "examples": [touched.as_document(one, to) for one in examples(run, most=most)],
        "passed_over": [
            {
                "code": one.because.code,
                "reason": one.words(to),
                "count": one.count,
                "orders": one.orders,
            }
            for one in passed_over(run)
        ],
    }


def examples(run: int, *, most: int = EXAMPLES) -> Sequence[touched.Touched]:
    """The first things that a run changed."""
    given = {"run": run, "not_these": [PASSED_OVER, "follows"], "most": most}
    return [touched.read(row) for row in sql.rows(touched.Row, SQL["examples"], given)]


def passed_over(run: int) -> list[PassedOver]:
    """Why things stay as they are, the commonest reason first."""
    found = []
    for _, count, because, orders in sql.tuples(SQL["passed_over"], {"run": run, "most": NAMED}):
        reason = Reason.read(json.loads(because))
        assert reason is not None
        found.append(PassedOver(reason, count, orders))
    return found
