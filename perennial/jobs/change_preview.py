"""What a version of a program would change on its open orders, as a dry run of update-orders has counted it: kept, looked at,
and compared with what the orders are now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from perennial.catalog.models import DeliveryMode, Product
from perennial.db import sql
from perennial.errors import Refused
from perennial.jobs.change_groups import (
    ASIDE,
    AT_ONCE,
    CHANGES,
    KEEPS,
    NOTICES,
    PAID_UPFRONT,
    SAME,
    SILENT,
    WHO,
    ChangeGroups,
    Row,
    Told,
)
from perennial.jobs.change_list import happened_since, otherwise
from perennial.jobs.job import Run
from perennial.jobs.models import ChangeGroup, ChangePreview, PreviewedOrder
from perennial.kernel import money
from perennial.kernel.money import Money
from perennial.language.formats import ENGLISH, Reader, phrase
from perennial.programs.models import Program, ProgramRevision
from perennial.programs.queries import last_places

SQL = sql.named("perennial.jobs", "sql/change_preview.sql")
ORDER_COLUMNS = ("number", *Row._fields)
VERSION, PRICES, RULES = SEEN = ("version", "prices", "rules")
"""What the answer depends on besides the orders."""
STAYS = ("kept", "gone", "billing_kept", "paid_already")
"""Kinds of groups that do not say what differs of the program: what a person set, and stays or no longer applies; what is
paid already.
"""
BESIDE = (*NOTICES, *PAID_UPFRONT, *AT_ONCE)
"""Kinds of groups that stand beside those of who changes and what differs, in no sum of theirs."""


@dataclass(frozen=True, slots=True)
class Example:
    """The first order of a group, and when the first of its shipments that is in it ships, before and after."""

    order: str
    ship_on: date | None
    new_ship_on: date | None


@dataclass(frozen=True, slots=True)
class Group:
    """Orders that have the same in common (``change_groups``): of ``event`` (its key) and its place in the version; so
    much more is to come of them by it, with delivery and tax. ``was`` and ``now``: ``before`` and ``after`` as people call
    them, products and delivery modes by their names. ``was_at``: where an event stood that is gone. ``example``: one of them; none where all are gone since.
    """

    number: int
    kind: str
    event: str | None
    event_id: int | None
    before: Money | str | int | None
    after: Money | str | int | None
    orders: int
    amount: Money
    was: Money | str | int | None
    now: Money | str | int | None
    was_at: int | None = None
    example: Example | None = None

    @property
    def is_counted_in(self) -> bool:
        """Are its amounts part of how much more is to come?"""
        return self.kind not in (*PAID_UPFRONT, *AT_ONCE)

    @property
    def stays(self) -> bool:
        """Does it not say what differs of the program, but what a person set or what was promised?"""
        return self.kind in STAYS


@dataclass(frozen=True, slots=True)
class Preview:
    """What a version would change, by the ``run`` that counted or refreshed it last; ``list_run`` has what every order would
    be. ``orders`` (lines of orders) = ``changed`` + ``same`` + ``aside`` + ``busy``; ``keeps`` of
    the changed ones keep what a person has set. ``aside``: cannot be planned with it, ``busy``: somebody was at work on
    them. ``made``: child orders that are made and not sent, never touched. ``rises``: a price rises, ``silent`` of these
    have no e-mail address. ``to_come``: what is planned with delivery and tax, of orders billed up front what
    is still to be taken, before and after.
    """

    run: int
    list_run: int
    program: str
    number: int
    at: datetime
    orders: int
    changed: int
    keeps: int
    same: int
    aside: int
    busy: int
    made: int
    rises: int
    silent: int
    to_come: Money
    new_to_come: Money
    groups: tuple[Group, ...]

    @property
    def more(self) -> Money:
        """How much more is to come."""
        return Money(self.new_to_come.minor - self.to_come.minor, self.to_come.currency)

    @property
    def differences(self) -> tuple[Group, ...]:
        """The groups that say what differs, and what stays."""
        return tuple(one for one in self.groups if one.kind not in (*WHO, *BESIDE))

    @property
    def paid_upfront(self) -> tuple[Group, ...]:
        """The groups that say what orders billed up front are charged as a whole, or have paid too much."""
        return tuple(one for kind in PAID_UPFRONT if (one := self.group_of(kind)) is not None)

    @property
    def at_once(self) -> tuple[Group, ...]:
        """The groups of orders that get a shipment with the next night only by the change, and more than one."""
        return tuple(one for kind in AT_ONCE if (one := self.group_of(kind)) is not None)

    def group_of(self, kind: str) -> Group | None:
        """The one group of a kind."""
        return next((one for one in self.groups if one.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Since:
    """What is otherwise than it was counted: so many orders, and what all are planned with (``SEEN``)."""

    orders: int
    what: tuple[str, ...] = ()


def is_preview(run: Run) -> bool:
    """Does a run of update-orders rehearse a version of one program?"""
    return run.dry and "revision" in run.arguments


def refuse_other_revision(program: Program, number: int, *, dry: bool) -> None:
    """Refused: the program has no such version; unless ``dry`` also one that is not its newest released one."""
    found = ProgramRevision.objects.filter(program=program, number=number).first()
    if found is None:
        raise Refused("version_unknown", "revision", program=program.schedule_id, version=number)
    newest = ProgramRevision.objects.filter(program=program, released=True).order_by("-number").first()
    if not dry and (newest is None or newest.pk != found.pk):
        raise Refused("revision_not_newest", "revision", program=program.schedule_id, version=number)


def seen_now(program: int, revision: int) -> tuple[str, int, datetime]:
    """What the answer depends on besides the orders, in a word for each of ``SEEN``; the last thing that has happened to any
    order; and when it was looked at.
    """
    found = sql.one(SQL["seen"], {"program": program, "revision": revision})
    assert found is not None
    return " ".join(found[0]), found[1], timezone.now()


def is_stored_whole(row: ChangePreview) -> bool:
    """Is the list of its orders kept? It is forgotten as that of any run; previews of older versions had none."""
    return PreviewedOrder.objects.filter(run=row.pk).count() == row.orders


def preview_of(run: Run, groups: ChangeGroups) -> Callable[[int], None]:
    """What writes the numbers of a preview, by the number of the run that keeps it."""
    seen, event, at = run.cache["seen"]

    def write(kept: int) -> None:
        ChangePreview.objects.create(
            run_id=kept,
            runs=[kept],
            program_id=run.cache["of_program"],
            revision_id=groups.revision.id,
            number=groups.revision.number,
            seen=seen,
            event=event,
            at=at,
            currency=run.set_up.currency,
            orders=run.selected,
            **numbers(kept, groups),
        )
        write_groups(kept, groups)

    return write


def numbers(run: int, groups: ChangeGroups) -> dict[str, int]:
    """What a preview counts besides its list, which the run keeps."""
    return {
        "changed": groups.of_kinds(CHANGES, KEEPS),
        "made": int(sql.value(SQL["made"], {"run": run})),
        "rises": groups.of_kinds(*NOTICES),
        "silent": groups.of_kinds(SILENT),
        "to_come_minor": groups.to_come,
        "new_to_come_minor": groups.new_to_come,
    }


def write_groups(run: int, groups: ChangeGroups) -> None:
    """Write the groups of a preview."""
    places = {one.key: one.event_id for one in groups.revision.plan.events}
    ChangeGroup.objects.bulk_create(
        ChangeGroup(
            run_id=run,
            number=group.number,
            kind=of.kind,
            event_key=of.event,
            event_id=places.get(of.event) if of.event else None,
            before=of.before,
            after=of.after,
            orders=group.orders,
            amount_minor=group.amount,
        )
        for of, group in groups.groups.items()
    )


def last_preview(program: str, number: int | None = None) -> Preview | None:
    """The last preview of a program, or of its version with a number; None: there is none."""
    found = ChangePreview.objects.filter(program__schedule_id=program).order_by("-run")
    row = (found if number is None else found.filter(number=number)).select_related("program").first()
    return None if row is None else _read(row)


def preview(run: int) -> Preview:
    """The preview that a dry run has counted or refreshed, as it is now. Refused: it has counted none."""
    return _read(stored_preview(run))


def since(run: int, *, thoroughly: bool = False) -> Since | None:
    """What is otherwise than when a preview was counted; None: nothing. ``thoroughly``: every order is compared, else those
    to which something has happened since.
    """
    row = stored_preview(run)
    if not version_stands(run) or (thoroughly and not is_stored_whole(row)):
        return Since(0, (VERSION,))
    now, was = (seen.split(" ") for seen in (seen_now(row.program_id, row.revision_id)[0], row.seen))
    what = tuple(name for name, *both in zip(SEEN, now, was, strict=False) if both[0] != both[1])
    orders = (otherwise if thoroughly else happened_since)(row)
    return Since(orders, what) if orders or what else None


def version_stands(run: int) -> bool:
    """Is the program's newest version the one that a preview was counted with? Every edit of a draft makes a new one."""
    row = stored_preview(run)
    newest = ProgramRevision.objects.filter(program=row.program_id).order_by("-number").values_list("pk", flat=True)
    return newest.first() == row.revision_id


