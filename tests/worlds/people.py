"""People at the desk, and browsers of Django's that are signed in as one of them."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import User
from django.test import Client

from perennial.people.actions import make_demo_people
from perennial.people.roles import SIGN_INS

NAME_OF = {role: name for name, role in SIGN_INS.items()}


class QuickArgon2(Argon2PasswordHasher):
    """The same hasher, with as little work as it takes."""

    time_cost = 1
    memory_cost = 64
    parallelism = 1


def people(language: str = "en") -> None:
    """The people of a demo: clerk, manager, finance, planner, admin, password ``demo``."""
    make_demo_people(languages=[language])


def signed_in(role: str, *, language: str = "en") -> Client:
    """A client that is signed in as somebody of that role."""
    if not User.objects.filter(username=NAME_OF[role]).exists():
        people(language)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username=NAME_OF[role]), "perennial.web.sign_in.Backend")
    return client
