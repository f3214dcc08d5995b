"""The gateway's page on which a customer stores a card: it is opened, how it ended is asked, and what waited is paid."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import date

from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from perennial.catalog.queries import company
from perennial.customers.models import Customer, StoredCard
from perennial.customers.queries import called_by
from perennial.db import history, sql
from perennial.desk.action import action
from perennial.desk.cards.link import keeper, revoke
from perennial.desk.cards.pays import pays_this_too
from perennial.desk.cards.store import CardStored, store_card
from perennial.desk.orders.collect import Collected, collect
from perennial.errors import Conflict, Refused
from perennial.kernel.states import CARD_LINK_OPEN
from perennial.notices.links import address, token_of
from perennial.orders.models import SalesOrder
from perennial.payments import gateways, refused_keys
from perennial.payments.gateways.contract import CardPageRequest, KeepsCards, KeptCard
from perennial.payments.models import CardLink

SQL = sql.named("perennial.desk.cards", "cards.sql")
_LOG = logging.getLogger("perennial.card_links")
CUSTOMER = "customer"
"""Who stores a card by a link, as the history calls them."""
LOOK_FOR_DAYS = 2
"""So long after it was opened a gateway's page is looked at, unless the gateway tells of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEnded:
    """What became of a gateway's page: ``open``, ``stored``, ``expired``; ``revoked``: the link was, and the card is not taken.

    ``stored``: what the card has taken over, told to whoever came first. ``collected``: what became of each payment.
    """

    link: int
    state: str
    stored: CardStored | None = None
    collected: tuple[Collected, ...] = ()


def open_card_page(*, link: int, words: str, language: str, agent: str, on: date) -> str | None:
    """The address of the gateway's page, on which the customer stores a card; ``words``: what they have agreed to.

    Never inside a transaction. The same page as before, as long as it can be used. None: the card is stored already.
    Refused: the link works no more; the gateway does not answer.
    """
    found = CardLink.objects.select_related("customer").get(pk=link)
    _refuse_over(found, on)
    before = None
    if found.page is not None:
        ended = _looked(link, on)
        if ended.state == "stored":
            return None
        before = found.page if ended.state == "expired" else None
    gateway = keeper()
    if gateway is None:
        raise Refused("no_card_page", gateway=gateways.current().name)
    name = gateways.current().name
    try:
        with refused_keys.told(name):
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


def _looked(link: int, on: date) -> PageEnded:
    """How the page stands, where the customer waits for it. Refused: the gateway does not say."""
    try:
        return look(link=link, on=on, by=CUSTOMER)
    except (Conflict, DatabaseError):
        raise
    except Exception as problem:  # whatever a gateway may raise, as above
        _LOG.warning("the page of link %s could not be looked at: %s", link, type(problem).__name__)
        raise Refused("card_page_not_opened", gateway=gateways.current().name) from None


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
            with refused_keys.told(found.gateway):
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
        except (Conflict, Refused) as refused:
            if refused.code == refused_keys.REFUSED:
                _LOG.warning("the pages of cards are not looked at: %s", refused)
                return done
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
    revoke(list(others.values_list("pk", flat=True)), by)
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
    named = called_by(gateway, customer)
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
        token=None if named else sql.value(SQL["card_there"], {"customer": customer.pk, "gateway": gateway}),
    )
    mark = hashlib.sha256(repr((asked, after)).encode()).hexdigest()[:16]
    return replace(asked, key=f"{company().installation}-card-link-{found.pk}-{mark}")


def _refuse_over(found: CardLink, on: date) -> None:
    if (status := found.state(on)) not in CARD_LINK_OPEN:
        raise Refused("card_link_over", "link", status=status)


def _name_customer(customer: int, gateway: str, reference: str) -> None:
    """Keep how a gateway calls a customer."""
    sql.execute(SQL["name_customer"], {"customer": customer, "gateway": gateway, "reference": reference})
