"""Who joins what, and when: a purchase becomes an enrolment, its amount the price level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from perennial.demo import assortment
from perennial.demo.history import Calendar, History, Purchase

# Days from joining to about the last shipment; what has no end in sight is not in it.
LASTS = {
    assortment.YEAR: 335,
    assortment.HALF_YEAR: 155,
    assortment.TRIAL: 60,
    assortment.BOX: 130,
    assortment.GIFT: 160,
}
PRICE_LEVELS = (
    (10_00, assortment.TRIAL),
    (15_00, assortment.SAMPLER),
    (25_00, assortment.HALF_YEAR),
    (50_00, assortment.YEAR),
    (80_00, assortment.SEASON),
)


@dataclass(frozen=True)
class World:
    """What everything in the demo hangs on: the seed and the calendar."""

    seed: int
    calendar: Calendar

    def dice(self, *what: object) -> Random:
        """Dice of their own for each question, so that one answer never moves another."""
        return Random("/".join(map(str, (self.seed, *what))))


class Enrolment(NamedTuple):
    """One order: who joined what with which purchase; ``nth`` counts a member's orders from 1."""

    on: date
    customer: str
    nth: int
    product: str
    joined: date  # the day of the member's first order
    purchases: tuple[Purchase, ...]  # this one and all later ones

    @property
    def account(self) -> str:
        return f"M-{self.customer}"

    @property
    def reference(self) -> str:
        return f"CDNOW-{self.customer}" + (f"-{self.nth}" if self.nth > 1 else "")


@dataclass(frozen=True)
class Wallet:
    """The last day of a member's first card, and when, if ever, they give the next one."""

    last_day: date
    renewed_on: date | None

    def card_on(self, on: date) -> int:
        """Which card an order of this day is paid with: the first or the second."""
        return 2 if self.renewed_on and self.renewed_on < on else 1


def joins(world: World, history: History) -> Iterator[Enrolment]:
    """The first purchase, then every one that comes after what was joined before has run out."""
    joined = history.purchases[0].on
    cards = wallet(world, history.customer, joined)
    free_from, nth = joined, 0
    for place, purchase in enumerate(history.purchases):
        if purchase.on < free_from:
            continue
        if cards.card_on(purchase.on) == 1 and cards.last_day < purchase.on + timedelta(days=60):
            return  # nobody joins with a card that ends
        nth += 1
        product = product_for(world, history.customer, nth, purchase.cents)
        yield Enrolment(
            on=purchase.on,
            customer=history.customer,
            nth=nth,
            product=product,
            joined=joined,
            purchases=history.purchases[place:],
        )
        if product not in LASTS:
            return
        free_from = purchase.on + timedelta(days=LASTS[product] + 45)


def product_for(world: World, customer: str, nth: int, cents: int) -> str:
    """The amount is the price level; one in twenty of the better ones is a gift."""
    if cents >= 20_00 and world.dice("gift", customer, nth).random() < 0.05:
        return assortment.GIFT
    return next((product for below, product in PRICE_LEVELS if cents < below), assortment.BOX)


def wallet(world: World, customer: str, joined: date) -> Wallet:
    """One card in seven ends while the club runs. Most then give the next one, some late; some never do."""
    dice = world.dice("wallet", customer)
    if dice.random() >= 0.14:
        return Wallet(month_end(world.calendar.last_night + timedelta(days=dice.randrange(60, 1400))), None)
    last_day = month_end(joined + timedelta(days=dice.randrange(60, 560)))
    renewed_on = last_day + timedelta(days=dice.randrange(-12, 30))
    gives_next = dice.random() < 0.6 and renewed_on <= world.calendar.last_night
    return Wallet(last_day, renewed_on if gives_next else None)


def month_end(on: date) -> date:
    """The last day of the month, on which a card ends."""
    return (on.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
