"""Questions about people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User

from perennial.db import sql
from perennial.errors import Refused
from perennial.people.models import Preferences
from perennial.people.roles import DEMO_PASSWORD, ROLES, SIGN_INS

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What is asked behind the password: a code of an app, a passkey. Recovery codes stand in for either."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in. ``second_factor``: they are asked for more than a password."""

    id: int
    username: str
    name: str
    email: str
    roles: tuple[str, ...]
    active: bool
    last_seen: datetime | None
    second_factor: bool


def people() -> Sequence[Person]:
    """Everybody, by name."""
    with_second = set(Authenticator.objects.filter(type__in=SECOND_FACTORS).values_list("user_id", flat=True))
    return tuple(
        Person(
            id=p.pk,
            username=p.username,
            name=p.first_name or p.username,
            email=p.email,
            roles=tuple(role for role in ROLES if role in {g.name for g in p.groups.all()}),
            active=p.is_active,
            last_seen=p.last_login,
            second_factor=p.pk in with_second,
        )
        for p in User.objects.order_by("username").prefetch_related("groups")
    )


def person(username: str) -> Person:
    """Somebody. Refused: nobody of that name."""
    found = next((one for one in people() if one.username == username), None)
    if found is None:
        raise Refused("person_unknown", "username", name=username)
    return found


def sign_in_name(given: str) -> str | None:
    """The name of whoever signs in by this name or e-mail address; capitals do not matter."""
    by_name = User.objects.filter(username__iexact=given).first()
    if by_name is None and "@" in given:
        found = list(User.objects.filter(email__iexact=given)[:2])
        by_name = found[0] if len(found) == 1 else None
    return None if by_name is None else by_name.username


def preferences(person: User) -> Preferences:
    """How somebody likes the pages."""
    return preferences_and_roles(person)[0]


def preferences_and_roles(person: User) -> tuple[Preferences, tuple[str, ...]]:
    """How somebody likes the pages, and which roles they have: asked for every page."""
    found = sql.one(
        "select coalesce(p.language, 'en'), coalesce(p.theme, 'system'), coalesce(p.density, 'normal'),"
        " coalesce(p.letter_keys, true), coalesce(p.day_first, true),"
        " array(select g.name from auth_user_groups m join auth_group g on g.id = m.group_id"
        " where m.user_id = u.id order by m.id)"
        " from auth_user u left join people_preferences p on p.person_id = u.id where u.id = %s",
        [person.pk],
    )
    assert found is not None  # somebody who is signed in is there
    language, theme, density, letter_keys, day_first, roles = found
    likes = Preferences(
        person=person,
        language=language,
        theme=theme,
        density=density,
        letter_keys=letter_keys,
        day_first=day_first,
    )
    return likes, tuple(roles)


def demo_sign_ins() -> tuple[str, ...]:
    """The people of a demo who can sign in with its password."""
    found = User.objects.filter(username__in=SIGN_INS, is_active=True).order_by("pk")
    return tuple(p.username for p in found if _is_demo(p.password))


@lru_cache(maxsize=len(SIGN_INS))
def _is_demo(stored: str) -> bool:
    """Is it the password of the demo? Worked out once: it is slow to compare, and the sign-in page asks."""
    return check_password(DEMO_PASSWORD, stored)


def without_second_factor() -> tuple[str, ...]:
    """Who may change people by a password alone."""
    return tuple(
        p.username
        for p in people()
        if p.active and not p.second_factor and any("change_people" in ROLES[role] for role in p.roles)
    )
