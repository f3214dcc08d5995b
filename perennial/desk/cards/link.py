"""A customer gives a card by themselves: a link is sent, or a clerk opens the gateway's page, and what waited is paid.

1. A link is made: one customer, one purpose, until a day. Its token is kept nowhere (``notices.links``).
2. Whoever has it reads what the card will pay, agrees, and is sent to the page of the gateway.
3. How that page ended is asked of the gateway itself: when the customer comes back, when the gateway tells, and now and then.
4. The card is stored by the rules of ``store_card``; then what waited for it is asked of it.

Safe to be done by several at once because the row of the link is locked while its card is stored, and the payments of an
order are processed by one after the other. What dies between 4's two halves is gone on with by the next look.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Now

from perennial.catalog.queries import company, parameters, today
from perennial.customers.models import Customer, GatewayCustomer, StoredCard
from perennial.customers.queries import customer_by_account
from perennial.db import history, sql
from perennial.db.sql import draw_ids
from perennial.desk.action import action
from perennial.desk.cards.pays import Pays, pays_this_too, what_it_pays
from perennial.desk.cards.store import CardStored, store_card
from perennial.desk.locking import order_by_number
from perennial.desk.notices.facts import card_asked
from perennial.desk.orders.collect import Collected, collect
from perennial.desk.outcome import Outcome
from perennial.desk.read.values import Card
from perennial.errors import Conflict, Refused
from perennial.kernel.calendar import add_days
from perennial.kernel.states import CARD_LINK_OPEN
from perennial.notices.links import address, digest_of, token_of
from perennial.notices.mail import deliverable
from perennial.notices.queue import SQL as NOTICES
from perennial.notices.queue import About, is_on, queue
from perennial.notices.sending import Asks
from perennial.orders.models import SalesOrder
from perennial.payments import gateways
from perennial.payments.gateways.contract import CardPageRequest, KeepsCards, KeptCard
from perennial.payments.models import CardLink

SQL = sql.named("perennial.desk.cards", "cards.sql")
_LOG = logging.getLogger("perennial.card_links")
CUSTOMER = "customer"
"""Who stores a card by a link, as the history calls them."""
LOOK_FOR_DAYS = 2
"""So long after it was opened a gateway's page is looked at, unless the gateway tells of it."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEnded:
    """What became of a gateway's page: ``open``, ``stored``, ``expired``; ``revoked``: the link was, and the card is not taken.

    ``stored``: what the card has taken over, told to whoever came first. ``collected``: what became of each payment.
    """

    link: int
    state: str
    stored: CardStored | None = None
    collected: tuple[Collected, ...] = ()


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
    _revoke([found.pk], by)
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


def open_card_page(*, link: int, words: str, language: str, agent: str, on: date) -> str | None:
    """The address of the gateway's page, on which the customer stores a card; ``words``: what they have agreed to.

    Never inside a transaction. The same page as before, as long as it can be used. None: the card is stored already.
    Refused: the link works no more; the gateway does not answer.
    """
    found = CardLink.objects.select_related("customer").get(pk=link)
    _refuse_over(found, on)
    before = None
    if found.page is not None:
        ended = look(link=link, on=on, by=CUSTOMER)
        if ended.state == "stored":
            return None
        before = found.page if ended.state == "expired" else None
    gateway = keeper()
    if gateway is None:
        raise Refused("no_card_page", gateway=gateways.current().name)
    name = gateways.current().name
    try:
        page = gateway.card_page(_request(found, name, language=language, after=before, on=on))
    except Exception as problem:  # whatever a gateway may raise: nobody knows, and the customer may try again
        _LOG.warning("no card page of %s for link %s: %s", name, link, type(problem).__name__)
        raise Refused("card_page_not_opened", gateway=name) from None
    with transaction.atomic(durable=True):
        now = CardLink.objects.select_for_update(no_key=True).get(pk=link)
        _refuse_over(now, on)
        CardLink.objects.filter(pk=link).update(
            gateway=name,
            page=page.reference,
            opened_at=Coalesce(F("opened_at"), Now()),
            consent=words,
            consented_at=Now(),
            language=language,
            agent=agent[:500],
        )  # how the gateway calls the customer is kept with their card: the same page is asked for in the same words until then
    return page.url


def page_ended(*, gateway: str, reference: str, on: date, by: str) -> PageEnded | None:
    """A gateway's page may have ended: ask it, store the card, let it pay what waited. None: the page is none of ours.

    Never inside a transaction. However often and by how many at once it is called, the card is stored once and charged once.
    """
    found = CardLink.objects.filter(gateway=gateway, page=reference).values_list("pk", flat=True).first()
    return None if found is None else look(link=found, on=on, by=by)


