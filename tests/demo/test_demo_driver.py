"""The driver, against a program that only writes down what it is asked."""

from __future__ import annotations

import io
from argparse import ArgumentParser
from collections import Counter
from datetime import date, timedelta

import pytest
from rich.console import Console

from perennial.demo.driver import run_demo
from perennial.demo.options import DemoOptions, add_arguments, from_arguments
from perennial.demo.ports import Example
from perennial.demo.report import built, next_steps
from perennial.errors import Refused

TODAY = date(2026, 11, 24)


def run(ledger, *, terminal=False, **choices):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120)
    outcome = run_demo(DemoOptions(today=TODAY, **choices), ledger, console)
    return outcome, console.file.getvalue()


def test_every_night_once_through_yesterday(ledger):
    outcome, _ = run(ledger, sample=80)
    assert ledger.nights[-1] == TODAY - timedelta(days=1)
    assert len(ledger.nights) == len(set(ledger.nights)) > 540
    assert ledger.nights == sorted(ledger.nights)
    assert outcome.counts["created"] == 2 * len(ledger.nights)
    assert outcome.ok


def test_orders_come_in_over_time_and_never_ahead(ledger):
    run(ledger, sample=80, import_every=1)
    assert len(ledger.customers) == 80
    assert len(ledger.orders) > 80
    assert all(
        order["order_date"] == ledger.entered_on[reference].isoformat() for reference, order in ledger.orders.items()
    )


def test_acts_are_counted_and_those_that_come_too_late_are_told(ledger):
    calls = run(ledger, sample=300)[0]
    assert sum(calls.done.values()) == len(ledger.calls)
    cancelled = {call[1] for call in ledger.calls if call[0] == "cancel"}
    assert cancelled

    class Deaf(type(ledger)):
        def hold(self, reference, **_):
            raise Refused("order_over", "number", order=reference, status="closed")

        def next_shipment(self, reference, *, on):
            return None

    outcome, said = run(Deaf(), sample=300)
    assert outcome.done["skip"] == outcome.done["move"] == outcome.done["hold"] == 0
    assert len(outcome.too_late) == sum(calls.done[kind] for kind in ("skip", "move", "hold"))
    assert "calls came too late" in said


def test_the_end_shows_table_check_and_next_steps(ledger):
    _, said = run(ledger, sample=40)
    for word in (
        "ALBUM",
        "12,345.72",
        "nothing shipped twice, nothing charged twice, nothing due missed",
        "SO-000008",
        "moving house",
        "./run perennial order release SO-000008",
        "./run perennial order skip SO-000007 --shipment 4",
    ):
        assert word in said
    assert "SO-000009" not in said
    assert "--on 2026-11-24" in said
    assert said.count(" nights, ") >= 18  # a line a month where there is no terminal


def test_a_terminal_gets_a_bar(ledger):
    _, said = run(ledger, sample=20, terminal=True)
    assert "552/552" in said


def test_faults_are_shown_and_the_outcome_is_not_ok(ledger):
    ledger.faults = ("SO-000001-1-004 was charged twice",)
    outcome, said = run(ledger, sample=20)
    assert not outcome.ok
    assert "SO-000001-1-004 was charged twice" in said


def test_a_second_time_nothing_is_built_but_all_is_shown(ledger):
    run(ledger, sample=20)
    before = (len(ledger.nights), len(ledger.orders), len(ledger.calls))
    _, said = run(ledger, sample=20)
    assert (len(ledger.nights), len(ledger.orders), len(ledger.calls)) == before
    assert "nothing is built" in said
    assert "What the nights did" in said


def test_real_dates_name_the_day_in_every_command(ledger):
    _, said = run(ledger, sample=20, real_dates=True)
    assert ledger.nights[0] == date(1997, 1, 1)
    assert "order release SO-000008 --on 1998-07-08" in said
    assert "PERENNIAL_TODAY=1998-07-08" in said


@pytest.mark.parametrize("kind", ["hold", "card", "payment", "acceptance", "parked", "running"])
def test_there_is_something_to_do_about_every_kind(kind):
    lines = next_steps([Example(kind, "SO-000001", "M-1", "Ada", "why", 2)], next_day=TODAY, today=TODAY)
    assert lines[2].startswith("  SO-000001, Ada: ")
    assert lines[4].startswith("    ./run perennial ")


def test_one_call_is_not_several():
    console = Console(file=io.StringIO(), width=120)
    built(console, Counter(move=1, send=2), (), seconds=1)
    assert "1 move, 2 kits sent." in console.file.getvalue()


def test_the_command_line_gives_the_same_options():
    parser = ArgumentParser()
    add_arguments(parser)
    assert from_arguments(parser.parse_args([]), today=TODAY) == DemoOptions(today=TODAY)
    chosen = from_arguments(parser.parse_args(["--all", "--seed", "3", "--declines", "9", "--real-dates"]), today=TODAY)
    assert chosen == DemoOptions(today=TODAY, sample=None, seed=3, declines=9, real_dates=True)


@pytest.mark.parametrize("wrong", [{"sample": 0}, {"declines": 101}, {"declines": -1}, {"import_every": 0}])
def test_impossible_options_are_refused(wrong):
    with pytest.raises(Refused):
        DemoOptions(today=TODAY, **wrong)
