"""Practice or not: which gateways take no money, and when nothing that is done reaches anybody. Said here, and nowhere else."""

from __future__ import annotations

import re

from django.conf import settings

PRACTICE = ("sandbox", "simulator")
"""The gateways that take no money, whoever asks them."""
STRIPE_KEY = re.compile(r"[sr]k_(test|live)_[A-Za-z0-9_]{8,}")
WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9_+/=]{8,}")
STRIPE_TEST = re.compile(r"[sr]k_test_")
STRIPE_LIVE = re.compile(r"[sr]k_live_")


def takes_money(gateway: str, stripe_key: str | None) -> bool:
    """Does a gateway take real money? One that we do not know does; Stripe's does not by a test key."""
    if gateway == "stripe":
        return not STRIPE_TEST.match(stripe_key or "")
    return gateway not in PRACTICE


def real_money() -> bool:
    """Does the gateway that charges here take real money?"""
    return takes_money(settings.PERENNIAL_GATEWAY, settings.PERENNIAL_STRIPE_KEY)


def in_training() -> bool:
    """Is it practice: an invented today, or a gateway that takes no money? No mail goes out then."""
    return settings.PERENNIAL_TODAY is not None or not real_money()
