"""Programs made as they are given, released, copied, retired.

A program's edits collect in its draft revision (``draft``); release makes it the one for new orders
(docs/rules.md). Open orders follow only through update-orders. A released revision is never changed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F

from perennial.catalog.actions import set_products
from perennial.catalog.models import DateInterval, Price, Product
from perennial.catalog.on_offer import Off, modes_off, off
from perennial.catalog.values import ProductFacts
from perennial.db.history import context
from perennial.db.tally import Tally
from perennial.errors import Conflict, Refused, refuse_all
from perennial.programs.facts import changes_since, keys_ever, newest, programs_with_intervals, read_facts
from perennial.programs.identity import walk_order, with_keys, with_places
from perennial.programs.models import ContinuityProduct, Program, ProgramRevision
from perennial.programs.products import set_continuity_products
from perennial.programs.queries import program_by_id
from perennial.programs.rules import Shelf, newly_off, program_faults
from perennial.programs.values import ProgramFacts, Rule
from perennial.programs.writing import Ids, as_removed, drop_revision, write_revision


def _checked(program: ProgramFacts, before: Collection[ProgramFacts], *, draft: bool = False) -> None:
    """Refused: what no program may be. ``before``: the versions whose products and delivery modes it may name, in use or not."""
    numbers = {p.item_number for event in program.events for p in event.products}
    known = list(Product.objects.filter(number__in=numbers).values_list("number", "kind", "active"))
    not_in_use = Off({number for number, _, active in known if not active}, modes_off())
    shelf = Shelf(
        {number: kind for number, kind, _ in known},
        set(Price.objects.filter(product__number__in=numbers).values_list("product__number", flat=True)),
        newly_off(not_in_use, before),
    )
    refuse_all(list(program_faults(program, shelf, draft=draft)))


@transaction.atomic
def set_program(
    *,
    program: ProgramFacts,
    release: bool = True,
    apply: bool = False,
    ids: Ids | None = None,
    by: str,
    on: date | None = None,
    reason: str | None = None,
) -> Tally:
    """Make a program as it is given. One that differs becomes a new released revision, or the draft.

    Events are matched by their key, else by event id; a removed one keeps its place in the walk. Name
    and state belong to the program and need no revision. Equal: nothing is written, unless open orders are to
    follow (``apply``) that were not to before.
    """
    context(by=by, reason=reason, on=on)
    row, existed, changed = _program_row(program)
    released, draft = newest(row.pk)
    stored = read_facts(revision.pk for revision in (released, draft) if revision)
    named = (released,) if release else (released, draft)
    _checked(program, [stored[one.pk] for one in named if one], draft=not release)
    base_row = (released or draft) if release else (draft or released)
    base = stored[base_row.pk] if base_row else None
    facts = _settled(row, program, base)
    if base == facts and base_row and (base_row.released or not release):
        if release and apply and not base_row.apply:  # open orders are to follow after all
            ProgramRevision.objects.filter(pk=base_row.pk).update(apply=True)
            changed = True
        return Tally(0, int(changed), int(not changed))
    ids = ids or Ids()
    if release:
        number = (released.number if released else 0) + 1
        if draft is not None and (released is None or stored[draft.pk] == facts):
            drop_revision(draft)  # this is its release
        elif draft is not None and draft.number <= number:
            # The draft stays what it is: edits to be released after this one, or discarded.
            ProgramRevision.objects.filter(pk=draft.pk).update(number=number + 1)
        write_revision(row, number, facts, ids, released=True, apply=apply)
    else:
        number = draft.number if draft else (released.number if released else 0) + 1
        if draft is not None:
            drop_revision(draft)
        write_revision(row, number, facts, ids, released=False, apply=False)
    if existed:
        Program.objects.filter(pk=row.pk).update(version=F("version") + 1)
    return Tally(int(not existed), int(existed))


def _program_row(program: ProgramFacts) -> tuple[Program, bool, bool]:
    """The program's row, locked: (row, did it exist, were name or state changed)."""
    found = Program.objects.select_for_update(no_key=True).filter(schedule_id=program.schedule_id).first()
    if found is None:
        made = Program.objects.create(schedule_id=program.schedule_id, name=program.name, active=program.active)
        return made, False, False
    if (found.name, found.active) == (program.name, program.active):
        return found, True, False
    Program.objects.filter(pk=found.pk).update(name=program.name, active=program.active, version=F("version") + 1)
    return found, True, True


