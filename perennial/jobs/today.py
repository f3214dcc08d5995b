"""How the last night went, for whoever begins the day with that: one answer, made of its report and of what is to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from perennial.catalog.queries import company_if_any
from perennial.jobs.models import NightRun
from perennial.jobs.recurrences import Recurs, next_night
from perennial.jobs.watch import Watched, watch_operation
from perennial.kernel.money import Money, minor

UNWELL = (
    "nights_ahead", "nights_wait", "nights_missed", "night_never", "night_stopped", "run_stopped", "gateway_key_refused",
)  # fmt: skip
"""What is watched that says that nights do not run as they should."""


@dataclass(frozen=True, slots=True)
class LastNight:
    """A night that is over: ``due`` shipments are ``created`` and those that wait, by why; what was charged, by currency."""

    id: int
    on: date
    seconds: float
    due: int
    created: int
    waits: Mapping[str, int]
    parked: int
    declined: int
    authorised: tuple[Money, ...]
    captured: tuple[Money, ...]
    billed: tuple[Money, ...]
    refunded: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Today:
    """The last night, whether nights run as they should (``unwell``: why not), when the next one runs by itself."""

    last: LastNight | None
    unwell: tuple[Watched, ...]
    watched: tuple[Watched, ...]
    next_night: Recurs | None
    tells_customers: bool

    @property
    def verdict(self) -> str:
        """``never``, ``unwell``, ``parked`` or ``well``."""
        if self.unwell:
            return "unwell"
        if self.last is None:
            return "never"
        return "parked" if self.last.parked else "well"


def today_of_manager(on: date) -> Today:
    """All of it on a date."""
    found = NightRun.objects.exclude(finished_at=None).order_by("-on_date", "-id").first()
    watched = watch_operation(on)
    company = company_if_any()
    return Today(
        last=_night(found) if found is not None else None,
        unwell=tuple(one for one in watched if one.code in UNWELL),
        watched=tuple(one for one in watched if one.code not in UNWELL),
        next_night=next_night(),
        tells_customers=bool(company and company.notices_on),
    )


def _night(row: NightRun) -> LastNight:
    report: dict[str, Any] = row.report or {}
    money = report.get("money", [])
    assert row.finished_at is not None

    def sums(word: str) -> tuple[Money, ...]:
        by_currency: dict[str, int] = {}
        for one in money:
            by_currency[one["currency"]] = by_currency.get(one["currency"], 0) + minor(one[word], one["currency"])
        return tuple(Money(amount, currency) for currency, amount in sorted(by_currency.items()) if amount)

    return LastNight(
        id=row.pk,
        on=row.on_date,
        seconds=(row.finished_at - row.started_at).total_seconds(),
        due=report.get("due", 0),
        created=report.get("created", 0),
        waits=report.get("waits", {}),
        parked=report.get("parked", 0),
        declined=sum(one["declined"] for one in money),
        authorised=sums("authorised"),
        captured=sums("captured"),
        billed=sums("billed"),
        refunded=sums("refunded"),
    )
