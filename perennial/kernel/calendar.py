"""Dates: month arithmetic, the intervals of a program, the working days of a delivery mode.

An interval is an RFC 5545 rule evaluated from its anchor date. Its dates are made in blocks of
years around the date asked for and kept, so that the next date is one bisection and never a walk
from the anchor.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from dateutil import rrule

from perennial.errors import Refused

BEYOND_THE_CALENDAR = ("date_days_beyond", "date_months_beyond", "date_of_rule_beyond")
"""The codes of refusals of a date that no calendar has."""
DEFAULT_ANCHOR = date(2000, 1, 1)
GAP_YEARS = 8
LAST_YEAR = 9000
"""No rule has dates from this year on, and no program may reach it."""
_FREQUENCIES = {
    "DAILY": rrule.DAILY,
    "WEEKLY": rrule.WEEKLY,
    "MONTHLY": rrule.MONTHLY,
    "YEARLY": rrule.YEARLY,
}
_DAYS = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
_RANGES = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}
_BLOCK = 4
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097
"""After these the calendar repeats itself, weekdays too."""


def add_months(day: date, months: int) -> date:
    """The same day so many months later; a day that the month lacks becomes its last day."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise Refused("date_months_beyond", count=months, day=day)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def add_days(day: date, days: int, field: str = "") -> date:
    """So many days later. Refused beyond the year 9999, with the field that the day comes from."""
    try:
        return day + timedelta(days)
    except OverflowError:
        raise Refused("date_days_beyond", field, count=days, day=day) from None


def add_units(start: date, count: int, unit: str) -> date:
    """``count`` days, months or years after the start, always counted from the start itself."""
    if unit == "day":
        return add_days(start, count)
    return add_months(start, count * (12 if unit == "year" else 1))


