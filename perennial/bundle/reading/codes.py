"""The codes of a bundle: sources, reasons, kinds of holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.notes import Note, note
from perennial.bundle.reading.values import Given, keys
from perennial.catalog.codes import HoldFacts, ReasonFacts, SourceFacts, hold_faults, reason_faults, source_faults
from perennial.kernel.states import HOLD_STOPS, REASON_ACTIONS, hold_stops
from perennial.people.roles import ROLES, who_may

SOURCE = keys("code description from until active")
REASON = keys("code description actions active")
HOLD = keys("code description stops released_by active")


def source_codes(reading: Reading, things: list[Given]) -> list[SourceFacts]:
    """The source codes that are without fault."""
    made = []
    for thing in things:
        code = thing.code("code", required=True)
        reading.sources.declare(thing, "code", "source_code", code)
        facts = SourceFacts(
            code=code or "",
            description=thing.text("description", ""),
            valid_from=thing.day("from"),
            valid_until=thing.day("until"),
            active=thing.flag("active", True),
        )
        thing.refused(source_faults(facts))
        if thing.bad:
            reading.sources.spoil(thing, facts.code)
        else:
            made.append(facts)
    return made


def reason_codes(reading: Reading, things: list[Given]) -> list[ReasonFacts]:
    """The reason codes that are without fault; ``actions`` left out: all of them."""
    made, seen = [], _Seen("reason_code")
    for thing in things:
        facts = ReasonFacts(
            code=seen.code(thing),
            description=thing.text("description", ""),
            actions=tuple(thing.plain_list("actions", "reason_action", _action))
            if thing.given("actions")
            else REASON_ACTIONS,
            active=thing.flag("active", True),
        )
        if not thing.bad:
            thing.refused(reason_faults(facts))
        if not thing.bad:
            made.append(facts)
    return made


def hold_codes(reading: Reading, things: list[Given]) -> list[HoldFacts]:
    """The hold codes that are without fault."""
    made, seen = [], _Seen("hold_code")
    for thing in things:
        facts = HoldFacts(
            code=seen.code(thing),
            description=thing.text("description", ""),
            stops=stopped(thing, "both"),
            released_by=tuple(dict.fromkeys(thing.plain_list("released_by", "role", _role))),
            active=thing.flag("active", True),
        )
        thing.refused(hold_faults(facts))
        if not thing.bad:
            made.append(facts)
    return made


def not_at_desk(holds: Iterable[HoldFacts]) -> Iterator[Note]:
    """The roles that are to release holds, and see no orders at the desk."""
    at_desk = who_may("release_holds")
    for hold in holds:
        if others := [role for role in hold.released_by if role not in at_desk]:
            yield note("hold_code_by_command", code=hold.code, roles=others)


def stopped(thing: Given, default: str) -> str:
    """What a hold stops; its parts in any order."""
    value = thing.get("stops")
    word = hold_stops(value) if isinstance(value, str) else None
    return word or thing.word("stops", tuple(HOLD_STOPS), default)


class _Seen:
    """The codes of one list, each once."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.first: dict[str, str] = {}

    def code(self, thing: Given) -> str:
        """The code of a thing."""
        code = thing.code("code", "", required=True)
        if code in self.first:
            thing.fault("code", "name_twice", what=self.what, name=code, first=self.first[code])
        elif code:
            self.first[code] = thing.path
        return code


def _action(value: Any) -> str | None:
    return value if value in REASON_ACTIONS else None


def _role(value: Any) -> str | None:
    return value if isinstance(value, str) and value in ROLES else None
