"""The first page of a new installation: the company, and who sets it up."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import get_territory_currencies
from django.contrib.auth import login
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone

from perennial.desk.first_run import set_up
from perennial.errors import Refused
from perennial.kernel.currencies import CURRENCIES
from perennial.kernel.money import Money
from perennial.kernel.places import COUNTRIES, time_zones
from perennial.people.actions import anybody
from perennial.web.answer import form_again, whole
from perennial.web.visit import Visit

TEMPLATE = "web/first_run.html"
HOME = {"en": "US", "it": "IT"}
"""The country of a language, where the browser names none."""
FIELDS = ("company", "country", "currency", "time_zone", "name", "email", "password")


def page(request: Visit) -> HttpResponse:
    """One form, once: whoever comes second signs in."""
    if anybody():
        return HttpResponseRedirect("/sign-in")
    context = _choices(request)
    if request.method != "POST":
        return whole(request, TEMPLATE, context)
    given = {name: request.POST.get(name, "") for name in FIELDS}
    try:
        person = set_up(
            **{name: words if name == "password" else words.strip() for name, words in given.items()},
            language=request.visitor.reader.language,
        )
    except Refused as problem:
        if problem.code == "set_up_already":
            return HttpResponseRedirect("/sign-in")
        return form_again(request, TEMPLATE, context, problem)
    login(request, person, backend="perennial.web.sign_in.Backend")
    return HttpResponseRedirect("/")


def _choices(request: Visit) -> dict[str, Any]:
    """What can be chosen, and what the browser lets us guess."""
    given = request.POST
    country = given.get("country") or _country(request)
    locale = Locale.parse(request.visitor.reader.language)
    zone = given.get("time_zone") or zone_of(country)
    currency = given.get("currency") or next(iter(get_territory_currencies(country)), "EUR")
    return {
        "country": country,
        "currency": currency,
        "zone": zone,
        "now": timezone.now().astimezone(ZoneInfo(zone if zone in time_zones() else "UTC")),
        "countries": sorted(((code, locale.territories.get(code, code)) for code in COUNTRIES), key=lambda one: one[1]),
        "currencies": [(code, Money(123450, code)) for code in sorted(CURRENCIES)],
        "zones": [*sorted(name for name in time_zones() if "/" in name and not name.startswith("Etc/")), "UTC"],
    }


def _country(request: Visit) -> str:
    """The country of the browser's language: ``en-IE`` is Ireland."""
    for part in request.headers.get("Accept-Language", "").split(","):
        _, _, land = part.split(";")[0].strip().partition("-")
        if land.upper() in COUNTRIES:
            return land.upper()
    return HOME.get(request.visitor.reader.language, "US")


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """By country, its first time zone in the IANA list: where most of its people live."""
    found: dict[str, str] = {}
    for line in files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone, *_rest = line.split("\t")
            found.setdefault(country, zone)
    return found


def zone_of(country: str) -> str:
    """The time zone to begin with in a country."""
    return _zones().get(country, "UTC")
