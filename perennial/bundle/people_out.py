"""Customers as a bundle carries them, with addresses and cards; and what they were told."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from perennial.customers.models import Address, Customer, StoredCard
from perennial.db import sql
from perennial.kernel import money

Document = dict[str, Any]
AT_ONCE = 2000
ADDRESS = ("code", "purpose", "recipient", "street", "city", "postcode", "region", "country")
CARD = ("token", "brand", "last4", "exp_month", "exp_year", "network_transaction_id", "refused")


def customers(currency: str) -> Iterator[Document]:
    """The customers, as they were made."""
    last = 0
    while batch := list(Customer.objects.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        ids = [customer.pk for customer in batch]
        last = ids[-1]
        addresses: dict[int, list[Document]] = defaultdict(list)
        cards: dict[int, list[Document]] = defaultdict(list)
        for customer, *values in (
            Address.objects.filter(customer_id__in=ids, code__isnull=False)
            .order_by("number", "id")
            .values_list("customer_id", *ADDRESS)
        ):
            addresses[customer].append(dict(zip(ADDRESS, values, strict=True)))
        for customer, *values in (
            StoredCard.objects.filter(customer_id__in=ids).order_by("number", "id").values_list("customer_id", *CARD)
        ):
            cards[customer].append(dict(zip(CARD, values, strict=True)))
        for row in batch:
            limit = row.credit_limit_minor
            yield {
                "account": row.account,
                "name": row.name,
                "email": row.email,
                "phone": row.phone,
                "language": row.language,
                "allow_on_account": row.allow_on_account,
                "credit_limit": None if limit is None else money.text(limit, currency),
                "addresses": addresses[row.pk],
                "cards": cards[row.pk],
            }


_NOTICES = """
select n.id, c.account, n.kind, n.about, n.on_date, n.status
  from notices_notice n join customers_customer c on c.id = n.customer_id
 where n.id > %s order by n.id limit %s
"""
_PAYMENTS = """
select y.id, coalesce(o.number, p.number), case when c.id is not null then l.line end, y.purpose, y.number
  from payments_payment y
  left join orders_salesorder o on o.id = y.order_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  left join orders_orderline l on l.id = c.parent_line_id
  left join orders_salesorder p on p.id = c.order_id
 where y.id = any(%s)
"""


def notices() -> Iterator[Document]:
    """What customers were told, or are going to be: so that nobody is told twice."""
    last = 0
    while batch := sql.tuples(_NOTICES, [last, AT_ONCE]):
        last = batch[-1][0]
        cards = {found for row in batch if (found := _id("card:", row[3]))}
        payments = {found for row in batch if (found := _id("payment ", row[3]))}
        tokens = dict(StoredCard.objects.filter(pk__in=cards).values_list("pk", "token"))
        paid = {pk: rest for pk, *rest in sql.tuples(_PAYMENTS, [list(payments)])}
        for _, account, kind, about, on, status in batch:
            document: Document = {"customer": account, "kind": kind}
            card, payment = _id("card:", about), _id("payment ", about)
            if card in tokens:
                document["card"] = tokens[card]
            elif payment in paid:
                document["payment"] = dict(zip(("order", "line", "purpose", "number"), paid[payment], strict=True))
            else:
                document["about"] = about
            yield {**document, "on": on.isoformat(), "status": status}


def _id(word: str, about: str) -> int | None:
    """The id of the row that a notice is about."""
    found = re.fullmatch(rf"{word}(\d{{1,18}})", about, re.ASCII)
    return int(found[1]) if found else None
