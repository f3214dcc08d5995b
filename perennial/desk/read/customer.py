"""A customer while the telephone rings: who it is, what comes next over all orders, what went wrong, which cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from perennial.catalog.queries import currency, set_up
from perennial.customers.queries import customer_by_account
from perennial.customers.search import customers_with, read_words, terms_of
from perennial.db import sql
from perennial.db.pages import Page
from perennial.desk.changeable import may_come_back
from perennial.desk.read.coming import ComingShipment, coming
from perennial.desk.read.order import Order
from perennial.desk.read.orders import orders
from perennial.desk.read.values import Address, Card, Note, Payment
from perennial.desk.read.waiting import Waiting, troubles_of
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.states import NOT_ASKED, NOT_PAID

_SQL = sql.named("perennial.desk.read", "customer.sql")
NEXT = 12
LAST = 10


@dataclass(frozen=True, slots=True)
class StoredCard:
    """A card of a customer, and what the issuer knows it by."""

    card: Card
    network_transaction_id: str | None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer; ``addresses`` are those with a code, ``orders`` the numbers of the parent orders as they were made,
    ``pays_for`` those of the orders of others that they pay, ``source_code`` where they came from first.
    """

    id: int
    account: str
    name: str
    email: str | None
    phone: str | None
    language: str | None
    allow_on_account: bool
    credit_limit: Money | None
    addresses: tuple[Address, ...]
    cards: tuple[StoredCard, ...]
    orders: tuple[str, ...]
    pays_for: tuple[str, ...]
    notes: tuple[Note, ...]
    source_code: str | None


@dataclass(frozen=True, slots=True)
class OrderHead:
    """A parent order on one line: what was sold, how many of its children were sent, when the last, by whom and under which number."""

    number: str
    status: str
    order_date: date
    products: tuple[str, ...]
    sent: int
    last_sent_on: date | None
    carrier: str | None
    tracking: str | None
    held: bool
    receiver: str | None
    """Who receives it, where that is not the customer, who pays."""
    may_come_back: bool
    """Has a person stopped something of it, so that it can go on again?"""


@dataclass(frozen=True, slots=True)
class CardHealth:
    """Whether a card will do: ``good``, ``spare`` (it pays nothing), ``refused``, ``expired``, or ``ends``.

    ``ends``: it expires before ``after`` of the shipments that it pays and before ``parts`` of payments that are owed
    already fall due, the first on ``first_on``. ``is_to_pay``: something is still to be paid by it.
    """

    card: Card
    health: str
    after: int
    first_on: date | None
    parts: int = 0
    is_to_pay: bool = False


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """A customer with all that a call is about. ``coming``: the next shipments over all open orders, by their day; what
    was skipped and is past is not among them.

    ``warnings``: what waits for a person, what was declined (``declined``), and cards that end (``card_ends``).
    """

    customer: Customer
    open_orders: tuple[Order, ...]
    coming: tuple[ComingShipment, ...]
    last_orders: tuple[OrderHead, ...]
    cards: tuple[CardHealth, ...]
    warnings: tuple[Waiting, ...]


def paying_card(page: CustomerPage) -> Card | None:
    """The card that pays what is to come; else the newest that will do, else the newest of all."""
    order = {"ends": 0, "good": 0, "refused": 1, "expired": 1, "spare": 2}
    found = min(reversed(page.cards), key=lambda one: order[one.health], default=None)
    return found.card if found else None


def customer(account: str) -> Customer:
    """A customer by the account. Refused when there is none."""
    return customers([customer_by_account(account).pk])[0]


def customers(ids: Sequence[int]) -> list[Customer]:
    """These customers, in the order in which they are given."""
    given = {"customers": list(ids)}
    addresses: dict[int, list[Address]] = defaultdict(list)
    for owner, *address in sql.tuples(_SQL["addresses"], given):
        addresses[owner].append(Address(*address))
    cards: dict[int, list[StoredCard]] = defaultdict(list)
    for owner, token, brand, last4, expires_on, refused, network in sql.tuples(_SQL["cards"], given):
        card = Card(token, brand, last4, expires_on=expires_on, refused=refused)
        cards[owner].append(StoredCard(card, network))
    notes: dict[int, list[Note]] = defaultdict(list)
    for owner, *note in sql.tuples(_SQL["notes"], given):
        notes[owner].append(Note(*note))
    numbers: dict[int, list[str]] = defaultdict(list)
    paid: dict[int, list[str]] = defaultdict(list)
    for owner, number, received, _ in sql.tuples(_SQL["numbers"], given):
        (numbers if received else paid)[owner].append(number)
    found = {}
    for pk, account, name, email, phone, language, on_account, limit, source in sql.tuples(_SQL["customers"], given):
        found[pk] = Customer(
            id=pk,
            account=account,
            name=name,
            email=email,
            phone=phone,
            language=language,
            allow_on_account=on_account,
            credit_limit=None if limit is None else Money(limit, currency()),
            addresses=tuple(addresses[pk]),
            cards=tuple(cards[pk]),
            orders=tuple(numbers[pk]),
            pays_for=tuple(paid[pk]),
            notes=tuple(notes[pk]),
            source_code=source,
        )
    return [found[pk] for pk in ids if pk in found]


