"""What the demo says: at the start what it will build, at the end table, check and next steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table

from perennial.demo.club import Club
from perennial.demo.ports import Example, Once, Ports, ProgramFigures
from perennial.people.roles import DEMO_PASSWORD, SIGN_INS

COLUMNS = ("orders", "planned", "shipped", "billed", "declined", "closed", "stopped", "waiting")
ACTS = {
    "accept": ("accepted", "accepted"),
    "hold": ("put on hold", "put on hold"),
    "release": ("released", "released"),
    "skip": ("skip", "skips"),
    "move": ("move", "moves"),
    "cancel": ("stopped", "stopped"),
    "card": ("new card", "new cards"),
    "send": ("kit sent", "kits sent"),
}
"""What clerks did, said of one and of several."""
RUN = "./run perennial"


def say(console: Console, line: str) -> None:
    """One line as it is: no colours guessed, nothing in brackets taken for a style, never broken."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def announce(console: Console, club: Club, *, declines: int) -> None:
    """Who joins, and which nights will be lived through."""
    calendar = club.calendar
    say(console, f"Tall Grass Music Club: {club.members:,} members, {len(club.enrolments):,} orders,")
    say(
        console,
        f"{calendar.nights} nights from {calendar.first_night} through {calendar.last_night}, "
        f"{declines} % of charges declined.",
    )
    weeks = calendar.shift.days // 7
    moved = f"moved by {weeks:,} weeks" if weeks else "on their own dates"
    say(console, f"Real purchases of 1997 and 1998, {moved}; every name is invented, no real card is charged.")


def built(console: Console, done: Counter[str], too_late: Sequence[str], *, seconds: float) -> None:
    """What the clerks did meanwhile, and how long all of it took."""
    calls = ", ".join(
        f"{done[kind]:,} {one if done[kind] == 1 else several}" for kind, (one, several) in ACTS.items() if done[kind]
    )
    say(console, f"Built in {seconds:.0f} s. On the phone meanwhile: {calls or 'nobody called'}.")
    if too_late:
        calls = "1 call" if len(too_late) == 1 else f"{len(too_late):,} calls"
        say(console, f"{calls} came too late, for example {too_late[0]}")


def found(console: Console, last_night: date | None) -> None:
    """Orders are there already: say so, and how to build anew."""
    nights = f"its nights have run through {last_night}" if last_night else "no night has run yet"
    say(
        console,
        f"This installation holds orders already ({nights}): nothing is built, below is how it stands.",
    )
    say(console, "To build anew, give it a folder of its own: PERENNIAL_HOME=var/demo2 ./run demo")


def show(console: Console, ports: Ports, once: Once, *, next_day: date, today: date) -> None:
    """The end: table, check, next steps."""
    console.print()
    console.print(table(ports.figures()))
    say(
        console,
        "Planned and shipped count shipments; closed are the orders that came to their end, stopped those that were cancelled.",
    )
    say(
        console,
        "Billed is what cards were charged and what bills ask for; waiting counts orders with a shipment that waits.",
    )
    check(console, once)
    for line in next_steps(ports.examples(), next_day=next_day, today=today):
        say(console, line)


def table(figures: Sequence[ProgramFigures]) -> Table:
    """A line a program and the sum of all."""
    grid = Table(
        title="What the nights did",
        title_justify="left",
        box=None,
        pad_edge=False,
        collapse_padding=True,
        show_footer=True,
    )
    grid.add_column("program", footer="all", no_wrap=True)
    for name in COLUMNS:
        total = sum(value(row, name) for row in figures)
        grid.add_column(name, footer=text(name, total), justify="right", no_wrap=True)
    for row in figures:
        grid.add_row(row.program, *(text(name, value(row, name)) for name in COLUMNS))
    return grid


def value(row: ProgramFigures, name: str) -> int:
    return int(getattr(row, "billed_minor" if name == "billed" else name))


def text(name: str, number: int) -> str:
    """Counts as they are; what was billed in dollars and cents."""
    return f"{number // 100:,}.{number % 100:02}" if name == "billed" else f"{number:,}"


def check(console: Console, once: Once) -> None:
    """The promise, looked at: everything once, and nothing that was due left out."""
    looked = f"Checked {once.shipments:,} child orders and {once.charges:,} charges"
    if not once.faults:
        say(console, f"{looked}: nothing shipped twice, nothing charged twice, nothing due missed.")
        return
    say(console, f"{looked}: {len(once.faults):,} faults.")
    for fault in once.faults[:20]:
        say(console, f"  {fault}")


def next_steps(examples: Sequence[Example], *, next_day: date, today: date) -> list[str]:
    """One order of each kind with what a clerk would do about it.

    When the club does not live today (``--real-dates``), every command says which day it is.
    """
    on = "" if next_day == today else f" --on {next_day}"
    lines = ["", "Look at:"]
    for kind, sentence in SENTENCES.items():
        example = next((one for one in examples if one.kind == kind), None)
        if example is None:
            continue
        why = f" ({example.reason})" if example.reason else ""
        lines.append(f"  {example.number}, {example.member}: {sentence}{why}")
        lines.append(f"    {RUN} show order {example.number}")
        action = command(example)
        if action:
            lines.append(f"    {RUN} {action}{on}")
    lines += [
        "",
        f"On its pages: {RUN_SERVE}, and sign in as {', '.join(SIGN_INS)}, password {DEMO_PASSWORD}",
        *([] if on else [f"The night runs by itself at 02:00, while {RUN_SERVE} runs"]),
        f"Tonight, tried without doing it: {RUN} night --dry-run --on {next_day}",
        f"All that waits for a person: {RUN} show orders --waiting",
        f"The check again: {RUN} check once",
    ]
    if on:
        lines.append(
            f"The club lives on {next_day}; to work in it then, put PERENNIAL_TODAY={next_day} before a command"
        )
    return lines


RUN_SERVE = "./run serve"

SENTENCES = {
    "hold": "on hold; release it when the reason is gone",
    "card": "waits for a card that will not have expired; store one",
    "payment": "waits because a charge failed; store another card",
    "acceptance": "waits for the customer's yes; accept the offer",
    "parked": "could not be done; try again when the reason is gone",
    "running": "goes well; let the next shipment be skipped",
}


def command(example: Example) -> str | None:
    """What a clerk would do about this order."""
    new_card = f"card {example.account} --token pm_card_visa --brand visa --last4 4242 --exp 12/2099"
    return {
        "hold": f"order release {example.number}",
        "card": new_card,
        "payment": new_card,
        "acceptance": f"order accept {example.number}",
        "parked": f"parked retry {example.number}",
        "running": f"order skip {example.number} --shipment {example.shipment}" if example.shipment else None,
    }.get(example.kind)
