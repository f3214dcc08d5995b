"""A form of the set-up as its page draws it: each value with what was typed, what was seen, its fault; and what it would mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote

from perennial.bundle.load.losses import still_named_by
from perennial.bundle.reading.notes import Note
from perennial.bundle.set_up.examples import instalments, next_dates
from perennial.bundle.set_up.things import Thing
from perennial.catalog.queries import tax_groups
from perennial.desk.read.behind import behind
from perennial.desk.read.lists import programs
from perennial.desk.read.planned import OnDays, on_closed_days
from perennial.errors import Refused, Several, refuse_all
from perennial.language import Reader, phrase, say
from perennial.programs.facts import programs_using
from perennial.programs.queries import programs_naming
from perennial.web.presence import clock
from perennial.web.set_up.fields import RULES, Field, rule_words
from perennial.web.set_up.forms import Form
from perennial.web.visit import Visit
from perennial.web.words import said

MOST_SUGGESTED = 200
CHANGES_ON_A_PAGE = 20
MOST_CLOSED = 10
NAMED_BY_PROGRAMS = {"products": "product", "delivery_modes": "delivery_mode"}
"""What programs name, by its section."""


def address_of(form: Form, key: str) -> str:
    """Where a thing is."""
    return f"/setup/{form.slug}/{quote(key)}" if key else f"/setup/{form.slug}"


def given(request: Visit, fields: Sequence[Field]) -> dict[str, Any]:
    """What was typed, as a bundle says it. Refused: all that cannot be understood."""
    raws = {one.name: one.raw(request) for one in fields}
    given: dict[str, Any] = {}
    faults = []
    for one in fields:
        try:
            given[one.name] = one.parse(raws[one.name] if one.counts(raws) else one.empty, request)
        except Refused as fault:
            faults.append(fault)
    refuse_all(faults)
    return given


@dataclass(frozen=True, slots=True)
class Faults:
    """What is at fault in a form that was sent, by field; ``met``: the fields that somebody else has set meanwhile."""

    words: Mapping[str, str] = field(default_factory=dict)
    met: frozenset[str] = frozenset()


def fields_of(form: Form, stored: Thing | None) -> list[Field]:
    """What is asked of a thing: what tells it from others only of a new one."""
    return [one for one in form.fields if stored is None or not one.fixed]


def form_shown(request: Visit, form: Form, stored: Thing | None, faults: Faults) -> dict[str, Any]:
    """A thing (None: a new one) with its form and its past."""
    to, errors = request.visitor.reader, faults.words
    fields = fields_of(form, stored)
    used_by = programs_using(stored.address) if stored and form.live == "dates" else ()
    shown = [_control(request, form, one, stored, faults) for one in fields]
    return {
        "form": form,
        "slug": form.slug,
        "stored": stored,
        "fields": shown,
        "called": called(request, form, stored) if stored else "",
        **(_past(request, form, stored) if stored else {}),
        "errors": errors,
        "focus": _first(fields, errors) if errors else shown[0]["id"] if stored is None else "",
        "reason": request.POST.get("reason", ""),
        "faults": [(id_of(name), label(form, root(name), to), words) for name, words in errors.items()],
        "action": "/setup/new/" + form.slug if stored is None else address_of(form, stored.address),
        "undo": address_of(form, stored.address).replace("/setup/", "/setup/undo/", 1) if stored else "",
        "suggested": _suggested(fields, to),
        "about": said(to, f"set_up_about_{form.section}") if form.about else "",
        "goes_on": _goes_on(form, stored, to) if stored else "",
        "closed": _on_closed(request, stored) if stored and form.section == "delivery_modes" else (),
        "used_by": used_by,
        "behind": behind(used_by) if used_by else (),
        "here": "set_up",
        **(live_shown(request, form, stored) if form.live else {}),
    }


def _past(request: Visit, form: Form, stored: Thing) -> dict[str, Any]:
    """A page of the changes of a thing; the last of them ends with how it was made. They are counted from the oldest, so that
    what is changed meanwhile moves none of them.
    """
    to, changes = request.visitor.reader, stored.changes
    asked = request.GET.get("changes", "")
    upto = min(int(asked), len(changes)) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else len(changes)
    older = max(upto - CHANGES_ON_A_PAGE, 0)
    return {
        "changes": [
            (
                label(form, one.name, to),
                form.field(one.name).words(one.before, request),
                form.field(one.name).words(one.after, request),
                one,
                clock(request, one.at),
            )
            for one in changes[len(changes) - upto : len(changes) - older]
        ],
        "older": older,
        "newest": upto == len(changes),
        "made": None if older or form.alone else stored.made,
    }


def _goes_on(form: Form, stored: Thing, to: Reader) -> str:
    """Of a thing that is not in use: the programs that go on with it; nothing where none does."""
    what = NAMED_BY_PROGRAMS.get(form.section)
    if what is None or stored.document["active"]:
        return ""
    products, modes = ([stored.address], []) if what == "product" else ([], [stored.address])
    programs = programs_naming(products=products, modes=modes).get((what, stored.address))
    return note_words(still_named_by(what, stored.address, programs), to) if programs else ""


def _on_closed(request: Visit, stored: Thing) -> tuple[OnDays, ...]:
    """The planned shipments of a delivery mode that stand on its closed days."""
    days = [date.fromisoformat(day) for day in stored.document["closed_on"]]
    return on_closed_days(stored.address, days, on=request.visitor.today)[:MOST_CLOSED]


def note_words(note: Note, to: Reader) -> str:
    """What an import has to say, as a sentence of a page."""
    words = phrase("note", note.code, note.facts, to) or note.code
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"


def _first(fields: Sequence[Field], errors: Mapping[str, str]) -> str:
    """The control of the first fault, in the order of the fields."""
    names = [one.name for one in fields]
    return id_of(min(errors, key=lambda name: names.index(root(name)) if root(name) in names else len(names)))


def _control(request: Visit, form: Form, one: Field, stored: Thing | None, faults: Faults) -> dict[str, Any]:
    """A value as the form asks for it; what was typed stays, and what was seen too. What somebody else has set is seen now."""
    to = request.visitor.reader
    again = request.method == "POST"
    value = one.default if stored is None else stored.document[one.name]
    raw = one.raw(request) if again else one.show(value, request)
    seen = request.POST.get(f"was_{one.name}", "null") if again and one.name not in faults.met else json.dumps(value)
    return {
        "name": one.name,
        "id": id_of(one.name),
        "field": one,
        "label": label(form, one.name, to),
        "hint": _hint(form, one.name, to),
        "raw": [*raw, *one.blank()] if one.control == "rows" else raw,  # type: ignore[attr-defined]
        "options": one.options(request) if hasattr(one, "options") else (),
        "heads": [label(form, f"{one.name}_{cell.name}", to) for cell in getattr(one, "columns", ())],
        "was": seen,
        "error": next((words for name, words in faults.words.items() if name == one.name or _of(one, name)), None),
    }


def _of(one: Field, name: str) -> bool:
    """Is a fault of this field, and of no cell of it?"""
    return root(name) == one.name and not (one.control == "rows" and "." in name)


def root(name: str) -> str:
    return name.partition("[")[0].partition(".")[0]


def id_of(name: str) -> str:
    """``prices[0].price`` is the control ``f-prices-0-price``."""
    return "f-" + name.replace("[", "-").replace("].", "-").replace("]", "")


def live_shown(request: Visit, form: Form, stored: Thing | None = None) -> dict[str, Any]:
    """What is typed would mean this; before anything is typed, what is stored does."""
    to, on = request.visitor.reader, request.visitor.today
    try:
        if request.method == "POST":
            document = given(request, [one for one in form.fields if not one.fixed])
        elif stored is not None:
            document = stored.document
        else:
            return {}
        if form.live == "dates":
            return {"dates": next_dates(document, on=on), "from_order": document.get("anchor") == "order"}
        return {"parts": instalments(document, on=on)}
    except Refused as problem:
        faults = problem.faults if isinstance(problem, Several) else (problem,)
        return {"unclear": [say(fault, to) for fault in faults]}


def _suggested(fields: list[Field], to: Reader) -> dict[str, list[tuple[str, str]]]:
    """What is suggested where it is typed, with what it is."""
    asked = {one.known for one in fields}
    found: dict[str, list[tuple[str, str]]] = {}
    if "tax_groups" in asked:
        found["tax_groups"] = [(group, "") for group in tax_groups()]
    if "programs" in asked:
        found["programs"] = [(one.schedule_id, one.name) for one in programs(size=MOST_SUGGESTED).rows]
    if "rules" in asked:
        found["rules"] = [(rule, rule_words(rule, to) or "") for rule in RULES]
    return found


def called(request: Visit, form: Form, stored: Thing) -> str:
    """What tells a thing from the others of its kind, in words."""
    to = request.visitor.reader
    told = []
    for one in form.fields:
        value = stored.document[one.name] if one.fixed else None
        if value is not None:
            words = one.words(value, request)
            told.append(phrase("set up called", one.name, {"value": words}, to) or words)
    return " ".join(told)


def label(form: Form, name: str, to: Reader) -> str:
    """What a value is called."""
    return phrase(f"set up {form.section}", name, None, to) or phrase("set up", name, None, to) or name


def _hint(form: Form, name: str, to: Reader) -> str:
    """What it does."""
    context = "set up hint" if form.section in ("company", "parameters") else f"set up hint {form.section}"
    return phrase(context, name, None, to) or ""
