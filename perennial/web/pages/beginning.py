"""A new installation: what comes next until the first order is taken, in steps with what does each."""

from __future__ import annotations

from django.http import HttpResponse

from perennial.desk.read.beginning import beginning, has_orders
from perennial.web.answer import whole
from perennial.web.set_up.forms import FORMS
from perennial.web.visit import Visit, Visitor

RULES = ("tax-rates", "date-intervals", "payment-schedules")
"""The kinds of set-up that a program may need, and often does without."""


def page(request: Visit) -> HttpResponse:
    """The steps, and which of them are done."""
    context = {"have": beginning(), "begun": has_orders(), "rules": [FORMS[slug] for slug in RULES]}
    return whole(request, "web/beginning.html", context)


def is_beginning(visitor: Visitor) -> bool:
    """Does whoever sets it up still have to be told what comes next?"""
    return "change_setup" in visitor.may and not has_orders()
