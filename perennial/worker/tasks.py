"""What a worker does with what it is asked. Whatever is here may be done twice, or by two at once: it changes nothing twice."""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from procrastinate import BaseRetryStrategy, Blueprint, RetryDecision
from procrastinate.exceptions import ProcrastinateException

from perennial import log
from perennial.catalog.queries import today
from perennial.db.tables import refuse_other_tables_now_and_then
from perennial.desk import gateway_events, visits
from perennial.desk.cards.link import link_for_message
from perennial.desk.cards.page import look_at_pages
from perennial.errors import Refused
from perennial.jobs import requests, runner
from perennial.jobs.models import JobRun
from perennial.jobs.requests import Later, Stopping
from perennial.language import say
from perennial.moving import performing
from perennial.moving.transfers import clear_away
from perennial.notices import mail
from perennial.notices.sending import send_due
from perennial.pictures.figures import work_out
from perennial.worker.managers import tell
from perennial.worker.queue import (
    CLOCK,
    EVENTS,
    FIGURES,
    FILES,
    MESSAGES,
    RUNS,
    ask_again_later,
    ask_for_help,
    ask_for_transfer_again,
    ask_for_what_is_due,
    ask_to_tell_managers,
)

tasks = Blueprint()
_log = logging.getLogger("perennial.worker")
_done = logging.getLogger("perennial.done.worker")


QUICK_TRIES = 12
"""So often something is tried again at once; what still breaks off is tried again less often."""


class GoOn(BaseRetryStrategy):
    """At once when this worker ends, a little later when the database is gone or cannot do it now, for good; a fault of ours not."""

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> RetryDecision | None:
        if isinstance(exception, Stopping):
            return RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, OperationalError | InterfaceError):
            return RetryDecision(retry_in={"seconds": 5 if job.attempts < QUICK_TRIES else 30})
        return None


class LaterAgain(BaseRetryStrategy):
    """When a mail server does not take it now: some minutes later, ten times. Where nobody knows, not again."""

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> RetryDecision | None:
        passes = isinstance(exception, mail.Temporary | mail.Gone | OperationalError | InterfaceError)
        return RetryDecision(retry_in={"minutes": 5}) if passes and job.attempts < 10 else None


@tasks.task(name="perform", queue=RUNS, retry=GoOn())
def perform(*, request: int) -> None:
    """Do what is asked for."""
    with log.about(request=request):
        if _fits():
            _perform(request)
        else:
            ask_again_later(request)


def _fits() -> bool:
    """Whether the tables are still those of this program. If not, the worker is of another version, and does nothing."""
    try:
        refuse_other_tables_now_and_then()
    except Refused as refused:
        _log.error("this worker is of another version, and does nothing: %s", say(refused))
        return False
    return True


def _perform(request: int) -> None:
    try:
        requests.perform(request, opened=_opened)
    except Later:
        ask_again_later(request)
        return
    except Stopping:
        raise
    except (OperationalError, InterfaceError) as error:
        _broke_off(request, error)
        raise
    except Exception as error:
        _log.exception("request %s", request)
        requests.failed(request, error)
        ask_to_tell_managers(request)
        raise
    _done.info("ended")
    ask_to_tell_managers(request)


def _opened(run: JobRun) -> None:
    """A run of it begins, or is gone on with."""
    log.note(run=run.pk, night=run.night_id, job=run.job)
    _done.info("%s of %s: %s on its list", run.job, run.on_date, run.selected)
    ask_for_help(run)


def _broke_off(request: int, error: Exception) -> None:
    """Note it, and let managers hear of what does not get on; a database that cannot even note it says so in the log."""
    try:
        if requests.broke_off(request, error):
            ask_to_tell_managers(request, breaks_off=True)
    except (OperationalError, InterfaceError) as problem:
        _log.warning("request %s broke off, which could not be noted: %s", request, " ".join(str(problem).split()))


@tasks.task(name="tell_manager", queue=MESSAGES, retry=LaterAgain())
def tell_manager(*, request: int, username: str, breaks_off: bool = False) -> None:
    """Tell a manager of a night that was not done, was late, or put something aside; or of what ``breaks_off`` again and again."""
    try:
        tell(request, username, breaks_off=breaks_off)
    except Refused as refused:
        _log.warning("%s does not hear of request %s: %s", username, request, say(refused))