def words_of(group: Group, to: Reader = ENGLISH) -> str:
    """What the orders of a group have in common."""
    context = {"kept": "set by a person", "gone": "set by a person", "billing_kept": "billing kept"}.get(group.kind)
    what = None if context is None else phrase(context, str(group.before), None, to)
    code = group.kind if group.was_at is None else "removed"
    facts = {"event": group.event_id or group.was_at, "what": what or group.before}
    return phrase("preview group", code, facts, to) or group.kind


def as_document(found: Preview) -> dict[str, Any]:
    """A preview as outside programs read it."""
    return {
        "program": found.program,
        "revision": found.number,
        "run": found.run,
        "list_run": found.list_run,
        "at": found.at.isoformat(timespec="seconds"),
        "orders": found.orders,
        "changed": found.changed,
        "kept": found.keeps,
        "same": found.same,
        "put_aside": found.aside,
        "busy": found.busy,
        "children_made": found.made,
        "prices_rise": found.rises,
        "without_email": found.silent,
        **{kind: one.orders if (one := found.group_of(kind)) else 0 for kind in AT_ONCE},
        "currency": found.to_come.currency,
        "to_come": {"before": _amount(found.to_come), "after": _amount(found.new_to_come)},
        "groups": [
            {
                "group": one.number,
                "kind": one.kind,
                "event_key": one.event,
                "event_id": one.event_id,
                "before": _told(one.before),
                "after": _told(one.after),
                "orders": one.orders,
                "amount": _amount(one.amount),
            }
            for one in found.groups
        ],
    }


