"""The tags of the pictures: figures and shares as their reader writes them, and the charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from babel.dates import format_date
from babel.numbers import format_decimal
from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from perennial.jobs.durations import NightsPicture, NightTook
from perennial.kernel.currencies import exponent
from perennial.kernel.money import Money
from perennial.language import Reader
from perennial.language.formats import fact
from perennial.pictures.demand import DemandPicture, DemandRow
from perennial.pictures.money import MoneyPicture, MoneyRow
from perennial.pictures.retention import CohortRow, RetentionPicture
from perennial.web import charts
from perennial.web.charts import Bar, Line, Part
from perennial.web.templatetags.jobs import seconds
from perennial.web.words import said

register = template.Library()
UNFINISHED = ".."
LINES_DRAWN = 6
SHADES = 6
MOST_PEAKS = 3


def _to(context: Context) -> Reader:
    found: Reader = context["to"] if "to" in context else Reader()
    return found


def number(value: Decimal | float | int, to: Reader, digits: int | None = None) -> str:
    """A number in the reader's groups of digits, with at most so many decimals; left out: with one below 10, else with none."""
    exact = Decimal(str(value))
    if digits is None:
        digits = 1 if abs(exact) < 10 else 0
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return str(format_decimal(rounded, locale=to.language, decimal_quantization=False))


@register.simple_tag(takes_context=True)
def figure(context: Context, value: Decimal | int | None, over: bool = True) -> SafeString:
    """A figure; one that is not there yet is "..", one that nobody knows is a dash."""
    if value is None:
        return format_html('<span class="q">{}</span>', "–" if over else UNFINISHED)
    return SafeString(number(value, _to(context)))


@register.simple_tag(takes_context=True)
def sum_of(context: Context, value: Money | None, over: bool = True) -> SafeString:
    """An amount; one that is not there yet is "..", one that cannot be is a dash."""
    if value is None:
        return format_html('<span class="q">{}</span>', "–" if over else UNFINISHED)
    return format_html("{}", fact(value, "", _to(context)))


@register.simple_tag
def share(value: Decimal | None, over: bool = True) -> SafeString:
    """A share in percent."""
    if value is None:
        return format_html('<span class="q">{}</span>', "–" if over else UNFINISHED)
    return SafeString(f"{_percent(value)} %")


@register.simple_tag
def per_cent(value: Decimal | None) -> SafeString:
    """A share in a table whose caption says that it is in per cent."""
    return share(value, over=False) if value is None else SafeString(str(_percent(value)))


@register.simple_tag
def off(value: Decimal | None, over: bool = True) -> SafeString:
    """By how much more or less than expected, in percent."""
    if value is None:
        return format_html('<span class="q">{}</span>', "–" if over else UNFINISHED)
    percent = _percent(value)
    sign = "+" if percent > 0 else "−" if percent < 0 else ""
    return SafeString(f"{sign}{abs(percent)} %")


@register.simple_tag(takes_context=True)
def month(context: Context, day: date) -> str:
    """A month: Mar 2026."""
    return month_words(day, _to(context))


@register.filter
def shade(value: Decimal | None) -> str:
    """The class of a share's ground: the higher, the darker."""
    return "" if value is None else f"h{min(SHADES, int(value * (SHADES + 1)))}"


def month_words(day: date, to: Reader) -> str:
    """A month as people write it."""
    return str(format_date(day, "MMM yyyy", locale=to.language))


def _day(day: date, to: Reader) -> str:
    return str(format_date(day, "d MMM", locale=to.language))


def _percent(value: Decimal) -> int:
    return int((value * 100).quantize(Decimal(1), ROUND_HALF_UP))


def whole(value: Decimal | None) -> int:
    """A number of pieces or parcels as a sentence says it."""
    return int((value or Decimal(0)).quantize(Decimal(1), ROUND_HALF_UP))


# --- the findings


@register.simple_tag(takes_context=True)
def demand_finding(context: Context, picture: DemandPicture) -> str:
    """What the picture of demand shows, in a sentence."""
    to, peak, most = _to(context), picture.peak, picture.most_of_peak
    if peak is None:
        return said(to, "demand_nothing", count=picture.weeks)
    parcels = whole(peak.expected)
    if most is None:
        return said(to, "demand_peak_parcels", week=peak.week, count=parcels)
    return said(to, "demand_peak", week=peak.week, count=parcels, pieces=whole(most.expected), name=most.name)


@register.simple_tag(takes_context=True)
def money_finding(context: Context, picture: MoneyPicture) -> str:
    """What the picture of money shows, in a sentence."""
    to, best, coming = _to(context), picture.best, picture.to_come
    if best is None or best.net is None:
        return said(to, "money_to_come_alone" if coming.minor else "money_nothing", to_come=coming)
    return said(to, "money_best", week=best.week, net=best.net, to_come=coming)


@register.simple_tag(takes_context=True)
def retention_finding(context: Context, picture: RetentionPicture) -> str:
    """What the picture of retention shows, in a sentence."""
    to = _to(context)
    if picture.told is None:
        so_far = sum(row.members for row in picture.cohorts)
        return said(to, "retention_too_few", count=so_far)
    event, got, members = picture.told
    return said(to, "retention_told", event=event, got=_percent(got), count=members)


@register.simple_tag(takes_context=True)
def nights_finding(context: Context, picture: NightsPicture) -> str:
    """What the picture of nights shows, in a sentence."""
    to = _to(context)
    last, usual = picture.last, picture.usual
    if last is None or last.seconds is None or usual is None:
        return said(to, "nights_none_over")
    return said(to, "nights_told", on=last.on, took=seconds(context, last.seconds), usual=seconds(context, usual))


