"""The settings of a connection, whoever's server it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from perennial.checks import refuse_unsafe_configuration
from perennial.errors import Refused
from perennial.language import say
from perennial.practice import in_training, real_money
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


SECRET = "aSecretThatNobodySees"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"PERENNIAL_GATEWAY": "stripe"}, "setting_missing"),
        ({"PERENNIAL_GATEWAY": "stripe", "PERENNIAL_STRIPE_KEY": f"pk_live_{SECRET}"}, "setting_not_a_key"),
        ({"PERENNIAL_GATEWAY": "stripe", "PERENNIAL_STRIPE_KEY": f"sk_live_{SECRET} "}, "setting_not_a_key"),
        (
            {
                "PERENNIAL_GATEWAY": "stripe",
                "PERENNIAL_STRIPE_KEY": f"sk_live_{SECRET}",
                "PERENNIAL_STRIPE_WEBHOOK_SECRETS": [f"whsec_{SECRET}", SECRET],
            },
            "setting_not_a_key",
        ),
        ({"PERENNIAL_GATEWAY": "simulator"}, "setting_missing"),
        (
            {
                "PERENNIAL_GATEWAY": "stripe",
                "PERENNIAL_STRIPE_KEY": f"sk_test_{SECRET}",
                "PERENNIAL_TODAY": date(2026, 3, 10),
            },
            "today_with_real_cards",
        ),
        ({"PERENNIAL_STRIPE_KEY": f"rk_live_{SECRET}", "PERENNIAL_TODAY": date(2026, 3, 10)}, "today_with_live_key"),
        ({"PERENNIAL_GATEWAY": "stripe", "PERENNIAL_STRIPE_KEY": f"sk_test_{SECRET}"}, None),
        ({"PERENNIAL_GATEWAY": "stripe", "PERENNIAL_STRIPE_KEY": f"rk_live_{SECRET}"}, None),
    ],
)
def test_keys_are_refused_by_their_names_and_never_shown(
    settings: Any, given: dict[str, Any], code: str | None
) -> None:
    for name, value in given.items():
        setattr(settings, name, value)
    if code is None:
        refuse_unsafe_configuration()
        return
    with pytest.raises(Refused) as refused:
        refuse_unsafe_configuration()
    assert refused.value.code == code
    assert SECRET not in say(refused.value)


@pytest.mark.parametrize(
    ("gateway", "key", "today", "real", "training"),
    [
        ("sandbox", None, None, False, True),
        ("simulator", None, None, False, True),
        ("stripe", f"sk_test_{SECRET}", None, False, True),
        ("stripe", f"sk_live_{SECRET}", None, True, False),
        ("bank_of_ours", None, None, True, False),
        ("bank_of_ours", None, date(2026, 3, 10), True, True),
    ],
)
def test_who_takes_real_money_and_what_is_training(
    settings: Any, gateway: str, key: str | None, today: date | None, real: bool, training: bool
) -> None:
    settings.PERENNIAL_GATEWAY, settings.PERENNIAL_STRIPE_KEY, settings.PERENNIAL_TODAY = gateway, key, today
    assert (real_money(), in_training()) == (real, training)
