"""Programs made, edited, released, copied, retired.

A program's edits collect in its draft revision; release makes it the one for new orders (design.md §5).
Open orders follow only through update-orders. A released revision is never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from django.db import transaction
from django.db.models import F

from perennial.catalog.models import DateInterval, Price, Product
from perennial.catalog.values import ProductFacts
from perennial.db.history import context
from perennial.db.sql import tuples
from perennial.db.tally import Tally
from perennial.errors import Conflict, Refused
from perennial.programs.facts import keys_ever, newest, programs_with_intervals, read_facts
from perennial.programs.identity import renumbered, walk_order, with_keys
from perennial.programs.models import ContinuityProduct, Program, ProgramRevision
from perennial.programs.queries import program_by_id
from perennial.programs.rules import Shelf, program_faults
from perennial.programs.values import EventFacts, ProgramFacts, Rule
from perennial.programs.writing import Ids, as_removed, drop_revision, write_revision


def shelf_of(programs: Collection[ProgramFacts]) -> Shelf:
    """What the rules ask about the products of these programs."""
    numbers = {p.item_number for program in programs for event in program.events for p in event.products}
    known = Product.objects.filter(number__in=numbers)
    return Shelf(
        dict(known.values_list("number", "kind")),
        set(Price.objects.filter(product__number__in=numbers).values_list("product__number", flat=True)),
    )


def _checked(program: ProgramFacts, shelf: Shelf | None = None, *, draft: bool = False) -> None:
    for fault in program_faults(program, shelf or shelf_of([program]), draft=draft):
        raise fault


@transaction.atomic
def set_program(
    *,
    program: ProgramFacts,
    release: bool = True,
    apply: bool = False,
    ids: Ids | None = None,
    by: str,
    reason: str | None = None,
) -> Tally:
    """Make a program as it is given. One that differs becomes a new released revision, or the draft.

    Events are matched by their key, else by event id; a removed one keeps its place in the walk. Name
    and state belong to the program and need no revision. Equal: nothing is written.
    """
    _checked(program, draft=not release)
    context(by=by, reason=reason)
    row, existed, changed = _program_row(program)
    released, draft = newest(row.pk)
    stored = read_facts(revision.pk for revision in (released, draft) if revision)
    base_row = (released or draft) if release else (draft or released)
    base = stored[base_row.pk] if base_row else None
    facts = _settled(row, program, base)
    if base == facts and base_row and (base_row.released or not release):
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
    live = {event.key for event in events}
    gone = [event for event in (*before, *(base.removed if base else ())) if event.key not in live]
    return replace(
        program,
        events=tuple(replace(event, event_id=at) for at, event in enumerate(events, 1)),
        removed=tuple(as_removed(event) for event in gone),
        walk=walk_order(base.walk if base else (), [event.key or "" for event in events]),
    )


@transaction.atomic
def follow_intervals(*, codes: Collection[str], by: str, reason: str | None = None) -> set[str]:
    """After the dates of intervals were changed: a new released revision of every program that uses them.

    Drafts are changed themselves. Gives the schedule ids. Open orders follow through update-orders.
    """
    context(by=by, reason=reason)
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


# --- the draft


@transaction.atomic
def edit_draft(
    *,
    program: str,
    edit: Callable[[ProgramFacts], ProgramFacts],
    by: str,
    reason: str | None = None,
    version: int | None = None,
) -> ProgramFacts:
    """Change a program's draft; the newest revision is its beginning when there is none yet.

    ``version``: the version that the person saw; refused when somebody changed the program meanwhile.
    """
    context(by=by, reason=reason)
    row = _locked(program, version)
    released, draft = newest(row.pk)
    base = draft or released
    if base is None:
        raise Refused("program", f'program "{program}" has no revision', "program")
    wanted = edit(read_facts([base.pk])[base.pk])
    set_program(program=wanted, release=False, by=by, reason=reason)
    _, draft = newest(row.pk)
    return read_facts([(draft or base).pk])[(draft or base).pk]


def _locked(schedule_id: str, version: int | None = None) -> Program:
    row = Program.objects.select_for_update(no_key=True).filter(schedule_id=schedule_id).first()
    if row is None:
        row = program_by_id(schedule_id)
    if version is not None and row.version != version:
        raise Conflict(f'program "{schedule_id}" was changed meanwhile')
    return row


def add_event(
    *, program: str, event: EventFacts, at: int | None = None, by: str, reason: str | None = None
) -> ProgramFacts:
    """Put a new event into the draft: at the end, or at a place (those behind it move up by one)."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        place = len(facts.events) if at is None else at - 1
        if not 0 <= place <= len(facts.events):
            raise Refused("event_id", f"{at} is not within 1 to {len(facts.events) + 1}", "event_id")
        events = list(facts.events)
        key = event.key or _new_key(facts, place + 1)
        events.insert(place, replace(event, key=key))
        return replace(facts, events=_told(renumbered(events)))

    return edit_draft(program=program, edit=edit, by=by, reason=reason)


