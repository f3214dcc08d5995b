"""Customers, looked up."""

from __future__ import annotations

from perennial.customers.models import Customer, GatewayCustomer
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.guess import MANY, likely

_NEAR = 50
"""Of very many accounts so many on either side of a mistyped one are looked at."""


def customer_by_account(account: str, field: str = "account") -> Customer:
    """A customer by account. Refused when there is none."""
    found = next(iter(sql.models(Customer, "select * from customers_customer where account = %s", [account])), None)
    if found is None:
        raise Refused("customer_unknown", field, customer=account, meant=likely(account, _near(account)))
    return found


def _near(account: str) -> list[str]:
    """The accounts that a mistyped one may have meant: all of few; of many those that stand around it, or that differ
    from it in capitals and in what stands between letters.
    """
    accounts = Customer.objects.order_by("account").values_list("account", flat=True)
    few = list(accounts[: MANY + 1])
    if len(few) <= MANY:
        return few
    spelled = sql.tuples(
        "select c.account from customers_customersearch s join customers_customer c on c.id = s.customer_id"
        " where s.words @@ array_to_tsvector(array['=' || replace(search_joined(%s), ' ', '')])::text::tsquery",
        [account],
    )
    behind = accounts.filter(account__gt=account)[:_NEAR]
    before = accounts.filter(account__lt=account).reverse()[:_NEAR]
    return sorted({row[0] for row in spelled}.union(before, behind))


def called_by(gateway: str, customer: Customer) -> str | None:
    """How a gateway calls a customer; None: it does not know them."""
    found = GatewayCustomer.objects.filter(customer=customer, gateway=gateway)
    return found.values_list("reference", flat=True).first()