@tasks.task(name="help_along", queue=RUNS, retry=GoOn())
def help_along(*, run: int) -> None:
    """Work along on a run that another worker has begun."""
    with log.about(run=run):
        if _fits():
            _done.info("works along")
            runner.help_along(run)


@tasks.task(name="transfer", queue=FILES, retry=GoOn())
def transfer(*, transfer: int) -> None:
    """Let a file come in, or everything go out as one."""
    if not _fits():
        ask_for_transfer_again(transfer)
        return
    try:
        performing.perform(transfer)
    except Later:
        ask_for_transfer_again(transfer)
    except (Stopping, OperationalError, InterfaceError):
        raise
    except Exception as error:
        _log.exception("transfer %s", transfer)
        performing.failed(transfer, error)
        raise


@tasks.task(name=FIGURES, queue=RUNS, retry=GoOn())
def work_figures_out(*, on: str) -> None:
    """Work the figures of the pictures out now, as a person has asked; asked once more, they come out the same."""
    if _fits():
        work_out(date.fromisoformat(on))


@tasks.periodic(cron="7 * * * *", periodic_id="files")
@tasks.task(name="clear_files_away", queue=CLOCK, queueing_lock="clear_files_away")
def clear_files_away(timestamp: int) -> None:
    """Take away the files that nobody has wanted for a day."""
    clear_away()


@tasks.periodic(cron="* * * * * */10", periodic_id="recurrences")
@tasks.task(name="look_at_the_clock", queue=CLOCK, queueing_lock="look_at_the_clock")
def look_at_the_clock(timestamp: int) -> None:
    """Ask for what recurs and is due."""
    if _fits():
        ask_for_what_is_due()


@tasks.periodic(cron="* * * * * */5", periodic_id="rescue")
@tasks.task(name="rescue", queue=CLOCK, queueing_lock="rescue", pass_context=True)
async def rescue(context: Any, timestamp: int) -> None:
    """Let somebody else do what a worker did that is dead."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=settings.PERENNIAL_WORKER_SILENCE):
        _log.warning("what a dead worker did is done by another: %s", job.call_string)
        try:
            await manager.retry_job(job)
        except ProcrastinateException as problem:  # the same waits already: nothing is lost with this one
            _log.warning("not queued again: %s", problem)
    await manager.prune_stalled_workers(settings.PERENNIAL_WORKER_SILENCE)


@tasks.periodic(cron="* * * * * */20", periodic_id="messages")
@tasks.task(name="send_messages", queue=MESSAGES, queueing_lock="send_messages")
def send_messages(timestamp: int) -> None:
    """Send the messages that are due, some hundreds at a time."""
    if not _fits():
        return
    try:
        send_due(on=today(), limit=500, links=link_for_message)
    except Refused as refused:  # no mail server: what is queued stays queued
        _log.warning("no messages are sent: %s", say(refused))


@tasks.task(name="gateway_event", queue=EVENTS, retry=GoOn())
def gateway_event(*, number: int) -> None:
    """Deal with what a gateway has told; what does not succeed is left to the next look."""
    if not _fits():
        return
    try:
        gateway_events.handle(number, on=today())
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        _log.exception("event %s of a gateway: tried again later", number)


@tasks.periodic(cron="* * * * *", periodic_id="gateway_events")
@tasks.task(name="handle_gateway_events", queue=EVENTS, queueing_lock="handle_gateway_events")
def handle_gateway_events(timestamp: int) -> None:
    """Deal with what gateways have told and nobody has dealt with."""
    if _fits():
        gateway_events.handle_what_is_left(on=today())


@tasks.periodic(cron="* * * * * */10", periodic_id="card_pages")
@tasks.task(name="look_at_card_pages", queue=EVENTS, queueing_lock="look_at_card_pages")
def look_at_card_pages(timestamp: int) -> None:
    """Store and charge the cards that customers gave on the gateway's page, where neither they nor the gateway told us."""
    if _fits():
        look_at_pages(on=today(), by="worker")


@tasks.periodic(cron="17 * * * *", periodic_id="visits")
@tasks.task(name="forget_visits", queue=CLOCK, queueing_lock="forget_visits")
def forget_visits(timestamp: int) -> None:
    """How often strangers came an hour ago counts no more."""
    visits.forget_old()
