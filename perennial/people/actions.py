"""What is done about people: groups from roles, somebody new, another role, how they like the pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from axes.utils import reset as forget_failures
from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from perennial.errors import Refused
from perennial.kernel.limits import email_fault
from perennial.language import LANGUAGES
from perennial.people.models import DENSITIES, THEMES, Preferences
from perennial.people.roles import DEMO_PASSWORD, ROLES, SIGN_IN_NAMES, SIGN_INS

SHORTEST_PASSWORD = 12
_NAME = re.compile(r"[\w.@+-]{1,60}")


def make_groups() -> None:
    """Let the groups of the database be what the roles say."""
    permissions = {p.codename: p for p in Permission.objects.filter(content_type__app_label="people")}
    for role, has in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([permissions[name] for name in has])


@transaction.atomic
def add_person(
    *,
    username: str,
    password: str,
    roles: Iterable[str],
    email: str = "",
    name: str = "",
    language: str = "en",
    checked: bool = True,
) -> User:
    """Add somebody who signs in by a name and a password (``checked``: it has to be a good one).

    Refused: a name that is taken or is none, a role that there is not, a password that is too easy.
    """
    if not _NAME.fullmatch(username):
        raise Refused("person_name", "username", name=username)
    if User.objects.filter(username__iexact=username).exists():
        raise Refused("person_exists", "username", name=username)
    _free_address(email, username)
    wanted = _known(roles)
    if checked:
        _good(password, User(username=username, email=email))
    person = User.objects.create_user(username, email, password, first_name=name[:150] or username)
    person.groups.set(Group.objects.filter(name__in=wanted))
    Preferences.objects.create(person=person, language=language if language in LANGUAGES else "en")
    return person


@transaction.atomic
def change_person(
    *,
    username: str,
    roles: Iterable[str] | None = None,
    active: bool | None = None,
    password: str | None = None,
    name: str | None = None,
    email: str | None = None,
) -> User:
    """Give somebody other roles, another password, name or e-mail address; let them in or keep them out.

    Another password also lets in again who was locked out after failures. Refused: nobody of that name, a role that
    there is not, a password that is too easy, an address that is taken, the last administrator who can sign in.
    """
    # All administrators are locked: of two changes at once the second sees what the first has left.
    locked = User.objects.select_for_update(of=("self",)).filter(groups__name="administrator", is_active=True)
    administrators = {one.username for one in locked.order_by("pk")}
    person = _person(username)
    wanted = None if roles is None else _known(roles)
    if password is not None:
        _good(password, person)
        person.set_password(password)
    if active is not None:
        person.is_active = active
    if name is not None:
        person.first_name = name[:150]
    if email is not None:
        _free_address(email, username)
        person.email = email
    person.save(update_fields=["password", "is_active", "first_name", "email"])
    if wanted is not None:
        person.groups.set(Group.objects.filter(name__in=wanted))
    if username in administrators and not locked.exists():
        raise Refused("last_administrator", "roles", name=username)
    if password is not None:
        forget_failures(username=username)
    return person


@transaction.atomic
def remove_second_factor(*, username: str) -> None:
    """Of somebody who has lost it: the password alone lets them in, until they set one up again."""
    Authenticator.objects.filter(user=_person(username)).delete()


@transaction.atomic
def unlock(*, username: str) -> None:
    """Let somebody try again who was locked out after failures."""
    forget_failures(username=_person(username).username)


def set_preferences(person: User, **given: Any) -> None:
    """How somebody likes the pages. Refused: a language, theme or density that there is not."""
    for field, known in (("language", LANGUAGES), ("theme", THEMES), ("density", DENSITIES)):
        if field in given and given[field] not in known:
            raise Refused("unknown_word", field, word=given[field], known=known)
    Preferences.objects.update_or_create(person=person, defaults=given)


def make_demo_people(*, languages: Iterable[str] = ("en",)) -> None:
    """The people of a demo, who sign in with the password ``demo``; those who are there stay as they are."""
    language = next(iter(languages), "en")
    for username, role in SIGN_INS.items():
        if not User.objects.filter(username=username).exists():
            add_person(
                username=username,
                password=DEMO_PASSWORD,
                roles=[role],
                name=SIGN_IN_NAMES[username],
                language=language,
                checked=False,
            )


def anybody() -> bool:
    """Is there anybody who can sign in?"""
    return User.objects.filter(is_active=True).exists()


def _known(roles: Iterable[str]) -> list[str]:
    wanted = list(roles)
    if not wanted:
        raise Refused("person_without_role", "roles")
    for role in wanted:
        if role not in ROLES:
            raise Refused("unknown_word", "roles", word=role, known=tuple(ROLES))
    return wanted


def _person(username: str) -> User:
    person = User.objects.select_for_update().filter(username=username).first()
    if person is None:
        raise Refused("person_unknown", "username", name=username)
    return person


def _free_address(email: str, username: str) -> None:
    """People sign in by their address, too: it is one person's."""
    if not email:
        return
    if fault := email_fault(email):
        raise fault
    if User.objects.filter(email__iexact=email).exclude(username=username).exists():
        raise Refused("email_taken", "email", email=email)


def _good(password: str, person: User) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise Refused("password_short", "password", length=len(password), least=SHORTEST_PASSWORD)
    try:
        validate_password(password, person)
    except ValidationError as problem:
        raise Refused("password_too_easy", "password", why=" ".join(problem.messages)) from None