def stored_preview(run: int) -> ChangePreview:
    """The row of a preview, by any of its runs. Refused: a run has counted none."""
    row = ChangePreview.objects.filter(runs__contains=[run]).select_related("program").first()
    if row is None:
        raise Refused("preview_unknown", "run", run=run)
    return row


def _read(row: ChangePreview) -> Preview:
    currency = row.currency
    stored = list(ChangeGroup.objects.filter(run_id=row.pk))
    products = {number for one in stored if one.kind == "product" for number in (one.before, one.after)}
    modes = {code for one in stored if one.kind == "delivery" for code in (one.before, one.after)}
    names = {
        "product": dict(Product.objects.filter(number__in=products - {None}).values_list("number", "name")),
        "delivery": dict(DeliveryMode.objects.filter(code__in=modes - {None}).values_list("code", "name")),
    }
    gone = {one.event_key for one in stored if one.event_key and one.event_id is None}
    stood = last_places(row.program_id, gone) if gone else {}
    examples = {number: Example(*shown) for number, *shown in sql.tuples(SQL["examples"], {"run": row.pk})}

    def called(kind: str, value: Told) -> Money | Told:
        return (kind in names and names[kind].get(str(value))) or _value(kind, value, currency)

    groups = [
        Group(
            number=one.number,
            kind=one.kind,
            event=one.event_key,
            event_id=one.event_id,
            before=_value(one.kind, one.before, currency),
            after=_value(one.kind, one.after, currency),
            orders=one.orders,
            amount=Money(one.amount_minor, currency),
            was=called(one.kind, one.before),
            now=called(one.kind, one.after),
            was_at=stood.get(one.event_key or ""),
            example=examples.get(one.number),
        )
        for one in stored
    ]
    groups.sort(key=lambda one: (one.stays, one.event_id or 0, -one.orders, one.kind, one.number))
    counts = {kind: sum(one.orders for one in groups if one.kind == kind) for kind in WHO}
    return Preview(
        run=row.runs[-1],
        list_run=row.pk,
        program=row.program.schedule_id,
        number=row.number,
        at=row.at,
        orders=row.orders,
        changed=row.changed,
        keeps=counts[KEEPS],
        same=counts[SAME],
        aside=counts[ASIDE],
        busy=row.orders - sum(counts.values()),
        made=row.made,
        rises=row.rises,
        silent=row.silent,
        to_come=Money(row.to_come_minor, currency),
        new_to_come=Money(row.new_to_come_minor, currency),
        groups=tuple(groups),
    )


def _value(kind: str, stored: Told, currency: str) -> Money | Told:
    return Money(stored, currency) if kind == "price" and isinstance(stored, int) else stored


def _amount(amount: Money) -> str:
    return money.text(amount.minor, amount.currency)


def _told(value: Money | Told) -> str | int | None:
    return _amount(value) if isinstance(value, Money) else value
