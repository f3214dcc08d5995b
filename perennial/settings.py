"""Django's settings, from the environment. Importing them starts nothing, ``db.server.ensure`` does."""

from __future__ import annotations

import os
import re
from datetime import date
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from perennial.db.server import places
from perennial.errors import Refused


def database(url: str) -> dict[str, Any]:
    """Django's words for a libpq address (``postgresql://user:password@host/name?host=/socket&…``)."""
    try:
        given = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.ProgrammingError as problem:
        raise Refused("database_url_malformed", why=str(problem).strip()) from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": given.pop("dbname", "perennial"),
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        # Without an address nothing is guessed: some other server might answer.
        "HOST": given.pop("host", "" if url else "/nonexistent/DATABASE_URL-is-not-set"),
        "PORT": given.pop("port", ""),
        "OPTIONS": {
            "application_name": "perennial",
            "connect_timeout": "10",
            # A server that is gone is noticed within a minute, not within two hours.
            "keepalives": "1",
            "keepalives_idle": "30",
            "keepalives_interval": "10",
            "keepalives_count": "3",
            "tcp_user_timeout": "60000",
            **given,
            # Statements of a few milliseconds on tables of millions of rows: compiling them costs more than it saves.
            # What is prepared (db/sql.py) is planned once: it names its rows by their ids, so its plans are all the same.
            "options": f"-c jit=off -c plan_cache_mode=force_generic_plan {given.get('options', '')}".strip(),
        },
    }


def day(name: str) -> date | None:
    """The date in a variable, None where it is not set."""
    given = os.environ.get(name)
    if not given:
        return None
    try:
        found = date.fromisoformat(given)
    except ValueError:
        found = None
    if found is None or found.isoformat() != given:  # Python also takes 20260331 and weeks
        raise Refused("setting_not_a_date", name=name, value=given)
    return found


def size(name: str) -> int | None:
    """The number in a variable, None where it is not set."""
    given = os.environ.get(name)
    if not given:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", given) or int(given) < 1:
        raise Refused("setting_not_a_number", name=name, value=given)
    return int(given)


PERENNIAL_HOME = places.home()

#: Training: every command takes this for today. Refused together with a real gateway (checks.py).
PERENNIAL_TODAY = day("PERENNIAL_TODAY")

#: Who charges cards: ``sandbox``, or the name of a gateway.
PERENNIAL_GATEWAY = os.environ.get("PERENNIAL_GATEWAY") or "sandbox"

#: The mail server that messages to customers go out by, with its password; from which address; whose certificates count.
PERENNIAL_MAIL_URL = os.environ.get("PERENNIAL_MAIL_URL") or None
PERENNIAL_MAIL_FROM = os.environ.get("PERENNIAL_MAIL_FROM") or None
PERENNIAL_MAIL_CA = os.environ.get("PERENNIAL_MAIL_CA") or None

#: How many items one transaction of a job takes, instead of the job's own number.
PERENNIAL_CHUNK_SIZE = size("PERENNIAL_CHUNK_SIZE")

SECRET_KEY = os.environ.get("PERENNIAL_SECRET_KEY") or places.secret(PERENNIAL_HOME, "secret_key")

INSTALLED_APPS = [
    # django-pghistory declares a key to the user's table.
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "pgtrigger",
    "pghistory",
    "perennial.catalog",
    "perennial.customers",
    "perennial.notices",
    "perennial.programs",
    "perennial.orders",
    "perennial.continuity",
    "perennial.payments",
    "perennial.desk",
    "perennial.bundle",
    "perennial.jobs",
]

DATABASES = {"default": database(os.environ.get("DATABASE_URL", ""))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Who and why of a change come with its transaction (perennial.db.history).
PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE = True

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
