"""Is this installation a copy of another one? Asked by what talks to gateways, which needs no model of ours."""

from __future__ import annotations

from perennial.db import sql

COPY = "copy-"
"""So the id of an installation begins that was restored as a copy of another, for trying."""


def is_copy() -> bool:
    """Whether this is a copy of another installation: it charges no real card, whatever is set."""
    found: str | None = sql.value("select installation from catalog_company")
    return found is not None and found.startswith(COPY)
