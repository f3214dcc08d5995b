"""Customers, looked up."""

from __future__ import annotations

from perennial.customers.models import Customer
from perennial.errors import Refused


def customer_by_account(account: str, field: str = "account") -> Customer:
    """A customer by account. Refused when there is none."""
    found = Customer.objects.filter(account=account).first()
    if found is None:
        raise Refused("customer", f"unknown customer {account!r}", field)
    return found
