"""What customers were told: the outbox, a message as it was sent, and what a person does with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from perennial.desk.read import messages as read
from perennial.errors import Refused
from perennial.kernel.states import NOTICE
from perennial.notices import actions
from perennial.web.answer import Toast, act, done, new_token, redraws, whole
from perennial.web.caller import checked
from perennial.web.mail import framed
from perennial.web.told import told
from perennial.web.visit import Visit
from perennial.web.words import words

SECTIONS = ("web/message/head.html", "web/message/side.html")
ON_A_PAGE = 30
LIST = ("web/outbox/tabs.html", "web/outbox/list.html")


def outbox(request: Visit) -> HttpResponse:
    """All messages, the newest first; or those with a status, of a customer, of an order."""
    return whole(request, "web/outbox.html", _outbox(request.GET))


@redraws("outbox")
def redraw_outbox(request: Visit) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The list, after something was done with one of them."""
    return LIST, _outbox(QueryDict(urlsplit(request.htmx.current_url_abs_path or "").query))


def page(request: Visit, notice: int) -> HttpResponse:
    """A message whole, as it was sent."""
    return whole(request, "web/message.html", _shown(request, notice))


@redraws("message")
def redraw(request: Visit, notice: int) -> tuple[Sequence[str], Mapping[str, Any]]:
    """What became of it, and what may be done now."""
    return SECTIONS, _shown(request, notice)


def mail(request: Visit, notice: int) -> HttpResponse:
    """The HTML that was sent, for the frame of its page."""
    kept = read.message(notice)
    if kept.html is None:
        raise Refused("message_unknown", "notice", notice=notice)
    return framed(kept.html)


def of_customer(request: Visit, account: str) -> HttpResponse:
    """Which of the customer's last messages shall go again?"""
    return _which(request, customer=account)


def of_order(request: Visit, number: str) -> HttpResponse:
    """Which of the order's last messages shall go again?"""
    return _which(request, order=number)


def again(request: Visit, notice: int) -> HttpResponse:
    """The same once more, to the address that the customer has now."""
    outcome = act(request, actions.send_again, notice=notice)
    return done(request, Toast(words(request, "message_goes_again", kind=outcome.kind)))


def bounced(request: Visit, notice: int) -> HttpResponse:
    """It came back."""
    act(request, actions.mark_bounced, notice=notice)
    return done(request, Toast(words(request, "message_noted_bounced")))


def arrived(request: Visit, notice: int) -> HttpResponse:
    """The customer has it."""
    act(request, actions.mark_arrived, notice=notice)
    return done(request, Toast(words(request, "message_noted_arrived")))


def _which(request: Visit, **about: str) -> HttpResponse:
    found = [one for one in told(request, **about)["messages"] if one.goes_again]
    return render(request, "web/message/which.html", {"messages": found, "token": new_token()})


def _outbox(asked: QueryDict) -> dict[str, Any]:
    status, customer, order = (asked.get(name, "").strip() or None for name in ("status", "customer", "order"))
    kept = QueryDict(mutable=True)
    kept.update({name: value for name, value in (("customer", customer), ("order", order)) if value})
    found = read.messages(
        customer=customer, order=order, status=status, size=ON_A_PAGE, after=asked.get("after") or None
    )
    numbers = read.counts() if not kept else {}
    return {
        "messages": found.rows,
        "following": found.next,
        "tabs": [(one, numbers.get(one)) for one in sorted(NOTICE, key=lambda one: one == "off")],
        "status": status,
        "about": order or customer,
        "address": f"/orders/{order}" if order else f"/customers/{customer}",
        "query": kept.urlencode(),
        "first": "after" not in asked,
        "here": "outbox",
    }


def _shown(request: Visit, notice: int) -> dict[str, Any]:
    kept = read.message(notice)
    return {"kept": kept, "one": kept.listed, "checked": checked(request, kept.listed.account), "here": "outbox"}
