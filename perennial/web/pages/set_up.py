"""Set-up: all its kinds, the list of a kind, and one thing, which is added, changed, taken back."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render

from perennial.bundle.set_up.change import Done, change_thing, undo_thing
from perennial.bundle.set_up.things import counts, thing, things
from perennial.errors import Refused, Several
from perennial.language import Reader, say
from perennial.web.answer import go_to, whole
from perennial.web.set_up.drawn import (
    Faults,
    address_of,
    called,
    fields_of,
    form_shown,
    given,
    label,
    live_shown,
    note_words,
)
from perennial.web.set_up.forms import FORMS, Form
from perennial.web.visit import Visit
from perennial.web.words import said


def index(request: Visit) -> HttpResponse:
    """All that is set up, and how much of it there is."""
    known = counts()
    context = {"kinds": [(form, known.get(form.section)) for form in FORMS.values()], "here": "set_up"}
    return whole(request, "web/set_up/index.html", context)


def listed(request: Visit, slug: str) -> HttpResponse:
    """The things of a kind."""
    form = FORMS[slug]
    words = request.GET.get("q", "").strip() if form.searched else ""
    page = things(form.section, words=words, after=request.GET.get("after") or None)
    to = request.visitor.reader
    columns = [(form.field(name), label(form, name, to)) for name in form.columns]
    context = {
        "form": form,
        "slug": slug,
        "heads": [(head, one.is_number) for one, head in columns],
        "rows": [
            (
                found.address,
                [(one.words(found.document[one.name], request), one.is_number, head) for one, head in columns],
            )
            for found in page.rows
        ],
        "next": page.next,
        "first": "after" not in request.GET,
        "typed": words,
        "query": urlencode({"q": words} if words else {}),
        "here": "set_up",
    }
    return whole(request, "web/set_up/list.html", context)


def page(request: Visit, slug: str, key: str | None = "") -> HttpResponse:
    """A thing (the only one of its kind; ``key`` None: a new one). Sent, what differs is changed."""
    form = FORMS[slug]
    stored = None if key is None else thing(form.section, key)
    fields = fields_of(form, stored)
    found, done = Faults(), Done()
    if request.method == "POST":
        try:
            seen = {one.name: json.loads(request.POST.get(f"was_{one.name}", "null")) for one in fields}
            done = change_thing(
                kind=form.section,
                address=key,
                given=given(request, fields),
                seen=seen,
                on=request.visitor.today,
                by=request.visitor.by,
                reason=request.POST.get("reason", "").strip() or None,
                agreed=request.POST.get("agreed"),
            )
            if done.asks is None:
                code = "set_up_added" if stored is None else "set_up_changed" if done.changed else "set_up_same"
                return _gone(request, form, done, code)
        except Refused as problem:
            faults = problem.faults if isinstance(problem, Several) else (problem,)
            found = Faults(
                {fault.field: say(_told(form, fault, request), request.visitor.reader) for fault in faults},
                frozenset(fault.field for fault in faults if fault.code == "set_meanwhile"),
            )
        except ValueError:
            return HttpResponse(status=400)
    context = form_shown(request, form, stored, found)
    context |= {"done": done, "follows": _follows(done, request.visitor.reader) if done.asks else []}
    return whole(request, "web/set_up/form.html", context, status=409 if found.met else 422 if found.words else 200)


def undo(request: Visit, slug: str, key: str = "") -> HttpResponse:
    """The last change of a thing is taken back; where more follows, that is said first."""
    form = FORMS[slug]
    done = undo_thing(
        kind=form.section,
        address=key,
        seen=request.POST.get("seen", ""),
        on=request.visitor.today,
        by=request.visitor.by,
        agreed=request.POST.get("agreed"),
    )
    if done.asks is None:
        return _gone(request, form, done, "set_up_undone")
    to, stored = request.visitor.reader, thing(form.section, key)
    context = {
        "form": form,
        "slug": slug,
        "stored": stored,
        "called": called(request, form, stored),
        "address": address_of(form, key),
        "names": [label(form, name, to) for name in done.changed],
        "done": done,
        "follows": _follows(done, to),
        "here": "set_up",
    }
    return whole(request, "web/set_up/undo.html", context)


def live(request: Visit, slug: str) -> HttpResponse:
    """What it means that is being typed."""
    form = FORMS[slug]
    return render(request, f"web/set_up/{form.live}.html", live_shown(request, form))


def _told(form: Form, fault: Refused, request: Visit) -> Refused:
    """A fault, with what somebody else has set as people read it."""
    if fault.code != "set_meanwhile":
        return fault
    value = form.field(fault.field).words(fault.facts["value"], request)
    return Refused("set_meanwhile", fault.field, value=value, by=fault.facts["by"])


def _gone(request: Visit, form: Form, done: Done, code: str) -> HttpResponse:
    """On to the thing's page, which says what was done and what follows."""
    to = request.visitor.reader
    names = [label(form, name, to) for name in done.changed]
    name = "" if form.alone else called(request, form, thing(form.section, done.address))
    sentences = [said(to, code, names=names, name=name), *_follows(done, to)]
    return go_to(request, address_of(form, done.address), " ".join(sentences))


def _follows(done: Done, to: Reader) -> list[str]:
    """What follows of a change, in sentences."""
    told = []
    if done.programs:
        told.append(said(to, "set_up_follows_programs", programs=list(done.programs), count=len(done.programs)))
        told.append(said(to, "set_up_follows_orders", count=done.orders))
    if done.keep:
        told.append(said(to, "set_up_follows_tariff", tariff=done.tariff, count=done.keep))
    if done.due:
        told.append(said(to, "set_up_follows_due", count=done.due, through=done.due_through))
    if done.closed:
        told.append(said(to, "set_up_follows_closed", count=done.closed))
    return told + [note_words(note, to) for note in done.notes]
