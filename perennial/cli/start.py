"""Start what a command needs: the database, then Django, without its system checks."""

from __future__ import annotations

import gc
import importlib
import os
from types import ModuleType


def start_django(*, make: bool = False, stop_when_unused: bool = False, other_tables: bool = False) -> None:
    """Make sure that a database answers, set Django up, and that the tables are those of this program.

    ``make``: also make the embedded server's database where there is none yet; who asks then makes the tables new.
    ``stop_when_unused``: the server that is started here ends with the last that uses it. ``other_tables``: the
    command never touches those of the installation, whatever they are.
    """
    server = optional("perennial.db.server")
    if server is not None:
        server.ensure(make=make, stop_when_unused=stop_when_unused)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perennial.settings")
    gc.disable()  # nothing of what is imported is ever garbage: a third of the time of starting
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
        gc.freeze()
        _use_payment_server()
        checks = optional("perennial.checks")
        if checks is not None:
            checks.refuse_unsafe_configuration()
    gc.enable()
    tables = optional("perennial.db.tables")
    if tables is not None and not other_tables:
        tables.refuse_other_tables(older_may_be=make)


def _use_payment_server() -> None:
    """Where cards are charged by the payment server of the installation, it runs as long as this command does."""
    from django.conf import settings

    if settings.PERENNIAL_GATEWAY != "simulator" or settings.PERENNIAL_PAYMENT_SERVER is not None:
        return
    from perennial.payment_server import beside

    home = settings.PERENNIAL_HOME / "payment-server"
    # What this command starts finds the same server, and knows its events by the same secret.
    settings.PERENNIAL_PAYMENT_SERVER = os.environ["PERENNIAL_PAYMENT_SERVER"] = beside.use(home).address
    if settings.PERENNIAL_PAYMENT_SERVER_WEBHOOK_SECRET is None:
        known = beside.secret(home)
        settings.PERENNIAL_PAYMENT_SERVER_WEBHOOK_SECRET = known
        os.environ["PERENNIAL_PAYMENT_SERVER_WEBHOOK_SECRET"] = known


def optional(name: str) -> ModuleType | None:
    """A module of ours, None when this version does not have it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name is not None and (name == missing.name or name.startswith(f"{missing.name}.")):
            return None
        raise
