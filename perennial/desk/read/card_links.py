"""Links by which customers give cards: sent, opened, stored, and what the card paid."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from perennial.db import sql
from perennial.desk.read.order import Order
from perennial.desk.read.values import Card
from perennial.kernel.money import Money
from perennial.kernel.states import CARD_LINK_OPEN
from perennial.payments.models import CardLink

_SQL = sql.named("perennial.desk.read", "card_links.sql")
SIZE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the new card at once, and how the payment stands."""

    order: str
    amount: Money
    status: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link. ``status``: a word of ``states.CARD_LINK``. ``message``: the state of the message that holds it; None: none does.

    ``asked``: what its card was asked for when it was stored.
    """

    number: int
    account: str
    order: str | None
    replaces: Card | None
    channel: str
    language: str
    by: str
    on: date
    expires_on: date
    status: str
    made_at: datetime
    message: str | None
    sent_at: datetime | None
    opened_at: datetime | None
    stored_at: datetime | None
    card: Card | None
    revoked_at: datetime | None
    revoked_by: str | None
    charged: bool
    asked: tuple[Asked, ...] = ()

    @property
    def works(self) -> bool:
        """Can it still be used?"""
        return self.status in CARD_LINK_OPEN

    @property
    def moment(self) -> str:
        """How far it is, in a few letters: what a page that shows it compares."""
        return f"{self.number}-{self.status}-{self.message or ''}-{'charged' if self.charged else ''}"


def card_links(
    *, on: date, account: str | None = None, size: int = SIZE, before: int | None = None
) -> tuple[Link, ...]:
    """Links, the newest first; those of one customer, or of all."""
    return _links(on, account=account, before=before, most=size)


def card_link(number: int, *, on: date) -> Link:
    """A link by its number. LookupError: there is none."""
    found = _links(on, link=number)
    if not found:
        raise LookupError(number)
    return found[0]


def concerns(link: Link, order: Order, on: date) -> bool:
    """Is a link about an order? It was asked for it; or for all that waits, and this order pays, or waits, by such a card."""
    if link.order is not None:
        return link.order == order.number
    cards = (*(one.card for one in order.continuity), *(one.card for one in order.payments))
    paying = [card for card in cards if card is not None]
    if link.card is not None:
        return any(card.token == link.card.token for card in paying)
    if link.replaces is not None:
        return any(card.token == link.replaces.token for card in paying)
    return any(card.refused or card.expires_on < on for card in paying)


def _links(
    on: date, *, account: str | None = None, link: int | None = None, before: int | None = None, most: int = 1
) -> tuple[Link, ...]:
    asked = {"account": account, "link": link, "before": before, "most": most}
    return tuple(_link(row, on) for row in sql.tuples(_SQL["links"], asked))


def _link(row: tuple[Any, ...], on: date) -> Link:
    number, account, order, *rest = row
    replaces, rest = _card(rest[:5]), rest[5:]
    channel, language, by, made_on, expires_on, made_at, message, sent_at, opened_at, stored_at, *rest = rest
    card, (revoked_at, revoked_by, charged_at, asked) = _card(rest[:5]), rest[5:]
    state = CardLink(opened_at=opened_at, stored_at=stored_at, revoked_at=revoked_at, expires_on=expires_on).state(on)
    return Link(
        number=number,
        account=account,
        order=order,
        replaces=replaces,
        channel=channel,
        language=language,
        by=by,
        on=made_on,
        expires_on=expires_on,
        status=state,
        made_at=made_at,
        message=message,
        sent_at=sent_at,
        opened_at=opened_at,
        stored_at=stored_at,
        card=card,
        revoked_at=revoked_at,
        revoked_by=revoked_by,
        charged=charged_at is not None,
        asked=tuple(
            Asked(order, Money(minor, currency), status) for order, minor, currency, status in read_json(asked)
        ),
    )


def read_json(found: str | list[Any] | None) -> list[Any]:
    """What the database gives as JSON, parsed or not."""
    return json.loads(found) if isinstance(found, str) else found or []


def _card(given: list[Any]) -> Card | None:
    token, brand, last4, expires_on, refused = given
    return None if token is None else Card(token, brand, last4, expires_on=expires_on, refused=refused)
