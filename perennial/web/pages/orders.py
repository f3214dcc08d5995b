"""The list of the orders."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect

from perennial.catalog.codes import all_source_codes
from perennial.desk.numbers import order_meant
from perennial.desk.queries import Fitting
from perennial.desk.read.lists import programs_to_choose
from perennial.desk.read.order_list import order_list
from perennial.kernel.states import ORDER
from perennial.web.answer import whole
from perennial.web.visit import Visit


def page(request: Visit) -> HttpResponse:
    """Open orders, the newest first; or those that fit what is asked for."""
    number = request.GET.get("number", "").strip()
    if number and (meant := order_meant(number)) is not None:
        return HttpResponseRedirect(f"/orders/{meant.number}")
    program, customer = (request.GET.get(name, "").strip() for name in ("program", "customer"))
    source = request.GET.get("source", "").strip()
    status = request.GET.get("status", "open")
    waiting = request.GET.get("waiting") == "1"
    fitting = Fitting(status or None, program or None, customer or None, waiting=waiting, source_code=source or None)
    asked = {
        "status": status,
        "program": program,
        "customer": customer,
        "source": source,
        "waiting": "1" if waiting else "",
    }
    context = {
        "found": order_list(fitting, after=request.GET.get("after") or None),
        "asked_for": asked,
        "number": number,
        "query": urlencode(asked),
        "statuses": tuple(ORDER),
        "sources": all_source_codes(),
        "programs": programs_to_choose(),
        "first": "after" not in request.GET,
        "here": "orders",
    }
    return whole(request, "web/orders.html", context)
