"""A customer gives a card by themselves: a link is sent, or a clerk opens the gateway's page, and what waited is paid.

1. A link is made: one customer, one purpose, until a day. Its token is kept nowhere (``notices.links``).
2. Whoever has it reads what the card will pay, agrees, and is sent to the page of the gateway (``page``, from here on).
3. How that page ended is asked of the gateway itself: when the customer comes back, when the gateway tells, and now and then.
4. The card is stored by the rules of ``store_card``; then what waited for it is asked of it.

Safe to be done by several at once because the row of the link is locked while its card is stored, and the payments of an
order are processed by one after the other. What dies between 4's two halves is gone on with by the next look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.db.models.functions import Now

from perennial.catalog.queries import company, parameters, today
from perennial.customers.models import Customer, StoredCard
from perennial.customers.queries import customer_by_account
from perennial.db import sql
from perennial.db.sql import draw_ids
from perennial.desk.action import action
from perennial.desk.cards.pays import Pays, what_it_pays
from perennial.desk.locking import order_by_number
from perennial.desk.notices.facts import card_asked
from perennial.desk.outcome import Outcome
from perennial.desk.read.values import Card
from perennial.errors import Refused
from perennial.kernel.calendar import add_days
from perennial.kernel.states import CARD_LINK_OPEN
from perennial.notices.links import address, digest_of, token_of
from perennial.notices.mail import deliverable
from perennial.notices.queue import SQL as NOTICES
from perennial.notices.queue import About, is_on, queue
from perennial.notices.sending import Asks
from perennial.orders.models import SalesOrder
from perennial.payments import gateways
from perennial.payments.gateways.contract import KeepsCards
from perennial.payments.models import CardLink


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMade(Outcome):
    """A customer is asked for a card. ``link``: the number; the link itself is told by nobody but the message.

    ``sent``: a message is on its way to ``email``. ``pays``: what the card will pay. ``revoked``: an older link.
    """

    account: str
    link: int
    order: str | None
    replaces: str | None
    channel: str
    expires_on: date
    sent: bool
    email: str | None
    pays: tuple[Pays, ...]
    revoked: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRevoked(Outcome):
    """A link works no more."""

    account: str
    link: int


def keeper() -> KeepsCards | None:
    """The gateway that charges here, if it has a page on which a customer stores a card."""
    now = gateways.current()
    return now if isinstance(now, KeepsCards) else None


@action()
def send_card_link(
    *,
    account: str,
    on: date,
    by: str,
    order: str | None = None,
    replaces: str | None = None,
    send: bool = True,
    channel: str = "link",
    reason: str | None = None,
) -> LinkMade:
    """Ask a customer for a card by a link, which is sent to them, or told by the clerk (``send`` False). An older link
    for the same works no more.

    ``order``: for which it is asked, and which it pays then. ``replaces``: the card whose orders it takes over.
    Refused: the gateway has no page for cards; nobody has said where customers reach us; no e-mail address; messages are off.
    """
    if keeper() is None:
        raise Refused("no_card_page", gateway=gateways.current().name)
    address()
    customer = customer_by_account(account)
    if send:
        _refuse_without_message(customer)
    parent = None if order is None else _payable(order, customer)
    old = None
    if replaces is not None:
        old = StoredCard.objects.filter(customer=customer, token=replaces).first()
        if old is None:
            raise Refused("card_unknown", "replaces", token=replaces)
    pays = what_it_pays(account=account, on=on, order=order, replaces=replaces)
    # Whoever asks for the same at the same time comes second, and revokes the first one's.
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    revoked = _revoke_older(customer, parent, channel, by)
    link = _make(customer, parent, old, channel=channel, on=on, by=by)
    if send:
        said = card_asked(
            Card(old.token, old.brand, old.last4, expires_on=old.expires_on, refused=old.refused) if old else None,
            order=order,
            program=", ".join(dict.fromkeys(name for one in pays for name in one.sold)),
            valid_until=link.expires_on,
        )
        about = About(customer=customer.pk, order=parent.pk if parent else None, revision=link.pk, facts=said)
        queue("card_link", [about], on=on)
    return LinkMade(
        account=account,
        link=link.pk,
        order=order,
        replaces=replaces,
        channel=channel,
        expires_on=link.expires_on,
        sent=send,
        email=customer.email if send else None,
        pays=pays,
        revoked=revoked,
    )


@action()
def revoke_card_link(*, link: int, on: date, by: str, reason: str | None = None) -> LinkRevoked:
    """Let a link work no more; a message with it that has not left is not sent. Refused: it does not work any more."""
    found = CardLink.objects.select_for_update(no_key=True).select_related("customer").filter(pk=link).first()
    if found is None:
        raise Refused("card_link_unknown", "link", link=link)
    status = found.state(on)
    if status not in CARD_LINK_OPEN:
        raise Refused("card_link_over", "link", status=status)
    revoke([found.pk], by)
    return LinkRevoked(account=found.customer.account, link=found.pk)


def link_for_message(asks: Asks) -> int | None:
    """The link that a message holds: its own, else the open one for the same, else a new one. None: there is none to be
    had. Called when the message leaves, in its transaction.
    """
    if keeper() is None:
        return None
    try:
        address()
    except Refused:
        return None
    on = today()
    if asks.link is not None:
        own = CardLink.objects.filter(pk=asks.link).first()
        return own.pk if own is not None and own.state(on) in CARD_LINK_OPEN else None
    customer = Customer.objects.select_for_update(no_key=True).get(pk=asks.customer)
    order = SalesOrder.objects.filter(pk=asks.order).first() if asks.order else None
    if order is not None and order.paid_by != customer.pk:
        order = None
    card = StoredCard.objects.filter(pk=asks.card, customer=customer).first() if asks.card else None
    found = _open_links(customer, order, "link").first()
    if found is not None and found.expires_on > on:
        return found.pk
    _revoke_older(customer, order, "link", "message")
    return _make(customer, order, card, channel="link", on=on, by="message").pk


def by_token(token: str) -> CardLink | None:
    """The link that a token opens, whatever became of it; None: it was never one of ours."""
    return (
        CardLink.objects.select_related("customer", "order", "replaces", "card").filter(digest=digest_of(token)).first()
    )


def _refuse_without_message(customer: Customer) -> None:
    if not customer.email or deliverable(customer.email) is None:
        raise Refused("no_email_address", "account", account=customer.account)
    if not is_on("card_link"):
        raise Refused("message_kind_off", "kind", kind="card_link")


def _payable(number: str, customer: Customer) -> SalesOrder:
    """The parent order that a customer pays by card. Refused: another one pays it, or nothing of it is paid by card."""
    order = order_by_number(number)
    if order.parent_id is not None:
        raise Refused("is_child_order", "order", order=number)
    if order.paid_by != customer.pk:
        raise Refused("order_of_another_payer", "order", order=number, account=customer.account)
    return order


def _open_links(customer: Customer, order: SalesOrder | None, channel: str) -> QuerySet[CardLink]:
    found = CardLink.objects.filter(customer=customer, order=order, channel=channel, stored_at=None, revoked_at=None)
    return found.order_by("-pk")


def _revoke_older(customer: Customer, order: SalesOrder | None, channel: str, by: str) -> int | None:
    """Revoke the older link for the same; its number, None: there is none. A page at the desk leaves a link that was sent."""
    older = [link.pk for link in _open_links(customer, order, channel).select_for_update(no_key=True)]
    revoke(older, by)
    return older[0] if older else None


def revoke(links: list[int], by: str) -> None:
    CardLink.objects.filter(pk__in=links).update(revoked_at=Now(), revoked_by=by)
    for link in links:
        sql.execute(NOTICES["drop_link"], {"link": link})


def _make(
    customer: Customer, order: SalesOrder | None, replaces: StoredCard | None, *, channel: str, on: date, by: str
) -> CardLink:
    (pk,) = draw_ids(CardLink, 1)
    days = parameters().card_link_days if channel == "link" else 1
    return CardLink.objects.create(
        pk=pk,
        customer=customer,
        order=order,
        replaces=replaces,
        channel=channel,
        digest=digest_of(token_of(pk)),
        language=customer.language or company().languages[0],
        by=by,
        on_date=on,
        expires_on=add_days(on, days - 1, "on"),
    )
