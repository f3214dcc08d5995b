"""A world half way, from which every test of nights takes its copy."""

from __future__ import annotations

import psycopg
import pytest

from tests import harness
from tests.forked import perennial
from tests.worlds import nights as worlds
from tests.worlds.installation import NIGHTS, SIZE, Installation, made_once


@pytest.fixture(scope="session")
def base(test_server: harness.TestServer) -> Installation:
    """A world with a night behind it, a program released with apply, a tariff that is applied, and much to do in the next
    night.
    """
    return made_once(test_server, "half_way", half_way)


def half_way(found: Installation) -> None:
    """Make that world."""
    url, home = found.url, found.home
    bundle = worlds.write(worlds.world(SIZE), home.parent)
    assert perennial("import", bundle, "--on", "2026-03-02", url=url, home=home).returncode == 0
    found.run("simulate", "--from", NIGHTS[0], "--to", "2026-03-09")
    changed = worlds.finite(apply=True, started_on="2026-03-02")
    changed["events"].insert(3, {"key": "NEW", "item_number": "B6", "delivery_mode": "STD", "days_from_last": 9})
    changed["events"][2] = {**changed["events"][2], "event_id": 2}
    second = worlds.write({"programs": [changed]}, home.parent, "second.json")
    done = perennial("import", second, "--on", "2026-03-08", url=url, home=home)
    assert done.returncode == 0, done.stderr
    dearer = worlds.write(
        {"tax_rates": [{"group": "BOOKS", "country": "US", "percent": "6"}]}, home.parent, "dearer.json"
    )
    done = perennial("import", dearer, "--on", "2026-03-08", url=url, home=home)
    assert done.returncode == 0, done.stderr
    found.run("tariff", "apply", "--on", "2026-03-08")
    # Some of the short orders are shipped and invoiced since, so that there is something to close.
    with psycopg.connect(url) as connection:
        children = connection.execute(
            "select k.number from orders_salesorder k join orders_orderline l on l.id = k.parent_line_id"
            " join catalog_product p on p.id = l.product_id where p.number = 'SHORT' and k.status = 'open' order by 1"
        ).fetchall()
    assert len(children) >= 3
    for (child,) in children[:3]:
        found.run("order", "ship", child, "--on", "2026-03-16")
        found.run("order", "invoice", child, "--on", "2026-03-16")
