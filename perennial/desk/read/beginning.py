"""What an installation has yet to get before orders can be taken in it: what its first page asks for."""

from __future__ import annotations

from dataclasses import dataclass

from perennial.catalog.models import DeliveryMode, Price
from perennial.orders.models import SalesOrder
from perennial.people.queries import people
from perennial.programs.models import ProgramRevision


@dataclass(frozen=True, slots=True)
class Beginning:
    """What there is already. ``products``: some with a price; ``begun``: a program, ``program``: one that is
    released.
    """

    people: bool
    delivery: bool
    products: bool
    begun: bool
    program: bool


def beginning() -> Beginning:
    """How far a new installation is. ``people``: somebody beside who set it up."""
    return Beginning(
        people=sum(one.active for one in people()) > 1,
        delivery=DeliveryMode.objects.exists(),
        products=Price.objects.exists(),
        begun=ProgramRevision.objects.exists(),
        program=ProgramRevision.objects.filter(released=True).exists(),
    )


def has_orders() -> bool:
    """Was an order ever entered?"""
    return SalesOrder.objects.exists()
