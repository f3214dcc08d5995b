"""Asking the workers. What is asked in a transaction that is taken back is never done."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from perennial.db import sql
from perennial.jobs import requests
from perennial.jobs.many import Confirmed
from perennial.jobs.many_runs import many_request
from perennial.jobs.models import JobRequest, JobRun
from perennial.jobs.recurrences import take_due
from perennial.moving import transfers
from perennial.payments.gateway_events import take_in
from perennial.worker.managers import managers_to_tell

RUNS, CLOCK, MESSAGES, FILES, EVENTS = QUEUES = ("runs", "clock", "messages", "files", "events")
"""A worker looks after each of them by itself, so that a long run keeps nothing else waiting."""
FIGURES = "work_figures_out"
LATER_SECONDS = 15
ONE_AFTER_THE_OTHER = "runs"
"""The lock of real runs; dry ones wait for nobody."""


@transaction.atomic
def ask(**given: Any) -> JobRequest:
    """Ask for a job, or the night (``jobs.requests.ask``)."""
    request, is_new = requests.ask(**given)
    if is_new:
        _queue(request)
    return request


def ask_to_count_again(request: int, *, on: date, by: str) -> JobRequest:
    """Ask for the dry run, as of a date, of what was asked for of many orders; days that were meant are meant."""
    asked = many_request(request)
    confirmed = Confirmed.read(JobRequest.objects.values_list("confirmed", flat=True).get(pk=request))
    return ask(job=asked.job, arguments=asked.arguments, on=on, dry=True, by=by, confirmed=confirmed)


@transaction.atomic
def ask_for_what_is_due() -> None:
    """Ask for what recurs and is due now."""
    for request, is_new in take_due():
        if is_new:
            _queue(request)


def ask_for_help(run: JobRun) -> None:
    """Ask the other workers to work along on a run that has more than one chunk."""
    chunks = run.chunks.count() if run.status == "open" else 1
    for _ in range(1, min(workers(), chunks) if chunks > 1 else 1):
        app.configure_task("help_along", queue=RUNS).defer(run=run.pk)


def ask_to_send() -> None:
    """Let what is queued for customers go out now, and not only when it is looked for next."""
    try:
        with transaction.atomic():
            now = int(timezone.now().timestamp())
            app.configure_task("send_messages", queue=MESSAGES, queueing_lock="send_messages").defer(timestamp=now)
    except AlreadyEnqueued:
        pass  # somebody looks in a moment


def ask_again_later(request: int) -> None:
    """Do it when something else has ended; behind what waits meanwhile, which need not wait for it."""
    later = app.configure_task("perform", queue=RUNS, lock=ONE_AFTER_THE_OTHER, schedule_in={"seconds": LATER_SECONDS})
    later.defer(request=request)


def ask_to_tell_managers(request: int, *, breaks_off: bool = False) -> None:
    """Let managers hear of a night that did not go well, or of what breaks off again and again."""
    for username in managers_to_tell(request, breaks_off=breaks_off):
        app.configure_task("tell_manager", queue=MESSAGES).defer(
            request=request, username=username, breaks_off=breaks_off
        )


@transaction.atomic
def ask_transfer(number: int, *, dry: bool, by: str) -> None:
    """Ask for a dry run of a file, or for it to come in (``moving.transfers.ask``)."""
    if transfers.ask(number, dry=dry, by=by):
        _queue_transfer(number)


@transaction.atomic
def ask_export(*, by: str) -> int:
    """Ask for everything as one bundle; its number."""
    number, is_new = transfers.ask_export(by=by)
    if is_new:
        _queue_transfer(number)
    return number


@transaction.atomic
def take_in_event(gateway: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Keep what a gateway tells, once, and let a worker deal with it (``payments.gateway_events.take_in``)."""
    number = take_in(gateway, body, headers)
    if number is not None:
        app.configure_task("gateway_event", queue=EVENTS).defer(number=number)


def ask_for_transfer_again(number: int) -> None:
    """Let a worker on another machine try: the file stands there."""
    app.configure_task("transfer", queue=FILES, schedule_in={"seconds": LATER_SECONDS}).defer(transfer=number)


def _queue_transfer(number: int) -> None:
    app.configure_task("transfer", queue=FILES).defer(transfer=number)


def ask_for_figures(on: date) -> None:
    """Ask for the figures of the pictures as of a date; asked for already, they come once."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task(FIGURES, queue=RUNS, queueing_lock=FIGURES).defer(on=on.isoformat())


def figures_are_asked_for() -> bool:
    """Are the figures of the pictures waited for?"""
    there = "select exists (select from procrastinate_jobs where task_name = %s and status in ('todo', 'doing'))"
    return bool(sql.value(there, [FIGURES]))


def workers() -> int:
    """How many workers there are."""
    seen = "select count(*) from procrastinate_workers where last_heartbeat > now() - make_interval(secs => %s)"
    return int(sql.value(seen, [settings.PERENNIAL_WORKER_SILENCE])) // len(QUEUES)


def _queue(request: JobRequest) -> None:
    lock = None if request.dry else ONE_AFTER_THE_OTHER
    app.configure_task("perform", queue=RUNS, lock=lock).defer(request=request.pk)
