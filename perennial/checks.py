"""Configuration that is refused, because it would look right and do harm."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from perennial.errors import Refused

OLDEST_POSTGRESQL = 15


def refuse_unsafe_configuration() -> None:
    """Called by every command, after ``django.setup()`` and before anything is read or written."""
    _refuse_unknown_gateway()
    _refuse_invented_today()
    _refuse_old_postgresql()
    _refuse_copy_with_real_cards()


def _refuse_unknown_gateway() -> None:
    if settings.PERENNIAL_GATEWAY != "sandbox":  # that one needs no looking up
        from perennial.payments.gateways import refuse_unknown

        refuse_unknown(settings.PERENNIAL_GATEWAY)


def _refuse_invented_today() -> None:
    if settings.PERENNIAL_TODAY is not None and settings.PERENNIAL_GATEWAY != "sandbox":
        raise Refused("today_with_real_cards", gateway=settings.PERENNIAL_GATEWAY)


def _refuse_old_postgresql() -> None:
    connection.ensure_connection()
    version = connection.connection.info.server_version
    if version // 10000 < OLDEST_POSTGRESQL:
        raise Refused("postgresql_too_old", version=version // 10000, oldest=OLDEST_POSTGRESQL)


def _refuse_copy_with_real_cards() -> None:
    """What was restored as a copy of another installation charges nobody: the other one does."""
    if settings.PERENNIAL_GATEWAY == "sandbox":
        return
    from perennial.catalog.copies import is_copy

    if "catalog_company" in connection.introspection.table_names() and is_copy():
        raise Refused("copy_with_real_cards", gateway=settings.PERENNIAL_GATEWAY)
