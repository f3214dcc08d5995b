"""What customers are told: the kinds of messages, what each may say and must say."""

from __future__ import annotations

from typing import NamedTuple

from perennial.errors import Refused
from perennial.kernel import guess


class Kind(NamedTuple):
    """A kind of message. ``at_first``: it is on until somebody turns it off. ``days``: so many days ahead, if it is told
    ahead. ``must``: the placeholders that its text cannot do without; ``may``: those that it can have besides.
    """

    name: str
    at_first: bool
    must: tuple[str, ...]
    may: tuple[str, ...] = ()
    days: int | None = None

    @property
    def placeholders(self) -> frozenset[str]:
        """Every placeholder that its text may have."""
        return frozenset((*ALWAYS, *self.must, *self.may))


ALWAYS = ("customer", "company", "phone", "address", "sender")
"""Who is told, and by whom: in every text. The company's are left out where they are not known."""

PARCEL = ("product", "items", "delivery", "tax", "card", "place", "program", "shipment")

IN_PARTS = ("parts", "parts_card")
"""Who pays a shipment in parts: their days and sums, and which card pays them (then it is no ``card`` that pays it whole)."""

ALL = (
    Kind("card_link", True, ("link",), ("order", "program", "card", "valid_until")),
    Kind("card_expired", True, ("card",), ("expires_on", "link")),
    Kind("declined", True, ("amount", "order"), ("card", "link")),
    Kind("bill", True, ("amount", "order", "due_on")),
    Kind(
        "order_confirmed",
        False,
        ("order",),
        ("items", "program", "first_on", "amount", "card", "place", "ordered_on", *IN_PARTS),
    ),
    Kind(
        "shipment_ahead",
        False,
        ("ship_on", "product"),
        (*PARCEL, "order", "amount", "change_until", *IN_PARTS),
        days=10,
    ),
    Kind("shipped", False, ("order",), (*PARCEL, "amount", "shipped_on", "carrier", "tracking", "rest", "rest_on")),
    Kind("card_expiring", False, ("card", "expires_on"), ("order", "ship_on", "due_on", "link"), days=30),
    Kind(
        "price_changed",
        False,
        ("product", "old_price", "new_price", "ship_on"),
        ("order", "program", "others", "added", "parts", "whole"),
    ),
    Kind("charges_changed", False, ("old_amount", "new_amount", "order"), ("program", "ship_on", "due_on")),
    Kind("refunded", False, ("amount", "order"), ("card",)),
    Kind("ended", False, ("order",), ("program", "last_on", "ended_on")),
)
"""All kinds, in the order in which they are shown."""

KINDS = tuple(kind.name for kind in ALL)
BY_NAME = {kind.name: kind for kind in ALL}


def kind_of(name: str) -> Kind:
    """The kind with this name. Refused: there is none."""
    found = BY_NAME.get(name)
    if found is None:
        raise Refused("message_kind_unknown", "kind", kind=name, meant=guess.meant(name, KINDS), known=KINDS)
    return found
