"""The first page of a new installation: the company, and who sets it up."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from perennial.desk.first_run import set_up, usual_currency, usual_time_zones
from perennial.errors import Refused
from perennial.kernel.currencies import CURRENCIES
from perennial.kernel.money import Money
from perennial.kernel.places import COUNTRIES, time_zones
from perennial.language.countries import countries, country_name
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


def place(request: Visit) -> HttpResponse:
    """What is usual in the country that was chosen."""
    if anybody():
        return HttpResponse(status=204)
    country = request.GET.get("country", "")
    return render(request, "web/first_run/place.html", _usual(request, country if country in COUNTRIES else "US"))


def _choices(request: Visit) -> dict[str, Any]:
    """What can be chosen, and what the browser lets us guess."""
    given = request.POST
    country = given.get("country") or _country(request)
    return {
        "country": country,
        "currency": given.get("currency", ""),
        "zone": given.get("time_zone", ""),
        "countries": countries(request.visitor.reader),
        "currencies": [(code, Money(123450, code)) for code in sorted(CURRENCIES)],
        "zones": [*sorted(name for name in time_zones() if "/" in name and not name.startswith("Etc/")), "UTC"],
        **_usual(request, country),
    }


def _usual(request: Visit, country: str) -> dict[str, Any]:
    """The currency and the time zones of a country."""
    name = country_name(country, request.visitor.reader)
    return {"land": name, "usual_currency": usual_currency(country), "usual_zones": usual_time_zones(country)}


def _country(request: Visit) -> str:
    """The country of the browser's language: ``en-IE`` is Ireland."""
    for part in request.headers.get("Accept-Language", "").split(","):
        _, _, land = part.split(";")[0].strip().partition("-")
        if land.upper() in COUNTRIES:
            return land.upper()
    return HOME.get(request.visitor.reader.language, "US")
