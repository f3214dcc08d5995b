"""A new caller: customer, address and card at once, under the next free account."""

from __future__ import annotations

from datetime import date

from django.db.models import Max

from perennial.customers.models import Customer
from perennial.db import sql
from perennial.desk.action import action
from perennial.desk.cards.store import store_card
from perennial.desk.customers.address import set_address
from perennial.desk.customers.customer import add_customer
from perennial.desk.customers.values import CustomerAdded
from perennial.errors import Refused, Several, refuse_all

ACCOUNTS_LOCK = 0x504E05
CODE = "home"
"""What the first address of a customer is called."""


@action()
def add_newcomer(
    *,
    on: date,
    by: str,
    name: str,
    email: str | None = None,
    phone: str | None = None,
    language: str | None = None,
    street: str = "",
    city: str = "",
    postcode: str = "",
    region: str | None = None,
    country: str | None = None,
    token: str | None = None,
    exp: str = "",
    brand: str | None = None,
    last4: str | None = None,
) -> CustomerAdded:
    """Add a customer under the next free account, with the address where parcels go, and a card if a token is given.

    Refused, all faults at once: no name, no town; what a customer, an address or a card must be.
    """
    faults = [
        Refused("needed_to_send", field) for field, given in (("name", name), ("city", city)) if not given.strip()
    ]
    refuse_all(faults)
    sql.value("select pg_advisory_xact_lock(%s)", [ACCOUNTS_LOCK])
    account = _next_account()
    add_customer(account=account, on=on, by=by, name=name, email=email, phone=phone, language=language)
    place = {"street": street, "city": city, "postcode": postcode, "region": region, "country": country}
    faults = []
    try:
        set_address(account=account, code=CODE, on=on, by=by, **place)  # type: ignore[arg-type]  # as it says itself
    except Refused as refused:
        faults += _each(refused)
    if token:
        try:
            store_card(account=account, token=token, exp=exp, on=on, by=by, brand=brand, last4=last4)
        except Refused as refused:
            faults += _each(refused)
    refuse_all(faults)
    return CustomerAdded(account=account)


def _each(refused: Refused) -> tuple[Refused, ...]:
    return refused.faults if isinstance(refused, Several) else (refused,)


def _next_account() -> str:
    """``C-`` and a number that no account has."""
    number = (Customer.objects.aggregate(last=Max("id"))["last"] or 0) + 1
    while Customer.objects.filter(account=f"C-{number}").exists():
        number += 1
    return f"C-{number}"
