"""The contract's page says what the program does: commands, options, documents, words, counts, parameters."""

from __future__ import annotations

import argparse
import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from perennial.catalog.actions import initialise
from perennial.catalog.models import Parameters
from perennial.cli.commands import COMMANDS
from perennial.cli.main import built
from perennial.continuity.models import Adjustment
from perennial.desk.contract import order_document
from perennial.desk.customers import note_on_order
from perennial.desk.list_document import listed_child_json, listed_payment_json, listed_shipment_json, search_json
from perennial.desk.read import lists
from perennial.desk.read.search import search
from perennial.jobs import JOBS, NIGHTLY
from perennial.kernel import states
from perennial.orders.models import Hold
from tests.cli.contract_page import ELSEWHERE, PAGE
from tests.worlds.book_club import ORDERED, child, club, order


def table(header: str) -> dict[str, list[str]]:
    """The rows of a table of the page by their first cell, each the code words of its second cell."""
    lines = iter(PAGE[PAGE.index(header) :].splitlines()[2:])
    found = {}
    for line in lines:
        if not line.startswith("|"):
            break
        first, second = re.split(r"(?<!\\) \| ", line.strip("| "))[:2]
        found[first] = re.findall(r"`([^`]+)`", second)
    return found


SHARED = {option.strip("`"): commands for option, commands in table("| shared option |").items()}
WITHOUT = {
    option: re.findall(r"`([^`]+)`", commands)
    for option, commands in re.findall(r"^\| `(--[a-z-]+)` \| [^|]*\(not ([^)]*)\) \|", PAGE, re.M)
}
SYNOPSES = {
    " ".join(w for w in synopsis.split() if re.fullmatch("[a-z-]+", w) and not w.startswith("-")): synopsis
    for first in table("| command | does |")
    for synopsis in re.findall(r"`([^`]+)`", first)
}


def test_every_command_is_in_the_contract() -> None:
    assert set(SYNOPSES) == set(COMMANDS)


def synopsis(name: str) -> tuple[set[str], set[str], list[str]]:
    """What the contract says of a command: its options, those that are required, its plain arguments."""
    words = SYNOPSES[name].removeprefix(name)
    optional = set(re.findall(r"\[(--[a-z0-9-]+)", words))
    options = set(re.findall(r"--[a-z0-9-]+", words))
    plain = re.sub(r"\[?--[a-z0-9-]+( [A-Z0-9/]+)?\]?", "", words)
    arguments = [word.strip("[]") + "?" * word.startswith("[") for word in plain.split()]
    return options, options - optional, arguments


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - ELSEWHERE))
def test_a_command_takes_what_the_contract_says(name: str) -> None:
    parser, _ = built(COMMANDS[name])
    actions: list[argparse.Action] = [a for a in parser._actions if a.dest != "help"]
    named = {a.option_strings[0]: a for a in actions if a.option_strings}
    options, required, arguments = synopsis(name)
    options |= {
        option
        for option, patterns in SHARED.items()
        if any(fnmatchcase(name, p) for p in patterns) and name not in WITHOUT.get(option, ())
    }
    assert set(named) == options
    assert {option for option, a in named.items() if a.required} == required
    assert [f"{a.metavar}{'?' * (a.nargs == '?')}" for a in actions if not a.option_strings] == arguments


def test_every_option_has_a_line_of_help() -> None:
    for command in COMMANDS.values():
        parser, _ = built(command)
        assert all(a.help for a in parser._actions), command.name


def test_the_words_of_state() -> None:
    words = table("| | words |")
    assert words["order"] == list(states.ORDER)
    assert words["order line"] == list(states.ORDER_LINE)
    assert words["continuity order"] == list(states.CONTINUITY_ORDER)
    assert words["line"] == [*states.LINE, states.PROJECTED]
    assert words["blocked"] == list(states.BLOCKED)
    assert words["payment"] == list(states.PAYMENT)


@pytest.mark.parametrize("name", NIGHTLY)
def test_the_counts_of_the_jobs(name: str) -> None:
    counts = {job.strip("`"): words for job, words in table("| job | counts |").items()}
    assert list(counts) == list(NIGHTLY)
    assert list(JOBS[name].counts) == counts[name]


@pytest.mark.django_db
def test_the_parameters_of_a_new_installation() -> None:
    initialise()
    lines = PAGE[PAGE.index("| parameter | new |") :].split("\n\n")[0].splitlines()[2:]
    cells = ([cell.strip("` ") for cell in line.strip("|").split("|")] for line in lines)
    said = dict(cells)
    row = Parameters.objects.values().get()
    row.pop("id")
    assert {name.removesuffix("_minor"): json.dumps(value).strip('"') for name, value in row.items()} == said


@pytest.mark.django_db
def test_the_keys_of_an_order() -> None:
    club()
    entered = order()
    child(entered, 1)
    Hold.objects.create(order_id=entered.id, code="call", on_date=ORDERED)
    Adjustment.objects.create(
        continuity_order_id=entered.continuity_order_ids[0], event_key="E2", repetition=0, kind="skip", value=True,
        on_date=ORDERED,
    )  # fmt: skip
    note_on_order(number=entered.number, text="a present", on=ORDERED, by="clerk:anna")
    document = order_document(entered.number)
    for part, keys in table("| part | keys").items():
        value: Any = document
        for step in part.split(".") if part != "order" else ():
            value = (value[0] if isinstance(value, list) else value)[step]
        assert list(value[0] if isinstance(value, list) else value) == keys, part


@pytest.mark.django_db
def test_the_keys_of_a_search() -> None:
    club()
    found = search_json(search(f"bianchi {order().number}"))
    for hit, keys in table("| hit | keys").items():
        assert list(found[hit][0]) == keys, hit


@pytest.mark.django_db
def test_the_keys_of_the_lists() -> None:
    club()
    child(order(), 1)
    found = {
        "child": [listed_child_json(one) for one in lists.children(ORDERED).rows],
        "payment": [listed_payment_json(one) for one in lists.payments().rows],
        "shipment": [listed_shipment_json(one) for one in lists.shipments(ORDERED).rows],
    }
    said = table("| list | keys")
    assert {name: list(documents[0]) for name, documents in found.items()} == said


def test_the_example_is_json() -> None:
    example = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.S)[0])
    assert [p["schedule_id"] for p in example["programs"]] == ["BOM"]
