"""What would be unsafe where browsers, strangers and real cards come: ``perennial check --deploy``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from perennial.people.actions import anybody
from perennial.people.queries import demo_sign_ins, without_second_factor
from perennial.practice import real_money

SHORTEST_SECRET = 50


@dataclass(frozen=True, slots=True)
class Danger:
    """One thing that is unsafe; the sentence of its code says what to do."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)


def dangers() -> tuple[Danger, ...]:
    """Everything that is unsafe in settings and people."""
    return (*_settings(), *_people())


def _settings() -> Iterator[Danger]:
    if settings.DEBUG:
        yield Danger("debug")
    if not settings.PERENNIAL_HTTPS:
        yield Danger("no_https")
    if "*" in settings.ALLOWED_HOSTS:
        yield Danger("any_host")
    elif set(settings.ALLOWED_HOSTS) <= set(settings.LOOPBACK):
        yield Danger("no_host")
    if len(settings.SECRET_KEY) < SHORTEST_SECRET:
        yield Danger("short_secret")
    if settings.PERENNIAL_TODAY is not None:
        yield Danger("training", {"on": settings.PERENNIAL_TODAY})
    if not real_money():
        yield Danger("no_real_cards", {"gateway": settings.PERENNIAL_GATEWAY})


def _people() -> Iterator[Danger]:
    if not anybody():
        yield Danger("nobody")
    if people := demo_sign_ins():
        yield Danger("demo_passwords", {"people": people})
    if people := without_second_factor():
        yield Danger("without_second_factor", {"people": people})