class Interval:
    """When an event may happen: ``after`` and ``on_or_after`` give the next date of the rule.

    With the anchor ``order`` the rule counts from the date of the order's first event, which the
    caller passes as ``first``.
    """

    __slots__ = ("_months", "_step", "_table", "anchor", "code", "rule")

    def __init__(self, code: str, rule: str, anchor: date | None = DEFAULT_ANCHOR, field: str = "rule") -> None:
        self.code = code
        self.rule = rule
        self.anchor = anchor
        parts = _parts(rule, field)
        self._step = int(parts.get("INTERVAL", "1"))
        self._months = 0
        self._table: _Table | None = None
        if anchor is None:
            extra = sorted(set(parts) - {"FREQ", "INTERVAL"})
            if extra:
                raise Refused("interval_from_order_parts", field, part=extra[0])
            frequency = parts["FREQ"]
            self._months = {"MONTHLY": 1, "YEARLY": 12}.get(frequency, 0) * self._step
            if frequency == "WEEKLY":
                self._step *= 7
            if (self._months or self._step / 30.5) > GAP_YEARS * 12:
                raise Refused("interval_without_dates", field, rule=rule, years=GAP_YEARS)
        else:
            self._table = _table(rule, anchor, field)

    @property
    def from_order(self) -> bool:
        """Does it count from the order's first event?"""
        return self._table is None

    def after(self, day: date, first: date | None = None) -> date:
        """The first date of the interval after the day."""
        if self._table is not None:
            return self._table.after(day)
        if first is None:
            raise ValueError("an interval counted from the order needs the order's first date")
        return self._grid_after(day, first)

    def on_or_after(self, day: date) -> date:
        """The first date of the interval on or after the day (the day itself, counted from the order)."""
        return day if self._table is None else self._table.on_or_after(day)

    def _grid_after(self, day: date, first: date) -> date:
        if day < first:
            return first
        if not self._months:
            return add_days(first, ((day - first).days // self._step + 1) * self._step)
        k = ((day.year - first.year) * 12 + day.month - first.month) // self._months
        while (found := add_months(first, k * self._months)) <= day:
            k += 1
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Interval) and (self.code, self.rule, self.anchor) == (
            other.code,
            other.rule,
            other.anchor,
        )

    def __hash__(self) -> int:
        return hash((self.code, self.rule, self.anchor))

    def __repr__(self) -> str:
        return f"Interval({self.code!r}, {self.rule!r}, {self.anchor})"


def _parts(rule: str, field: str) -> dict[str, str]:
    """The parts of a rule, each checked against RFC 5545 and against what a shipping date may say."""
    if not isinstance(rule, str) or not rule.strip():
        raise Refused("rule_needed", field)
    parts: dict[str, str] = {}
    for piece in rule.split(";"):
        name, equals, value = piece.partition("=")
        if not equals or not value:
            raise Refused("rule_piece_malformed", field, rule=rule, piece=piece)
        if name in parts:
            raise Refused("rule_part_twice", field, rule=rule, part=name)
        parts[name] = value
    for name, value in parts.items():
        if name in ("COUNT", "UNTIL"):
            raise Refused("rule_with_end", field, rule=rule, part=name)
        if name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            raise Refused("rule_with_time", field, rule=rule, part=name)
        if name == "FREQ":
            if value not in _FREQUENCIES:
                raise Refused("rule_frequency_unknown", field, rule=rule, value=value)
        elif name == "INTERVAL":
            if not re.fullmatch(r"\d{1,4}", value, re.ASCII) or int(value) < 1:
                raise Refused("rule_interval_not_whole", field, rule=rule)
        elif name == "WKST":
            if value not in _DAYS:
                raise Refused("rule_week_start_unknown", field, rule=rule, value=value)
        elif name == "BYDAY":
            for day in value.split(","):
                ordinal = re.fullmatch(r"([+-]?)(\d{1,2})", day[:-2], re.ASCII)
                if day[-2:] not in _DAYS or (day[:-2] and not (ordinal and 1 <= int(ordinal[2]) <= 53)):
                    raise Refused("rule_day_unknown", field, rule=rule, day=day)
                if day[:-2] and parts.get("FREQ") not in ("MONTHLY", "YEARLY"):
                    raise Refused("rule_day_numbered", field, rule=rule, day=day)
        elif name in _RANGES:
            for number in value.split(","):
                sign = "" if name == "BYMONTH" else "[+-]?"
                found = re.fullmatch(rf"{sign}(\d{{1,3}})", number, re.ASCII)
                if not found or not 1 <= int(found[1]) <= _RANGES[name]:
                    raise Refused(
                        "rule_number_not_within", field, rule=rule, part=name, number=number, most=_RANGES[name]
                    )
        else:
            raise Refused("rule_part_unknown", field, rule=rule, part=name)
    frequency = parts.get("FREQ")
    if frequency is None:
        raise Refused("rule_frequency_missing", field, rule=rule)
    for name in ("BYWEEKNO", "BYYEARDAY"):
        if name in parts and frequency != "YEARLY":
            raise Refused("rule_part_needs_yearly", field, rule=rule, part=name)
    if "BYMONTHDAY" in parts and frequency == "WEEKLY":
        raise Refused("rule_month_days_weekly", field, rule=rule)
    if "BYSETPOS" in parts and not any(name.startswith("BY") and name != "BYSETPOS" for name in parts):
        raise Refused("rule_positions_alone", field, rule=rule)
    return parts


class _Table:
    """The dates of one rule from one anchor, made block by block as they are asked for."""

    def __init__(self, rule: str, anchor: date, field: str) -> None:
        self.rule = rule
        self.anchor = anchor
        self._field = field
        start = dt.datetime.combine(anchor, dt.time())
        parsed: Any = rrule.rrulestr(rule, dtstart=start)
        given: dict[str, Any] = dict(parsed._original_rule)
        self._parsed = parsed
        self._frequency: Any = parsed._freq
        self._step: int = parsed._interval
        self._wkst: int = parsed._wkst
        # What the rule takes from its first date must not change when the first date is moved.
        if not any(given.get(name) for name in ("byweekno", "byyearday", "bymonthday", "byweekday")):
            if self._frequency == rrule.YEARLY:
                given.setdefault("bymonth", anchor.month)
                given["bymonth"] = given["bymonth"] or anchor.month
                given["bymonthday"] = anchor.day
            elif self._frequency == rrule.MONTHLY:
                given["bymonthday"] = anchor.day
            elif self._frequency == rrule.WEEKLY:
                given["byweekday"] = anchor.weekday()
        self._given = {name: value for name, value in given.items() if value is not None}
        self._dates: list[date] = []
        self._low = self._high = 0  # the years [low, high) are in _dates
        self._check()

    def _check(self) -> None:
        """No gap of more than eight years in the forty years behind the anchor (a leap cycle and more)."""
        previous = self.anchor
        end = min(self.anchor.year + 40, LAST_YEAR)
        plain = not self._given or (self._frequency == rrule.WEEKLY and set(self._given) == {"byweekday"})
        plain = plain and self._frequency >= rrule.WEEKLY
        if plain:
            if self._step * (7 if self._frequency == rrule.WEEKLY else 1) > GAP_YEARS * 365:
                raise Refused("interval_without_dates", self._field, rule=self.rule, years=GAP_YEARS)
            return
        for day in self._between(self.anchor.year, end):
            if day > add_months(previous, GAP_YEARS * 12):
                break
            previous = day
        if previous < add_months(date(end, 1, 1), -GAP_YEARS * 12):
            raise Refused("interval_gap", self._field, rule=self.rule, years=GAP_YEARS, day=previous)

    def _between(self, low: int, high: int) -> list[date]:
        """The dates in the years [low, high), from a first date moved by whole steps of the rule."""
        anchor, step = self.anchor, self._step
        year = max(low, anchor.year)
        if year >= high:
            return []
        if self._frequency == rrule.YEARLY:
            start = date(anchor.year + -(-(year - anchor.year) // step) * step, 1, 1)
        elif self._frequency == rrule.MONTHLY:
            months = max(0, (year - anchor.year) * 12 + 1 - anchor.month)
            start = add_months(anchor.replace(day=1), -(-months // step) * step)
        else:
            first, days = anchor, step
            if self._frequency == rrule.WEEKLY:
                first = anchor - timedelta((anchor.weekday() - self._wkst) % 7)
                days = 7 * step
            behind = max(0, (date(year, 1, 1) - first).days)
            # One step before the year begins: a week may reach into it.
            start = first + timedelta(max(0, behind // days) * days)
        lowest, until = max(anchor, date(low, 1, 1)), date(high - 1, 12, 31)
        if start > until:
            return []
        if self._frequency == rrule.DAILY:
            every = map(date.fromordinal, range(start.toordinal(), until.toordinal() + 1, step))
            return [day for day in every if day >= lowest and self._fits(day)]
        # dateutil walks on to the next date, or to the end of the calendar where there is none: so that this
        # is near, it walks as late as the calendar is the same.
        later = timedelta((dt.MAXYEAR - high) // _CYCLE_YEARS * _CYCLE_DAYS)
        made = rrule.rrule(
            self._frequency,
            dtstart=dt.datetime.combine(start + later, dt.time()),
            interval=step,
            wkst=self._wkst,
            until=dt.datetime.combine(until + later, dt.time()),
            **self._given,
        )
        try:
            return [day for moment in made if (day := moment.date() - later) >= lowest]
        except IndexError:  # dateutil looked for the 53rd Monday of a December behind the end of the year
            raise Refused("rule_weekday_never", self._field, rule=self.rule) from None

    def _fits(self, day: date) -> bool:
        """Is a day that a daily rule comes to one of its dates?"""
        rule = self._parsed
        if rule._bymonth and day.month not in rule._bymonth:
            return False
        if rule._byweekday and day.weekday() not in rule._byweekday:
            return False
        if rule._bysetpos and not {1, -1} & set(rule._bysetpos):  # the day is the first and the last of its set
            return False
        if not (rule._bymonthday or rule._bynmonthday):
            return True
        from_behind = day.day - 1 - monthrange(day.year, day.month)[1]
        return day.day in rule._bymonthday or from_behind in rule._bynmonthday

    def _cover(self, low: int, high: int) -> None:
        low, high = max(low, 1), min(high, LAST_YEAR)
        if self._low == self._high:
            low -= (low - 1) % _BLOCK
            self._low, self._high = low, low
        while self._high < high:
            self._dates += self._between(self._high, self._high + _BLOCK)
            self._high += _BLOCK
        while self._low > low:
            self._dates[:0] = self._between(self._low - _BLOCK, self._low)
            self._low -= _BLOCK

    def _find(self, day: date, bisect: Callable[[list[date], date], int]) -> date:
        year = day.year
        if self._low <= year < self._high:
            at = bisect(self._dates, day)
            if at < len(self._dates):
                return self._dates[at]
        year = max(year, self.anchor.year)
        self._cover(year, year + GAP_YEARS + 1)
        at = bisect(self._dates, day)
        if at >= len(self._dates):
            if day.year + GAP_YEARS >= LAST_YEAR:
                raise Refused("date_of_rule_beyond", rule=self.rule, day=day)
            raise Refused("interval_gap", rule=self.rule, years=GAP_YEARS, day=day)
        return self._dates[at]

    def after(self, day: date) -> date:
        return self._find(day, bisect_right)

    def on_or_after(self, day: date) -> date:
        return self._find(day, bisect_left)


@lru_cache(maxsize=512)
def _table(rule: str, anchor: date, field: str) -> _Table:
    return _Table(rule, anchor, field)


class WorkingDays:
    """On which days a delivery mode sends parcels off.

    ``weekdays`` are ISO weekdays 1 to 7, ``holidays`` a country or country-region (``US-NY``) whose
    public holidays are left out, ``closed_on`` single dates. Nothing given: every day.
    """

    __slots__ = ("_every_day", "_weekdays", "closed_on", "code", "holidays")

    def __init__(
        self,
        code: str = "",
        weekdays: tuple[int, ...] = (),
        holidays: str | None = None,
        closed_on: tuple[date, ...] = (),
    ) -> None:
        self.code = code
        self._weekdays = frozenset(weekdays) or frozenset(range(1, 8))
        self.holidays = holidays
        self.closed_on = frozenset(closed_on)
        self._every_day = len(self._weekdays) == 7 and not holidays and not closed_on

    def works_on(self, day: date) -> bool:
        """Does it send parcels off on this day?"""
        if day.isoweekday() not in self._weekdays or day in self.closed_on:
            return False
        return not self.holidays or day not in _holidays(self.holidays, day.year)

    def roll(self, day: date) -> date:
        """The first working day on or after the day. Refused when there is none within a year."""
        if self._every_day:
            return day
        found = day
        for _ in range(370):
            if self.works_on(found):
                return found
            found = add_days(found, 1)
        raise Refused("delivery_mode_never_works", mode=self.code, day=day)


EVERY_DAY = WorkingDays()


def check_holidays(place: str, field: str = "holidays") -> None:
    """Refused unless the public holidays of the country or country-region are known."""
    import holidays  # here, because it is large and most commands never ask

    country, dash, region = place.partition("-")
    known = holidays.list_supported_countries()
    if not re.fullmatch(r"[A-Z]{2}", country) or country not in known or (dash and region not in known[country]):
        raise Refused("holidays_unknown", field, place=place)


@lru_cache(maxsize=1024)
def _holidays(place: str, year: int) -> frozenset[date]:
    import holidays  # here, because it is large and most commands never ask

    country, _, region = place.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year).keys())
