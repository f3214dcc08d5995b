"""Customers with their addresses and stored cards, made as they are given, many at once.

A customer given replaces the stored one, its lists too. An address or a card that is no longer listed
goes, unless something refers to it (an order, a shipment, a payment): then it stays, behind those listed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import transaction

from perennial.customers import rules
from perennial.customers.models import Address, Customer, StoredCard
from perennial.customers.values import AddressFacts, CardFacts, CustomerFacts
from perennial.db.history import context
from perennial.db.sql import copy, draw_ids, tuples
from perennial.db.tally import Tally
from perennial.errors import Refused

CUSTOMER = ("account", "name", "email", "phone", "language", "allow_on_account", "credit_limit_minor", "source_code")
LOSABLE = ("name", "email", "phone", "language", "allow_on_account", "credit_limit_minor")
ADDRESS = AddressFacts._fields
CARD = CardFacts._fields


Used = Callable[[Collection[int]], set[int]]
"""Which of some rows, by id, something refers to."""


@dataclass(frozen=True, slots=True)
class InUse:
    """Who knows what refers to addresses and cards: the apps above this one (``desk.in_use``)."""

    addresses: Used
    cards: Used


Named = tuple[str, str]
"""What it is (``address``, ``card``), and its code or token."""


class Changes(NamedTuple):
    """What became of customers that were given."""

    tally: Tally
    renewed: list[int]
    """The ids of stored cards that expire later now: what waited for them may go on."""
    moved: dict[int, AddressFacts]
    """The addresses that are other places now, by id: what each was before."""
    emptied: list[tuple[str, list[str | Named]]]
    """Accounts, each with what was stored and is not given any more: columns, addresses, cards."""
    kept: list[tuple[str, Named]]
    """Accounts, each with an address or a card that is no longer listed and stays because something refers to it."""


def differing(customers: Sequence[CustomerFacts]) -> list[int]:
    """The ids of stored customers that would be changed by what is given, or lose something; nothing is written."""
    stored = _stored([customer.account for customer in customers])
    found = []
    for customer in customers:
        if known := stored.get(customer.account):
            writes = list(_differences(customer, *known))
            if writes or known[2] or known[3]:
                found.append(known[0])
    return sorted({*found, *_renamed(customers)})


@transaction.atomic
def set_customers(
    *, customers: Sequence[CustomerFacts], in_use: InUse, by: str, reason: str | None = None, checked: bool = False
) -> Changes:
    """Make these customers as they are given; equal ones are not written. A few thousand at a time.

    ``in_use`` says what has to stay. ``checked``: the caller has been through their rules already. Refused: a rule is broken, or an
    account stands twice.
    """
    accounts = [customer.account for customer in customers]
    if not checked:
        for customer in customers:
            for fault in rules.customer_faults(customer):
                raise fault
        if len(set(accounts)) != len(accounts):
            raise Refused("account_twice", "account")
    context(by=by, reason=reason)
    stored = _stored(accounts)
    new = [customer for customer in customers if customer.account not in stored]
    _insert(new)
    changed: set[int] = set()
    renewed: list[int] = []
    moved: dict[int, AddressFacts] = {}
    emptied: list[tuple[str, list[str | Named]]] = []
    for customer in customers:
        if known := stored.get(customer.account):
            before = dict(zip(CUSTOMER, known[1], strict=True))
            now = dict(zip(CUSTOMER, _columns(customer), strict=True))
            if lost := [name for name in LOSABLE if before[name] and not now[name]]:
                emptied.append((customer.account, [*lost]))
            for write in _differences(customer, *known):
                write.do()
                changed.add(known[0])
                if write.renews:
                    renewed.append(write.pk or 0)
                if write.before is not None:
                    moved[write.pk or 0] = write.before
    # What is still in the dictionaries is no longer listed.
    addresses = [a[0] for known in stored.values() for a in known[2].values()]
    cards = [c[0] for known in stored.values() for c in known[3].values()]
    dropped: dict[int, list[str | Named]] = {}
    for pk, code in _drop(Address, "code", addresses, in_use.addresses):
        dropped.setdefault(pk, []).append(("address", code))
    for pk, token in _drop(StoredCard, "token", cards, in_use.cards):
        dropped.setdefault(pk, []).append(("card", token))
    changed |= dropped.keys()
    emptied += [(account, dropped[known[0]]) for account, known in stored.items() if known[0] in dropped]
    changed |= {known[0] for known in stored.values()} & set(_renamed(customers, write=True))
    stays, behind = _behind(customers, stored)
    changed |= behind
    tally = Tally(len(new), len(changed), len(customers) - len(new) - len(changed))
    return Changes(tally, renewed, moved, emptied, stays)


def _columns(customer: CustomerFacts, stored: tuple[Any, ...] | None = None) -> tuple[Any, ...]:
    """The columns of a customer; what is left as it is, as it is ``stored``."""
    return (
        customer.account,
        customer.name,
        customer.email,
        customer.phone,
        customer.language,
        customer.allow_on_account,
        customer.credit_limit_minor,
        customer.source_code or (stored[-1] if stored else None),
    )


def _card_columns(card: CardFacts) -> tuple[Any, ...]:
    return (*card[:-1], bool(card.refused), card.expires_on)


def _insert(customers: Sequence[CustomerFacts]) -> None:
    ids = draw_ids(Customer, len(customers))
    # The customers last, so that the words by which each is found are written once, with its towns.
    copy(
        Address,
        ("customer_id", "number", *ADDRESS),
        ((pk, n, *a) for pk, c in zip(ids, customers, strict=True) for n, a in enumerate(c.addresses, 1)),
    )
    copy(
        StoredCard,
        ("customer_id", "number", *CARD, "expires_on"),
        ((pk, n, *_card_columns(d)) for pk, c in zip(ids, customers, strict=True) for n, d in enumerate(c.cards, 1)),
    )
    copy(Customer, ("id", *CUSTOMER), ((pk, *_columns(c)) for pk, c in zip(ids, customers, strict=True)))


_RENAMED = """
select c.id, v.gateway, v.reference
  from unnest(%(accounts)s::text[], %(gateways)s::text[], %(references)s::text[]) v(account, gateway, reference)
  join customers_customer c on c.account = v.account
  left join customers_gatewaycustomer g on g.customer_id = c.id and g.gateway = v.gateway
 where g.reference is distinct from v.reference"""


def _renamed(customers: Sequence[CustomerFacts], *, write: bool = False) -> list[int]:
    """The ids of the customers that a gateway calls otherwise than is stored, which may be written."""
    given = [(c.account, *named) for c in customers for named in c.gateway_customers]
    if not given:
        return []
    values = dict(zip(("accounts", "gateways", "references"), map(list, zip(*given, strict=True)), strict=True))
    if not write:
        return [row[0] for row in tuples(_RENAMED, values)]
    return [
        row[0]
        for row in tuples(
            f"insert into customers_gatewaycustomer(customer_id, gateway, reference) {_RENAMED} on conflict"
            " (customer_id, gateway) do update set reference = excluded.reference returning customer_id",
            values,
        )
    ]


_Stored = tuple[int, tuple[Any, ...], dict[str, tuple[Any, ...]], dict[str, tuple[Any, ...]]]


def _stored(accounts: Sequence[str]) -> dict[str, _Stored]:
    """By account: id, columns, addresses by code and cards by token; each with id and number in front."""
    by_id: dict[int, _Stored] = {}
    found: dict[str, _Stored] = {}
    for pk, *columns in tuples(
        f"select id, {', '.join(CUSTOMER)} from customers_customer where account = any(%s)", [list(accounts)]
    ):
        found[columns[0]] = by_id[pk] = (pk, tuple(columns), {}, {})
    if not by_id:
        return found
    ids = [list(by_id)]
    for pk, *columns in tuples(
        f"select customer_id, id, number, {', '.join(ADDRESS)} from customers_address"
        " where customer_id = any(%s) and code is not null order by number, id",
        ids,
    ):
        by_id[pk][2][columns[2]] = tuple(columns)
    for pk, *columns in tuples(
        f"select customer_id, id, number, {', '.join(CARD)} from customers_storedcard"
        " where customer_id = any(%s) order by number, id",
        ids,
    ):
        by_id[pk][3][columns[2]] = tuple(columns)
    return found


class _Write(NamedTuple):
    """A row that is to be made (``pk`` None) or changed."""

    model: type[Customer] | type[Address] | type[StoredCard]
    pk: int | None
    values: dict[str, Any]
    renews: bool = False
    before: AddressFacts | None = None  # of an address that becomes another place

    def do(self) -> None:
        """Write it. A card or address that somebody else stores at this moment is taken over."""
        if self.pk is not None:
            self.model.objects.filter(pk=self.pk).update(**self.values)
        else:
            name = "token" if self.model is StoredCard else "code"
            keys = {"customer_id": self.values["customer_id"], name: self.values[name]}
            self.model.objects.update_or_create(**keys, defaults=self.values)


def _differences(
    customer: CustomerFacts,
    pk: int,
    columns: tuple[Any, ...],
    addresses: dict[str, tuple[Any, ...]],
    cards: dict[str, tuple[Any, ...]],
) -> Iterator[_Write]:
    """What there is to write of a stored customer; what is listed goes out of the dictionaries."""
    if columns != (now := _columns(customer, columns)):
        yield _Write(Customer, pk, dict(zip(CUSTOMER, now, strict=True)))
    for number, address in enumerate(customer.addresses, 1):
        known = addresses.pop(address.code or "", None)
        values = {**address._asdict(), "number": number}
        if known is None:
            yield _Write(Address, None, {"customer_id": pk, **values})
        elif known[1:] != (number, *address):
            before = AddressFacts(*known[2:])
            yield _Write(Address, known[0], values, before=before if before != address else None)
    for number, card in enumerate(customer.cards, 1):
        known = cards.pop(card.token, None)
        renews = False
        if known is not None:
            old = CardFacts(*known[2:])
            renews = old.expires_on < card.expires_on
            # What the gateway told us since is not forgotten because a file does not know it; a renewed card is a new try.
            card = card._replace(
                network_transaction_id=card.network_transaction_id or old.network_transaction_id,
                gateway=card.gateway or old.gateway,
                refused=(bool(old.refused) and not renews) if card.refused is None else card.refused,
            )
        values = {**card._asdict(), "refused": bool(card.refused), "expires_on": card.expires_on, "number": number}
        if known is None:
            yield _Write(StoredCard, None, {"customer_id": pk, **values})
        elif known[1:] != (number, *card):
            yield _Write(StoredCard, known[0], values, renews)


def _drop(model: type[Address] | type[StoredCard], name: str, ids: list[int], used: Used) -> list[tuple[int, str]]:
    """Delete rows that nothing refers to; the ids of their customers, each with the row's code or token (``name``).

    The rows are locked by a statement of its own: an order that names one at this moment is waited for, and seen.
    """
    if not ids:
        return []
    rows = model.objects.filter(pk__in=ids)
    list(rows.order_by("pk").select_for_update().values_list("pk"))
    unused = rows.exclude(pk__in=used(ids))
    dropped = sorted(unused.values_list("customer_id", name))
    unused.delete()
    return dropped


def _behind(customers: Sequence[CustomerFacts], stored: dict[str, _Stored]) -> tuple[list[tuple[str, Named]], set[int]]:
    """What is no longer listed and stays stands behind the list: a new order goes to the first address that is listed.

    Gives what stays, by account, and the ids of the customers of which something had to be moved behind.
    """
    stays: list[tuple[str, Named]] = []
    moved: set[int] = set()
    for model, what, lists in (
        (Address, "address", {account: known[2] for account, known in stored.items()}),
        (StoredCard, "card", {account: known[3] for account, known in stored.items()}),
    ):
        left = [row[0] for rows in lists.values() for row in rows.values()]
        there = set(model.objects.filter(pk__in=left).values_list("pk", flat=True)) if left else set()
        for customer in customers if there else ():
            those = [row for row in lists.get(customer.account, {}).values() if row[0] in there]
            listed = len(customer.addresses) if model is Address else len(customer.cards)
            for number, row in enumerate(those, listed + 1):
                stays.append((customer.account, (what, row[2])))
                if row[1] != number:
                    model.objects.filter(pk=row[0]).update(number=number)
                    moved.add(stored[customer.account][0])
    return stays, moved