def _settled(row: Program, program: ProgramFacts, base: ProgramFacts | None) -> ProgramFacts:
    """The given program with the keys of its events, removed events carried along in their places."""
    before = base.events if base else ()
    events = with_keys(program.events, before, keys_ever(row.pk))
    keyed = replace(program, events=events, removed=(), walk=())
    return _carried(keyed, base) if base else replace(keyed, walk=tuple(event.key or "" for event in events))


def _carried(facts: ProgramFacts, base: ProgramFacts) -> ProgramFacts:
    """The facts with the events that the base has and they have not: removed, each in its place."""
    live = [event.key or "" for event in facts.events]
    known = {*live, *base.walk}
    own = [event for event in facts.removed if event.key not in known]
    gone = [event for event in (*base.events, *base.removed) if event.key not in live]
    old = (*base.walk, *(event.key or "" for event in own))
    return replace(facts, removed=tuple(as_removed(e) for e in (*gone, *own)), walk=walk_order(old, live))


@transaction.atomic
def follow_intervals(*, codes: Collection[str], by: str, on: date | None = None, reason: str | None = None) -> set[str]:
    """After the dates of intervals were changed: a new released revision of every program that uses them.

    Drafts are changed themselves. Gives the schedule ids. Open orders follow through update-orders.
    """
    context(by=by, reason=reason, on=on)
    rules = {i.code: Rule(i.code, i.rule, i.anchor) for i in DateInterval.objects.filter(code__in=list(codes))}
    changed = set()
    facts = read_facts(programs_with_intervals(rules.keys()))
    rows = {row.pk: row for row in ProgramRevision.objects.filter(pk__in=facts).select_related("program")}
    ids = Ids()
    for pk, old in sorted(facts.items(), key=lambda item: (item[1].schedule_id, rows[item[0]].number)):
        events = tuple(
            replace(event, interval=rules[event.interval.code])
            if event.interval is not None and event.interval.code in rules
            else event
            for event in old.events
        )
        if events == old.events:
            continue
        row, new = rows[pk], replace(old, events=events)
        changed.add(old.schedule_id)
        if row.released:
            draft = ProgramRevision.objects.filter(program_id=row.program_id, released=False)
            draft.update(number=row.number + 2)
            write_revision(row.program, row.number + 1, new, ids, released=True, apply=False)
        else:
            number = ProgramRevision.objects.get(pk=pk).number
            drop_revision(row)
            write_revision(row.program, number, new, ids, released=False, apply=False)
        Program.objects.filter(pk=row.program_id).update(version=F("version") + 1)
    return changed


def locked(schedule_id: str, version: int | None = None) -> Program:
    """The program's row, locked. Refused when there is none, a Conflict when it is not the version that was seen."""
    row = Program.objects.select_for_update(no_key=True).filter(schedule_id=schedule_id).first()
    if row is None:
        row = program_by_id(schedule_id)
    if version is not None and row.version != version:
        raise Conflict("changed_meanwhile", changes=changes_since(row.pk, version))
    return row


@transaction.atomic
def to_release(*, schedule_id: str, by: str) -> int:
    """Let the draft be what its release would make of it, so that a preview shows just that; its number. Refused: there is
    no draft, or it has faults.
    """
    context(by=by)
    row = locked(schedule_id)
    released, draft = newest(row.pk)
    if draft is None:
        raise Refused("program_no_draft_to_release", "program", program=schedule_id)
    _as_released(row, released, draft)
    return draft.number


