"""What if? A draft as it would be with a line changed. Nothing stays."""

from __future__ import annotations

from datetime import date
from typing import Any

from perennial.db.transactions import taken_back
from perennial.desk.orders.draft import change_line
from perennial.desk.read.entry import Entry, entry


def what_if(*, number: str, line: int, on: date, by: str, **changes: Any) -> Entry:
    """The order as it would be; ``changes`` as of ``change_line``. Refused as the change would be."""
    with taken_back():
        change_line(number=number, line=line, on=on, by=by, **changes)
        return entry(number, on=on)
