"""What a clerk reads to the caller before an order is complete: what comes, from when, for how much, how it is paid.

Dates and amounts stand between marks, which a page sets in bold and ``plain`` leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from babel.dates import format_date
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from perennial.desk.read.coming import ComingShipment
from perennial.desk.read.entry import Entry
from perennial.desk.read.order import Continuity
from perennial.desk.read.values import Card, Product
from perennial.kernel.money import Money
from perennial.language import Reader
from perennial.language.formats import fact
from perennial.web.words import said

BEGIN, END = "\ue000", "\ue001"


def aloud(entry: Entry, to: Reader) -> tuple[str, ...]:
    """The sentences; none of an order in which nothing stands."""
    order = entry.order
    if order is None:
        return ()
    found: list[str] = []
    for one in order.continuity:
        if entry.sent(one.line):
            found += _continuity(entry, one, to)
    if any(not _leaves_now(entry, one) for one in order.continuity if entry.sent(one.line)):
        found.append(said(to, "aloud_skip_or_stop"))
    if entry.ordinary:
        found += _today(entry, to)
    return (*found, said(to, "aloud_agree")) if found else ()


def plain(sentences: Sequence[str]) -> str:
    """As text."""
    return " ".join(sentences).replace(BEGIN, "").replace(END, "")


def set_bold(sentences: Sequence[str]) -> SafeString:
    """As HTML, the marked words in bold."""
    text = str(escape(" ".join(sentences))).replace(BEGIN, "<b>").replace(END, "</b>")
    return mark_safe(text)  # it was escaped just now


def _continuity(entry: Entry, one: Continuity, to: Reader) -> Iterator[str]:
    shipments = entry.sent(one.line)
    facts = {"count": len(shipments), "product": _name(one.product), "first": _day(shipments[0].ship_on, to)}
    together = len(_together(shipments))
    if together > 1 and together == len(shipments) and one.complete:
        yield said(to, "aloud_shipments_together", **facts)
    else:
        yield said(to, "aloud_shipments" if one.complete else "aloud_shipments_go_on", **facts)
    skipped = len(entry.of_line(one.line)) - len(shipments)
    if skipped:
        yield said(to, "aloud_skipped", count=skipped)
    own = entry.order.ship_to.id if entry.order and entry.order.ship_to else None
    if one.ship_to is not None and one.ship_to.id != own:
        words = [word for word in (one.ship_to.recipient, one.ship_to.city or one.ship_to.street) if word]
        yield said(to, "aloud_goes_to", place=", ".join(words) or one.ship_to.code)
    yield from _upfront(entry, one, to) if one.upfront else _per_shipment(entry, one, shipments, to)


def _together(shipments: Sequence[ComingShipment]) -> tuple[ComingShipment, ...]:
    """Those that leave on the day of the first: more than one, when a start date lies in the past."""
    return tuple(shipment for shipment in shipments if shipment.ship_on == shipments[0].ship_on)


def _leaves_now(entry: Entry, one: Continuity) -> bool:
    """Do all shipments of a line leave today, so that none can be skipped?"""
    return one.complete and all(shipment.ship_on <= entry.today for shipment in entry.sent(one.line))


def _upfront(entry: Entry, one: Continuity, to: Reader) -> Iterator[str]:
    """Billed whole: once with the first shipment, or in parts by date."""
    parts = [due for due in entry.dues if due.purpose == "order" and due.line == one.line]
    if not parts:
        return
    total = Money(sum(part.amount.minor for part in parts), entry.currency)
    how = _how(one.payment_method, one.card, to)
    if len(parts) == 1:
        yield said(to, "aloud_upfront", total=_money(total, to), how=how, on=_day(parts[0].on, to))
        return
    first, last = parts[0], parts[-1]
    facts: dict[str, object] = {
        "total": _money(total, to),
        "count": len(parts),
        "how": how,
        "first": _money(first.amount, to),
        "last_on": _day(last.on, to),
    }
    if first.on <= entry.today:
        yield said(to, "aloud_upfront_parts_today", **facts)
    else:
        yield said(to, "aloud_upfront_parts", on=_day(first.on, to), **facts)


def _per_shipment(entry: Entry, one: Continuity, shipments: Sequence[ComingShipment], to: Reader) -> Iterator[str]:
    """Each as it ships, at once or in parts."""
    how = _how(one.payment_method, one.card, to)
    costs = [shipment.cost for shipment in shipments]
    first, later = costs[0], costs[1:]
    total = Money(sum(cost.minor for cost in costs), entry.currency)
    if not later:
        yield said(to, "aloud_only", amount=_money(first, to), how=how)
    elif {first, *later} == {first}:
        yield said(to, "aloud_each", amount=_money(first, to), how=how)
    elif len(set(later)) == 1:
        yield said(to, "aloud_first_and_later", first=_money(first, to), later=_money(later[0], to), how=how)
    else:
        least, most = (Money(pick(c.minor for c in later), entry.currency) for pick in (min, max))
        yield said(
            to, "aloud_first_and_between",
            first=_money(first, to), least=_money(least, to), most=_money(most, to), how=how,
        )  # fmt: skip
    parts = max((d.parts for d in entry.dues if d.purpose == "shipment" and d.line == one.line), default=1)
    if parts > 1:
        yield said(to, "aloud_in_parts", count=parts)
    together = _together(shipments)
    at_once = _at_once(entry, one, together)
    if len(together) > 1:
        facts = {"count": len(together), "on": _day(together[0].ship_on, to), "amount": _money(at_once, to)}
        all_of_them = len(together) == len(shipments) and one.complete
        yield said(to, "aloud_all_at_once" if all_of_them else "aloud_at_once", **facts)
    if later and one.complete and at_once != total:
        yield said(to, "aloud_in_all", total=_money(total, to))


def _at_once(entry: Entry, one: Continuity, together: Sequence[ComingShipment]) -> Money:
    """What is charged on the day on which these leave."""
    day, numbers = together[0].ship_on, {shipment.number for shipment in together}
    due = (d for d in entry.dues if d.purpose == "shipment" and d.line == one.line and d.shipment in numbers)
    return Money(sum(d.amount.minor for d in due if d.on <= day), entry.currency)


def _today(entry: Entry, to: Reader) -> Iterator[str]:
    """The ordinary lines, by each card or other way that pays a part of them."""
    assert entry.order is not None
    names = [_name(line.product) for line in entry.order.lines if line.price is not None]
    total = Money(sum(due.amount.minor for due in entry.ordinary), entry.currency)
    if len(entry.ordinary) == 1:
        due = entry.ordinary[0]
        yield said(to, "aloud_today", amount=_money(total, to), products=names, how=_how(due.method, due.card, to))
        return
    ways = [f"{_money(due.amount, to)} {_how(due.method, due.card, to)}" for due in entry.ordinary]
    yield said(to, "aloud_today_shared", amount=_money(total, to), products=names, ways=ways)


def _name(product: Product) -> str:
    return product.name or product.number


def _how(method: str, card: Card | None, to: Reader) -> str:
    if method == "card":
        brand = (card.brand or "").capitalize() if card else ""
        if card and card.last4:
            return said(to, "aloud_by_card", brand=brand, last4=card.last4)
        return said(to, "aloud_by_some_card")
    return said(to, "aloud_on_account") if method == "on_account" else said(to, "aloud_by_other", method=method)


def _day(day: date, to: Reader) -> str:
    pattern = "EEEE d MMMM" if day.year == to.year else "EEEE d MMMM yyyy"
    return f"{BEGIN}{format_date(day, pattern, locale=to.language)}{END}"


def _money(amount: Money, to: Reader) -> str:
    return f"{BEGIN}{fact(amount, '', to)}{END}"
