"""What was set up of taxes and charges becomes a tariff; those that orders of the bundle keep are made before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.tariffs import tariffs
from perennial.catalog.tariffs import follow_set_up, note_applied, set_older_tariffs
from perennial.errors import Refused
from perennial.orders.models import SalesOrder


def load_tariffs(reading: Reading, given: Sequence[Any]) -> int | None:
    """Make the tariffs that are given, then that of what is set up now; its number, None where it is as it was."""
    found = tariffs(reading, given)
    if reading.faults.count:
        return None  # what is set up is not whole
    unused = not SalesOrder.objects.exists()
    by, on = reading.by, reading.on
    newest = next((tariff for tariff in found if tariff.as_set_up), None)
    try:
        set_older_tariffs(tariffs=[one for one in found if not one.as_set_up], on=on, by=by, unused=unused)
    except Refused as refused:
        reading.faults.add(refused)
        return None
    made = follow_set_up(
        on=on,
        by=by,
        reason=reading.reason,
        unused=unused and all(one.as_set_up for one in found),
        number=newest.number if newest else None,
    )
    note_applied(found)
    return made
