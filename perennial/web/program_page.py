"""What the pages of a program show: its versions as rows of words, what differs, what an order of it would be sent."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from perennial.catalog.on_offer import Off
from perennial.catalog.queries import date_intervals, delivery_modes, payment_schedules
from perennial.desk.read.program import Program, Version, products_of, program
from perennial.desk.read.program_preview import YearAhead, year_ahead
from perennial.errors import Refused, Several
from perennial.kernel.states import CATCH_UP
from perennial.programs.differences import differences
from perennial.programs.rules import newly_off
from perennial.programs.values import ProgramFacts
from perennial.web.presence import clock
from perennial.web.problems import sentences
from perennial.web.program_cells import ACTIONS, ORDER_STARTS, Words, mark_off, rows
from perennial.web.typed import read_day
from perennial.web.visit import Visit
from perennial.web.words import names_of

MOST_DAYS = 3
"""So many days of an event are written out, then how many more."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What an order would be sent, beside what it would be sent by the version for new orders; or why it cannot be told."""

    on: date
    year: YearAhead | None
    before: YearAhead | None = None
    faults: tuple[str, ...] = ()

    @property
    def new(self) -> frozenset[date]:
        """The days on which the version for new orders sends nothing."""
        if self.year is None or self.before is None:
            return frozenset()
        return frozenset(self.year.shipments) - frozenset(self.before.shipments)

    @property
    def differs(self) -> bool:
        """Is another sum paid for it?"""
        return self.year is not None and self.before is not None and self.year.total != self.before.total


def words_of(request: Visit, found: Program) -> Words:
    """How this visitor reads a program."""
    names = names_of(request)
    return Words(
        to=request.visitor.reader,
        currency=found.currency,
        products=products_of([version.facts for version in found.versions], on=request.visitor.today),
        names=names,
        intervals={code: name or code for code, name in date_intervals()},
    )


def ahead(request: Visit, found: Program, version: Version | None, on: date | None = None) -> Ahead:
    """What an order of a version would be sent, placed on a day."""
    day = on or request.visitor.today
    if version is None or not version.facts.events:
        return Ahead(day, None)
    try:
        year = year_ahead(found.schedule_id, day, currency=found.currency, version=version.number)
    except Refused as refused:
        return Ahead(day, None, faults=tuple(sentences(request, refused)))
    before = None
    newest = found.newest
    if newest is not None and newest is not version and newest.facts.events:
        try:
            before = year_ahead(found.schedule_id, day, currency=found.currency, version=newest.number)
        except Refused:
            before = None
    return Ahead(day, year, before)


def asked_day(request: Visit) -> tuple[date | None, str | None]:
    """The day for which the preview is asked, and what was wrong with what was typed."""
    text = (request.POST.get("on") or request.GET.get("on") or "").strip()
    if not text:
        return None, None
    try:
        return read_day(text, "on", today=request.visitor.today, day_first=request.visitor.preferences.day_first), None
    except Refused as refused:
        return None, sentences(request, refused)[0]


def shown(request: Visit, schedule_id: str) -> dict[str, Any]:
    """The page of a program: the version for new orders, or the draft of one that has none yet."""
    found = program(schedule_id, on=request.visitor.today)
    words = words_of(request, found)
    version = found.newest or found.draft
    on, fault = asked_day(request)
    return {
        **base(request, found, words),
        "version": version,
        "rows": rows(words, version.facts) if version else [],
        "ahead": ahead(request, found, version, on),
        "on_fault": fault,
    }


def base(request: Visit, found: Program, words: Words) -> dict[str, Any]:
    """What every page of a program shows."""
    newest, draft = found.newest, found.draft
    changed = differences(newest.facts, draft.facts) if newest and draft else ()
    return {
        "program": found,
        "words": words,
        "newest": newest,
        "draft": draft,
        "differences": changed,
        "versions": list(reversed(found.versions)),
        "saved_at": None if draft is None or draft.written is None else clock(request, draft.written.at),
        "here": "programs",
    }


def editor(request: Visit, schedule_id: str, *, plans: bool = True) -> dict[str, Any]:
    """The editor: the draft, or the version for new orders of which the first edit makes one. ``plans``: with what an order
    would be sent.
    """
    found = program(schedule_id, on=request.visitor.today)
    words = replace(words_of(request, found), with_codes=True)
    version = found.draft or found.newest
    on, fault = asked_day(request)
    context = base(request, found, words)
    facts = version.facts if version else ProgramFacts(schedule_id)
    header, modes = words.header(facts), delivery_modes()
    events = rows(words, facts, context["differences"])
    mark_off(words, facts, events, _not_to_be_released(words, facts, found.newest, {code for code, _ in modes}))
    if found.draft is None and found.newest is not None:
        number = found.newest.number + 1
    else:
        number = version.number if version else 1
    return {
        **context,
        "version": version,
        "number": number,
        "rows": events,
        "header": header,
        "header_shown": json.dumps(header, ensure_ascii=False),
        "header_was": {
            one.field: words.value(one.field or "", one.before)
            for one in context["differences"]
            if one.kind == "header"
        },
        "gone": [words.sentence(one) for one in context["differences"] if one.kind == "removed"],
        "ahead": ahead(request, found, version if plans else None, on),
        "on_fault": fault,
        "actions": ACTIONS,
        "order_starts": ORDER_STARTS,
        "catch_ups": CATCH_UP,
        "modes": modes,
        "without_mode": [one.event_id for one in facts.events if not one.delivery_mode] if modes else [],
        "schedules": payment_schedules(),
        "errors": {},
    }


def _not_to_be_released(words: Words, facts: ProgramFacts, newest: Version | None, modes: Collection[str]) -> Off:
    """What of a draft is not in use, and the version for new orders does not name it. ``modes``: those in use."""
    products = {number for number, one in words.products.items() if not one.active}
    not_in_use = Off(products, {event.delivery_mode for event in facts.events if event.delivery_mode} - {*modes})
    return newly_off(not_in_use, [newest.facts] if newest else [])


def fault_list(refused: Refused) -> list[Refused]:
    """A refusal as its faults."""
    return list(refused.faults) if isinstance(refused, Several) else [refused]
