"""The tags of the pages of jobs and nights: what a run did, how it stands, how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from babel.dates import get_day_names
from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from perennial.catalog.queries import zone_of
from perennial.jobs import CRITERIA, JOBS
from perennial.jobs.request_status import RequestStatus
from perennial.jobs.status import Because, JobRunStatus, NightStatus
from perennial.jobs.touched import Touched, as_document
from perennial.kernel.money import Money
from perennial.language import Reader, phrase
from perennial.language.formats import fact as written
from perennial.language.reasons import reason_words
from perennial.language.values import in_words
from perennial.web.templatetags.desk import st
from perennial.web.words import said

register = template.Library()
WIDEST = 90


def _to(context: Context) -> Reader:
    found: Reader = context["to"] if "to" in context else Reader()
    return found


@register.simple_tag(takes_context=True)
def did(context: Context, run: JobRunStatus) -> str:
    """The counts and amounts of a run that say something."""
    to = _to(context)
    sums = [phrase("sum", word, {"amount": amount}, to) or word for word, amount in run.amounts if amount.minor]
    return ", ".join([*_counts(run.job, run.counts, to), *sums]) or said(to, "job_nothing")


@register.simple_tag(takes_context=True)
def counted(context: Context, job: str, counts: Mapping[str, int]) -> str:
    """The counts of a job in words."""
    to = _to(context)
    return ", ".join(_counts(job, counts, to)) or said(to, "job_nothing")


def _counts(job: str, counts: Mapping[str, int], to: Reader) -> list[str]:
    """Counts in the order in which the job names them: one that says "of these" follows at once what it is about."""
    named = dict.fromkeys([*JOBS[job].counts, *JOBS[job].counts_if_any, *counts])
    known = {word: {"count": counts[word]} for word in named if counts.get(word)}
    return [phrase("count", word, of, to) or word for word, of in known.items()]


@register.simple_tag(takes_context=True)
def run_state(context: Context, run: JobRunStatus) -> SafeString:
    """How a run stands: done, running, stopped by somebody, a dry run."""
    to = _to(context)
    if run.status == "done":
        return st(context, "", "", said(to, "job_dry_done" if run.dry else "job_done"), "finished")
    if run.stopped_by:
        return st(context, "", "", said(to, "job_stopped_by", by=run.stopped_by), "stopped")
    return st(context, "", "", said(to, "job_running"), "running")


@register.simple_tag(takes_context=True)
def night_state(context: Context, night: NightStatus) -> SafeString:
    """How a night stands."""
    to = _to(context)
    if night.finished_at is not None:
        return st(context, "", "", said(to, "job_done"), "finished")
    stopped = next((run.stopped_by for run in night.runs if run.status == "open" and run.stopped_by), None)
    if stopped:
        return st(context, "", "", said(to, "job_stopped_by", by=stopped), "stopped")
    return st(context, "", "", said(to, "job_not_over"), "running")


@register.simple_tag(takes_context=True)
def request_state(context: Context, request: RequestStatus) -> SafeString:
    """How that stands which was asked for; of what breaks off again and again, that it does."""
    if request.goes_on and request.tries:
        return st(context, "", "", said(_to(context), "job_keeps_breaking_off", count=request.tries), "failed")
    shape = {"done": "finished", "refused": "declined"}.get(request.status, request.status)
    return st(context, "web request", request.status, as_=shape)


@register.simple_tag(takes_context=True)
def took(context: Context, one: JobRunStatus | NightStatus) -> str:
    """How long it took, or takes already."""
    ended = one.ended_at if isinstance(one, JobRunStatus) else one.finished_at
    return seconds(context, ((ended or timezone.now()) - one.started_at).total_seconds())


@register.simple_tag(takes_context=True)
def seconds(context: Context, number: float) -> str:
    """A duration: 0.2 s, 41 s, 12 min, 2 h 5 min."""
    to = _to(context)
    if number < 10:
        return said(to, "took_seconds", seconds=written(f"{max(number, 0):.1f}", "decimal", to))
    if number < 120:
        return said(to, "took_seconds", seconds=f"{number:.0f}")
    if number < 7200:
        return said(to, "took_minutes", minutes=round(number / 60))
    return said(to, "took_hours", hours=int(number // 3600), minutes=round(number % 3600 / 60))


@register.simple_tag
def took_drawn(night: NightStatus, longest: float) -> SafeString:
    """How long a night took, beside the others."""
    if night.finished_at is None or not longest:
        return format_html("")
    width = max(1, round(WIDEST * (night.finished_at - night.started_at).total_seconds() / longest))
    return format_html(
        '<svg class="mini" width="{}" height="8" aria-hidden="true"><rect width="{}" height="8" rx="1"/></svg>',
        WIDEST,
        width,
    )


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime | None) -> str:
    """A moment on the company's clock: the hour, before it the day where it is another one."""
    if at is None:
        return ""
    zone = zone_of(context["visitor"].company)
    local, now = at.astimezone(zone), timezone.now().astimezone(zone)
    to = _to(context)
    code = "moment_today" if local.date() == now.date() else "moment"
    return said(to, code, on=local.date(), at=local.strftime("%H:%M"))


@register.simple_tag(takes_context=True)
def criteria(context: Context, arguments: Mapping[str, Any]) -> str:
    """What a run was restricted to."""
    to = _to(context)
    known = {name for of_job in CRITERIA.values() for name in of_job}
    words = {name: said(to, f"job_{name}") for name in arguments if name in known}
    return ", ".join(one if arguments[name] is True else f"{one} {arguments[name]}" for name, one in words.items())


@register.simple_tag(takes_context=True)
def waits_because(context: Context, one: Because) -> str:
    """Why something waits or was not done."""
    to = _to(context)
    return reason_words(one.reason, to) if one.reason is not None else one.said or ""


@register.simple_tag(takes_context=True)
def touched_as(context: Context, one: Touched) -> dict[str, Any]:
    """A thing that a run touched: before, after and why, in words."""
    to = _to(context)
    document = as_document(one, to)
    return {**document, **{name: in_words(document[name], to) for name in ("before", "after")}}


@register.simple_tag(takes_context=True)
def week_day(context: Context, number: int) -> str:
    """A day of the week, Monday is 1."""
    return str(get_day_names("abbreviated", locale=_to(context).language)[number - 1])


@register.filter
def total(night: NightStatus, word: str) -> int:
    """A count over the runs of a night."""
    return night.count(word)


@register.filter
def sums(night: NightStatus, word: str) -> tuple[Money, ...]:
    """An amount over the runs of a night, by currency."""
    return night.amounts(word)