def look(*, link: int, on: date, by: str) -> PageEnded:
    """How the gateway's page of a link stands, as ``page_ended``."""
    found = CardLink.objects.get(pk=link)
    stored = None
    state = "stored" if found.stored_at else "revoked" if found.revoked_at else "open"
    if state == "open" and found.page is not None and found.gateway is not None:
        kept_by = gateways.by_name(found.gateway)
        if isinstance(kept_by, KeepsCards):
            end = kept_by.card_page_end(found.page)
            state = end.state
            if end.state == "stored" and end.card is not None:
                if end.gateway_customer:
                    _name_customer(found.customer_id, found.gateway, end.gateway_customer)
                stored = _take_card(found, end.card, on)
    found.refresh_from_db()
    if found.stored_at is None:
        return PageEnded(link=link, state="revoked" if found.revoked_at else "open" if state == "stored" else state)
    return PageEnded(link=link, state="stored", stored=stored, collected=_charge(found, on=on, by=by))


def look_at_pages(*, on: date, by: str) -> int:
    """Look at every page that may have ended without anybody telling us, and charge what was left half done; how many cards.

    Never inside a transaction.
    """
    found = [row[0] for row in sql.tuples(SQL["links_to_look_at"], {"days": LOOK_FOR_DAYS})]
    done = 0
    for pk in found:
        try:
            done += look(link=pk, on=on, by=by).state == "stored"
        except (Conflict, Refused):
            _LOG.exception("link %s", pk)
        except Exception as problem:  # whatever a gateway may raise: the next look asks again
            _LOG.warning("the page of link %s could not be looked at: %s", pk, type(problem).__name__)
    return done


@action()
def _store(*, link: int, card: KeptCard, on: date, by: str) -> CardStored | None:
    """Store the card of a link, and let it pay the order for which it was asked; None: somebody has, or the link was revoked."""
    found = CardLink.objects.select_for_update(no_key=True).get(pk=link)
    if found.stored_at is not None or found.revoked_at is not None:
        return None
    history.context(by=by, reason=None)
    customer = Customer.objects.get(pk=found.customer_id)
    old = StoredCard.objects.filter(pk=found.replaces_id).first() if found.replaces_id else None
    stored = store_card(
        account=customer.account,
        token=card.token,
        exp=f"{card.exp_month}/{card.exp_year}",
        brand=card.brand or None,
        last4=card.last4 or None,
        replaces=old.token if old else None,
        gateway=found.gateway,
        on=on,
        by=by,
    )
    order = SalesOrder.objects.filter(pk=found.order_id).first() if found.order_id else None
    if (
        order is not None
        and order.number not in stored.orders
        and pays_this_too(order.number, card.token, on=on, by=by)
    ):
        stored = replace(stored, orders=tuple(sorted((*stored.orders, order.number))))
    new = StoredCard.objects.get(customer=customer, token=card.token)
    CardLink.objects.filter(pk=link).update(stored_at=Now(), card=new)
    # Nobody is asked any more for the same, by another way.
    others = CardLink.objects.filter(customer=customer, order=found.order_id, stored_at=None, revoked_at=None)
    _revoke(list(others.values_list("pk", flat=True)), by)
    return stored


def _take_card(found: CardLink, card: KeptCard, on: date) -> CardStored | None:
    """Store the card that a customer gave on the gateway's page. One that cannot be kept is logged, and asked for again."""
    by = CUSTOMER if found.channel == "link" else found.by
    try:
        return _store(link=found.pk, card=card, on=on, by=by)
    except Refused as refused:
        _LOG.warning("the card of link %s is not kept: %s", found.pk, refused.code)
        CardLink.objects.filter(pk=found.pk, stored_at=None).update(page=None)
        return None


def _charge(found: CardLink, *, on: date, by: str) -> tuple[Collected, ...]:
    """Ask the new card for what waited, order by order; nothing when it was done."""
    if found.charged_at is not None or found.card_id is None:
        return ()
    numbers = [row[0] for row in sql.tuples(SQL["orders_of_card"], {"card": found.card_id})]
    collected = tuple(collect(number=number, on=on, by=by) for number in numbers)
    CardLink.objects.filter(pk=found.pk, charged_at=None).update(charged_at=Now())
    return collected


def _request(found: CardLink, gateway: str, *, language: str, after: str | None, on: date) -> CardPageRequest:
    """What is asked of the gateway: the same key, as long as nothing of it differs and no page before it (``after``) has expired."""
    customer, here = found.customer, f"{address()}/k/{token_of(found.pk)}"
    named = (
        GatewayCustomer.objects.filter(customer=customer, gateway=gateway).values_list("reference", flat=True).first()
    )
    asked = CardPageRequest(
        key="",
        account=customer.account,
        name=customer.name,
        email=customer.email,
        language=language,
        done_url=f"{here}/done",
        back_url=here,
        on=on,
        gateway_customer=named,
    )
    mark = hashlib.sha256(repr((asked, after)).encode()).hexdigest()[:16]
    return replace(asked, key=f"{company().installation}-card-link-{found.pk}-{mark}")


def _refuse_over(found: CardLink, on: date) -> None:
    if (status := found.state(on)) not in CARD_LINK_OPEN:
        raise Refused("card_link_over", "link", status=status)


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
    _revoke(older, by)
    return older[0] if older else None


def _revoke(links: list[int], by: str) -> None:
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


def _name_customer(customer: int, gateway: str, reference: str) -> None:
    """Keep how a gateway calls a customer."""
    sql.execute(SQL["name_customer"], {"customer": customer, "gateway": gateway, "reference": reference})
