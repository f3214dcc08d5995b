"""Managers hear by mail of a night that was not done, was late, or put something aside, and of what breaks off again and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils import timezone

from perennial.catalog.queries import company, today, zone_of
from perennial.jobs.ahead import is_ahead
from perennial.jobs.night import last_night
from perennial.jobs.request_status import RequestStatus, request_status
from perennial.jobs.requests import NIGHT
from perennial.language import Reader, phrase
from perennial.notices import mail
from perennial.notices.rendering import Message
from perennial.payments.refused_keys import refusal_now
from perennial.people.queries import preferences_and_roles

ROLE = "manager"
FILES_FROM = 80_000_000
"""In training a message is a file with a number; those to customers are numbered from 1."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What managers should hear of a night: a sentence of the context ``manager``, and its facts."""

    code: str
    facts: dict[str, Any]


def troubles(asked: RequestStatus) -> Iterator[Trouble]:
    """What there is to hear of a night that was asked for; nothing of one that went well."""
    if asked.job != NIGHT or asked.dry or asked.goes_on:
        return
    if asked.status in ("failed", "refused"):
        yield Trouble(f"night_{asked.status}", {"because": asked.refused})
    if asked.status == "stopped":
        yield Trouble("night_stopped", {"by": asked.stopped_by})
    if asked.waits:
        yield Trouble("night_waits", {"count": asked.waits["missed"]})
    last = last_night()
    if is_ahead(last, today()):
        yield Trouble("night_ahead", {"last": last})
    days = sorted({run.on for run in asked.runs})
    if len(days) > 1:
        yield Trouble("nights_late", {"count": len(days) - 1, "since": days[0]})
    parked = sum(run.counts.get("parked", 0) for run in asked.runs)
    if parked:
        yield Trouble("night_parked", {"count": parked})
    not_asked = sum(run.counts.get("not_asked", 0) for run in asked.runs)
    if not_asked and (refused := refusal_now()):
        yield Trouble("night_not_asked", {"count": not_asked, **refused.facts})


def _breaks_off(asked: RequestStatus, to: Reader, zone: ZoneInfo) -> Trouble:
    """A job, or the night, that does not get on however often it is tried."""
    assert asked.tries_since is not None
    since = asked.tries_since.astimezone(zone)
    at = phrase("web", "moment", {"on": since.date(), "at": since.strftime("%H:%M")}, to)
    return Trouble("breaks_off", {"job": asked.job, "count": asked.tries, "since": at, "because": asked.trouble})


def managers_to_tell(request: int, *, breaks_off: bool = False) -> list[str]:
    """Who hears of it: active managers with an address, if there is anything to hear."""
    if not breaks_off and next(troubles(request_status(request)), None) is None:
        return []
    found = User.objects.filter(is_active=True, groups__name=ROLE).exclude(email="").order_by("username")
    return list(found.values_list("username", flat=True))


def tell(request: int, username: str, *, breaks_off: bool = False) -> None:
    """Send it to one of them, in their language; ``breaks_off``: not what became of it, but that it does not get on.

    Refused: no mail server is set, or none answers. Raised: what ``notices.mail`` raises when the server does not take it.
    """
    person = User.objects.get(username=username)
    recipient = mail.deliverable(person.email)
    ours = company()
    if recipient is None:
        return
    to = Reader(preferences_and_roles(person)[0].language, dates="weekday")
    asked = request_status(request)
    found = [_breaks_off(asked, to, zone_of(ours))] if breaks_off else list(troubles(asked))
    lines = [phrase("manager", one.code, one.facts, to) or one.code for one in found]
    about = {"on": asked.on or asked.asked_on, "company": ours.name, "job": asked.job}
    subject = phrase("manager", "subject_breaks_off" if breaks_off else "subject", about, to) or ""
    lines.append(phrase("manager", "where", {"request": request}, to) or "")
    sender = mail.sender(ours)
    written = mail.content(
        Message(subject, "\n\n".join(lines) + "\n", "".join(f"<p>{escape(line)}</p>" for line in lines)),
        message_id=f"<{ours.installation}.{'breaks-off' if breaks_off else 'night'}.{request}.{person.pk}@{sender.rpartition('@')[2]}>",
        sender=sender,
        company=ours.name,
        recipient=recipient,
        customer=person.first_name or person.username,
        language=to.language,
        at=timezone.now(),
    )
    carrier = mail.transport()
    carrier.open()
    try:
        number = FILES_FROM + request * 200 + person.pk % 100 + (100 if breaks_off else 0)
        carrier.hand_over(number, sender, recipient, written)
    finally:
        carrier.close()
