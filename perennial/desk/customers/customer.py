"""One customer is added, or is otherwise now: name, e-mail, telephone, language, buying on account."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from perennial.customers.actions import set_customers
from perennial.customers.models import Customer
from perennial.customers.queries import customer_by_account
from perennial.customers.rules import customer_faults, written_faults
from perennial.customers.values import CustomerFacts
from perennial.db import history
from perennial.desk.action import action
from perennial.desk.customers.values import KEEP, CustomerAdded, CustomerChanged, Keep, changes
from perennial.desk.in_use import IN_USE
from perennial.errors import Refused, refuse_all

FIELDS = ("name", "email", "phone", "language", "allow_on_account")


@action()
def add_customer(
    *,
    account: str,
    on: date,
    by: str,
    name: str = "",
    email: str | None = None,
    phone: str | None = None,
    language: str | None = None,
    allow_on_account: bool = False,
    reason: str | None = None,
) -> CustomerAdded:
    """Add a customer. Refused: the account is taken, or a rule is broken; all faults at once."""
    facts = CustomerFacts(
        account=account, name=name, email=email, phone=phone, language=language, allow_on_account=allow_on_account
    )
    refuse_all([*written_faults(facts), *customer_faults(facts)])
    if Customer.objects.filter(account=account).exists():
        raise Refused("account_taken", "account", account=account)
    set_customers(customers=[facts], in_use=IN_USE, by=by, reason=reason, checked=True)
    return CustomerAdded(account=account)


@action()
def change_customer(
    *,
    account: str,
    on: date,
    by: str,
    name: str | Keep = KEEP,
    email: str | Keep | None = KEEP,
    phone: str | Keep | None = KEEP,
    language: str | Keep | None = KEEP,
    allow_on_account: bool | Keep = KEEP,
    reason: str | None = None,
) -> CustomerChanged:
    """Change what is given of a customer, None takes it away. Refused: a rule is broken; all faults at once."""
    row = Customer.objects.select_for_update(no_key=True).get(pk=customer_by_account(account).pk)
    before = CustomerFacts(
        account=account,
        name=row.name,
        email=row.email,
        phone=row.phone,
        language=row.language,
        allow_on_account=row.allow_on_account,
    )
    after = CustomerFacts(
        account,
        name=row.name if name is KEEP else name,
        email=row.email if email is KEEP else email,
        phone=row.phone if phone is KEEP else phone,
        language=row.language if language is KEEP else language,
        allow_on_account=row.allow_on_account if allow_on_account is KEEP else allow_on_account,
    )
    refuse_all([*written_faults(after), *customer_faults(after)])
    was, now = asdict(before), asdict(after)
    changed = changes({field: was[field] for field in FIELDS}, {field: now[field] for field in FIELDS})
    if changed:
        history.context(by=by, reason=reason)
        Customer.objects.filter(pk=row.pk).update(**{one.field: one.after for one in changed})
    return CustomerChanged(account=account, changed=changed)
