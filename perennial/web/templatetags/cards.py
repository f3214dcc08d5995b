"""How far a customer is who was asked for a card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from django import template
from django.template import Context

from perennial.catalog.queries import zone_of
from perennial.desk.cards.pays import Pays
from perennial.desk.read.card_links import Link
from perennial.kernel.money import Money
from perennial.language import Reader
from perennial.web.card_link import days_words
from perennial.web.visit import Visitor
from perennial.web.words import card_words, said

register = template.Library()
ASKED = ("captured", "authorised", "declined", "failed")


@register.simple_tag(takes_context=True)
def card_link_words(context: Context, link: Link) -> str:
    """``Card link: sent 10:46, opened 10:47, stored 10:49: Visa 4242; SO-000007-1-003 paid €24.90``."""
    to: Reader = context["to"]
    visitor: Visitor = context["visitor"]
    zone = zone_of(visitor.company)

    def at(moment: datetime) -> str:
        local = moment.astimezone(zone)
        return local.strftime("%H:%M") if local.date() == datetime.now(zone).date() else local.strftime("%d/%m %H:%M")

    steps = ", ".join(_steps(link, to, at))
    paid = [_asked(one.order, one.amount, one.status, to) for one in link.asked]
    return f"{said(to, 'card_link_status')}: {'; '.join([steps, *paid])}"


@register.simple_tag(takes_context=True)
def pays_days(context: Context, one: Pays) -> str:
    """What becomes of the days of an order that waited for a card."""
    return " ".join(days_words(one, context["to"], "card_link"))


def _steps(link: Link, to: Reader, at: Callable[[datetime], str]) -> Iterator[str]:
    if link.channel == "desk":
        yield said(to, "card_link_by_desk", by=link.by)
    elif link.sent_at is not None:
        yield said(to, "card_link_sent", at=at(link.sent_at))
    elif link.message is None:
        yield said(to, "card_link_made", at=at(link.made_at))
    else:
        yield said(to, "card_link_queued" if link.message in ("queued", "sending") else "card_link_not_sent")
    if link.opened_at is not None:
        yield said(to, "card_link_opened", at=at(link.opened_at))
    if link.stored_at is not None and link.card is not None:
        yield said(to, "card_link_stored", at=at(link.stored_at), card=card_words(link.card))
    elif link.status in ("revoked", "expired"):
        yield said(to, f"card_link_{link.status}")
    elif link.opened_at is None:
        yield said(to, "card_link_works", on=link.expires_on)


def _asked(order: str, amount: Money, status: str, to: Reader) -> str:
    return said(to, f"card_link_asked_{status if status in ASKED else 'other'}", order=order, amount=amount)
