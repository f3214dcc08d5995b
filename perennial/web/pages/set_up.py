"""Set-up: the company, and the continuity parameters, each with what it does and how it was changed last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from perennial.catalog.rules import COUNTS, WITHOUT_LIMIT
from perennial.desk.set_up import change_set_up, set_up_part, undo_set_up
from perennial.errors import Refused, Several
from perennial.kernel.places import time_zones
from perennial.language import LANGUAGES, phrase, say
from perennial.web.answer import go_to, whole
from perennial.web.presence import clock
from perennial.web.visit import Visit
from perennial.web.words import said

KINDS = ("company", "parameters")


def page(request: Visit, kind: str) -> HttpResponse:
    """What is set up of a part; sent, what differs is changed."""
    part = set_up_part(kind)
    errors: dict[str, str] = {}
    met: set[str] = set()
    if request.method == "POST":
        try:
            given = {name: _typed(request, name, now) for name, now in part.values.items()}
            seen = {name: json.loads(request.POST.get(f"was_{name}", "null")) for name in part.values}
            changed = change_set_up(
                kind=kind,
                given=given,
                seen=seen,
                on=request.visitor.today,
                by=request.visitor.by,
                reason=request.POST.get("reason", "").strip() or None,
            )
            return _done(request, kind, "set_up_changed" if changed else "set_up_same", changed)
        except Refused as problem:
            faults = problem.faults if isinstance(problem, Several) else (problem,)
            met = {fault.field for fault in faults if fault.code == "set_meanwhile"}
            errors = {fault.field.partition("[")[0]: say(fault, request.visitor.reader) for fault in faults}
        except ValueError:
            return HttpResponse(status=400)
    fields = [_field(request, name, value, errors, name in met) for name, value in part.values.items()]
    context = {
        "kind": kind,
        "kinds": KINDS,
        "fields": fields,
        "part": part,
        "changes": [
            (name, change, clock(request, change.at))
            for name, change in sorted(part.changes.items(), key=lambda one: one[1].at, reverse=True)
        ],
        "errors": errors,
        "zones": sorted(time_zones()),
        "languages_known": LANGUAGES,
        "here": "set_up",
    }
    return whole(request, "web/set_up.html", context, status=422 if errors else 200)


def undo(request: Visit, kind: str) -> HttpResponse:
    """The last change is taken back."""
    seen = request.POST.get("seen", "")
    changed = undo_set_up(
        kind=kind, seen=int(seen) if seen.isdecimal() else 0, on=request.visitor.today, by=request.visitor.by
    )
    return _done(request, kind, "set_up_undone", changed)


def _done(request: Visit, kind: str, code: str, changed: tuple[str, ...]) -> HttpResponse:
    to = request.visitor.reader
    names = [phrase("set up", name, None, to) or name for name in changed]
    return go_to(request, f"/setup/{kind}", said(to, code, names=names))


def _typed(request: Visit, name: str, now: Any) -> Any:
    """What was typed for a value that is of the kind of ``now``; nothing is no limit. Refused: what is no number."""
    typed = request.POST.get(name, "").strip()
    if name in COUNTS:
        if not typed:
            return None
        if not (typed.isascii() and typed.isdecimal() and len(typed) < 10):
            raise Refused("number_not_understood", name, value=typed[:40])
        return int(typed)
    if isinstance(now, bool):
        return typed == "1"
    if isinstance(now, list):
        return request.POST.getlist(name)
    return typed or (None if name not in ("name", "time_zone") else "")


def _field(request: Visit, name: str, value: Any, errors: Mapping[str, str], met: bool) -> dict[str, Any]:
    """A value as the form asks for it; what was typed stays beside its fault, and what was seen too. ``met``: what somebody
    else has set is seen now.
    """
    to = request.visitor.reader
    is_flag, is_list = isinstance(value, bool), isinstance(value, list)
    again = bool(errors)
    shown = request.POST.getlist(name) if again and is_list else request.POST.get(name, "") if again else value
    return {
        "name": name,
        "label": phrase("set up", name, None, to) or name,
        "hint": phrase("set up hint", name, None, to) or "",
        "kind": "flag" if is_flag else "languages" if is_list else "zone" if name == "time_zone" else "text",
        "value": "" if shown is None else shown,
        "is_on": (shown == "1") if again and is_flag else bool(value),
        "was": request.POST.get(f"was_{name}", "null") if again and not met else json.dumps(value),
        "number": name in COUNTS,
        "may_be_empty": name in WITHOUT_LIMIT,
        "error": errors.get(name),
    }
