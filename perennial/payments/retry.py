"""Retry: when a card that was declined is asked again, how often, and when the tries are counted from 0 again.

- When: by why it was declined the last time. ``soft``: so many days after that try as its place in the parameter
  ``soft_retry_days`` says, without a list every ``days_between_tries`` days. ``expired`` and ``authentication``: by lists of
  their own, without one never. ``hard``: never, networks forbid it. The view ``payment_retry`` says from which date on; a
  person may ask again before it (``force``).
- Not in a night that is only caught up: several of them run within minutes, and would use up the tries of a card that
  nobody could put right meanwhile. The last of them asks again (``jobs/night.py`` says which these are).
- What counts: a try to authorise, charge or give back when it is sent, whatever comes of it; a capture when declined.
- How often: until the list ends, and never more than ``reauthorization_limit`` says, of whatever kind the declines were.
  When a list has become shorter meanwhile, what had a place in it is asked once more, ``days_between_tries`` later.
- From 0 again: by another card, or by the same when a person asks for another try; and when an authorisation that was
  approved has lapsed, or was voided, while the payment is still owed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F

from perennial.catalog.models import Parameters
from perennial.db import sql
from perennial.kernel.states import REFUSED
from perennial.payments.models import Payment


def count_try(payments: Sequence[int], old: Sequence[str], *, on: date) -> None:
    """Payments go to the gateway: ``sent``, one try more, and none after it on this date. Conflict: see ``sql.shift``."""
    sql.shift(Payment, payments, old, "sent", attempts=F("attempts") + 1, tried_on=on)


@dataclass(frozen=True)
class Schedule:
    """How often a declined card is asked again: ``most`` tries in all (None: any number), and for each category after how
    many days, try by try. ``soft`` None: always again.
    """

    most: int | None = None
    soft: tuple[int, ...] | None = None
    expired: tuple[int, ...] = ()
    authentication: tuple[int, ...] = ()

    def days(self, category: str | None) -> tuple[int, ...] | None:
        """The days of a category, of one that nobody has named those of a soft one; None: always again."""
        lists = {"expired": self.expired, "authentication": self.authentication, "hard": ()}
        return lists.get(category or "soft", self.soft)

    def ends(self, tries: int, category: str | None) -> bool:
        """Is a decline of that category after so many tries the end of them (``failed``)?"""
        days = self.days(category)
        return (self.most is not None and tries >= self.most) or (days is not None and tries > len(days))


def schedule_of(found: Parameters) -> Schedule:
    """As the parameters say."""
    soft = found.soft_retry_days
    return Schedule(
        most=found.reauthorization_limit,
        soft=None if soft is None else tuple(soft),
        expired=tuple(found.expired_retry_days),
        authentication=tuple(found.authentication_retry_days),
    )


def from_zero(payments: Sequence[int]) -> None:
    """Declined or failed payments are due again, as if no card had been asked."""
    sql.shift(Payment, payments, REFUSED, "due", attempts=0, tried_on=None)


def new_series(tries: int) -> int:
    """By how much the count of tries changes where it begins from 0 after an authorisation that was approved."""
    return -tries
