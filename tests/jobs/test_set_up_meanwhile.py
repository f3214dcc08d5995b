"""Charges are changed by an import while children are made: what is owed up front is what the children come to.

The job and the import take turns at the orders that both are about, whichever is first.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import harness, worlds
from tests.jobs.installation import Installation
from tests.processes import perennial, start_perennial

ON = "2026-03-02"
DEARER = {"delivery_modes": [{**worlds.set_up()["delivery_modes"][0], "charge": "9.95"}]}


@pytest.fixture
def club(test_server: harness.TestServer, tmp_path: Path) -> Installation:
    """Three orders that are billed up front, the first shipment of each due today."""
    home = tmp_path / "home"
    home.mkdir()
    found = Installation(test_server.make_database(), home, test_server)
    bundle = worlds.set_up()
    bundle["customers"] = [
        {
            "account": f"C-{n}",
            "addresses": [{"code": "home", "country": "US"}],
            "cards": [{"token": f"tok_{n}", "exp_month": 12, "exp_year": 2030}],
        }
        for n in (1, 2, 3)
    ]
    bundle["orders"] = [
        {
            "reference": f"R-{n}",
            "customer": f"C-{n}",
            "order_date": ON,
            "submit": True,
            "lines": [{"item_number": "PREPAID"}],
        }
        for n in (1, 2, 3)
    ]
    done = perennial("import", worlds.write(bundle, tmp_path), "--on", ON, url=found.url, home=home)
    assert done.returncode == 0, done.stderr
    return found


@pytest.fixture
def dearer(tmp_path: Path) -> Path:
    return worlds.write(DEARER, tmp_path, "dearer.json")


@pytest.fixture
def other(club: Installation) -> Iterator[Any]:
    with psycopg.connect(club.url) as connection:
        yield connection


def waits(process: subprocess.Popen[str]) -> bool:
    try:
        process.wait(timeout=2.5)
    except subprocess.TimeoutExpired:
        return True
    return False


def end(process: subprocess.Popen[str]) -> None:
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err


def owed_and_coming(club: Installation) -> list[tuple[int, int]]:
    """Of each order: its payments, and what its children and planned shipments come to, in minor units."""
    done = perennial("show", "orders", "--json", url=club.url, home=club.home)
    found = []
    for line in done.stdout.splitlines():
        order = json.loads(line)
        charge = 995  # of what is planned: 5 % tax on product and delivery
        coming = sum(round(float(child["total"]) * 100) for child in order["children"])
        for one in order["continuity"][0]["lines"]:
            if one["status"] == "scheduled":
                base = round(float(one["price"]) * 100) + charge
                coming += base + (base * 5 + 50) // 100
        found.append((sum(round(float(p["amount"]) * 100) for p in order["payments"]), coming))
    return found


def test_an_import_waits_for_the_children_that_are_being_made(club: Installation, dearer: Path, other: Any) -> None:
    """What a job has in hand (here: its lock) is made by the old charge, and counts so."""
    other.execute("select id from continuity_continuityorder order by id limit 1 for no key update")
    importing = start_perennial("import", dearer, "--on", ON, url=club.url, home=club.home)
    assert waits(importing)
    other.rollback()
    end(importing)
    club.run("job", "create-child-orders", "--on", ON)
    found = owed_and_coming(club)
    assert len(found) == 3
    assert all(owed == coming for owed, coming in found), found


def test_a_chunk_that_waited_for_an_import_goes_by_its_charges(club: Installation, other: Any) -> None:
    """The run read the set-up before, for its first chunk: the second reads it again."""
    ids = other.execute("select id from continuity_continuityorder order by id").fetchall()
    other.execute(
        "select id from continuity_continuityorder where id = any(%s) for no key update", [[i for (i,) in ids[1:]]]
    )
    other.execute("update catalog_deliverymode set charge_minor = 995 where code = 'STD'")
    making = start_perennial(
        "job", "create-child-orders", "--on", ON, url=club.url, home=club.home, PERENNIAL_CHUNK_SIZE="1"
    )
    assert waits(making)
    other.commit()
    end(making)
    made = other.execute(
        "select delivery_minor from orders_salesorder where parent_id is not null order by id"
    ).fetchall()
    assert made == [(495,), (995,), (995,)]


def test_children_and_an_import_at_once(club: Installation, dearer: Path) -> None:
    running = [
        start_perennial(
            "job", "create-child-orders", "--on", ON, url=club.url, home=club.home, PERENNIAL_CHUNK_SIZE="1"
        ),
        start_perennial("import", dearer, "--on", ON, url=club.url, home=club.home),
    ]
    for process in running:
        end(process)
    found = owed_and_coming(club)
    assert all(owed == coming for owed, coming in found), found
