"""The page of an order: a parent's with each shipment beside its child and its payment, or a child's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from django.http import HttpResponse, HttpResponseRedirect, QueryDict

from perennial.desk.locking import unknown_order
from perennial.desk.numbers import Meant, order_meant
from perennial.desk.read.child import child
from perennial.desk.read.order_page import order_page, order_row
from perennial.web.answer import redraws, whole
from perennial.web.history import history_of
from perennial.web.visit import Visit

SECTIONS = (
    "web/order/head.html",
    "web/order/warnings.html",
    "web/order/money.html",
    "web/order/shipments.html",
    "web/order/ordinary.html",
    "web/order/payments.html",
    "web/order/side.html",
)
CHILD_SECTIONS = (
    "web/child/head.html",
    "web/child/warnings.html",
    "web/child/parcel.html",
    "web/child/payments.html",
    "web/child/side.html",
)
NEWEST = 8
"""So much of the history stands on the page; all of it has its own."""


def page(request: Visit, number: str) -> HttpResponse:
    """A parent or a child; a number that is spelled otherwise leads to its order."""
    meant = _meant(number)
    if meant.number != number:
        return HttpResponseRedirect(_address(meant.number))
    template = "web/child.html" if meant.is_child else "web/order.html"
    return whole(request, template, _shown(request, meant, request.GET))


@redraws("order")
def redraw(request: Visit, number: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The sections that a change may have touched."""
    meant = _meant(number)
    asked = QueryDict(urlsplit(request.htmx.current_url_abs_path or "").query)
    return (CHILD_SECTIONS if meant.is_child else SECTIONS), _shown(request, meant, asked)


def history(request: Visit, number: str) -> HttpResponse:
    """All that happened to an order."""
    meant = _meant(number)
    if meant.number != number or meant.is_child:
        return HttpResponseRedirect(
            f"{_address(meant.number)}/history" if not meant.is_child else _address(meant.number)
        )
    shown = order_page(number, on=request.visitor.today)
    happened = history_of(shown.order, request.visitor.reader)
    return whole(request, "web/order/history.html", {"order": shown.order, "history": happened, "here": "orders"})


def why(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Why a shipment is as it is, what can be changed, what became of its child: what its row opens to."""
    order, row = order_row(number, line, shipment, on=request.visitor.today)
    return whole(request, "web/order/details.html", {"order": order, "row": row})


def _meant(spelled: str) -> Meant:
    meant = order_meant(spelled)
    if meant is None:
        raise unknown_order(spelled)
    return meant


def _address(number: str) -> str:
    return f"/orders/{quote(number, safe='')}"


def _shown(request: Visit, meant: Meant, asked: QueryDict) -> dict[str, Any]:
    on, to = request.visitor.today, request.visitor.reader
    if meant.is_child:
        found = child(meant.number, on=on)
        happened = history_of(found.parent, to, child=found.child)
        return {"found": found, "order": found.parent, "child": found.child, "history": happened, "here": "orders"}
    start = {int(line): int(first) for line, _, first in [_start(asked)] if line.isdecimal() and first.isdecimal()}
    shown = order_page(meant.number, on=on, start=start)
    happened = history_of(shown.order, to)
    return {
        "shown": shown,
        "order": shown.order,
        "history": happened[:NEWEST],
        "happened": len(happened),
        "open_row": asked.get("row"),
        "here": "orders",
    }


def _start(asked: QueryDict) -> tuple[str, str, str]:
    """``?from=1-61``: the rows of line 1 begin with shipment 61."""
    line, dash, first = (asked.get("from") or "").partition("-")
    return line, dash, first
