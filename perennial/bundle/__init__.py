"""The bundle: one JSON document that carries set-up, customers and orders, in and out (bundle.md §1)."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any


def import_file(
    file: str, *, dry: bool = False, by: str, on: date | None = None, reason: str | None = None
) -> dict[str, Any]:
    """Import a bundle from a file (``-``: standard input); gives the counts by kind and ``first_charge_on``."""
    from perennial.bundle.importing import import_bundle
    from perennial.bundle.reader import opened
    from perennial.catalog.queries import today

    with opened(file, sys.stdin.buffer) as stream:
        found = import_bundle(file=stream, by=by, on=on or today(), reason=reason, dry_run=dry)
    return found.document()