def find_customers(words: str, *, size: int, after: str | None = None) -> Page[Customer]:
    """A page of the customers with whom every one of the words fits a name, an account, an e-mail address, a telephone
    number, a town or a postcode (``customers.search``), the newest first.

    Refused: nothing to look for.
    """
    if not words.split():
        raise Refused("search_empty", "words")
    found = customers_with(terms_of(read_words(words)), size=size, after=after)
    return Page(tuple(customers(found.rows)), found.next)


def customer_page(account: str, *, on: date, most: int = NEXT) -> CustomerPage:
    """A customer with the next shipments, planned or projected, and all that a call may be about on a date."""
    found = customer(account)
    ids = [row[0] for row in sql.tuples(_SQL["open_orders"], {"customer": found.id})]
    rules = set_up()
    open_orders = tuple(orders(ids, on=on, ahead=most, rules=rules))
    shipments = sorted(
        (shipment for order in open_orders for shipment in coming(order, rules)),
        key=lambda shipment: (shipment.ship_on, shipment.order, shipment.line, shipment.number),
    )
    owed = [payment for order in open_orders for payment in order.payments]
    cards = tuple(health_of(stored.card, shipments, owed, on) for stored in found.cards)
    return CustomerPage(
        customer=found,
        open_orders=open_orders,
        coming=tuple([s for s in shipments if s.status != "skipped" or s.ship_on >= on][:most]),
        last_orders=tuple(_last_orders(found.id)),
        cards=cards,
        warnings=tuple(_warnings(found, open_orders, cards, on)),
    )


def _last_orders(customer_id: int) -> Iterator[OrderHead]:
    found = sql.prepared(_SQL["last_orders"], {"customer": customer_id, "most": LAST})
    for number, status, ordered, products, sent, last_sent_on, carrier, tracking, held, receiver, *lines in found:
        yield OrderHead(
            number=number,
            status=status,
            order_date=ordered,
            products=tuple(products),
            sent=sent,
            last_sent_on=last_sent_on,
            carrier=carrier,
            tracking=tracking,
            held=held,
            receiver=receiver,
            may_come_back=any(may_come_back(*line) for line in zip(*lines, strict=True)),
        )


def health_of(card: Card, shipments: Sequence[ComingShipment], owed: Sequence[Payment], on: date) -> CardHealth:
    """What of the shipments and payments that a card pays comes after its last day (D22)."""
    pays = [s for s in shipments if s.card is not None and s.card.token == card.token and not s.upfront]
    after = [s for s in pays if s.child is None and s.status != "skipped" and s.ship_on > card.expires_on]
    due = [p for p in owed if p.card is not None and p.card.token == card.token and p.status in NOT_ASKED]
    parts = [p for p in due if p.due_on > card.expires_on]
    if card.expires_on < on:
        health = "expired"
    elif card.refused:
        health = "refused"
    elif after or parts:
        health = "ends"
    else:
        health = "good" if pays or due else "spare"
    first_on = min([*(s.ship_on for s in after), *(p.due_on for p in parts)], default=None)
    owes = any(p.card is not None and p.card.token == card.token and p.status in NOT_PAID for p in owed)
    is_to_pay = owes or any(s.child is None and s.status not in ("skipped", "cancelled") for s in pays)
    return CardHealth(card, health, len(after), first_on, parts=len(parts), is_to_pay=is_to_pay)


def _warnings(
    found: Customer, open_orders: Sequence[Order], cards: Sequence[CardHealth], on: date
) -> Iterator[Waiting]:
    """What waits for a person, what was declined and is tried again, which cards will not do."""
    for one in cards:
        is_refused = one.health == "refused" and one.is_to_pay
        if is_refused or one.health == "ends" or (one.health == "expired" and (one.after or one.parts)):
            facts = {"card": one.card.words or one.card.token, "expires_on": one.card.expires_on}
            more = {"count": one.after or one.parts, "ship_on": one.first_on}
            code = "card_ended" if one.health == "expired" else "card_ends"
            code = code if one.after or not one.parts else f"{code}_parts"
            code = "card_refused" if one.health == "refused" else code
            yield Waiting(code, "", found.account, "", facts={**facts, **more}, steps=("new_card",))
    for order in open_orders:
        yield from troubles_of(order, on)
