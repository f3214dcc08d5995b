"""The page of an order: a parent's with each shipment beside its child and its payment, or a child's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from django.http import HttpResponse, HttpResponseRedirect, QueryDict

from perennial.desk.locking import unknown_order
from perennial.desk.numbers import Meant, order_meant
from perennial.desk.read.child import child
from perennial.desk.read.disputes import going_on
from perennial.desk.read.order_page import order_page, order_row
from perennial.web.answer import redraws, whole
from perennial.web.card_link import link_shown
from perennial.web.codes import sources
from perennial.web.history import history_of, names_and_runs
from perennial.web.told import told
from perennial.web.visit import Visit

SECTIONS = (
    "web/order/head.html",
    "web/order/warnings.html",
    "web/customer/link.html",
    "web/order/money.html",
    "web/order/shipments.html",
    "web/order/ordinary.html",
    "web/order/payments.html",
    "web/message/section.html",
    "web/order/side.html",
)
CHILD_SECTIONS = (
    "web/child/head.html",
    "web/child/warnings.html",
    "web/child/parcel.html",
    "web/child/payments.html",
    "web/message/section.html",
    "web/child/side.html",
)
NEWEST = 8
"""So much of the history stands on the page; all of it has its own."""


def page(request: Visit, number: str) -> HttpResponse:
    """A parent or a child; a number that is spelled otherwise leads to its order."""
    found = meant(number)
    if found.number != number:
        return HttpResponseRedirect(_address(found.number))
    template = "web/child.html" if found.is_child else "web/order.html"
    return whole(request, template, _shown(request, found, request.GET))


@redraws("order")
def redraw(request: Visit, number: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The sections that a change may have touched."""
    found = meant(number)
    asked = QueryDict(urlsplit(request.htmx.current_url_abs_path or "").query)
    return (CHILD_SECTIONS if found.is_child else SECTIONS), _shown(request, found, asked)


def history(request: Visit, number: str) -> HttpResponse:
    """All that happened to an order."""
    shown = order_page(number, on=request.visitor.today)
    happened = history_of(shown.order, request.visitor.reader, names_and_runs(request, (shown.order,)))
    return whole(request, "web/order/history.html", {"order": shown.order, "history": happened, "here": "orders"})


def payments(request: Visit, number: str) -> HttpResponse:
    """All payments of an order."""
    return whole(request, "web/order/payments_page.html", _payments(request, number))


@redraws("order_payments")
def redraw_payments(request: Visit, number: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The payments, after one of them was changed."""
    return ("web/order/all_payments.html",), _payments(request, number)


def why(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Why a shipment is as it is, what can be changed, what became of its child: what its row opens to."""
    found, row = order_row(number, line, shipment, on=request.visitor.today)
    return whole(request, "web/order/details.html", {"order": found, "row": row})


def meant(spelled: str) -> Meant:
    """The order that is meant. Refused: there is none."""
    found = order_meant(spelled)
    if found is None:
        raise unknown_order(spelled)
    return found


def _address(number: str) -> str:
    return f"/orders/{quote(number, safe='')}"


def _payments(request: Visit, number: str) -> dict[str, Any]:
    shown = order_page(number, on=request.visitor.today)
    return {"shown": shown, "order": shown.order, "here": "orders"}


def _shown(request: Visit, about: Meant, asked: QueryDict) -> dict[str, Any]:
    on, to = request.visitor.today, request.visitor.reader
    if about.is_child:
        found = child(about.number, on=on)
        happened = history_of(found.parent, to, names_and_runs(request, (found.parent,)), child=found.child)
        return {
            "found": found,
            "order": found.parent,
            "child": found.child,
            "disputes": going_on(found.parent),
            "history": happened,
            "here": "orders",
        } | told(request, order=about.number)
    shown = order_page(about.number, on=on, start=_start(asked))
    happened = history_of(shown.order, to, names_and_runs(request, (shown.order,)))
    return {
        "shown": shown,
        "order": shown.order,
        "disputes": going_on(shown.order),
        "history": happened[:NEWEST],
        "happened": len(happened),
        "open_row": asked.get("row"),
        "sources": sources(request, shown.order.order_date, shown.order.source_code),
        "here": "orders",
        **link_shown(request, shown.order.payer.account if shown.order.payer else shown.order.account, shown.order),
        **told(request, order=about.number),
    }


def _start(asked: QueryDict) -> dict[int, int]:
    """``?from=1-61``: the rows of line 1 begin with shipment 61."""
    line, _, first = (asked.get("from") or "").partition("-")
    return {int(line): int(first)} if line.isdecimal() and first.isdecimal() else {}
