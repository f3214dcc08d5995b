"""Questions about people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from perennial.people.models import Preferences
from perennial.people.roles import DEMO_PASSWORD, SIGN_INS


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in."""

    username: str
    name: str
    email: str
    roles: tuple[str, ...]
    active: bool
    last_seen: object


def people() -> Sequence[Person]:
    """Everybody, by name."""
    return tuple(
        Person(
            username=p.username,
            name=p.first_name or p.username,
            email=p.email,
            roles=tuple(sorted(g.name for g in p.groups.all())),
            active=p.is_active,
            last_seen=p.last_login,
        )
        for p in User.objects.order_by("username").prefetch_related("groups")
    )


def preferences(person: User) -> Preferences:
    """How somebody likes the pages."""
    return Preferences.objects.filter(person=person).first() or Preferences(
        person=person, language="en", theme="system", density="normal", letter_keys=True, day_first=True
    )


def demo_sign_ins() -> tuple[str, ...]:
    """The people of a demo who can sign in with its password."""
    found = User.objects.filter(username__in=SIGN_INS, is_active=True).order_by("pk")
    return tuple(p.username for p in found if p.check_password(DEMO_PASSWORD))
