"""Send a planned shipment, or all that has no child yet, to another address of the customer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import count

from perennial.continuity.difference import Difference
from perennial.customers.models import Address
from perennial.desk.action import action
from perennial.desk.customers.address import set_address
from perennial.desk.locking import adjust, changed, lock_parent, open_shipment, order_by_number, touch
from perennial.desk.orders.draft import total_anew
from perennial.desk.outcome import Outcome
from perennial.errors import Refused
from perennial.kernel.states import NOT_ENDED
from perennial.orders.models import SalesOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed(Outcome):
    """A shipment, or all that has no child yet (None), goes to another address.

    ``still_to_old_address``: children that are made already and go where they went.
    """

    order: str
    shipment: int | None
    address: str
    still_to_old_address: tuple[str, ...] = ()


@action(undo=True)
def address(
    *,
    number: str,
    to: str,
    on: date,
    by: str,
    shipment: int | None = None,
    reason: str | None = None,
    line: int | None = None,
) -> Addressed:
    """Send a planned shipment, or all that has no child yet, to another address of the customer.

    Refused: an address that the customer does not have; an order that has ended.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    place = Address.objects.filter(customer_id=locked.order.customer_id, code=to).first()
    if place is None:
        raise Refused("address_unknown", "to", address=to)
    if shipment is not None:
        state = locked.state(line)
        found = open_shipment(state, shipment, "address")
        difference = Difference()
        difference.add(found, [replace(o, ship_to_id=place.pk) for o in found], cancel=False)
        difference.write()
        for o in found:
            adjust(locked, state, o, "address", {"address_id": place.pk})
        states = [state]
    else:
        states = [s for s in locked.chosen(line) if s.row.status in NOT_ENDED]
        if locked.order.status not in NOT_ENDED or (line is not None and not states):
            status = locked.order.status if line is None else locked.state(line).row.status
            raise Refused("order_ended", "number", order=number, status=status)
        for state in states:
            state.row.ship_to_id = place.pk
        touch([s.row for s in states], "ship_to")
        if line is None:
            locked.order.ship_to_id = place.pk
            locked.order.save(update_fields=["ship_to"])
            if locked.order.status == "draft":
                total_anew(locked)
    locked.event("address_changed", line=line, shipment=shipment, to=to)
    changed(locked, states)
    stay: tuple[str, ...] = ()
    if shipment is None:
        lines = [s.row.parent_line_id for s in states]
        made = SalesOrder.objects.filter(parent=locked.order, parent_line__in=lines, status="open")
        stay = tuple(made.exclude(ship_to=place).order_by("number").values_list("number", flat=True))
    return Addressed(order=number, shipment=shipment, address=to, still_to_old_address=stay)


@action(undo=True)
def new_address(
    *,
    number: str,
    on: date,
    by: str,
    shipment: int | None = None,
    line: int | None = None,
    recipient: str | None = None,
    street: str = "",
    city: str = "",
    postcode: str = "",
    region: str | None = None,
    country: str | None = None,
    reason: str | None = None,
) -> Addressed:
    """Add an address of the customer and send a planned shipment, or all that has no child yet, there.

    Refused: a rule of addresses is broken; all faults at once; what ``address`` refuses.
    """
    customer = order_by_number(number).customer
    taken = set(Address.objects.filter(customer=customer).values_list("code", flat=True))
    code = next(name for at in count(len(taken) + 1) if (name := f"address {at}") not in taken)
    set_address(
        account=customer.account,
        code=code,
        on=on,
        by=by,
        recipient=recipient,
        street=street,
        city=city,
        postcode=postcode,
        region=region,
        country=country,
        reason=reason,
    )
    return address(number=number, to=code, on=on, by=by, shipment=shipment, line=line, reason=reason)
