"""A backup while all goes on, and an installation out of it that goes on where it was."""

from __future__ import annotations

import json
import os
import random
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from perennial.backup import restore as restoring
from perennial.backup.file import Reading
from perennial.catalog.models import Company
from perennial.checks import refuse_unsafe_configuration
from perennial.errors import Refused
from perennial.payments import gateways
from perennial.payments.gateways.missing import Missing
from tests import harness
from tests.cli.test_answers import holds
from tests.forked import perennial as forked
from tests.jobs.watch import Watch, until
from tests.processes import ROOT, perennial, start_perennial
from tests.worlds.installation import NIGHTS, Installation, same_things

SMALL = ROOT / "docs" / "examples" / "book-club.json"


@pytest.fixture(scope="module")
def calm(base: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The night as it goes undisturbed."""
    found = base.copy(tmp_path_factory.mktemp("calm"))
    found.run("night", "--on", NIGHTS[1])
    return found.state()


def restored(backup: Path, url: str | None, home: Path, *words: str, **env: str) -> Any:
    """Restore it; what it says with --json."""
    done = perennial("restore", backup, *words, "--json", url=url, home=home, **env)
    return json.loads(done.stdout)


def test_a_night_goes_on_elsewhere_where_it_was(
    base: Installation, calm: dict[str, Any], make_database: Callable[..., str], tmp_path: Path
) -> None:
    """Written in the middle of a night, which does not notice; what is restored does the rest of that night, once."""
    found = base.copy(tmp_path)
    night = ("night", "--on", NIGHTS[1], "--json")
    with Watch(found, "create-child-orders") as watch:
        running = start_perennial(*night, url=found.url, home=found.home, PERENNIAL_CHUNK_SIZE="3")
        until(watch.workers)
    said = json.loads(perennial("backup", tmp_path, "--json", url=found.url, home=found.home).stdout)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 0, err
    same_things(found.state(), calm)
    backup = Path(said["file"])
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert said["bytes"] == backup.stat().st_size

    home = tmp_path / "elsewhere"
    there = Installation(make_database(empty=True), home, found.server)
    again = restored(backup, there.url, home)
    holds("restore", again)
    assert again["installation"] == said["installation"]
    assert (home / "secret_key").read_text() == (found.home / "secret_key").read_text()
    half = there.state()
    assert half["export"] != calm["export"], "the night was over before the backup"
    assert there.run("check")["ok"]
    there.run("night", "--on", NIGHTS[1])
    same_things(there.state(), calm)
    assert there.taken_twice() == []
    assert there.run("check", "once")["ok"]


@pytest.fixture(scope="module")
def small(test_server: harness.TestServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a small club."""
    folder = tmp_path_factory.mktemp("small")
    url = test_server.make_database()
    for words in (
        ["init"],
        ["import", SMALL],
        ["notices", "start"],
        ["export", folder / "small.json"],
        ["backup", folder / "small.backup"],
    ):
        run = perennial if words[0] == "backup" else forked
        done = run(*words, url=url, home=folder / "home")
        assert done.returncode == 0, done.stderr
    test_server.drop_database(url)
    return folder / "small.backup"


@pytest.mark.patient
def test_an_embedded_copy(small: Path, tmp_path: Path) -> None:
    """Into an embedded server, only where nothing is. A copy is told apart, says nothing to customers, and can be backed up."""
    home = harness.open_folder(f"{harness.PREFIX}copy-")
    try:
        done = perennial("restore", small, "--as-copy", home=home)
        assert done.returncode == 0, done.stderr
        assert "this is a copy" in done.stderr
        export = json.loads(perennial("export", "-", home=home).stdout)
        original = json.loads((small.parent / "small.json").read_text())
        assert original["company"].pop("notices_on") is True
        assert export["company"].pop("notices_on") is False
        assert export == original
        assert restored(small, None, home)["refused"]["code"] == "restore_into_full"
        said = json.loads(perennial("backup", tmp_path, "--json", home=home).stdout)
        assert said["installation"].startswith("copy-")
    finally:
        perennial("stop", home=home)
        harness.remove(home)


@pytest.mark.patient
def test_whoever_restores_may_be_killed(small: Path, make_database: Callable[..., str], tmp_path: Path) -> None:
    url, home, dice = make_database(empty=True), tmp_path / "home", random.Random(7)
    for _ in range(3):
        process = start_perennial("restore", small, url=url, home=home)
        try:
            process.wait(timeout=dice.uniform(0.4, 1.6))
        except Exception:
            process.kill()
        process.communicate()
        with psycopg.connect(url) as database:
            tables = database.execute("select to_regclass('catalog_company')").fetchone()
        if tables != (None,):
            break  # it was quicker: all of it is there, below
    else:
        assert restored(small, url, home)["orders"] == 2
    assert forked("check", url=url, home=home).returncode == 0


def test_a_database_of_something_else_is_refused(
    small: Path, make_database: Callable[..., str], tmp_path: Path
) -> None:
    url = make_database(empty=True)
    with psycopg.connect(url) as other:
        other.execute("create table something_else(id int)")
    assert restored(small, url, tmp_path / "home")["refused"]["code"] == "restore_into_foreign"


@pytest.mark.django_db
def test_what_is_refused(small: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cut.backup").write_bytes(small.read_bytes()[:20_000])
    for path, code in (("cut.backup", "damaged"), (SMALL, "backup_unknown"), ("nothing", "file_unreadable")):
        with pytest.raises(Refused, match=code):
            Reading(tmp_path / path)
    with Reading(small) as backup:
        monkeypatch.setattr(restoring, "LEAVING_SECONDS", 0)
        with psycopg.connect(os.environ["DATABASE_URL"]), pytest.raises(Refused, match="restore_into_used"):
            restoring.restore(backup, url="", as_copy=False)
        monkeypatch.setenv("PERENNIAL_SECRET_KEY", "another")
        with pytest.raises(Refused, match="backup_of_other_key"):
            restoring.restore(backup, url="", as_copy=False)
        backup.about.migrations.append(("orders", "9999_of_tomorrow"))
        with pytest.raises(Refused, match="backup_of_newer_version"):
            restoring.restore(backup, url="", as_copy=False)


@pytest.mark.django_db
def test_a_copy_asks_no_gateway_that_takes_money(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Not the one that is set, nor the one that a card names."""
    taking = Missing("taking")
    monkeypatch.setitem(gateways._loaded, "taking", taking)
    Company.objects.create(id=1, installation="ab12")
    assert gateways.by_name("taking") is taking
    Company.objects.update(installation="copy-ab12")
    assert gateways.by_name("taking").name == "sandbox"
    monkeypatch.setattr(gateways, "refuse_unknown", lambda name: None)
    settings.PERENNIAL_GATEWAY = "taking"
    with pytest.raises(Refused, match="copy_with_real_cards"):
        refuse_unsafe_configuration()
