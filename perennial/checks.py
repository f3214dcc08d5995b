"""Configuration that is refused, because it would look right and do harm."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from perennial.errors import Refused
from perennial.practice import PRACTICE, STRIPE_KEY, STRIPE_LIVE, WEBHOOK_SECRET, real_money

OLDEST_POSTGRESQL = 15


def refuse_unsafe_configuration() -> None:
    """Called by every command, after ``django.setup()`` and before anything is read or written."""
    _refuse_unknown_gateway()
    _refuse_invented_today()
    _refuse_gateway_without_its_settings()
    _refuse_old_postgresql()
    _refuse_copy_with_real_cards()


def _refuse_unknown_gateway() -> None:
    if settings.PERENNIAL_GATEWAY != "sandbox":  # that one needs no looking up
        from perennial.payments.gateways import refuse_unknown

        refuse_unknown(settings.PERENNIAL_GATEWAY)


def _refuse_invented_today() -> None:
    """Stripe's test mode too: its authorisations and events live by its own clock."""
    if settings.PERENNIAL_TODAY is not None and settings.PERENNIAL_GATEWAY not in PRACTICE:
        raise Refused("today_with_real_cards", gateway=settings.PERENNIAL_GATEWAY)
    if settings.PERENNIAL_TODAY is not None and STRIPE_LIVE.match(settings.PERENNIAL_STRIPE_KEY or ""):
        raise Refused("today_with_live_key", name="PERENNIAL_STRIPE_KEY")


def _refuse_gateway_without_its_settings() -> None:
    """The refusals name the variable, never what is in it."""
    if settings.PERENNIAL_GATEWAY == "stripe":
        if not settings.PERENNIAL_STRIPE_KEY:
            raise Refused("setting_missing", name="PERENNIAL_STRIPE_KEY", gateway="stripe")
        if not STRIPE_KEY.fullmatch(settings.PERENNIAL_STRIPE_KEY):
            raise Refused(
                "setting_not_a_key",
                name="PERENNIAL_STRIPE_KEY",
                begins=["sk_live_", "rk_live_", "sk_test_", "rk_test_"],
            )
        if not all(WEBHOOK_SECRET.fullmatch(secret) for secret in settings.PERENNIAL_STRIPE_WEBHOOK_SECRETS):
            raise Refused("setting_not_a_key", name="PERENNIAL_STRIPE_WEBHOOK_SECRETS", begins=["whsec_"])
    if settings.PERENNIAL_GATEWAY == "simulator" and not settings.PERENNIAL_PAYMENT_SERVER:
        raise Refused("setting_missing", name="PERENNIAL_PAYMENT_SERVER", gateway="simulator")


def _refuse_old_postgresql() -> None:
    connection.ensure_connection()
    version = connection.connection.info.server_version
    if version // 10000 < OLDEST_POSTGRESQL:
        raise Refused("postgresql_too_old", version=version // 10000, oldest=OLDEST_POSTGRESQL)


def _refuse_copy_with_real_cards() -> None:
    """What was restored as a copy of another installation charges nobody: the other one does."""
    if not real_money():
        return
    from perennial.catalog.copies import is_copy

    if "catalog_company" in connection.introspection.table_names() and is_copy():
        raise Refused("copy_with_real_cards", gateway=settings.PERENNIAL_GATEWAY)
