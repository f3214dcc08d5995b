"""What became of the orders that came from a catalogue, a letter, an advertisement: source code by source code."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from perennial.catalog.codes import unknown_source
from perennial.catalog.models import SourceCode
from perennial.catalog.queries import names
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.money import Money

_SQL = sql.named("perennial.desk.read", "sources.sql")


@dataclass(frozen=True, slots=True)
class Ended:
    """So many continuity orders that have ended, or will with a shipment that is named. ``stopped``: by a person, for
    ``reason_code`` (None: none was given); else the program was at its end.
    """

    stopped: bool
    reason_code: str | None
    description: str
    count: int


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What became of the orders of a source code (None: of those without one). ``joined``: continuity orders; ``still_open``: those of them that go on;
    ``shipments_sent``: children that have left; money by currency, what was given back still among what was captured.
    """

    code: str | None
    description: str
    customers: int
    orders: int
    joined: int
    still_open: int
    ended: tuple[Ended, ...]
    shipments_sent: int
    captured: tuple[Money, ...]
    refunded: tuple[Money, ...]


def source_results(
    *, since: date | None = None, through: date | None = None, code: str | None = None, without: bool = False
) -> list[SourceResult]:
    """What became of the orders of each source code, or of one, that were placed from ``since`` to ``through``; five queries.
    ``without``: last those of orders without one, where there are any.

    Refused: a source code that is not set up; a last day before the first.
    """
    if since is not None and through is not None and through < since:
        raise Refused("period_ends_first", "to", since=since, through=through)
    given = {"since": since, "through": through, "code": code, "without": without}
    heads = _asked("codes", given)
    if code is not None and not heads:
        raise unknown_source(code, SourceCode.objects.values_list("code", flat=True))
    words = names()
    became: dict[tuple[str | None, str], int] = defaultdict(int)
    ended: dict[str | None, list[Ended]] = defaultdict(list)
    for source, how, reason_code, many in _asked("continuity", given):
        became[source, how] += many
        if how != "open":
            said = words.get(("reason", reason_code), "") if reason_code else ""
            ended[source].append(Ended(how == "stopped", reason_code, said, many))
    sent = dict(_asked("sent", given))
    captured: dict[str | None, list[Money]] = defaultdict(list)
    refunded: dict[str | None, list[Money]] = defaultdict(list)
    for source, currency, taken, back in _asked("money", given):
        captured[source].append(Money(int(taken), currency))
        if back:
            refunded[source].append(Money(int(back), currency))
    return [
        SourceResult(
            code=source,
            description=description,
            customers=customers,
            orders=orders,
            joined=sum(became[source, how] for how in ("open", "stopped", "finished")),
            still_open=became[source, "open"],
            ended=tuple(ended[source]),
            shipments_sent=sent.get(source, 0),
            captured=tuple(captured[source]),
            refunded=tuple(refunded[source]),
        )
        for source, description, customers, orders in heads
    ]


def _asked(name: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    return sql.tuples(f"with placed as materialized ({_SQL['placed']}) {_SQL[name]}", given)
