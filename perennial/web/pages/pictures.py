"""Pictures: how much will ship and when, what came in, who stays, how long nights take. Each with its file. Nobody's data."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse

from perennial.db.pages import Page
from perennial.desk.read.lists import programs_to_choose
from perennial.errors import Refused
from perennial.jobs import NIGHTLY
from perennial.jobs.durations import NIGHTS, NightsPicture, NightTook, durations
from perennial.kernel.money import plain
from perennial.language import Reader, phrase
from perennial.pictures.demand import DemandPicture, DemandRow, demand
from perennial.pictures.figures import as_of
from perennial.pictures.money import MoneyPicture, MoneyRow, money_in
from perennial.pictures.retention import MONTHS, CohortRow, RetentionPicture, retention
from perennial.web.answer import form_again, go_to, whole
from perennial.web.sheet import Column, sheet
from perennial.web.typed import one_of
from perennial.web.visit import Visit
from perennial.worker import queue

CHOICES = {"weeks": (12, 26, 52), "months": (12, 24, 60), "nights": (30, 90, 366)}
"""How far back, or ahead, may be asked for."""
USUAL = {"weeks": 12, "months": MONTHS, "nights": NIGHTS}
KEPT = ("demand", "money", "retention")
"""The pages of figures that are worked out and kept."""
ROWS = 20
"""So many rows of a table before it asks for all of them."""


def demand_page(request: Visit) -> HttpResponse:
    """Demand by week and product."""
    return _page(request, "demand", _demand, of="weeks", with_programs=True)


def money_page(request: Visit) -> HttpResponse:
    """Money in by week."""
    return _page(request, "money", _money, of="weeks")


def retention_page(request: Visit) -> HttpResponse:
    """Retention by month of joining and event."""
    return _page(request, "retention", _retention, of="months", with_programs=True)


def nights_page(request: Visit) -> HttpResponse:
    """How long nights take."""
    return _page(request, "nights", _nights, of="nights")


def figures(request: Visit) -> HttpResponse:
    """Are they worked out by now? Sent: a worker is asked for them, as of today."""
    if request.method == "POST":
        queue.ask_for_figures(request.visitor.today)
        return go_to(request, f"/pictures/{one_of(request, 'which', KEPT) or KEPT[0]}")
    if queue.figures_are_asked_for():
        return HttpResponse(status=204)
    return HttpResponse(headers={"HX-Refresh": "true"})


def demand_csv(request: Visit) -> StreamingHttpResponse:
    """Demand as a file: parcels of each week, then pieces of each product."""
    found = _demand(request)
    rows = () if found is None else tuple(sorted((*found.parcels, *found.products), key=lambda row: row.week))
    return _sheet(request, "demand", _demand_columns(request.visitor.reader), rows)


def money_csv(request: Visit) -> StreamingHttpResponse:
    """Money in as a file."""
    found, to = _money(request), request.visitor.reader
    by = "method" if found is None else found.by
    kind = "method" if by == "method" else "web purpose"

    def word(row: MoneyRow) -> str | None:
        return phrase(kind, row.of, None, to) if row.of else None

    columns: tuple[Column[MoneyRow], ...] = (
        ("picture_week_of", lambda row: row.week),
        (f"money_{by}", word),
        ("money_taken", lambda row: row.taken),
        ("money_refunded", lambda row: row.refunded),
        ("money_lost", lambda row: row.lost),
        ("money_net", lambda row: row.net),
        ("money_billed", lambda row: row.billed),
        ("money_to_come", lambda row: row.to_come),
        ("csv_currency", lambda row: found.currency if found else None),
    )
    return _sheet(request, "money", columns, () if found is None else found.rows)


def retention_csv(request: Visit) -> StreamingHttpResponse:
    """Retention as a file: a row for each month of joining and event."""
    found = _retention(request)
    rows = () if found is None else tuple((row, at) for row in found.cohorts for at in range(len(row.shares)))
    return _sheet(request, "retention", _RETENTION, rows)


def nights_csv(request: Visit) -> StreamingHttpResponse:
    """Nights as a file: a row for each of their jobs."""
    rows = tuple((night, at) for night in _nights(request).nights for at in range(len(NIGHTLY)))
    return _sheet(request, "nights", _took(request.visitor.reader), rows)


def _page(
    request: Visit,
    name: str,
    read: Callable[[Visit], Any],
    *,
    of: str,
    with_programs: bool = False,
) -> HttpResponse:
    waits = name in KEPT and queue.figures_are_asked_for()
    asked = {key: request.GET[key] for key in ("program", "weeks", "months", "nights", "by") if request.GET.get(key)}
    context: dict[str, Any] = {
        "here": "pictures",
        "which": name,
        "choices": CHOICES[of],
        "shown": _count(request, of),
        "programs": programs_to_choose() if with_programs else (),
        "as_of": as_of(),
        "waits": waits,
        "workers": queue.workers() if waits else 0,
        "asked_for": asked,
        "query": urlencode(asked),
        "jobs": NIGHTLY,
        "most": None if request.GET.get("all") == "1" else ROWS,
    }
    try:
        context["picture"] = read(request)
    except Refused as problem:
        return form_again(request, f"web/pictures/{name}.html", context, problem)
    return whole(request, f"web/pictures/{name}.html", context)


def _demand(request: Visit) -> DemandPicture | None:
    kept = as_of()
    if kept is None:
        return None
    return demand(kept.on, program=request.GET.get("program") or None, weeks=_count(request, "weeks"))


def _money(request: Visit) -> MoneyPicture | None:
    kept, currency = as_of(), request.visitor.company.currency
    if kept is None or currency is None:
        return None
    weeks = _count(request, "weeks")
    return money_in(kept.on, currency, by=request.GET.get("by") or "method", weeks=weeks)


def _retention(request: Visit) -> RetentionPicture | None:
    if as_of() is None:
        return None
    months = _count(request, "months")
    return retention(program=request.GET.get("program") or None, months=months)


def _nights(request: Visit) -> NightsPicture:
    return durations(most=_count(request, "nights"))


def _count(request: Visit, name: str) -> int:
    """A number that the address has; left out: the usual one; what is none: 0, which no picture takes."""
    typed = request.GET.get(name, "").strip()
    if not typed:
        return USUAL[name]
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0


def _sheet(request: Visit, name: str, columns: tuple[Column[Any], ...], rows: tuple[Any, ...]) -> StreamingHttpResponse:
    return sheet(request, name, columns, lambda after: Page(rows, None))


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _percent(value: Decimal | None) -> str | None:
    return None if value is None else f"{value * 100:.1f}"


def _demand_columns(to: Reader) -> tuple[Column[DemandRow], ...]:
    return (
        ("picture_week_of", lambda row: row.week),
        ("product", lambda row: row.product),
        ("csv_description", lambda row: row.name),
        ("demand_planned", lambda row: _exact(row.planned)),
        ("demand_projected", lambda row: _exact(row.projected)),
        ("demand_chance_percent", lambda row: _percent(row.chance)),
        ("demand_chance_from", lambda row: row.chance_from and phrase("chance", row.chance_from, None, to)),
        ("demand_expected", lambda row: _exact(row.expected)),
        ("demand_happened", lambda row: _exact(row.happened)),
    )


_RETENTION: tuple[Column[tuple[CohortRow, int]], ...] = (
    ("retention_joined", lambda one: one[0].joined),
    ("retention_members", lambda one: one[0].members),
    ("retention_event", lambda one: one[1] + 1),
    ("retention_bought", lambda one: one[0].bought[one[1]]),
    ("retention_percent", lambda one: _percent(one[0].shares[one[1]])),
)


def _took(to: Reader) -> tuple[Column[tuple[NightTook, int]], ...]:
    return (
        ("jobs_night_of", lambda one: one[0].on),
        ("nights_seconds", lambda one: None if one[0].seconds is None else f"{one[0].seconds:.1f}"),
        ("job", lambda one: phrase("web job", one[0].jobs[one[1]].job, None, to)),
        ("nights_job_seconds", lambda one: None if (s := one[0].jobs[one[1]].seconds) is None else f"{s:.1f}"),
        ("nights_things", lambda one: one[0].jobs[one[1]].things),
    )
