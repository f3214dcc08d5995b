"""How far the nights have come: a bar on a terminal, a line a month elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from perennial.demo.history import DAY, Calendar
from perennial.demo.ports import Counts, OnNight
from perennial.demo.report import say


@contextmanager
def nights_progress(console: Console, calendar: Calendar) -> Iterator[OnNight]:
    """Gives the function that hears of each night as it ends."""
    if not console.is_terminal:
        yield monthly_lines(console, calendar)
        return
    bar = Progress(
        TextColumn("{task.fields[night]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[created]:,} child orders"),
        TimeRemainingColumn(),
        console=console,
    )
    with bar:
        task = bar.add_task("nights", total=calendar.nights, night=calendar.first_night.isoformat(), created=0)
        created = 0

        def on_night(night: date, counts: Counts) -> None:
            nonlocal created
            created += counts.get("created", 0)
            bar.update(task, advance=1, night=night.isoformat(), created=created)

        yield on_night


def monthly_lines(console: Console, calendar: Calendar) -> OnNight:
    """A plain line at the end of each month and after the last night."""
    month: Counter[str] = Counter()

    def on_night(night: date, counts: Counts) -> None:
        month.update(counts)
        month["nights"] += 1
        if night == calendar.last_night or (night + DAY).month != night.month:
            say(
                console,
                f"{night:%Y-%m}  {month['nights']} nights, {month['created']:,} child orders, "
                f"{month['captured']:,} charges, {month['declined']:,} declined",
            )
            month.clear()

    return on_night
