"""What is asked of one shipment of many orders: another day, or another product. The rules are those of one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from perennial.catalog.queries import SetUp
from perennial.continuity.difference import Difference
from perennial.continuity.planning import OccurrenceRow, OrderState
from perennial.desk.adjusting import Adjusted
from perennial.desk.shipments.move import moved_alone, moved_following, rolled
from perennial.desk.shipments.products import Substitute, one_line, substituted
from perennial.errors import Refused
from perennial.kernel.calendar import add_days


@dataclass(frozen=True, slots=True)
class Asked:
    """A shipment of a parent order of which a change is asked. ``line`` None: of its only continuity line; ``shipment``
    None: it has none that is open; ``to``: its own new day.
    """

    order_id: int
    line: int | None
    shipment: int | None
    to: date | None = None


class Wanted(Protocol):
    """What is done to each shipment.

    ``action``: as the action of one order is called; ``rule``: what ``changeable`` asks; ``what``: how it is told.
    ``kinds``: adjustments that it would take the place of; ``forget_card``: whether a card lasts is found out anew.
    """

    @property
    def action(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def kinds(self) -> tuple[str, ...]: ...
    @property
    def forget_card(self) -> bool: ...

    def line_of(self, found: Sequence[OccurrenceRow], numbers: Mapping[int, str]) -> int:
        """The product line that it concerns; 0: the shipment as a whole."""

    def change(self, order: Order, found: Sequence[OccurrenceRow], asked: Asked, difference: Difference) -> Done:
        """Change a shipment. Refused: it cannot be done, or nothing would differ."""


@dataclass(frozen=True, slots=True)
class Order:
    """A continuity order as it stands, with what its rules ask besides. ``numbers``: of products, by id."""

    set_up: SetUp
    state: OrderState
    numbers: Mapping[int, str]
    on: date


@dataclass(frozen=True, slots=True)
class Done:
    """What a change of a shipment writes besides the difference: adjustments, and the facts of its history."""

    adjusted: list[Adjusted]
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class MoveTo:
    """Another day: this one, so many days later (earlier: below 0), or each shipment its own (neither).

    Days count from the day on which the shipment ships; where what follows is dated again too (``following``), from
    its event's.
    """

    to: date | None = None
    by_days: int | None = None
    following: bool = False

    action = "move"
    what = "moved"
    kinds = ("move", "redate")
    forget_card = True  # it may last to the new day: the next run finds out

    @property
    def rule(self) -> str:
        """What ``changeable`` asks."""
        return "move_following" if self.following else "move"

    def line_of(self, found: Sequence[OccurrenceRow], numbers: Mapping[int, str]) -> int:
        """All of the shipment."""
        return 0

    def change(self, order: Order, found: Sequence[OccurrenceRow], asked: Asked, difference: Difference) -> Done:
        """Move a shipment. Refused: to a day that is past, to the day that it has."""
        to = asked.to or self.to or self._later(found)
        if to < order.on:
            raise Refused("date_past", "to", date=to, earliest=order.on)
        ship_on, _ = rolled(order.set_up, found, to)
        stays = all(o.ship_on == ship_on for o in found)
        if stays and (not self.following or found[0].event_on == to):
            raise Refused("on_that_day_already", "to", ship_on=ship_on)
        if self.following:
            adjusted = moved_following(order.state, found[0], to, difference)
        else:
            adjusted = moved_alone(order.set_up, found, to, difference)
        return Done(adjusted, {"to": to.isoformat(), "following": self.following})

    def _later(self, found: Sequence[OccurrenceRow]) -> date:
        first = found[0].event_on if self.following else found[-1].ship_on
        return add_days(first, self.by_days or 0, "by_days")


@dataclass(frozen=True, slots=True)
class Replace:
    """Another product for the one that a shipment brings, at a price of its own or at the standing one."""

    wanted: Substitute

    action = "substitute"
    rule = "substitute"
    what = "substituted"
    forget_card = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """What a person may have set of the product, and of the price where one is given."""
        return ("substitute", "add") if self.wanted.price_minor is None else ("substitute", "add", "price")

    def line_of(self, found: Sequence[OccurrenceRow], numbers: Mapping[int, str]) -> int:
        """The line of the product that is replaced."""
        return one_line(found, numbers, self.wanted.replaces)[1].line

    def change(self, order: Order, found: Sequence[OccurrenceRow], asked: Asked, difference: Difference) -> Done:
        """Substitute the product of a shipment."""
        done = substituted(order.state, found, self.wanted, order.numbers, difference)
        return Done(done.adjusted, {"item": self.wanted.product.number, "instead_of": done.original})
