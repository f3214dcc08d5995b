"""Eighteen months of a music club, night by night, through the program's own functions.

1. Import what the club sells.
2. Each day on which something happens: enter the new orders, then do what members asked for on the phone.
3. Let the nights run until the next such day, all in one call.
4. After the last night: the table, the check, and what to look at next.

No order is entered before its day has come. An installation that holds orders already is shown as it is,
never built upon.
"""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, TextIO, cast

from rich.console import Console

from perennial.demo import report
from perennial.demo.agenda import days
from perennial.demo.assortment import WHY_HELD, WHY_STOPPED
from perennial.demo.club import Club
from perennial.demo.conduct import Act
from perennial.demo.history import DAY
from perennial.demo.options import DemoOptions
from perennial.demo.ports import Once, Ports
from perennial.demo.progress import nights_progress
from perennial.errors import Refused

KEPT_IN_MEMORY = 4 * 1024 * 1024  # bytes of a bundle; what is larger goes through a temporary file


@dataclass
class Outcome:
    """The nights' counts, the acts by kind, the acts that came too late, each with its reason."""

    counts: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    too_late: list[str] = field(default_factory=list)
    once: Once | None = None

    @property
    def ok(self) -> bool:
        """Checked, and nothing wrong: exit status 0."""
        return self.once is not None and not self.once.faults


def run_demo(options: DemoOptions, ports: Ports, console: Console | None = None) -> Outcome:
    """Build the club, or show the one that was built before."""
    console = console or Console()
    outcome = Outcome()
    if ports.is_empty():
        started = time.monotonic()
        build(options, ports, console, outcome)
        report.built(console, outcome.done, outcome.too_late, seconds=time.monotonic() - started)
    else:
        report.found(console, ports.last_night())
    outcome.once = ports.check_once()
    last_night = ports.last_night()
    next_day = last_night + DAY if last_night else options.today
    report.show(console, ports, outcome.once, next_day=next_day, today=options.today)
    return outcome


def build(options: DemoOptions, ports: Ports, console: Console, outcome: Outcome) -> None:
    """Live through all nights of the club's calendar."""
    club = Club(today=options.today, sample=options.sample, seed=options.seed, real_dates=options.real_dates)
    report.announce(console, club, declines=options.declines)
    with bundle(club.write_setup) as stream:
        ports.import_bundle(stream, on=club.calendar.first_night)
    chance = {"declines": options.declines, "seed": options.seed}
    with nights_progress(console, club.calendar) as on_night:
        for day in days(club, every=options.import_every):
            if day.enrolments:
                with bundle(partial(club.write_orders, enrolments=day.enrolments)) as stream:
                    ports.import_bundle(stream, on=day.on)
            for act in day.acts:
                attempt(club, ports, act, day.on, outcome)
            nights = ports.simulate(start=day.on, through=day.through, on_night=on_night, **chance)
            outcome.counts.update(nights)


def attempt(club: Club, ports: Ports, act: Act, on: date, outcome: Outcome) -> None:
    """Do one act. Who calls when nothing is left to change hears why, and the day goes on."""
    try:
        done = perform(club, ports, act, on)
    except Refused as refused:
        outcome.too_late.append(f"{act.enrolment.reference}, {act.kind} on {on}: {refused}")
        return
    if done:
        outcome.done[act.kind] += 1
    else:
        outcome.too_late.append(f"{act.enrolment.reference}, {act.kind} on {on}: nothing left to {act.kind}")


def perform(club: Club, ports: Ports, act: Act, on: date) -> bool:
    """Call the program's function for the act; False when there is no shipment that it could be about."""
    reference = act.enrolment.reference
    if act.kind in ("skip", "move"):
        upcoming = ports.next_shipment(reference, on=on)
        if upcoming is None:
            return False
        if act.kind == "skip":
            ports.skip(reference, shipment=upcoming.shipment, on=on, by=act.by, reason=act.reason)
        else:
            to = upcoming.ship_on + timedelta(days=act.days)
            ports.move(reference, shipment=upcoming.shipment, to=to, on=on, by=act.by, reason=act.reason)
    elif act.kind == "release":
        ports.release(reference, catch_up=act.catch_up, on=on, by=act.by, reason=act.reason)
    elif act.kind == "card":
        ports.store_card(act.enrolment.account, club.card(act), on=on, by=act.by, reason=act.reason)
    elif act.kind == "hold":
        ports.hold(reference, code=WHY_HELD.get(act.reason), on=on, by=act.by, reason=act.reason)
    elif act.kind == "cancel":
        ports.cancel(reference, code=WHY_STOPPED.get(act.reason), on=on, by=act.by, reason=act.reason)
    else:
        plain = {"accept": ports.accept, "send": ports.send_ordinary}
        plain[act.kind](reference, on=on, by=act.by, reason=act.reason)
    return True


@contextmanager
def bundle(write: Callable[[TextIO], None]) -> Iterator[BinaryIO]:
    """What ``write`` writes, as bytes to read: in memory when small, else in a file that vanishes."""
    with SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as spool:
        text = io.TextIOWrapper(cast(BinaryIO, spool), encoding="utf-8", write_through=True)
        write(text)
        text.detach()
        spool.seek(0)
        yield cast(BinaryIO, spool)
