"""The tariffs: which taxes and charges open orders stand on, what the newest would mean for them, and that they follow it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from perennial.desk.read.tariffs import tariff_preview, tariffs
from perennial.desk.tariffs import apply as apply_tariff
from perennial.errors import Refused
from perennial.jobs.price_notices import charges_fault
from perennial.web.answer import form_again, go_to, whole
from perennial.web.typed import whole as whole_number
from perennial.web.visit import Visit
from perennial.web.words import words

TYPED_ABOVE = 1000
"""So many orders are not moved by a slip: how many they are is typed."""


def page(request: Visit) -> HttpResponse:
    """All of them, the newest first."""
    found = tariffs()
    older = sum(one.orders for one in found[1:])
    context = {
        "tariffs": found,
        "newest": found[0],
        "older": older,
        "may_apply": older and found[0].applied_on is None,
        "slug": "tariffs",
        "here": "set_up",
    }
    return whole(request, "web/set_up/tariffs.html", context)


def preview(request: Visit) -> HttpResponse:
    """What the newest one would mean for open orders. Sent: they follow it."""
    found = tariff_preview(on=request.visitor.today)
    newest = tariffs()[0]
    fault = charges_fault(found.more)
    context = {
        "found": found,
        "notice": fault,
        "is_applied": newest.applied_on is not None,
        "typed": found.orders > TYPED_ABOVE,
    }
    if request.method != "POST":
        return render(request, "web/set_up/tariff_preview.html", context)
    try:
        if context["typed"] and whole_number(request, "count") != found.orders:
            raise Refused("tariff_count", "count", count=found.orders)
        if fault is not None and request.POST.get("letters") != "1":
            raise fault
        seen = whole_number(request, "seen")
        done = apply_tariff(
            on=request.visitor.today,
            by=request.visitor.by,
            reason=request.POST.get("reason", "").strip() or None,
            seen=seen,
        )
    except Refused as problem:
        return form_again(request, "web/set_up/tariff_preview.html", context, problem)
    said = words(request, "tariff_applied", tariff=done["tariff"], count=found.orders)
    return go_to(request, "/setup/tariffs", said)
