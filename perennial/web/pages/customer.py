"""A customer while the telephone rings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from perennial.desk.read.customer import customer_page
from perennial.web.answer import redraws, whole
from perennial.web.presence import presence
from perennial.web.recent import note_customer
from perennial.web.visit import Visit

SECTIONS = (
    "web/customer/head.html",
    "web/customer/warnings.html",
    "web/customer/strips.html",
    "web/customer/shipments.html",
    "web/customer/orders.html",
    "web/customer/side.html",
    "web/customer/more.html",
)


def page(request: Visit, account: str) -> HttpResponse:
    """All that a call is about, on one page."""
    context = _shown(request, account)
    note_customer(request, account, context["page"].customer.name)
    return whole(request, "web/customer.html", {**context, "sections": SECTIONS})


def here(request: Visit, account: str) -> HttpResponse:
    """This visitor is still on the page; who else is."""
    return render(
        request,
        "web/customer/here.html",
        {"account": account, "peers": presence(request, account), "peers_known": True},
    )


@redraws("customer")
def redraw(request: Visit, account: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The sections that a change may have touched."""
    return SECTIONS, _shown(request, account)


def _shown(request: Visit, account: str) -> dict[str, Any]:
    return {"page": customer_page(account, on=request.visitor.today), "open_row": request.GET.get("row")}
