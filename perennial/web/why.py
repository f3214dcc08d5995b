"""Why a shipment has its day, its products, its price, when it is charged and why it is not there yet: as parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from perennial.desk.read.coming import ComingShipment
from perennial.desk.read.shipment import ShipmentLine
from perennial.kernel.money import Money, line_amount
from perennial.kernel.reasons import Who
from perennial.kernel.states import SENT
from perennial.language import Reader
from perennial.language.reasons import FROM_THE_ONE_BEFORE, date_steps, not_shipped, price_words, product_words
from perennial.web.words import card_words, said


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way to a date: what was done, and the day that it gave."""

    words: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Why:
    """The parts, each in the reader's words."""

    date: tuple[Step, ...]
    products: tuple[str, ...]
    prices: tuple[str, ...]
    charge: str
    not_yet: tuple[str, ...]


Names = Mapping[tuple[str, str], str]
"""What delivery modes and intervals are called (``catalog.queries.names``)."""


def why_of(shipment: ComingShipment, to: Reader, names: Names, today: date) -> Why:
    """All of it for one shipment that is to come."""
    lines = shipment.lines
    steps = _steps(lines[-1], to, names)
    return Why(
        date=tuple(Step(words, on) for words, on in steps),
        products=tuple(_product(line, to) for line in lines)
        + tuple(said(to, "why_left_out", item=a.value, who=Who(a.by, a.on, a.reason)) for a in shipment.left_out),
        prices=tuple(_price(line, to) for line in lines) + _besides(shipment, to),
        charge=_charge(shipment, to),
        not_yet=tuple(words for words in _not_yet(shipment, to, today) if words),
    )


def _steps(line: ShipmentLine, to: Reader, names: Names) -> tuple[tuple[str, date | None], ...]:
    return date_steps(
        line.why.dates,
        line.event_on,
        line.ship_on,
        started=line.why.started,
        changed=line.why.changed,
        names=names,
        to=to,
    )


def _product(line: ShipmentLine, to: Reader) -> str:
    """The event that it comes from; of a substitute, in place of what."""
    why, source = line.why.line, line.why.source
    if why.product == "event" and source.place is not None:
        facts = {"place": source.place, "program": source.program, "revision": source.revision}
        return said(to, "why_event", **facts, repetition=source.repetition or None)
    return product_words(why, source, line.line, line.why.changed, to)


def _price(line: ShipmentLine, to: Reader) -> str:
    """Its price, and where that comes from."""
    if line.why.line.price == "product":
        return said(to, "why_price", price=line.price, order_date=line.why.order_date)
    return price_words(
        line.why.line,
        line.why.source,
        item=line.product.number,
        price=line.price,
        order_date=line.why.order_date,
        changed=line.why.changed,
        to=to,
    )


def _besides(shipment: ComingShipment, to: Reader) -> tuple[str, ...]:
    """Delivery and tax that come on top of the prices."""
    goods = sum(line_amount(line.quantity, line.price.minor) for line in shipment.lines)
    besides = shipment.cost.minor - goods
    return (said(to, "why_besides", amount=Money(besides, shipment.cost.currency)),) if besides > 0 else ()


def _charge(shipment: ComingShipment, to: Reader) -> str:
    """How it will be paid; of one that was sent, or will not be, its payments tell."""
    if shipment.lines[-1].child_status in (*SENT, "cancelled") or shipment.status == "skipped":
        return ""
    if shipment.upfront:
        return said(to, "charge_upfront")
    card = shipment.card
    if card is None:
        return said(to, "charge_other")
    return said(to, "charge_card", card=card_words(card), amount=shipment.cost)


def _not_yet(shipment: ComingShipment, to: Reader, today: date) -> Iterator[str | None]:
    status = shipment.lines[-1].child_status
    if shipment.child is not None and status not in SENT:
        yield said(to, "child_gone" if status == "cancelled" else "child_made", child=shipment.child)
    for reason in shipment.not_shipped:
        run_on = reason.facts.get("run_on")
        if reason.code in ("due", "projected") and isinstance(run_on, date) and run_on <= today:
            yield said(to, "why_next_night")
        else:
            yield not_shipped(reason, to)


def short_why(shipment: ComingShipment, to: Reader, names: Names) -> str:
    """Why its day, in a few words: the last steps of the way to it; that it is the last one."""
    last = shipment.lines[-1]
    steps = _steps(last, to, names)
    if last.why.dates.rule in FROM_THE_ONE_BEFORE and len(steps) > 1:
        steps = steps[1:]
    days: list[date | None] = []
    words = []
    for step, on in steps:
        if on is None or on not in days:
            words.append(step)
        days.append(on)
    if shipment.last:
        words.append(said(to, "entry_last"))
    return ", ".join(words)
