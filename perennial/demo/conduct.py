"""What members did after they joined, read from what they bought and did not buy.

- bought again within weeks: goes on; now and then a parcel is moved;
- a gap of eleven weeks or more: the next shipment is skipped;
- a gap of nineteen weeks or more: the order is held until the day of the next purchase;
- not seen again although half a year was left: stops some weeks after the last purchase;
- quiet for the last three months: perhaps on hold, and left so for the reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from perennial.demo import assortment
from perennial.demo.enrolments import LASTS, Enrolment, World, wallet
from perennial.demo.history import DAY
from perennial.demo.members import to_be_accepted, with_kit

HALF_A_YEAR = timedelta(days=182)
PAID_UP_FRONT = (assortment.BOX, assortment.GIFT)

CLERKS = ("clerk:june", "clerk:marco", "clerk:thea")
WHY_HOLD = (
    "moving house",
    "abroad for some months",
    "asked us to wait",
    "a letter came back, address in question",
)
WHY_SKIP = (
    "has that one already",
    "too many records on the shelf",
    "away next month",
    "does not care for that one",
)
WHY_MOVE = ("away for a week", "wants it after payday", "a neighbour collects it later")
WHY_STOP = (
    "does not listen to discs any more",
    "too dear",
    "did not say",
    "has what they wanted",
    "moved away",
)
CATCH_UPS = (None, None, None, "skip", "send", "merge")


@dataclass(frozen=True)
class Act:
    """What a clerk does for a member on one day; what has a default goes with one kind of act alone."""

    on: date
    enrolment: Enrolment
    kind: str  # accept, hold, release, skip, move, cancel, card, send
    by: str
    reason: str
    days: int = 0
    catch_up: str | None = None
    nth_card: int = 0


def acts(world: World, enrolment: Enrolment) -> list[Act]:
    """All that is done for this order until the last night, oldest first."""
    last_night = world.calendar.last_night
    done = [act for act in all_acts(world, enrolment) if act.on <= last_night]
    return sorted(done, key=lambda act: (act.on, act.kind))


def all_acts(world: World, enrolment: Enrolment) -> Iterator[Act]:
    """The acts of one order, in no order."""
    dice = world.dice("acts", enrolment.reference)

    def act(on: date, kind: str, reason: str, **more: object) -> Act:
        return Act(on, enrolment, kind, dice.choice(CLERKS), reason, **more)  # type: ignore[arg-type]

    if enrolment.nth == 1:
        renewed_on = wallet(world, enrolment.customer, enrolment.joined).renewed_on
        if renewed_on:
            yield act(renewed_on, "card", "gave a new card", nth_card=2)
    if to_be_accepted(world, enrolment):
        bought_again = len(enrolment.purchases) > 1
        if not bought_again and dice.random() < 0.3:
            if dice.random() < 0.6:
                yield act(enrolment.on + timedelta(days=75), "cancel", "never answered the offer")
            return
        yield act(enrolment.on + timedelta(days=dice.randrange(2, 21)), "accept", "said yes on the phone")
    if with_kit(world, enrolment):
        yield act(enrolment.on + DAY, "send", "in stock")

    stops_on = stop_day(world, enrolment, dice)
    last_night = world.calendar.last_night
    until = min(last_night, enrolment.on + timedelta(days=LASTS.get(enrolment.product, 10_000)))
    if stops_on and stops_on <= until:
        yield act(stops_on, "cancel", dice.choice(WHY_STOP))
        until = stops_on - DAY

    for one, following in pairwise(purchase.on for purchase in enrolment.purchases):
        gap = (following - one).days
        if following > until:
            break
        if gap > 130:
            yield act(one + timedelta(days=dice.randrange(50, 80)), "hold", dice.choice(WHY_HOLD))
            yield act(following, "release", "bought again", catch_up=dice.choice(CATCH_UPS))
        elif gap > 75:
            yield act(one + timedelta(days=dice.randrange(30, 50)), "skip", dice.choice(WHY_SKIP))
        elif gap > 40 and dice.random() < 0.4:
            on = one + timedelta(days=dice.randrange(15, 30))
            yield act(on, "move", dice.choice(WHY_MOVE), days=dice.randrange(5, 15))

    quiet_since = enrolment.purchases[-1].on
    if until == last_night and (until - quiet_since).days > 90 and dice.random() < 0.4:
        yield act(quiet_since + timedelta(days=dice.randrange(60, 90)), "hold", dice.choice(WHY_HOLD))


def stop_day(world: World, enrolment: Enrolment, dice: Random) -> date | None:
    """Who was not seen for the last half year stops later, most about three months after it.

    What was paid up front is stopped by few.
    """
    last_seen = enrolment.purchases[-1].on
    if last_seen > world.calendar.last_purchase - HALF_A_YEAR:
        return None
    if enrolment.product in PAID_UP_FRONT and dice.random() < 0.85:
        return None
    return last_seen + timedelta(days=int(dice.triangular(35, 300, 90)))
