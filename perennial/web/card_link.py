"""The link by which a customer is asked for a card, as the pages of customer and order show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from perennial.catalog.queries import zone_of
from perennial.desk.cards.pays import Pays
from perennial.desk.read.card_links import Link, card_links, concerns
from perennial.desk.read.order import Order
from perennial.language import Reader
from perennial.web.history import Happened, by_words
from perennial.web.visit import Visit
from perennial.web.words import card_words, said

LOOKS = timedelta(hours=1)
"""So long after somebody did something about it a page looks every two seconds how far it is."""
NEWEST = 3


def link_shown(request: Visit, account: str, order: Order | None = None) -> dict[str, Any]:
    """How far the newest link of a customer is (of an ``order``: that concerns it), as long as it works or was used that
    day; whether the page keeps looking.
    """
    on = request.visitor.today
    links = card_links(on=on, account=account, size=NEWEST)
    about = [one for one in links if order is None or concerns(one, order, on)]
    found = next((one for one in about[:1] if one.works or one.on == on), None)
    if found is None:
        return {"card_link": None, "card_links": links}
    goes_on = found.works or (found.status == "stored" and not found.charged)
    last = found.stored_at or found.opened_at or found.sent_at or found.made_at
    shown_on = order.number if order else ""
    return {
        "card_link": found,
        "card_links": links,
        "link_order": shown_on,
        "polls": goes_on and timezone.now() - last < LOOKS,
    }


def days_words(one: Pays, to: Reader, about: str) -> Iterator[str]:
    """What becomes of the days of an order that waited, when the card is stored today; as ``about`` says it."""
    if one.moved:
        first = min(day.ship_on for day in one.moved)
        yield said(to, f"{about}_moves", order=one.order, on=first, count=len(one.moved))
    for late in one.caught_up:
        yield said(to, f"{about}_late_{late.how}", order=one.order, count=len(late.shipments))


def links_happened(request: Visit, links: Sequence[Link]) -> Iterator[Happened]:
    """What happened to links, as lines of the history."""
    to, zone = request.visitor.reader, zone_of(request.visitor.company)

    def day(link: Link, moment: datetime) -> date:
        """The business date of a moment: as many days behind that of the link as the clock was."""
        return link.on + (moment.astimezone(zone).date() - link.made_at.astimezone(zone).date())

    customer = by_words("customer", to)
    for link in links:
        yield Happened(said(to, "history_card_link"), "", link.on, by_words(link.by, to))
        by = customer if link.channel == "link" else by_words(link.by, to)
        if link.stored_at is not None and link.card is not None:
            words = said(to, "history_card_link_stored", card=card_words(link.card))
            yield Happened(words, "", day(link, link.stored_at), by)
        elif link.revoked_at is not None:
            revoked_on, revoked_by = day(link, link.revoked_at), by_words(link.revoked_by or "", to)
            yield Happened(said(to, "history_card_link_revoked"), "", revoked_on, revoked_by)
