"""``perennial demo``: an installation if there is none yet, then eighteen months of a music club in it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from datetime import date, datetime
from zoneinfo import ZoneInfo

from perennial.demo.options import add_arguments, from_arguments


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    add_arguments(parser)


def run(given: Namespace) -> int:
    """Build the club, or show it as it stands; 0 when everything happened once and nothing was missed."""
    from rich.console import Console

    from perennial.demo.driver import run_demo
    from perennial.demo.program import Program

    make_installation()
    options = from_arguments(given, today=today())
    program = Program()
    outcome = run_demo(options, program, Console(stderr=given.json))
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


def make_installation() -> None:
    """Tables, company and parameters, as `perennial init` makes them; again: nothing to do. No real gateway."""
    from django.core.management import call_command

    from perennial.catalog.actions import initialise
    from perennial.errors import Refused
    from perennial.payments import gateways
    from perennial.people.actions import make_demo_people

    if gateways.current().real:
        raise Refused("sandbox_alone", what="demo")
    call_command("migrate", verbosity=0, interactive=False)
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
