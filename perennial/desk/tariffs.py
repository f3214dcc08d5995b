"""Let open orders follow another tariff."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from perennial.catalog.tariffs import apply_tariff
from perennial.payments.tariff_change import keep_for_good


@transaction.atomic
def apply(*, on: date, by: str, reason: str | None = None, seen: int | None = None) -> dict[str, int]:
    """Let open orders follow the newest tariff, in the next night or with ``update-orders``; those that are paid keep theirs
    for good. Gives its number. Refused: it was applied already; it is not the one that was ``seen``.
    """
    applied = apply_tariff(on=on, by=by, reason=reason, seen=seen)
    keep_for_good()
    return applied
