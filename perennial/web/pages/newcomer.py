"""A new caller: name, address and card on one page, then the order."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.shortcuts import render

from perennial.desk.customers import add_newcomer
from perennial.desk.read.entry import town_of, training_tokens
from perennial.errors import Refused
from perennial.language import LANGUAGES
from perennial.web.answer import act, form_again, go_to, whole
from perennial.web.typed import text
from perennial.web.visit import Visit

YEARS_OF_A_CARD = 3


def page(request: Visit) -> HttpResponse:
    """The form; adding starts an order of the new customer."""
    if request.method != "POST":
        return whole(request, "web/newcomer.html", _shown(request))
    tokens = training_tokens()
    token = request.POST.get("token") or None
    try:
        given: dict[str, Any] = {
            name: text(request, name) for name in ("email", "phone", "language", "region", "country")
        }
        words: dict[str, Any] = {name: text(request, name) or "" for name in ("name", "street", "city", "postcode")}
        added = act(
            request,
            add_newcomer,
            **given,
            **words,
            token=token if token in tokens else None,
            exp=text(request, "exp") or "",
            brand="visa",
            last4="4242",
        )
    except Refused as refused:
        return form_again(
            request,
            "web/newcomer.html" if not _is_part(request) else "web/newcomer/form.html",
            _shown(request),
            refused,
        )
    return go_to(request, f"/customers/{quote(added.account)}/order")


def town(request: Visit) -> HttpResponse:
    """The field of the town, filled in where the postcode has one that we know."""
    given = request.GET.get("city", "").strip()
    found = town_of(request.GET.get("postcode", "").strip(), request.GET.get("country", "").strip().upper() or None)
    return render(request, "web/newcomer/town.html", {"city": given or found or "", "found": bool(found and not given)})


def _is_part(request: Visit) -> bool:
    return bool(request.headers.get("HX-Request"))


def _shown(request: Visit) -> dict[str, Any]:
    visitor = request.visitor
    return {
        "here": "customers",
        "name": request.GET.get("name", ""),
        "country": visitor.company.country or "",
        "spoken": [language for language in LANGUAGES if language in visitor.company.languages] or list(LANGUAGES),
        "tokens": training_tokens(),
        "exp": f"12/{visitor.today.year + YEARS_OF_A_CARD}",
    }