def _as_released(row: Program, released: ProgramRevision | None, draft: ProgramRevision) -> int:
    """The id of the draft, with what it has to have when it is released. Refused: it has faults."""
    stored = read_facts(revision.pk for revision in (released, draft) if revision)
    facts = stored[draft.pk]
    _checked(replace(facts, events=with_places(facts.events)), [stored[released.pk]] if released else [])
    if released is None or not set(stored[released.pk].walk) - set(facts.walk):
        return draft.pk
    # Another revision was released since the draft was begun: its events keep their places too.
    whole = _carried(facts, stored[released.pk])
    drop_revision(draft)
    return write_revision(row, draft.number, whole, Ids(), released=False, apply=False).pk


@transaction.atomic
def release(
    *,
    schedule_id: str,
    apply: bool = False,
    by: str,
    on: date | None = None,
    reason: str | None = None,
    version: int | None = None,
) -> dict[str, Any]:
    """Make the draft the revision for new orders. ``apply``: the next night updates open orders. ``version``: the one of the
    program that was seen.
    """
    context(by=by, reason=reason, on=on)
    row = locked(schedule_id, version)
    released, draft = newest(row.pk)
    if draft is None:
        raise Refused("program_no_draft_to_release", "program", program=schedule_id)
    ProgramRevision.objects.filter(pk=_as_released(row, released, draft)).update(released=True, apply=apply)
    Program.objects.filter(pk=row.pk).update(version=F("version") + 1)
    return {"program": schedule_id, "revision": draft.number, "apply": apply}


@transaction.atomic
def for_new_orders_only(*, schedule_id: str, number: int, by: str, reason: str | None = None) -> None:
    """A released revision is for new orders: no night lets open ones follow it any more."""
    _let_follow(False, schedule_id=schedule_id, number=number, by=by, reason=reason)


@transaction.atomic
def for_open_orders_too(*, schedule_id: str, number: int, by: str, reason: str | None = None) -> None:
    """Open orders are to follow a released revision after all, in the next night at the latest."""
    _let_follow(True, schedule_id=schedule_id, number=number, by=by, reason=reason)


def _let_follow(apply: bool, *, schedule_id: str, number: int, by: str, reason: str | None) -> None:
    context(by=by, reason=reason)
    row = locked(schedule_id)
    found = ProgramRevision.objects.filter(program=row, number=number, released=True).exclude(apply=apply)
    if found.update(apply=apply):
        Program.objects.filter(pk=row.pk).update(version=F("version") + 1)


@transaction.atomic
def discard(
    *, schedule_id: str, by: str, on: date | None = None, reason: str | None = None, version: int | None = None
) -> dict[str, Any]:
    """Drop the draft."""
    context(by=by, reason=reason)
    row = locked(schedule_id, version)
    released, draft = newest(row.pk)
    if draft is None:
        raise Refused("program_no_draft_to_discard", "program", program=schedule_id)
    if released is None:
        raise Refused("program_only_draft", "program", program=schedule_id)
    drop_revision(draft)
    Program.objects.filter(pk=row.pk).update(version=F("version") + 1)
    return {"program": schedule_id, "revision": released.number, "draft": None}


