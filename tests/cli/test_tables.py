"""A table fits the terminal on which it is read; through a pipe a row is a line."""

from __future__ import annotations

import io
import os
import shutil
import sys

import pytest

from perennial.cli.output import aligned, table

HEADERS = ["shipment", "event", "date", "ships on", "product", "price", "status", "child order", "change until", "note"]
ROWS = [
    [
        "1",
        "1",
        "2026-03-10",
        "2026-03-10",
        "R1",
        "15.00",
        "ordered",
        "SO-000001-1-001",
        "",
        "its child ships on 2026-04-04",
    ],
    [
        "2",
        "1.1",
        "2026-04-09",
        "2026-04-09",
        "R1",
        "15.00",
        "scheduled, last",
        "",
        "2026-04-03",
        "waits: the order is on hold",
    ],
]


def lines(room: int | None) -> list[str]:
    return [line.rstrip() for line in aligned(list(HEADERS), [list(row) for row in ROWS], room)]


@pytest.mark.parametrize("room", [100, 110, 120])
def test_a_wide_table_fits_and_says_the_same(room: int) -> None:
    found = lines(room)
    assert max(map(len, found)) <= room
    said = sorted(word for line in found for word in line.split() if word != "note:")
    left_away = {"note"} if any("note:" in line for line in found) else set()
    words = (word for row in [HEADERS, *ROWS] for cell in row for word in cell.split())
    assert said == sorted(word for word in words if word not in left_away)


def test_what_fits_is_left_alone() -> None:
    assert lines(200) == lines(None)
    assert len(lines(200)) == 3


def test_columns_in_which_nothing_stands_go_first() -> None:
    rows = [["1", "", "x" * 50], ["2", "", "y" * 50]]
    assert [line.rstrip() for line in aligned(["a", "b" * 40, "c"], rows, 80)] == [
        "a  c", f"1  {'x' * 50}", f"2  {'y' * 50}",
    ]  # fmt: skip


def test_words_that_cannot_be_parted_stay_whole() -> None:
    assert "x" * 60 in list(aligned(["a"], [["x" * 60]], 20))[1]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("out", "most"), [(Terminal, 100), (io.StringIO, 200)])
def test_only_a_terminal_is_fitted(out: type[io.StringIO], most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", out())
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_, **__: os.terminal_size((100, 40)))
    table(HEADERS, ROWS, "  ")
    assert isinstance(sys.stdout, io.StringIO)
    widest = max(map(len, sys.stdout.getvalue().splitlines()))
    assert widest <= most
    assert (widest > 100) == (most == 200)
