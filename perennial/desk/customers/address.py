"""One address of a customer is added, or is another place now."""

from __future__ import annotations

from datetime import date

from django.db.models import Max, Q

from perennial.customers.models import Address
from perennial.customers.queries import customer_by_account
from perennial.customers.rules import address_faults, written_address_faults
from perennial.customers.values import AddressFacts
from perennial.db import history
from perennial.desk.action import action
from perennial.desk.addresses import keep_where_it_went
from perennial.desk.customers.values import KEEP, AddressSet, Keep, changes
from perennial.desk.locking import changed as follow
from perennial.desk.locking import lock
from perennial.errors import Refused, refuse_all
from perennial.kernel.states import NOT_ENDED
from perennial.orders.models import SalesOrder


@action()
def set_address(
    *,
    account: str,
    code: str,
    on: date,
    by: str,
    purpose: str | Keep = KEEP,
    recipient: str | Keep | None = KEEP,
    street: str | Keep = KEEP,
    city: str | Keep = KEEP,
    postcode: str | Keep = KEEP,
    region: str | Keep | None = KEEP,
    country: str | Keep | None = KEEP,
    reason: str | None = None,
) -> AddressSet:
    """Add an address, or change what is given of the one with this code, None takes it away.

    What was sent stays where it went; what is still to come goes to the changed address, and what is owed up front
    follows its taxes. Refused: a street or town that is empty; a rule is broken; all faults at once.
    """
    customer = customer_by_account(account)
    known = Address.objects.filter(customer=customer, code=code).first()
    # The orders first, then the address: the one order of locks.
    locked = [lock(pk, on=on, by=by, reason=reason) for pk in _orders_that_go_there(known)] if known else []
    if known is not None:
        known = Address.objects.select_for_update(no_key=True).get(pk=known.pk)
    before = AddressFacts(*(getattr(known, field) for field in AddressFacts._fields)) if known else AddressFacts(code)
    after = AddressFacts(
        code,
        purpose=before.purpose if purpose is KEEP else purpose,
        recipient=before.recipient if recipient is KEEP else recipient,
        street=before.street if street is KEEP else street,
        city=before.city if city is KEEP else city,
        postcode=before.postcode if postcode is KEEP else postcode,
        region=before.region if region is KEEP else region,
        country=before.country if country is KEEP else country,
    )
    given = {"street": street, "city": city}
    missing = [name for name, words in given.items() if known is None or words is not KEEP]
    empty = [Refused("needed_to_send", name) for name in missing if not (getattr(after, name) or "").strip()]
    refuse_all([*empty, *written_address_faults(after), *address_faults(after)])
    differs = changes(before._asdict(), after._asdict())
    history.context(by=by, reason=reason)
    if known is None:
        last = Address.objects.filter(customer=customer).aggregate(last=Max("number"))["last"] or 0
        Address.objects.create(customer=customer, number=last + 1, **after._asdict())
        return AddressSet(account=account, code=code, added=True, changed=differs)
    if not differs:
        return AddressSet(account=account, code=code, added=False)
    Address.objects.filter(pk=known.pk).update(**{one.field: one.after for one in differs})
    keep_where_it_went({known.pk: before})
    for order in locked:
        follow(order, order.states)
    made = SalesOrder.objects.filter(parent__isnull=False, status="open", ship_to=known).order_by("number")
    go_there = tuple(made.values_list("number", flat=True))
    return AddressSet(account=account, code=code, added=False, changed=differs, go_there=go_there)


def _orders_that_go_there(address: Address) -> list[int]:
    """The open parent orders of which something goes to an address, in the order of locks."""
    goes = Q(ship_to=address) | Q(continuity__ship_to=address) | Q(continuity__occurrences__ship_to=address)
    mine = SalesOrder.objects.filter(customer=address.customer_id, parent=None, status__in=NOT_ENDED)
    return list(mine.filter(goes).distinct().order_by("pk").values_list("pk", flat=True))
