"""Where boxes went stays as it was when an address becomes another place."""

from __future__ import annotations

from collections.abc import Mapping

from perennial.customers.models import Address
from perennial.customers.values import AddressFacts
from perennial.kernel.states import SENT
from perennial.orders.models import SalesOrder


def keep_where_it_went(moved: Mapping[int, AddressFacts]) -> None:
    """Children that were sent to an address that is another place now keep what it was, as one written into the order.

    ``moved``: what the addresses were before, by id. Children that have not shipped go to the new place.
    """
    sent = SalesOrder.objects.filter(parent__isnull=False, status__in=SENT, ship_to__in=moved)
    for customer, address in sent.order_by("ship_to").values_list("customer", "ship_to").distinct():
        before = {**moved[address]._asdict(), "code": None}
        kept = Address.objects.create(customer_id=customer, **before)
        sent.filter(ship_to=address).update(ship_to=kept)
