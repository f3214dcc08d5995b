"""Company and parameters, as a person changes them: what differs is written, what follows of it follows, the last change is taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import transaction

from perennial.catalog.actions import change_company, change_parameters
from perennial.catalog.models import Company, Parameters
from perennial.catalog.tariffs import follow_set_up
from perennial.db.tally import Tally
from perennial.errors import Refused, refuse_all
from perennial.orders.models import SalesOrder

COMPANY = ("name", "country", "time_zone", "languages", "from_email", "phone", "address", "vat_number")
"""What is told of a company, in the order in which it is asked for; its currency is set once, with the first bundle or on the
first page."""
PARAMETERS = (
    "days_before_delivery",
    "number_of_orders_to_create",
    "repeat_threshold",
    "delivery_window_days",
    "order_dates_within_days",
    "authorize_child_orders",
    "authorize_days_before",
    "reauthorization_limit",
    "days_between_tries",
    "authorization_renewals",
    "on_account_bill_days",
    "on_account_terms_days",
    "prices_include_tax",
    "days_to_keep_run_lists",
    "revenue_journal",
    "continuity_payment_profile",
)
"""The continuity parameters, in the order in which they are asked for."""


@dataclass(frozen=True, slots=True)
class Change:
    """How a value came to be what it is: before, after, by whom, when, why."""

    before: Any
    after: Any
    by: str | None
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class SetUpPart:
    """The company, or the parameters: its values, how each was changed last, and whether the last change can be taken back."""

    values: Mapping[str, Any]
    changes: Mapping[str, Change]
    may_undo: bool
    version: int


@dataclass(frozen=True, slots=True)
class _Kind:
    model: type[Company] | type[Parameters]
    names: tuple[str, ...]
    change: Callable[..., Tally]


_KINDS = {
    "company": _Kind(Company, COMPANY, change_company),
    "parameters": _Kind(Parameters, PARAMETERS, change_parameters),
}


def set_up_part(kind: str) -> SetUpPart:
    """What is set up of ``company`` or ``parameters``. Refused: there is no such part."""
    found = _kind(kind)
    row = found.model.objects.get(pk=1)
    changes = _changes(found)
    return SetUpPart({name: getattr(row, name) for name in found.names}, changes, bool(changes), _version(found))


@transaction.atomic
def change_set_up(
    *, kind: str, given: Mapping[str, Any], seen: Mapping[str, Any], on: date, by: str, reason: str | None = None
) -> tuple[str, ...]:
    """Change what differs from what was ``seen``; the names of it. Taxes and charges of open orders stay as promised.

    Refused: a value that makes no sense; one that somebody else has changed meanwhile.
    """
    found = _kind(kind)
    row = found.model.objects.select_for_update().get(pk=1)
    wanted = {name: value for name, value in given.items() if name in found.names and value != seen.get(name)}
    changes = _changes(found)
    met = [
        Refused("set_meanwhile", name, value=getattr(row, name), by=changes[name].by if name in changes else None)
        for name in wanted
        if getattr(row, name) != seen.get(name) and getattr(row, name) != wanted[name]
    ]
    refuse_all(met)
    return _set(found, wanted, on=on, by=by, reason=reason)


@transaction.atomic
def undo_set_up(*, kind: str, seen: int, on: date, by: str) -> tuple[str, ...]:
    """Take the last change back; the names of what is as it was before. Refused: there is none; it is not the one that was
    ``seen`` (a ``version``).
    """
    found = _kind(kind)
    found.model.objects.select_for_update().get(pk=1)
    if _version(found) != seen:
        raise Refused("set_up_changed_since")
    newest: Any = None
    for before in _history(found).order_by("-pgh_id"):
        if newest is not None:
            wanted = {n: getattr(before, n) for n in found.names if getattr(before, n) != getattr(newest, n)}
            if wanted:
                return _set(found, wanted, on=on, by=by, reason=None)
        newest = before
    raise Refused("set_up_as_at_first")


def _set(found: _Kind, wanted: dict[str, Any], *, on: date, by: str, reason: str | None) -> tuple[str, ...]:
    if not wanted:
        return ()
    found.change(given=wanted, by=by, reason=reason)
    if "prices_include_tax" in wanted:
        follow_set_up(on=on, by=by, reason=reason, unused=not SalesOrder.objects.exists())
    return tuple(name for name in found.names if name in wanted)


def _kind(kind: str) -> _Kind:
    if kind not in _KINDS:
        raise Refused("unknown_word", "kind", word=kind, known=tuple(_KINDS))
    return _KINDS[kind]


def _history(found: _Kind) -> Any:
    return apps.get_model("catalog", f"{found.model.__name__}History").objects


def _version(found: _Kind) -> int:
    """The number of the last change."""
    newest = _history(found).order_by("-pgh_id").values_list("pgh_id", flat=True).first()
    return int(newest or 0)


def _changes(found: _Kind) -> dict[str, Change]:
    """By name, the last change of each value. What is not among a part's values (whether messages go out) is none of them."""
    changes: dict[str, Change] = {}
    before: Any = None
    for row in _history(found).order_by("pgh_id"):
        if before is not None:
            context = row.pgh_context or {}
            for name in found.names:
                old, new = getattr(before, name), getattr(row, name)
                if old != new:
                    changes[name] = Change(old, new, context.get("by"), row.pgh_created_at, context.get("reason"))
        before = row
    return changes
