"""Charges are changed by an import while children are made: what was ordered before keeps the charges of its tariff, and
what is owed up front is what the children come to.

The job and the import take turns at the orders that both are about, whichever is first.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import harness
from tests.forked import perennial, start_perennial
from tests.worlds import nights as worlds
from tests.worlds.installation import Installation

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


def waits(process: subprocess.Popen[str], club: Installation) -> bool:
    """Has it come to where another session has locked what it wants? False: it ended instead."""
    with psycopg.connect(club.url, autocommit=True) as looking:
        while process.poll() is None:
            waiting = looking.execute(
                "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
            if waiting.fetchone() is not None:
                return True
            time.sleep(0.05)
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
        charge = 495  # of what is planned, by the tariff of its order: 5 % tax on product and delivery
        coming = sum(round(float(child["total"]) * 100) for child in order["children"])
        for one in order["continuity"][0]["lines"]:
            if one["status"] == "scheduled":
                base = round(float(one["price"]) * 100) + charge
                coming += base + (base * 5 + 50) // 100
        found.append((sum(round(float(p["amount"]) * 100) for p in order["payments"]), coming))
    return found


def test_an_import_of_charges_leaves_what_was_ordered_alone(club: Installation, dearer: Path, other: Any) -> None:
    """It waits for nobody: what a job has in hand (here: its lock) is not its concern."""
    other.execute("select id from continuity_continuityorder order by id limit 1 for no key update")
    importing = start_perennial("import", dearer, "--on", ON, url=club.url, home=club.home)
    assert not waits(importing, club)
    end(importing)
    other.rollback()
    club.run("job", "create-child-orders", "--on", ON)
    found = owed_and_coming(club)
    assert len(found) == 3
    assert all(owed == coming for owed, coming in found), found


def test_a_chunk_that_waited_for_an_update_goes_by_the_tariff_of_the_order(
    club: Installation, dearer: Path, other: Any
) -> None:
    """Which tariff an order stands on is read behind its lock: an update that was first has moved it."""
    end(start_perennial("import", dearer, "--on", ON, url=club.url, home=club.home))
    ids = [pk for (pk,) in other.execute("select id from continuity_continuityorder order by id").fetchall()]
    other.execute("update continuity_continuityorder set tariff_id = 2 where id = any(%s)", [ids[1:]])
    making = start_perennial(
        "job", "create-child-orders", "--on", ON, url=club.url, home=club.home, PERENNIAL_CHUNK_SIZE="1"
    )
    assert waits(making, club)
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


def customer(**more: Any) -> dict[str, Any]:
    return {
        "customers": [
            {
                "account": "C-1",
                "addresses": [{"code": "home", "country": "US"}],
                "cards": [{"token": "tok_1", "exp_month": 12, "exp_year": 2030}],
                **more,
            }
        ]
    }


def test_an_import_and_a_clerk_store_the_same_card(club: Installation, other: Any, tmp_path: Path) -> None:
    """The clerk was first by a moment: the import takes over what is stored, and nothing of it is lost."""
    new = {"token": "tok_new", "exp_month": 12, "exp_year": 2031}
    other.execute(
        "insert into customers_storedcard(customer_id, number, token, exp_month, exp_year, expires_on)"
        " select id, 2, 'tok_new', 12, 2031, '2031-12-31' from customers_customer where account = 'C-1'"
    )
    cards = [{"token": "tok_1", "exp_month": 12, "exp_year": 2030}, new]
    bundle = worlds.write(customer(name="Ada", cards=cards), tmp_path, "new.json")
    importing = start_perennial("import", bundle, "--on", ON, url=club.url, home=club.home)
    assert waits(importing, club)
    other.commit()
    end(importing)
    assert other.execute("select name from customers_customer where account = 'C-1'").fetchone() == ("Ada",)
    assert other.execute("select count(*) from customers_storedcard where token = 'tok_new'").fetchone() == (1,)


def test_an_address_that_a_clerk_gives_to_an_order_stays(club: Installation, other: Any, tmp_path: Path) -> None:
    """The list that leaves it out waits for the clerk, and then sees that it is used."""
    with_cabin = worlds.write(
        customer(addresses=[{"code": "home", "country": "US"}, {"code": "cabin", "country": "US"}]), tmp_path, "a.json"
    )
    end(start_perennial("import", with_cabin, "--on", ON, url=club.url, home=club.home))
    other.execute("select id from continuity_continuityorder order by id limit 1 for no key update")
    other.execute(
        "update continuity_continuityorder set ship_to_id = (select id from customers_address where code = 'cabin')"
        " where id = (select min(id) from continuity_continuityorder)"
    )
    without = worlds.write(customer(), tmp_path, "b.json")
    importing = start_perennial("import", without, "--on", ON, url=club.url, home=club.home)
    assert waits(importing, club)
    other.commit()
    end(importing)
    found = other.execute("select number, code from customers_address where code = 'cabin'").fetchall()
    assert found == [(2, "cabin")]


def test_an_address_that_an_import_takes_away_is_refused_to_the_clerk(
    club: Installation, other: Any, tmp_path: Path
) -> None:
    """The import was first (here: its lock and what it deletes): the clerk is told so in words."""
    with_cabin = customer(addresses=[{"code": "home", "country": "US"}, {"code": "cabin", "country": "US"}])
    end(
        start_perennial(
            "import", worlds.write(with_cabin, tmp_path, "a.json"), "--on", ON, url=club.url, home=club.home
        )
    )
    other.execute("select id from continuity_continuityorder order by id for no key update")
    other.execute("delete from customers_address where code = 'cabin'")
    giving = start_perennial("order", "address", "SO-000001", "--to", "cabin", "--on", ON, url=club.url, home=club.home)
    assert waits(giving, club)
    other.commit()
    _, err = giving.communicate(timeout=60)
    assert giving.returncode == 1
    assert "no address 'cabin'" in err
