"""The first thing that is done in an installation: somebody sets it up, once."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

from babel.numbers import get_territory_currencies
from django.contrib.auth.models import User
from django.db import transaction

from perennial.catalog.actions import change_company, initialise
from perennial.catalog.models import Company
from perennial.errors import Refused, refuse_all
from perennial.kernel.currencies import CURRENCIES
from perennial.people.actions import add_person, anybody

ROLES = ("administrator", "manager")
"""Of whoever sets it up: to add people, and to see what they do."""


@transaction.atomic
def set_up(
    *,
    company: str,
    country: str,
    currency: str,
    time_zone: str,
    name: str,
    email: str,
    password: str,
    language: str,
) -> User:
    """Set up the company and add the person who does it, named after the address. Two at once: the first one wins.

    A currency or time zone that is left empty is the usual one of the country.

    Refused: somebody has set it up already; what is wrong with a field.
    """
    initialise()
    Company.objects.select_for_update().get(pk=1)
    if anybody():
        raise Refused("set_up_already")
    written = (("company", company), ("name", name), ("email", email))
    refuse_all(Refused("text_empty", field) for field, words in written if not words)
    person = add_person(
        username=re.sub(r"[^\w.+-]", "", email.partition("@")[0].lower())[:60] or ROLES[0],
        password=password,
        roles=ROLES,
        email=email,
        name=name,
        language=language,
    )
    change_company(
        given={
            "name": company,
            "country": country,
            "currency": currency or usual_currency(country),
            "time_zone": time_zone or usual_time_zones(country)[0],
            "languages": [language],
        },
        by=person.username,
    )
    return person


def usual_currency(country: str) -> str:
    """What is paid with in a country today (Unicode CLDR)."""
    return next((code for code in get_territory_currencies(country) if code in CURRENCIES), "EUR")


def usual_time_zones(country: str) -> tuple[str, ...]:
    """The time zones of a country, the one of most of its people first (IANA); of nowhere: UTC."""
    return _zones().get(country, ("UTC",))


@lru_cache(maxsize=1)
def _zones() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone, *_rest = line.split("\t")
            found[country] = (*found.get(country, ()), zone)
    return found
