"""Customers as a bundle carries them, with addresses and cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from perennial.customers.models import Address, Customer, GatewayCustomer, StoredCard
from perennial.kernel import money
from perennial.orders.models import Note

Document = dict[str, Any]
AT_ONCE = 2000
ADDRESS = ("code", "purpose", "recipient", "street", "city", "postcode", "region", "country")
CARD = ("token", "brand", "last4", "exp_month", "exp_year", "network_transaction_id", "gateway", "refused")


def customers(currency: str, accounts: Collection[str] | None = None) -> Iterator[Document]:
    """The customers, as they were made; ``accounts``: these alone."""
    last = 0
    wanted = Customer.objects.all() if accounts is None else Customer.objects.filter(account__in=accounts)
    while batch := list(wanted.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
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
        named: dict[int, list[Document]] = defaultdict(list)
        for customer, gateway, reference in (
            GatewayCustomer.objects.filter(customer_id__in=ids)
            .order_by("gateway")
            .values_list("customer_id", "gateway", "reference")
        ):
            named[customer].append({"gateway": gateway, "reference": reference})
        notes: dict[int, list[Document]] = defaultdict(list)
        for customer, on, by, text in (
            Note.objects.filter(customer_id__in=ids, order=None)
            .order_by("id")
            .values_list("customer_id", "on_date", "by", "text")
        ):
            notes[customer].append({"on": str(on), "by": by, "text": text})
        for row in batch:
            limit = row.credit_limit_minor
            document = {
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
            if row.source_code is not None:
                document["source_code"] = row.source_code
            if row.pk in named:
                document["gateway_customers"] = named[row.pk]
            if row.pk in notes:
                document["notes"] = notes[row.pk]
            yield document