@transaction.atomic
def copy(
    *,
    schedule_id: str,
    new: str,
    by: str,
    name: str | None = None,
    product: str | None = None,
    on: date | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """Copy a program as it is for new orders: inactive, at its first event, without a date of its calendar (D20). One that
    names what is not in use is copied as a draft, to be released without it.

    ``name``: left out, that of the program with the new id behind it. ``product``: a new continuity product that sells it
    as the only one of the program does, else all its events; left out, nothing sells the copy yet. One that begins with
    the current event needs a calendar, so the copy begins with the first one.
    """
    context(by=by, reason=reason, on=on)
    row = program_by_id(schedule_id)
    _is_new(new, product)
    released, draft = newest(row.pk)
    base = released or draft
    if base is None:
        raise Refused("program_never_written", "program", program=schedule_id)
    facts = read_facts([base.pk])[base.pk]
    copied = replace(
        facts,
        schedule_id=new,
        active=False,
        started_on=None,
        order_start="first_event",
        events=tuple(replace(event, start_order_date=None) for event in facts.events),
        removed=(),
        walk=tuple(event.key or "" for event in facts.events),
    )
    name = name or (f"{row.name} ({new})" if row.name else new)
    made = Program.objects.create(schedule_id=new, name=name, active=False)
    not_in_use = off()
    names_none = newly_off(not_in_use, [copied]) == not_in_use
    write_revision(made, 1, copied, Ids(), released=base.released and names_none, apply=False)
    if product is not None:
        _sell(row, new=new, number=product, name=name, by=by, reason=reason)
    return {
        "program": new,
        "revision": 1,
        "active": False,
        "name": name,
        "product": product,
        "order_start": copied.order_start,
        "dates_left_out": sum(event.start_order_date is not None for event in facts.events)
        + (facts.started_on is not None),
    }


def _is_new(new: str, product: str | None) -> None:
    """Refused: no id of a program, one that there is, a product that there is."""
    if not new or new != new.strip() or "/" in new or new in (".", "..", "new"):  # no page would have its address
        raise Refused("program_id_malformed", "new")
    if Program.objects.filter(schedule_id=new).exists():
        raise Refused("program_exists", "new", program=new)
    if product is not None and Product.objects.filter(number=product).exists():
        raise Refused("product_exists", "product", product=product)


@transaction.atomic
def start(
    *, new: str, name: str, by: str, product: str | None = None, on: date | None = None, reason: str | None = None
) -> dict[str, Any]:
    """A new program: a draft without events yet. ``product``: a new continuity product that sells it."""
    context(by=by, reason=reason)
    _is_new(new, product)
    set_program(program=ProgramFacts(schedule_id=new, name=name), release=False, by=by, on=on, reason=reason)
    if product is not None:
        _sell(program_by_id(new), new=new, number=product, name=name or new, by=by, reason=reason)
    return {"program": new, "name": name, "product": product}


def _sell(program: Program, *, new: str, number: str, name: str, by: str, reason: str | None) -> None:
    """A new continuity product for a copy, which sells as much of it as the only one of the program does."""
    sold = list(ContinuityProduct.objects.filter(program=program)[:2])
    duration, shipments = (sold[0].event_duration, sold[0].shipments) if len(sold) == 1 else (0, None)
    product = ProductFacts(number, name, program=new, event_duration=duration, shipments=shipments)
    set_products(products=[product], by=by, reason=reason)
    set_continuity_products(products=[product], by=by, reason=reason)


def activate(
    *, schedule_id: str, by: str, on: date | None = None, reason: str | None = None, version: int | None = None
) -> dict[str, Any]:
    """Offer a program at order entry again. Refused when it was never released."""
    return _set_active(schedule_id, True, version=version, by=by, reason=reason)


def retire(
    *, schedule_id: str, by: str, on: date | None = None, reason: str | None = None, version: int | None = None
) -> dict[str, Any]:
    """No longer offer a program at order entry; its open orders go on."""
    return _set_active(schedule_id, False, version=version, by=by, reason=reason)


@transaction.atomic
def _set_active(schedule_id: str, active: bool, *, version: int | None, by: str, reason: str | None) -> dict[str, Any]:
    context(by=by, reason=reason)
    row = locked(schedule_id, version)
    if active and newest(row.pk)[0] is None:
        raise Refused("program_never_released", "program", program=schedule_id)
    if row.active != active:
        Program.objects.filter(pk=row.pk).update(active=active, version=F("version") + 1)
    return {"program": schedule_id, "active": active}