def _new_key(facts: ProgramFacts, event_id: int) -> str:
    """A key that no event of the program ever had."""
    ever = keys_ever(program_by_id(facts.schedule_id).pk) | {event.key or "" for event in facts.events}
    return with_keys([EventFacts(event_id, ())], (), ever)[0].key or ""


def change_event(*, program: str, key: str, event: EventFacts, by: str, reason: str | None = None) -> ProgramFacts:
    """Change an event of the draft; it keeps its key and its place."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        at = _at(facts, key)
        events = list(facts.events)
        events[at] = replace(event, key=key, event_id=at + 1)
        return replace(facts, events=_told(events))

    return edit_draft(program=program, edit=edit, by=by, reason=reason)


def move_event(*, program: str, key: str, to: int, by: str, reason: str | None = None) -> ProgramFacts:
    """Move an event of the draft to another place; the others close up."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        if not 1 <= to <= len(facts.events):
            raise Refused("event_id", f"{to} is not within 1 to {len(facts.events)}", "event_id")
        events = list(facts.events)
        events.insert(to - 1, events.pop(_at(facts, key)))
        return replace(facts, events=_told(renumbered(events)))

    return edit_draft(program=program, edit=edit, by=by, reason=reason)


def remove_event(*, program: str, key: str, by: str, reason: str | None = None) -> ProgramFacts:
    """Take an event out of the draft; it keeps a place without a number, for the orders that have had it."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        events = list(facts.events)
        events.pop(_at(facts, key))
        return replace(facts, events=_told(renumbered(events)))

    return edit_draft(program=program, edit=edit, by=by, reason=reason)


def _at(facts: ProgramFacts, key: str) -> int:
    for at, event in enumerate(facts.events):
        if event.key == key:
            return at
    raise Refused("key", f'program "{facts.schedule_id}" has no event "{key}"', "key")


def _told(events: Sequence[EventFacts]) -> tuple[EventFacts, ...]:
    """The events with the places that a refusal names."""
    return tuple(
        replace(
            event,
            field=f"events[{at}]",
            products=tuple(replace(p, field=f"events[{at}].products[{n}]") for n, p in enumerate(event.products)),
        )
        for at, event in enumerate(events)
    )


@transaction.atomic
def release(*, program: str, apply: bool = False, by: str, reason: str | None = None) -> int:
    """Make the draft the revision for new orders; gives its number. ``apply``: the next night updates open orders."""
    context(by=by, reason=reason)
    row = _locked(program)
    _, draft = newest(row.pk)
    if draft is None:
        raise Refused("draft", f'program "{program}" has no draft to release', "program")
    facts = read_facts([draft.pk])[draft.pk]
    _checked(replace(facts, events=_told(facts.events)))
    ProgramRevision.objects.filter(pk=draft.pk).update(released=True, apply=apply)
    Program.objects.filter(pk=row.pk).update(version=F("version") + 1)
    return draft.number


@transaction.atomic
def discard(*, program: str, by: str, reason: str | None = None) -> None:
    """Drop the draft."""
    context(by=by, reason=reason)
    row = _locked(program)
    released, draft = newest(row.pk)
    if draft is None:
        raise Refused("draft", f'program "{program}" has no draft to discard', "program")
    if released is None:
        raise Refused("draft", f'program "{program}" was never released: its draft is all that it has', "program")
    drop_revision(draft)
    Program.objects.filter(pk=row.pk).update(version=F("version") + 1)


@transaction.atomic
def copy(*, program: str, new: str, by: str, reason: str | None = None) -> Program:
    """Copy a program as it is for new orders: inactive, without run state (D20)."""
    context(by=by, reason=reason)
    row = program_by_id(program)
    if not new or Program.objects.filter(schedule_id=new).exists():
        raise Refused("program", f'program "{new}" exists already' if new else "a name is needed", "new")
    released, draft = newest(row.pk)
    base = released or draft
    if base is None:
        raise Refused("program", f'program "{program}" has no revision', "program")
    facts = read_facts([base.pk])[base.pk]
    live = tuple(event.key or "" for event in facts.events)
    copied = replace(facts, schedule_id=new, active=False, removed=(), walk=live)
    made = Program.objects.create(schedule_id=new, name=row.name, active=False)
    write_revision(made, 1, copied, Ids(), released=base.released, apply=False)
    return made


def activate(*, program: str, by: str, reason: str | None = None) -> None:
    """Offer a program at order entry again. Refused when it was never released."""
    _set_active(program, True, by, reason)


def retire(*, program: str, by: str, reason: str | None = None) -> None:
    """No longer offer a program at order entry; its open orders go on."""
    _set_active(program, False, by, reason)


@transaction.atomic
def _set_active(program: str, active: bool, by: str, reason: str | None) -> None:
    context(by=by, reason=reason)
    row = _locked(program)
    if active and newest(row.pk)[0] is None:
        raise Refused("program", f'program "{program}" was never released', "program")
    if row.active != active:
        Program.objects.filter(pk=row.pk).update(active=active, version=F("version") + 1)


# --- the products that stand for programs


def kind_faults(products: Sequence[ProductFacts]) -> dict[str, Refused]:
    """By number: the products that cannot become what they are given as, because something stands on what they are."""
    stored = dict(Product.objects.filter(number__in=[p.number for p in products]).values_list("number", "kind"))
    turned = {p.number: p.kind for p in products if stored.get(p.number, p.kind) != p.kind}
    if not turned:
        return {}
    used = tuples(
        "select distinct p.number, r.schedule_id from programs_programeventproduct x"
        " join catalog_product p on p.id = x.product_id join programs_programevent e on e.id = x.event_id"
        " join programs_programrevision v on v.id = e.revision_id join programs_program r on r.id = v.program_id"
        " where p.number = any(%s) order by 1, 2 desc",
        [[n for n, kind in turned.items() if kind == "continuity"]],
    )
    faults = {
        number: Refused("program", f"it is in the events of program {program}: it cannot stand for one", "program")
        for number, program in used
    }
    sold = tuples(
        "select p.number from catalog_product p where p.number = any(%s)"
        " and exists (select from orders_orderline l where l.product_id = p.id)",
        [list(turned)],
    )
    for (number,) in sold:
        faults.setdefault(number, Refused("program", f"it was sold as a {stored[number]} product already", "program"))
    return faults


def unpriced_uses(numbers: Sequence[str], *, except_of: Collection[str] = ()) -> dict[str, str]:
    """By number: a program of which an event ships the product without naming a price (newest revision or draft)."""
    found = tuples(
        "select distinct on (p.number) p.number, r.schedule_id from programs_programeventproduct x"
        " join catalog_product p on p.id = x.product_id join programs_programevent e on e.id = x.event_id"
        " join programs_programrevision v on v.id = e.revision_id join programs_program r on r.id = v.program_id"
        " where p.number = any(%s) and x.price_minor is null and e.event_id is not null and e.action <> 'skip'"
        " and r.schedule_id <> all(%s) and (not v.released or v.number = (select max(n.number)"
        " from programs_programrevision n where n.program_id = v.program_id and n.released)) order by 1, 2",
        [list(numbers), list(except_of)],
    )
    return dict(found)


@transaction.atomic
def set_continuity_products(*, products: Sequence[ProductFacts], by: str, reason: str | None = None) -> set[str]:
    """Make products stand for the programs that they name (or for none). Gives the numbers of those changed."""
    context(by=by, reason=reason)
    stored = {
        row.product.number: row
        for row in ContinuityProduct.objects.filter(product__number__in=[p.number for p in products]).select_related(
            "product"
        )
    }
    wanted = {p.number: p for p in products if p.program is not None}
    programs = dict(
        Program.objects.filter(schedule_id__in={p.program for p in wanted.values()}).values_list("schedule_id", "id")
    )
    ids = dict(Product.objects.filter(number__in=wanted).values_list("number", "id"))
    changed = {number for number in stored if number not in wanted}
    ContinuityProduct.objects.filter(pk__in=[stored[number].pk for number in changed]).delete()
    new = []
    for number, product in wanted.items():
        if product.program not in programs:
            raise Refused("program", f'unknown program "{product.program}"', "program")
        columns = {
            "program_id": programs[product.program],
            "event_duration": product.event_duration,
            "shipments": product.shipments,
        }
        row = stored.get(number)
        if row is None:
            new.append(ContinuityProduct(product_id=ids[number], **columns))
        elif any(getattr(row, name) != value for name, value in columns.items()):
            ContinuityProduct.objects.filter(pk=row.pk).update(**columns)
        else:
            continue
        changed.add(number)
    ContinuityProduct.objects.bulk_create(new, batch_size=1000)
    return changed
