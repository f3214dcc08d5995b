"""A thing of set-up is added, changed, taken back: by the door of a bundle, and never over what somebody else has set meanwhile."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from typing import Any

from django.db import transaction

from perennial.bundle.load.importer import import_bundle, one_import_at_a_time
from perennial.bundle.load.report import Imported
from perennial.bundle.reading.notes import Note
from perennial.bundle.set_up.things import KINDS, Document, Thing, address_named, newest_change, thing
from perennial.catalog.tariffs import newest_number
from perennial.desk.read.planned import due_within, on_closed_days
from perennial.desk.read.tariffs import orders_on_older
from perennial.errors import Refused, Several, refuse_all
from perennial.kernel.calendar import add_days

MEANT = ("delivery_mode_loses", "product_loses_tax_group", "delivery_mode_in_use_again", "product_in_use_again")
STILL_NAMED = ("product_still_named", "delivery_mode_still_named")


@dataclass(frozen=True, slots=True)
class Done:
    """What was changed (the names of the values), and what follows of it.

    ``programs``: those that have a new revision; ``orders``: open ones that follow them with update-orders; ``tariff``: the
    new one, which ``keep`` open orders do not follow until somebody applies it; ``goes_on``: programs go on with what is
    taken out of use; ``due``: so many more planned shipments are due now, until the day ``due_through``; ``closed``: so many
    keep days that are closed now. ``asks``: nothing was written yet: what follows is to be agreed to, by this word.
    """

    changed: tuple[str, ...] = ()
    address: str = ""
    programs: tuple[str, ...] = ()
    orders: int = 0
    tariff: int | None = None
    keep: int = 0
    due: int = 0
    due_through: date | None = None
    closed: int = 0
    notes: tuple[Note, ...] = ()
    asks: str | None = None

    @property
    def follows(self) -> bool:
        """Does anything follow beyond the thing itself?"""
        return bool(self.programs or self.keep or self.goes_on or self.due or self.closed)

    @property
    def goes_on(self) -> list[object]:
        """The programs that go on with what is taken out of use, as its notes name them."""
        return [dict(note.facts) for note in self.notes if note.code in STILL_NAMED]


class _Ask(Exception):
    """Nothing of it stays: what follows was not agreed to yet."""

    def __init__(self, done: Done) -> None:
        self.done = done


def change_thing(
    *,
    kind: str,
    address: str | None,
    given: Mapping[str, Any],
    seen: Mapping[str, Any],
    on: date,
    by: str,
    reason: str | None = None,
    agreed: str | None = None,
) -> Done:
    """Change what differs of a thing from what was ``seen`` of it, or add one (``address`` None).

    ``given``, ``seen``: the values as a bundle writes them. Where more follows (programs get a revision, open orders keep an
    older tariff), nothing is written before it is ``agreed`` to. Refused: what an import refuses, of this field; a value
    that somebody else has changed meanwhile; a new thing of a name that there is already.
    """
    try:
        with transaction.atomic():
            one_import_at_a_time()
            stored = None if address is None else thing(kind, address)
            if stored is None and (there := address_named(kind, given)) is not None:
                return _added_already(kind, there, given)
            wanted = dict(given) if stored is None else _wanted(stored, given, seen)
            if stored is not None and not wanted:
                return Done(address=stored.address)
            whole = wanted if stored is None or KINDS[kind].key is None else {**stored.document, **wanted}
            done = _through_the_door(kind, whole, on=on, by=by, reason=reason)
            done = replace(done, changed=tuple(name for name in given if name in wanted))
            return _agreed(done, kind, stored, whole, on=on, agreed=agreed)
    except _Ask as asked:
        return asked.done


def undo_thing(*, kind: str, address: str, seen: str, on: date, by: str, agreed: str | None = None) -> Done:
    """Take the last change of a thing back; where more follows, it is ``agreed`` to, as if it were made by hand.

    Refused: there is none; it is not the one that was ``seen`` (a ``version``).
    """
    try:
        with transaction.atomic():
            one_import_at_a_time()
            stored = thing(kind, address)
            if stored.version != seen:
                raise Refused("set_up_changed_since")
            if not stored.may_undo:
                raise Refused("set_up_as_at_first")
            before = stored.versions[-2].document
            differs = tuple(name for name, value in before.items() if value != stored.document[name])
            whole = before if KINDS[kind].key else {name: before[name] for name in differs}
            done = replace(_through_the_door(kind, whole, on=on, by=by, reason=None), changed=differs)
            return _agreed(done, kind, stored, whole, on=on, agreed=agreed)
    except _Ask as asked:
        return asked.done


def _agreed(
    done: Done, kind: str, stored: Thing | None, whole: Mapping[str, Any], *, on: date, agreed: str | None
) -> Done:
    """What was done, with what follows of it for planned shipments. Raises ``_Ask``: more follows than was agreed to."""
    if stored is not None:
        done = _for_planned(done, kind, stored.document, whole, on=on)
    told = [whole, done.programs, done.goes_on]
    word = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
    if done.follows and agreed != word:
        raise _Ask(replace(done, asks=word))
    return done


def _for_planned(done: Done, kind: str, before: Document, after: Mapping[str, Any], *, on: date) -> Done:
    """Children that are made earlier, and days that close: how many planned shipments that is about."""
    if kind == "parameters" and "days_before_delivery" in done.changed:
        through = add_days(on, after["days_before_delivery"])
        return replace(done, due=due_within(add_days(on, before["days_before_delivery"]), through), due_through=through)
    if kind == "delivery_modes" and "closed_on" in done.changed:
        days = [date.fromisoformat(day) for day in after["closed_on"] if day not in before["closed_on"]]
        closed = on_closed_days(done.address, days, on=on)
        return replace(done, closed=sum(one.shipments for one in closed))
    return done


def _added_already(kind: str, there: str, given: Mapping[str, Any]) -> Done:
    """The same was sent twice. Refused: it is another one of the same name."""
    stored = thing(kind, there).document
    if any(stored[name] != value for name, value in given.items()):
        name = next(iter(KINDS[kind].names))
        raise Refused("name_exists", name, what=kind.removesuffix("s"), name=given[name])
    return Done(address=there)


def _wanted(stored: Thing, given: Mapping[str, Any], seen: Mapping[str, Any]) -> Document:
    """What of it is to be changed. Refused: what somebody else has changed meanwhile."""
    wanted = {name: value for name, value in given.items() if value != seen.get(name)}
    last = stored.set_by
    refuse_all(
        Refused("set_meanwhile", name, value=stored.document[name], by=last.get(name))
        for name, value in wanted.items()
        if stored.document[name] != seen.get(name) and stored.document[name] != value
    )
    return {name: value for name, value in wanted.items() if stored.document[name] != value}


def _through_the_door(kind: str, document: Mapping[str, Any], *, on: date, by: str, reason: str | None) -> Done:
    """One thing as a bundle of its own. Refused: what the import refuses, each fault at its field."""
    alone = KINDS[kind].key is None
    bundle = json.dumps({kind: document if alone else [document]}).encode()
    before = newest_number()
    try:
        imported = import_bundle(file=BytesIO(bundle), on=on, by=by, reason=reason, preview=False)
    except Several as problem:
        path = f"{kind}." if alone else f"{kind}[0]."
        raise Several(tuple(fault.at(fault.field.removeprefix(path)) for fault in problem.faults)) from None
    tariff = newest_number()
    return Done(
        address=address_named(kind, document) or "",
        programs=tuple(sorted(imported.programs)),
        orders=sum(one.orders for one in imported.following),
        tariff=tariff if tariff != before else None,
        keep=orders_on_older(tariff) if tariff != before else 0,
        notes=_told(imported),
    )


def _told(imported: Imported) -> tuple[Note, ...]:
    """What the import has to say, but for what is lost by leaving it out: here all was asked for."""
    return tuple(one for one in imported.notes.all() if one.code not in MEANT)


@dataclass(frozen=True, slots=True)
class ProductsPut:
    """What became of products that came together. ``asks``: nothing was written yet; this word agrees to it, as long as no
    product is changed meanwhile.
    """

    new: int
    changed: int
    same: int
    notes: tuple[Note, ...] = ()
    asks: str | None = None


class _AskOfMany(Exception):
    def __init__(self, put: ProductsPut) -> None:
        self.put = put


def put_products(
    *, documents: Sequence[Document], on: date, by: str, reason: str | None = None, agreed: str | None = None
) -> ProductsPut:
    """Make products as they are given, as an import of a bundle does; what is left out of one that is stored stays.

    Nothing is written before it was looked at, and ``agreed`` to by the word of that look. Refused: what an import refuses,
    each fault at its place (``[3].prices[0].price``).
    """
    try:
        with transaction.atomic():
            one_import_at_a_time()
            seen = newest_change("products")
            word = hashlib.sha256(json.dumps([list(documents), seen]).encode()).hexdigest()[:16]
            bundle = BytesIO(json.dumps({"products": list(documents)}).encode())
            try:
                imported = import_bundle(file=bundle, on=on, by=by, reason=reason, only_given=True, preview=False)
            except Several as problem:
                faults = tuple(fault.at(fault.field.removeprefix("products")) for fault in problem.faults)
                raise Several(faults, count=problem.facts["count"]) from None
            tally = imported.tallies["products"]
            put = ProductsPut(tally.new, tally.changed, tally.same, _told(imported))
            if agreed != word:
                raise _AskOfMany(replace(put, asks=word))
            return put
    except _AskOfMany as asked:
        return asked.put
