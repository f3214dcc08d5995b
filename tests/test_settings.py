"""The settings of a connection, whoever's server it is."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from perennial.settings import database
from tests.processes import perennial


@pytest.mark.parametrize("given", ["", "&options=-c%20work_mem%3D8MB"])
def test_short_statements_are_not_compiled_and_own_options_stay(fresh_db: str, given: str) -> None:
    options = database(fresh_db + given)["OPTIONS"]["options"]
    with psycopg.connect(fresh_db, options=options) as connection:
        assert connection.execute("show jit").fetchone() == ("off",)
        if given:
            assert connection.execute("show work_mem").fetchone() == ("8MB",)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("PERENNIAL_CHUNK_SIZE", "abc", "PERENNIAL_CHUNK_SIZE is 'abc', not a whole number from 1 to 999,999,999"),
        ("PERENNIAL_CHUNK_SIZE", "0", "PERENNIAL_CHUNK_SIZE is '0', not a whole number"),
        ("PERENNIAL_CHUNK_SIZE", "-5", "PERENNIAL_CHUNK_SIZE is '-5', not a whole number"),
        ("PERENNIAL_CHUNK_SIZE", "1e3", "PERENNIAL_CHUNK_SIZE is '1e3', not a whole number"),
        ("PERENNIAL_CHUNK_SIZE", "9" * 90, "9…, not a whole number"),
        ("PERENNIAL_CHUNK_SIZE", "\u0661\u0662", "not a whole number"),
        ("PERENNIAL_TODAY", "20260310", "PERENNIAL_TODAY is '20260310', not a date like 2026-03-31"),
        ("PERENNIAL_TODAY", "2026-02-30", "PERENNIAL_TODAY is '2026-02-30', not a date"),
        ("PERENNIAL_GATEWAY", "stripy", "there is no gateway 'stripy': PERENNIAL_GATEWAY is one of "),
        ("PERENNIAL_HOME", "/dev/null", "PERENNIAL_HOME /dev/null "),
        ("DATABASE_URL", "no address", "DATABASE_URL is not an address of a PostgreSQL database"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_its_name(
    name: str, given: str, said: str, fresh_db: str, tmp_path: Path
) -> None:
    """By a command that has no use for it, too: it is refused before anything is done."""
    done = perennial("show", "orders", url=fresh_db, home=tmp_path / "home", **{name: given})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("refused: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
