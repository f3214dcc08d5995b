"""The tags of the pages on which many orders are changed at once: what was asked, of whose orders, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.template import Context

from perennial.desk.read.lists import Whose
from perennial.errors import Refused
from perennial.jobs import WHOSE
from perennial.jobs.many import PassedOver
from perennial.jobs.status import JobRunStatus
from perennial.kernel.money import Money, line_amount, minor, sum_of
from perennial.language import Reader, phrase, say
from perennial.language.formats import fact, pieces
from perennial.web.words import said

register = template.Library()


def _to(context: Context) -> Reader:
    found: Reader = context["to"] if "to" in context else Reader()
    return found


@register.simple_tag(takes_context=True)
def change_asked(context: Context, arguments: Mapping[str, Any]) -> str:
    """What is done to each order: moved to a day, by days, another product, put back."""
    return ", ".join(_change(arguments, _to(context)))


def _change(arguments: Mapping[str, Any], to: Reader) -> Iterator[str]:
    if "run" in arguments:
        yield said(to, "updates_of_run", run=arguments["run"])
        if arguments.get("send_late"):
            yield said(to, "updates_send_late_short")
        return
    if "item" in arguments:
        yield said(to, "updates_swapped", item=arguments["item"], product=arguments["product"])
        if arguments.get("price"):
            yield said(to, "updates_at_price", price=arguments["price"])
    elif "file" in arguments:
        yield said(to, "updates_as_file")
    elif "to" in arguments:
        yield said(to, "updates_moved_to", to=date.fromisoformat(arguments["to"]))
    else:
        days = arguments["by_days"]
        yield said(to, "updates_later" if days > 0 else "updates_earlier", count=abs(days))
    if arguments.get("following"):
        yield said(to, "updates_with_following")
    if arguments.get("also_adjusted"):
        yield said(to, "updates_also_adjusted_short")


@register.simple_tag(takes_context=True)
def change_whose(context: Context, arguments: Mapping[str, Any]) -> str:
    """Of whose orders, and which shipments; events by their places (``event_places``)."""
    to = _to(context)
    told = []
    for name in WHOSE:
        value = arguments.get(name)
        if value is not None and not (name == "product" and "item" in arguments):
            words = fact(date.fromisoformat(value), "", to) if name.startswith("ships_") else value
            if name == "event":
                words = context["event_places"].get((arguments.get("program"), value), value)
            told.append(f"{phrase('web whose', name, None, to)} {words}")
    return ", ".join(told)


@register.simple_tag(takes_context=True)
def change_found(context: Context, run: JobRunStatus) -> str:
    """How many orders a run changes or changed, as the title of its page."""
    code = "updates_back" if "run" in run.arguments else "updates_change"
    return said(_to(context), f"{code}_{'would' if run.dry else 'did'}", count=run.counts.get("orders", 0))


@register.simple_tag(takes_context=True)
def why_passed_over(context: Context, one: PassedOver) -> str:
    """Why things stay as they are."""
    return one.words(_to(context))


@register.simple_tag(takes_context=True)
def fault_of_file(context: Context, fault: Refused) -> str:
    """What is wrong in a line of a file."""
    to = _to(context)
    place, _, column = fault.field.removeprefix("file[").partition("].")
    if not column:
        return say(fault, to)
    return said(to, "updates_fault", line=place, column=phrase("file column", column, None, to), said=say(fault, to))


@register.simple_tag(takes_context=True)
def shipment_told(context: Context, values: Mapping[str, Any] | None, other: Mapping[str, Any] | None = None) -> str:
    """A shipment before or after: its day, its products, and what these cost together; how it stands, where that is not as on
    the ``other`` side.
    """
    if values is None or "ship_on" not in values:
        return ""
    to, currency = _to(context), context["visitor"].company.currency
    lines = [
        (one["product"], Decimal(one.get("quantity", "1")), minor(one["price"], currency)) for one in values["lines"]
    ]
    products = (pieces(fact(number, "", to), name) for name, number, _ in lines)
    cost = Money(sum_of(line_amount(number, price) for _, number, price in lines), currency)
    stands = [values["status"]] if other and other.get("status") != values["status"] else []
    words = (phrase("line", one, {}, to) or one for one in stands)
    return ", ".join([fact(date.fromisoformat(values["ship_on"]), "", to), *products, fact(cost, "", to), *words])


@register.simple_tag
def customer_of(whose: Mapping[str, Whose], order: str) -> Whose | None:
    """Whose an order is."""
    return whose.get(order)
