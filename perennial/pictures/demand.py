"""Demand: what ships of each program week by week, planned and projected, times the chance of it, against what happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from perennial.catalog.queries import parameters, set_up
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.states import NOT_INVOICED, SENT
from perennial.pictures.attrition import TOLD, Chances
from perennial.pictures.beyond import Alike, project
from perennial.pictures.models import Demand
from perennial.pictures.weeks import WEEKS_AHEAD, week_of, weeks_from
from perennial.programs.queries import load_revisions, program_by_id

_SQL = sql.named("perennial.pictures", "demand.sql")
WEEKS_SENT_LATE = 8
"""What was sent of a week is counted anew for so long: some parcels leave late."""
WEEKS_LOOKED_BACK = 52
"""So far what was sent is counted when figures are worked out for the first time."""
WEEKS_SHOWN_BACK = 4
MOST_WEEKS = 52
NONE = Decimal(0)
THOUSANDTH = Decimal("0.001")

Key = tuple[date, int, int | None]
"""A week, a program, a product; without one: parcels."""


# --- what is kept


@dataclass(slots=True)
class _Row:
    """A row of the table as it is added up."""

    planned: Decimal = NONE
    projected: Decimal = NONE
    expected: float = 0.0
    by_history: bool = False
    by_program: bool = False
    foreseen_planned: Decimal | None = None
    foreseen: Decimal | None = None
    foreseen_by_history: bool = False
    foreseen_by_program: bool = False
    happened: Decimal | None = None

    def add(
        self,
        *,
        planned: Decimal = NONE,
        projected: Decimal = NONE,
        expected: float,
        by_history: bool = False,
        by_program: bool = False,
    ) -> None:
        """So much more."""
        self.planned += planned
        self.projected += projected
        self.expected += expected
        self.by_history |= by_history
        self.by_program |= by_program


@dataclass
class _Rows:
    """All rows, by their keys."""

    rows: dict[Key, _Row] = field(default_factory=dict)

    def of(self, key: Key) -> _Row:
        found = self.rows.get(key)
        if found is None:
            found = self.rows[key] = _Row()
        return found


def write_demand(on: date, chances: Chances, *, last: date | None) -> int:
    """Work out demand as of a business date, and keep it; how many rows. ``last``: when that was done before."""
    week = week_of(on)
    until = weeks_from(week, WEEKS_AHEAD)
    if last is None:
        since = weeks_from(week, -WEEKS_LOOKED_BACK)
    else:
        since = weeks_from(min(week, week_of(last)), -WEEKS_SENT_LATE)
    kept = sql.tuples(_SQL["kept"], {"since": since})
    found = _Rows()
    _add_planned(found, chances, on=on, until=until)
    _add_projected(found, chances, on=on, until=until)
    for made_in, program, product, number in _children((*NOT_INVOICED, *SENT), week, until):
        found.of((made_in, program, product)).add(planned=number, expected=float(number))
    for sent_in, program, product, number in _children(SENT, since, week):
        found.of((sent_in, program, product)).happened = number
    _foresee(found, kept, on=on)
    sql.execute("delete from pictures_demand where week >= %s", [since])
    columns = (
        "week", "program_id", "product_id", "planned", "projected", "expected", "by_history", "by_program",
        "foreseen_planned", "foreseen", "foreseen_by_history", "foreseen_by_program", "happened",
    )  # fmt: skip
    return sql.copy(Demand, columns, _written(found, week))


def _children(states: Iterable[str], since: date, until: date) -> list[tuple[Any, ...]]:
    return sql.tuples(_SQL["children"], {"states": list(dict.fromkeys(states)), "since": since, "until": until})


def _statement(name: str) -> str:
    return _SQL[name].replace("$chance", _SQL["chance"])


def _add_planned(found: _Rows, chances: Chances, *, on: date, until: date) -> None:
    given = {**chances.columns(), "on": on, "week": week_of(on), "until": until, "told": TOLD}
    for week, program, product, number, expected, history, by_program in sql.tuples(_statement("planned"), given):
        found.of((week, program, product)).add(
            planned=number, expected=expected, by_history=history, by_program=by_program
        )


def _add_projected(found: _Rows, chances: Chances, *, on: date, until: date) -> None:
    given = {**chances.columns(), "on": on, "until": until, "told": TOLD}
    alike = sql.rows(Alike, _statement("beyond"), given)
    revisions = load_revisions(set_up(), {one.revision_id for one in alike}) if alike else {}
    for one in alike:
        for parcel in project(one, revisions[one.revision_id], chances, until):
            if not on <= parcel.ship_on < until:
                continue
            share = parcel.expected / parcel.orders
            for product, number in [(None, Decimal(parcel.orders)), *parcel.pieces.items()]:
                found.of((week_of(parcel.ship_on), one.program_id, product)).add(
                    projected=number,
                    expected=float(number) * share,
                    by_history=parcel.by_history,
                    by_program=not parcel.by_history,
                )


def _foresee(found: _Rows, kept: list[tuple[Any, ...]], *, on: date) -> None:
    """What was expected of a week is kept as it was when no parcel of it was made yet."""
    ahead = parameters().days_before_delivery
    weeks = {row[0] for row in kept if (row[0] - on).days <= ahead}
    for week, program, product, planned, foreseen, by_history, by_program in kept:
        if week in weeks:
            row = found.of((week, program, product))
            row.foreseen_planned, row.foreseen = planned, foreseen
            row.foreseen_by_history, row.foreseen_by_program = by_history, by_program
    for (week, _, _), row in found.rows.items():
        if week in weeks:
            row.foreseen_planned, row.foreseen = row.foreseen_planned or NONE, row.foreseen or NONE
        elif (week - on).days > ahead:
            row.foreseen_planned, row.foreseen = row.planned + row.projected, _rounded(row.expected)
            row.foreseen_by_history, row.foreseen_by_program = row.by_history, row.by_program


def _written(found: _Rows, week: date) -> Iterator[tuple[Any, ...]]:
    for (of, program, product), row in sorted(found.rows.items(), key=lambda item: (item[0][:2], item[0][2] or 0)):
        happened = (row.happened or NONE) if of < week else None
        amounts = (row.planned, row.projected, _rounded(row.expected), row.by_history, row.by_program)
        before = (row.foreseen_planned, row.foreseen, row.foreseen_by_history, row.foreseen_by_program)
        yield of, program, product, *amounts, *before, happened


def _rounded(number: float) -> Decimal:
    return Decimal(number).quantize(THOUSANDTH)


# --- what is shown


@dataclass(frozen=True, slots=True)
class DemandRow:
    """Pieces of a product, or parcels (``product`` None), of a week. Of a week that is over ``planned`` and ``expected`` are as
    they were foreseen, None where no figures were kept then; ``happened`` is None until it is over.

    ``chance_from``: ``history``, ``program``, ``both``; None: nothing of it is left to chance.
    """

    week: date
    product: str | None
    name: str
    planned: Decimal | None
    projected: Decimal
    expected: Decimal | None
    chance_from: str | None
    happened: Decimal | None

    @property
    def in_all(self) -> Decimal | None:
        """Planned and projected."""
        return None if self.planned is None else self.planned + self.projected

    @property
    def chance(self) -> Decimal | None:
        """What is expected of what is planned and projected; 1 is all."""
        return None if not self.in_all or self.expected is None else self.expected / self.in_all

    @property
    def off_by(self) -> Decimal | None:
        """By how much what happened differs from what was expected, as a share of this."""
        if self.happened is None or not self.expected:
            return None
        return self.happened / self.expected - 1


@dataclass(frozen=True)
class DemandPicture:
    """What ships week by week, from ``WEEKS_SHOWN_BACK`` weeks before the one that runs. ``parcels``: a row a week, of every week;
    ``products``: those of which something is planned or was sent.
    """

    this_week: date
    program: str | None
    weeks: int
    parcels: tuple[DemandRow, ...]
    products: tuple[DemandRow, ...]

    @cached_property
    def peak(self) -> DemandRow | None:
        """The week that runs, or a later one, in which most parcels are expected; None: none are."""
        ahead = [row for row in self.parcels if row.week >= self.this_week and row.expected]
        return max(ahead, key=lambda row: (row.expected or NONE, -row.week.toordinal()), default=None)

    @cached_property
    def most_of_peak(self) -> DemandRow | None:
        """The product of which most pieces are expected in that week."""
        if self.peak is None:
            return None
        rows = [row for row in self.products if row.week == self.peak.week and row.expected]
        return max(rows, key=lambda row: row.expected or NONE, default=None)


def demand(on: date, *, program: str | None = None, weeks: int = 12) -> DemandPicture:
    """Demand of all programs, or of one, for so many weeks from that of ``on`` (the date that the figures stand on).

    Refused: a program that does not exist, less than 1 or more than 52 weeks.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise Refused("weeks_not_within", "weeks", weeks=weeks, most=MOST_WEEKS)
    which = None if program is None else program_by_id(program).pk
    this = week_of(on)
    since, until = weeks_from(this, -WEEKS_SHOWN_BACK), weeks_from(this, weeks)
    given = {"since": since, "until": until, "program": which}
    rows = [_shown(this, row) for row in sql.rows(_Selected, _SQL["weeks"], given)]
    parcels = {row.week: row for row in rows if row.product is None}
    return DemandPicture(
        this_week=this,
        program=program,
        weeks=weeks,
        parcels=tuple(
            parcels.get(week) or _nothing(week, this)
            for week in (weeks_from(this, at) for at in range(-WEEKS_SHOWN_BACK, weeks))
        ),
        products=tuple(row for row in rows if row.product is not None and (row.in_all or row.happened)),
    )


class _Selected(NamedTuple):
    """A row as it is selected."""

    week: date
    product: str | None
    name: str | None
    planned: Decimal
    projected: Decimal
    expected: Decimal
    by_history: bool
    by_program: bool
    foreseen_planned: Decimal | None
    foreseen: Decimal | None
    foreseen_by_history: bool
    foreseen_by_program: bool
    happened: Decimal | None


def _shown(this: date, row: _Selected) -> DemandRow:
    over = row.week < this
    by_history = row.foreseen_by_history if over else row.by_history
    by_program = row.foreseen_by_program if over else row.by_program
    sources = ("both" if by_program else "history") if by_history else "program" if by_program else None
    return DemandRow(
        week=row.week,
        product=row.product,
        name=row.name or row.product or "",
        planned=row.foreseen_planned if over else row.planned,
        projected=NONE if over else row.projected,
        expected=row.foreseen if over else row.expected,
        chance_from=sources,
        happened=row.happened if over else None,
    )


def _nothing(week: date, this: date) -> DemandRow:
    over = week < this
    return DemandRow(week, None, "", *((None, NONE, None, None, NONE) if over else (NONE, NONE, NONE, None, None)))
