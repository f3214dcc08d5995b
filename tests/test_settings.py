"""The settings of a connection, whoever's server it is."""

from __future__ import annotations

import psycopg
import pytest

from perennial.settings import database


@pytest.mark.parametrize("given", ["", "&options=-c%20work_mem%3D8MB"])
def test_short_statements_are_not_compiled_and_own_options_stay(fresh_db: str, given: str) -> None:
    options = database(fresh_db + given)["OPTIONS"]["options"]
    with psycopg.connect(fresh_db, options=options) as connection:
        assert connection.execute("show jit").fetchone() == ("off",)
        if given:
            assert connection.execute("show work_mem").fetchone() == ("8MB",)
