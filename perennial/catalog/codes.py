"""The codes that a company sets up: where orders come from, why something is done to them, and kinds of holds.

What stands in an order keeps its code whatever becomes of the list: a code that is not in it, or not any more, is shown as
it is. The lists decide what may be given from now on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from perennial.catalog.actions import refuse
from perennial.catalog.models import HoldCode, ReasonCode, SourceCode
from perennial.db.history import context
from perennial.db.tally import Tally, put
from perennial.errors import Refused
from perennial.kernel.guess import likely
from perennial.kernel.states import REASON_ACTIONS

PLAIN_HOLD = "hold"
"""The code of a hold that somebody places without one: it stops what is asked, and is in no list."""
PAYMENT_HOLD = "payment"
"""The code of the holds that a failed payment places, and another card lifts."""
DISPUTE_HOLD = "dispute"
"""The code of the holds that a disputed charge places."""


@dataclass(frozen=True)
class SourceFacts:
    """Where orders come from; the first and the last day of the orders that may have it."""

    code: str
    description: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    active: bool = True


@dataclass(frozen=True)
class ReasonFacts:
    """Why something is done; the actions that it may be given for (``states.REASON_ACTIONS``)."""

    code: str
    description: str = ""
    actions: tuple[str, ...] = REASON_ACTIONS
    active: bool = True


@dataclass(frozen=True)
class HoldFacts:
    """A kind of hold: what it stops (``states.HOLDS_STOP``), the roles that may release it (none: whoever may hold)."""

    code: str
    description: str = ""
    stops: str = "both"
    released_by: tuple[str, ...] = ()
    active: bool = True


def source_faults(given: SourceFacts) -> Iterator[Refused]:
    """A source code: its last day is not before its first."""
    if given.valid_from and given.valid_until and given.valid_until < given.valid_from:
        yield Refused("source_code_ends_first", "until", since=given.valid_from, until=given.valid_until)


def reason_faults(given: ReasonFacts) -> Iterator[Refused]:
    """A reason code: it serves an action, each once."""
    if not given.actions:
        yield Refused("reason_code_for_nothing", "actions", known=REASON_ACTIONS)
    for at, action in enumerate(given.actions):
        if action in given.actions[:at]:
            yield Refused("name_stands_twice", f"actions[{at}]", name=action)


def hold_faults(given: HoldFacts) -> Iterator[Refused]:
    """A hold code: not one that Perennial uses itself."""
    if given.code in (PLAIN_HOLD, PAYMENT_HOLD, DISPUTE_HOLD):
        yield Refused("hold_code_reserved", "code", code=given.code)


@transaction.atomic
def set_source_codes(*, codes: Sequence[SourceFacts], by: str, reason: str | None = None) -> Tally:
    """Make source codes as they are given; each replaces the one of its code."""
    for one in codes:
        refuse(source_faults(one))
    context(by=by, reason=reason)
    return put(SourceCode, ["code"], (vars(one) for one in codes))[0]


@transaction.atomic
def set_reason_codes(*, codes: Sequence[ReasonFacts], by: str, reason: str | None = None) -> Tally:
    """Make reason codes as they are given; each replaces the one of its code."""
    for one in codes:
        refuse(reason_faults(one))
    context(by=by, reason=reason)
    return put(ReasonCode, ["code"], ({**vars(one), "actions": _in_turn(one.actions)} for one in codes))[0]


@transaction.atomic
def set_hold_codes(*, codes: Sequence[HoldFacts], by: str, reason: str | None = None) -> Tally:
    """Make hold codes as they are given; each replaces the one of its code. Holds that are placed keep what they stop."""
    for one in codes:
        refuse(hold_faults(one))
    context(by=by, reason=reason)
    return put(HoldCode, ["code"], ({**vars(one), "released_by": sorted(one.released_by)} for one in codes))[0]


def _in_turn(actions: Sequence[str]) -> list[str]:
    return [action for action in REASON_ACTIONS if action in actions]


def all_source_codes() -> list[SourceCode]:
    """The source codes, those that are not in use any more too."""
    return list(SourceCode.objects.order_by("code"))


def source_codes(on: date) -> list[SourceCode]:
    """The source codes that an order of a day may have."""
    known = {one.code: one for one in all_source_codes()}
    return [one for code, one in known.items() if unusable_source(known, code, on) is None]


def source_code_fault(code: str, on: date) -> Refused | None:
    """Why an order of a day may not have this source code; None: it may."""
    return unusable_source({one.code: one for one in SourceCode.objects.all()}, code, on)


def unusable_source(known: Mapping[str, SourceCode], code: str, on: date) -> Refused | None:
    """The same, of the source codes that are read already."""
    found = known.get(code)
    if found is None:
        return unknown_source(code, known)
    begun = found.valid_from is None or found.valid_from <= on
    over = found.valid_until is not None and found.valid_until < on
    if found.active and begun and not over:
        return None
    return Refused(
        "source_code_not_in_use", "source_code", code=code, on=on, since=found.valid_from, until=found.valid_until
    )


def known_source(code: str) -> SourceCode:
    """A source code of the list. Refused: there is none of that name."""
    found = SourceCode.objects.filter(code=code).first()
    if found is None:
        raise unknown_source(code)
    return found


def unknown_source(code: str, known: Iterable[str] | None = None) -> Refused:
    """The refusal of a source code that is not set up, with the one that was meant."""
    known = SourceCode.objects.values_list("code", flat=True) if known is None else known
    return Refused("source_code_unknown", "source_code", code=code, meant=likely(code, sorted(known)))


def reason_codes(action: str) -> list[ReasonCode]:
    """The reason codes that may be given for an action (``states.REASON_ACTIONS``); none: any code may."""
    return list(ReasonCode.objects.filter(active=True, actions__contains=[action]).order_by("code"))


def reason_code_fault(action: str, code: str) -> Refused | None:
    """Why a code may not be given as the reason of an action; None: it may, as any code may where no list is set up."""
    known = [one.code for one in reason_codes(action)]
    if not known or code in known:
        return None
    return Refused("reason_code_unknown", "reason_code", code=code, known=known, meant=likely(code, known))


def hold_codes() -> list[HoldCode]:
    """The hold codes that may be placed; none: any code may."""
    return list(HoldCode.objects.filter(active=True).order_by("code"))


def hold_code(code: str) -> HoldCode | None:
    """A hold code by which somebody places a hold; None: no list is set up. Refused: it is not in the list."""
    known = {one.code: one for one in hold_codes()}
    if not known or code in known:
        return known.get(code)
    raise Refused("hold_code_unknown", "code", code=code, known=sorted(known), meant=likely(code, sorted(known)))


def roles_named(codes: Iterable[str]) -> dict[str, list[str]]:
    """Those of these hold codes that name roles, each with the roles that may release its holds."""
    return dict(HoldCode.objects.filter(code__in=codes).exclude(released_by=[]).values_list("code", "released_by"))
