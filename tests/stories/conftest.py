"""A clerk at the command line: what is typed, and the document that comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from perennial.catalog.actions import initialise
from perennial.cli import main
from perennial.payments import gateways
from perennial.payments.gateways.sandbox import Sandbox

Typed = Callable[..., Any]
TODAY = date(2026, 3, 10)


@pytest.fixture
def perennial(
    transactional_db: None, numbers_from_one: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Typed]:
    """A function that runs a command and gives its document; ``bundle``: what the file FILE holds. Today is 10 March, or the
    later day that a command names.
    """

    def typed(words: str, bundle: dict[str, Any] | None = None, *, status: int = 0) -> Any:
        if bundle is not None:
            (tmp_path / "bundle.json").write_text(json.dumps(bundle))
        on = re.search(r"--on (\S+)", words)
        today = max(TODAY, date.fromisoformat(on[1])) if on else TODAY  # days pass: nobody works ahead of them
        with override_settings(PERENNIAL_TODAY=today):
            found = main.main([*words.replace("FILE", str(tmp_path / "bundle.json")).split(), "--json"])
        said = capsys.readouterr()
        assert found == status, said.err
        return json.loads(said.out) if said.out else said.err

    initialise()
    with override_settings(PERENNIAL_TODAY=TODAY), gateways.use(Sandbox(tmp_path)):
        yield typed


def shipments(order: dict[str, Any]) -> list[tuple[int, str, str, str]]:
    """Of the first continuity line: shipment, product, the day it ships, its status."""
    lines = order["continuity"][0]["lines"]
    return [(line["shipment"], line["item_number"], line["ship_on"], line["status"]) for line in lines]


def payments(order: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """The order that is paid, amount, due date, status."""
    return [(one["order"], one["amount"], one["due_on"], one["status"]) for one in order["payments"]]
