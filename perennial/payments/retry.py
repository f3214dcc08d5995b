"""Retry: when a card that was declined is asked again, how often, and when the tries are counted from 0 again.

- When: so many days after the last try as the parameter ``days_between_tries`` says. The view ``payment_retry`` says
  from which date on; a person may ask again before it (``force``).
- Not in a night that is only caught up: several of them run within minutes, and would use up the tries of a card that
  nobody could put right meanwhile. The last of them asks again (``jobs/night.py`` says which these are).
- What counts: a try to authorise, charge or give back when it is sent, whatever comes of it; a capture when declined.
- How often: as the parameter ``reauthorization_limit`` says. A hard decline (stolen, closed) is the last try at once.
- From 0 again: by another card, or by the same when a person asks for another try; and when an authorisation that was
  approved has lapsed, or was voided, while the payment is still owed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import F

from perennial.db import sql
from perennial.kernel.states import REFUSED
from perennial.payments.models import Payment


def count_try(payments: Sequence[int], old: Sequence[str], *, on: date) -> None:
    """Payments go to the gateway: ``sent``, one try more, and none after it on this date. Conflict: see ``sql.shift``."""
    sql.shift(Payment, payments, old, "sent", attempts=F("attempts") + 1, tried_on=on)


def was_the_last(tries: int, most: int | None, *, hard: bool) -> bool:
    """Is a decline after so many tries the end of them (``failed``)? ``most`` None: only a hard one is."""
    return hard or (most is not None and tries >= most)


def from_zero(payments: Sequence[int]) -> None:
    """Declined or failed payments are due again, as if no card had been asked."""
    sql.shift(Payment, payments, REFUSED, "due", attempts=0, tried_on=None)


def new_series(tries: int) -> int:
    """By how much the count of tries changes where it begins from 0 after an authorisation that was approved."""
    return -tries