# --- the charts


@register.simple_tag(takes_context=True)
def demand_chart(context: Context, picture: DemandPicture) -> SafeString:
    """Bars of what is expected of each week, with what is likely to be lost, and a line for what happened."""
    to = _to(context)
    ahead = sorted((row for row in picture.parcels if row.week >= picture.this_week), key=lambda r: -(r.expected or 0))
    peaks = {row.week for row in ahead[:MOST_PEAKS] if row.expected}
    return charts.bars(
        [_demand_bar(row, picture, peaks, to) for row in picture.parcels],
        name="demand",
        title=said(to, "demand_chart", first=picture.parcels[0].week, last=picture.parcels[-1].week),
        description=said(to, "picture_table_has_all", finding=demand_finding(context, picture)),
        written=lambda value: number(value, to, 2),
        now=said(to, "picture_this_week"),
    )


def _demand_bar(row: DemandRow, picture: DemandPicture, peaks: set[date], to: Reader) -> Bar:
    in_all, expected = float(row.in_all or 0), float(row.expected or 0)
    past = row.week < picture.this_week
    facts = {"week": row.week, "planned": whole(row.in_all), "expected": whole(row.expected)}
    if row.happened is None:
        words = said(to, "demand_bar", **facts)
    elif row.in_all is None:
        words = said(to, "demand_bar_happened_alone", week=row.week, happened=whole(row.happened))
    else:
        words = said(to, "demand_bar_happened", **facts, happened=whole(row.happened))
    return Bar(
        label=_day(row.week, to),
        parts=(Part(expected, "bar past" if past else "bar"), Part(max(in_all - expected, 0), "lost")),
        said=words,
        line=None if row.happened is None else float(row.happened),
        top=number(row.expected or 0, to) if row.week in peaks else "",
        is_now=row.week == picture.this_week,
    )


@register.simple_tag(takes_context=True)
def money_chart(context: Context, picture: MoneyPicture) -> SafeString:
    """Bars of what came in, of which what was given back or lost is hatched; and of what is to come."""
    to = _to(context)
    return charts.bars(
        [_money_bar(row, picture, to) for row in picture.weeks],
        name="money",
        title=said(
            to, "money_chart", first=picture.weeks[0].week, last=picture.weeks[-1].week, currency=picture.currency
        ),
        description=said(to, "picture_table_has_all", finding=money_finding(context, picture)),
        written=lambda value: number(value, to, 2),
        now=said(to, "picture_this_week"),
    )


def _money_bar(row: MoneyRow, picture: MoneyPicture, to: Reader) -> Bar:
    unit = 10 ** exponent(picture.currency)
    net, back, coming = (0 if m is None else m.minor / unit for m in (row.net, row.back, row.to_come))
    if row.net is None:
        words = said(to, "money_bar_to_come", week=row.week, to_come=row.to_come)
    else:
        words = said(to, "money_bar", week=row.week, net=row.net, refunded=row.back)
    return Bar(
        label=_day(row.week, to),
        parts=(
            Part(max(net, 0), "bar"),
            Part(min(back, net + back), "lost"),
            Part(coming, "third"),
        ),
        said=words,
        is_now=row.week == picture.this_week,
    )


@register.simple_tag(takes_context=True)
def retention_chart(context: Context, picture: RetentionPicture) -> SafeString:
    """A line for each of the last cohorts that are large enough; the newest one has its name. None is so large: nothing."""
    to = _to(context)
    drawn = drawn_cohorts(picture)
    if not drawn:
        return SafeString("")
    newest = len(drawn) - 1
    return charts.lines(
        [_cohort_line(row, to, at, newest) for at, row in enumerate(drawn)],
        name="retention",
        title=said(to, "retention_chart"),
        description=said(to, "picture_table_has_all", finding=retention_finding(context, picture)),
        written=lambda value: f"{round(value * 100)} %",
        labels=[str(at) for at in range(1, max((len(row.finished) for row in drawn), default=1) + 1)],
        below=said(to, "retention_after_event"),
    )


def drawn_cohorts(picture: RetentionPicture) -> Sequence[CohortRow]:
    """The cohorts that have a line."""
    return [row for row in picture.cohorts if row.is_enough and row.finished][-LINES_DRAWN:]


def _cohort_line(row: CohortRow, to: Reader, at: int, newest: int) -> Line:
    label = month_words(row.joined, to)
    return Line(
        points=tuple(float(share) for share in row.finished),
        said=said(to, "retention_line", month=label, count=row.members),
        look="new" if at == newest else "old",
        label=label if at in (0, newest) else "",
    )


@register.simple_tag(takes_context=True)
def nights_chart(context: Context, picture: NightsPicture) -> SafeString:
    """Bars of how long each night took: making children, payments, the other four jobs."""
    to = _to(context)
    return charts.bars(
        [_night_bar(context, one, to) for one in picture.nights],
        name="nights",
        title=said(to, "nights_chart"),
        description=said(to, "picture_table_has_all", finding=nights_finding(context, picture)),
        written=lambda value: number(value, to, 2),
    )


def _night_bar(context: Context, night: NightTook, to: Reader) -> Bar:
    took = {one.job: one.seconds or 0 for one in night.jobs}
    children, payments = took["create-child-orders"], took["process-payments"]
    others = sum(took.values()) - children - payments
    words = UNFINISHED if night.seconds is None else seconds(context, night.seconds)
    return Bar(
        label=_day(night.on, to),
        parts=(Part(children, "bar"), Part(payments, "lost"), Part(others, "third")),
        said=said(to, "nights_bar", on=night.on, took=words, count=night.created),
    )
