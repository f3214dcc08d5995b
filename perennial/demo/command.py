"""``perennial demo``: an installation if there is none yet, then eighteen months of a music club in it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from perennial.demo.options import add_arguments, from_arguments
from perennial.errors import Refused

if TYPE_CHECKING:
    from perennial.demo.program import Program


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    add_arguments(parser)


def run(given: Namespace) -> int:
    """Build the club, or show it as it stands; 0 when everything happened once and nothing was missed."""
    from django.conf import settings
    from rich.console import Console

    from perennial.demo.bank import Bank
    from perennial.demo.driver import run_demo
    from perennial.demo.program import Program
    from perennial.payments import gateways

    make_installation()
    options = from_arguments(given, today=today())
    address = settings.PERENNIAL_PAYMENT_SERVER if gateways.current().name == "simulator" else None
    program = Program(Bank(address) if address else None)
    new = program.is_empty()
    with unfinished(program):
        outcome = run_demo(options, program, Console(stderr=given.json))
        program.work_out_figures()
        if new and not options.real_dates:
            program.plan_night()
    if given.json:
        document = {
            "ok": outcome.ok,
            "counts": dict(outcome.counts),
            "done": dict(outcome.done),
            "too_late": outcome.too_late,
            "programs": [asdict(row) for row in program.figures()],
            "checked": asdict(outcome.once) if outcome.once else None,
            "examples": [asdict(example) for example in program.examples()],
        }
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    return 0 if outcome.ok else 1


@contextmanager
def unfinished(program: Program) -> Iterator[None]:
    """Note that the club is being built, until it is. Refused: it was stopped on its way; half a club is none."""
    from django.conf import settings

    home = Path(settings.PERENNIAL_HOME)
    mark = home / "demo.unfinished"
    if program.is_empty():
        mark.touch()
    elif mark.exists():
        raise Refused("demo_was_stopped", home=str(home), last=program.last_night())
    yield
    mark.unlink(missing_ok=True)


def make_installation() -> None:
    """Tables, company and parameters, as `perennial init` makes them; again: nothing to do. No real gateway."""
    from perennial.catalog.actions import initialise
    from perennial.db.upgrade import make_tables
    from perennial.payments import gateways
    from perennial.people.actions import make_demo_people

    if gateways.current().real:
        raise Refused("sandbox_alone", what="demo")
    make_tables()
    initialise()
    make_demo_people()


def today() -> date:
    """Today where the company is; before there is one, where the club will be."""
    from django.conf import settings

    from perennial.catalog.queries import company
    from perennial.catalog.queries import today as company_today
    from perennial.demo.assortment import TIME_ZONE

    if settings.PERENNIAL_TODAY is None and company().currency is None:
        return datetime.now(ZoneInfo(TIME_ZONE)).date()
    return company_today()
