"""A new PERENNIAL_HOME: only what makes an installation makes a database in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from perennial.cli import main
from perennial.cli.commands import COMMANDS
from perennial.db.server import places
from tests import harness
from tests.processes import perennial


@pytest.mark.parametrize("words", ["check", "show orders", "job", "night", "import bundle.json", "export -"])
def test_a_command_makes_no_installation(words: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = perennial(*words.split(), home=home)
    assert done.returncode == 1
    assert done.stderr == f"refused: there is no installation in {home} yet: run `perennial init` first\n"
    assert not home.exists()


def test_words_that_make_no_sense_ask_for_none(tmp_path: Path) -> None:
    """They are wrong usage whatever there is: no database is looked for, let alone started."""
    done = perennial("simulate", "--from", "2026-01-02", "--to", "2026-01-01", home=tmp_path / "home")
    assert done.returncode == 2
    assert done.stderr.startswith("usage: --to 2026-01-01 lies before --from 2026-01-02; ")


def test_stop_makes_none_either(tmp_path: Path) -> None:
    done = perennial("stop", home=tmp_path / "home")
    assert (done.returncode, done.stderr) == (0, "the database did not run\n")
    assert not (tmp_path / "home").exists()


@pytest.mark.patient
def test_stop_names_what_is_to_be_removed_to_start_anew() -> None:
    home = harness.open_folder(harness.PREFIX + "stop-")
    try:
        assert perennial("init", home=home).returncode == 0
        done = perennial("stop", home=home)
        assert (done.returncode, done.stderr) == (0, f"the database in {home}/postgres was stopped\n")
    finally:
        perennial("stop", home=home)
        harness.remove(home)


def test_what_makes_one_is_told_apart() -> None:
    assert set(COMMANDS) >= main.MAKES_DATABASE == {"init", "demo", "bench", "serve"}


def test_where_a_database_may_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SYSTEM_FOLDER", tmp_path / "system")
    home = tmp_path / "home"
    assert not places.has_database(home)
    places._system_folder(home).joinpath("data").mkdir(parents=True)
    assert places.has_database(home)
    other = tmp_path / "other"
    (other / "postgres" / "data").mkdir(parents=True)
    assert places.has_database(other)
