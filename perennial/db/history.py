"""History of set-up, customers, cards, continuity orders and adjustments: who, when, before, after, why.

The rows are written by statement triggers (django-pghistory), so that no way of changing a row can
forget them. Who and why come from ``context``, which holds until the transaction ends.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pghistory
import pgtrigger
from django.db import connection

from perennial.kernel import limits


def tracked(model: Any) -> Any:
    """Keep every version of this model's rows, with who and why."""
    return pghistory.track(
        pghistory.InsertEvent(level=pgtrigger.Statement),
        pghistory.UpdateEvent(level=pgtrigger.Statement),
        pghistory.DeleteEvent(level=pgtrigger.Statement),
        context_field=pghistory.ContextJSONField(),
        obj_field=pghistory.ObjForeignKey(related_query_name="+", related_name="+", db_index=False),
        append_only=False,
        model_name=f"{model.__name__}History",
    )(model)


def context(*, by: str, reason: str | None = None, run: int | None = None, on: date | None = None) -> None:
    """Say who changes rows in this transaction, why, and on which business date. It ends with the transaction. Refused: what
    no reason may be.
    """
    if reason is not None and (fault := limits.text_fault(reason, limits.LINE)):
        raise fault.at("reason")
    told = {"by": by, "reason": reason, "run": run, "on": None if on is None else on.isoformat()}
    words = json.dumps({name: value for name, value in told.items() if value is not None})
    with connection.cursor() as cursor:
        cursor.execute("select set_config('pghistory.context_metadata', %s, true)", [words])
