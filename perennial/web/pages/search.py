"""Who is calling? Hits while typing, and the page that telephone systems open with a number."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from perennial.desk.read import search as desk
from perennial.web.answer import whole
from perennial.web.recent import recent_customers
from perennial.web.visit import Visit

LEAST = 2
"""So many letters are typed before anything is looked for."""


def page(request: Visit) -> HttpResponse:
    """The hits of what was asked, or the customers whom this visitor opened last; the exact one opens."""
    asked = " ".join(request.GET.get("q", "").split())
    context = _found(asked, request.GET.get("after"), size=25)
    found: desk.Hits | None = context["found"]
    if found is not None and not request.GET.get("after") and (address := _exact(found)):
        return HttpResponseRedirect(address)
    return whole(request, "web/search.html", {**context, "recent": recent_customers(request)})


def hits(request: Visit) -> HttpResponse:
    """The first hits, while typing."""
    return render(request, "web/search/hits.html", _found(" ".join(request.GET.get("q", "").split()), None, size=8))


def payers(request: Visit) -> HttpResponse:
    """The first customers who fit, to choose the one who pays."""
    asked = " ".join(request.GET.get("account", "").split())
    return render(request, "web/panel/payers.html", _found(asked, None, size=8))


def _found(asked: str, after: str | None, *, size: int) -> dict[str, Any]:
    found = desk.search(asked, size=size, after=after) if len(asked) >= LEAST else None
    return {"asked": asked, "found": found, "short": 0 < len(asked) < LEAST}


def _exact(found: desk.Hits) -> str | None:
    """Where the one that was meant stands: what fits exactly, else all that fits."""
    orders = [hit for hit in found.orders if hit.exact]
    customers = [hit for hit in found.customers if hit.exact]
    if not found.orders and len(found.customers) == 1:
        customers = list(found.customers)
    if len(orders) == 1:
        return f"/orders/{orders[0].number}"
    if len(customers) == 1 and not orders:
        return f"/customers/{customers[0].account}"
    return None
