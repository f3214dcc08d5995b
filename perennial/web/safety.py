"""What would be unsafe where browsers, strangers and real cards come, and what would not reach customers: ``perennial check --deploy``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from perennial.catalog.queries import company_if_any
from perennial.desk.cards.link import keeper
from perennial.errors import Refused
from perennial.notices import mail
from perennial.payments import gateways
from perennial.people.actions import anybody
from perennial.people.queries import demo_sign_ins, without_second_factor
from perennial.practice import real_money

SHORTEST_SECRET = 50


@dataclass(frozen=True, slots=True)
class Danger:
    """One thing that is unsafe; the sentence of its code says what to do."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)


def dangers() -> tuple[Danger, ...]:
    """Everything that is unsafe in settings and people, and what links, events and mail need and have not."""
    return (*_settings(), *_links_and_events(), *_mail(), *_people())


def _settings() -> Iterator[Danger]:
    if settings.DEBUG:
        yield Danger("debug")
    if not settings.PERENNIAL_HTTPS:
        yield Danger("no_https")
    if "*" in settings.ALLOWED_HOSTS:
        yield Danger("any_host")
    elif set(settings.ALLOWED_HOSTS) <= set(settings.LOOPBACK):
        yield Danger("no_host")
    if len(settings.SECRET_KEY) < SHORTEST_SECRET:
        yield Danger("short_secret")
    if settings.PERENNIAL_TODAY is not None:
        yield Danger("training", {"on": settings.PERENNIAL_TODAY})
    if not real_money():
        yield Danger("no_real_cards", {"gateway": settings.PERENNIAL_GATEWAY})


def _links_and_events() -> Iterator[Danger]:
    """Links by which customers give a card; what the gateway tells."""
    if settings.PERENNIAL_URL is None:
        if settings.PERENNIAL_GATEWAY in gateways.names() and keeper() is not None:
            yield Danger("no_address")
    elif urlsplit(settings.PERENNIAL_URL).hostname in mail.PLAIN_HOSTS:
        yield Danger("address_of_this_machine", {"address": settings.PERENNIAL_URL})
    if settings.PERENNIAL_GATEWAY == "stripe" and not settings.PERENNIAL_STRIPE_WEBHOOK_SECRETS:
        yield Danger("no_webhook_secret")


def _mail() -> Iterator[Danger]:
    """Messages to customers, and what managers hear of nights."""
    company = company_if_any()
    if company is not None:
        try:
            mail.sender(company)
        except Refused as refused:
            yield Danger(refused.code, refused.facts)
    if not settings.PERENNIAL_MAIL_URL:
        yield Danger("mail_server_not_set")
        return
    try:
        server = mail.server(settings.PERENNIAL_MAIL_URL)
    except Refused as refused:
        yield Danger(refused.code, refused.facts)
        return
    if server.scheme == "smtp" and server.host not in mail.PLAIN_HOSTS:
        yield Danger("mail_in_the_clear", {"host": server.host})
    if settings.PERENNIAL_MAIL_CA and not Path(settings.PERENNIAL_MAIL_CA).is_file():
        yield Danger("mail_ca_missing", {"file": settings.PERENNIAL_MAIL_CA})


def _people() -> Iterator[Danger]:
    if not anybody():
        yield Danger("nobody")
    if people := demo_sign_ins():
        yield Danger("demo_passwords", {"people": people})
    if people := without_second_factor():
        yield Danger("without_second_factor", {"people": people})
