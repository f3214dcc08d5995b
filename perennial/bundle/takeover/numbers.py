"""Numbers that only a child gets: SO-000123-1-002 is the second shipment of line 1 of SO-000123, for ever.

Whatever else had that number would stand in the child's way: it could never be made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from perennial.bundle.reading.values import Given
from perennial.desk.numbers import place_of_number
from perennial.orders.models import SalesOrder

_SHIPMENT = r"(.+)-[1-9][0-9]*-(?:[0-9]{3}|[1-9][0-9]{3,})"
_FORMS = (re.compile(_SHIPMENT, re.DOTALL), re.compile(_SHIPMENT + "-[1-9][0-9]*", re.DOTALL))


def child_number(parent: str, line: int, shipment: int, try_no: int) -> str:
    """The number of a child: parent, line, shipment, and from the second on the try."""
    again = "" if try_no == 1 else f"-{try_no}"
    return f"{parent}-{line}-{shipment:03d}{again}"


def parents_of(number: str) -> list[str]:
    """The parents of which this could be a child's number."""
    return [found[1] for found in (form.fullmatch(number) for form in _FORMS) if found]


@dataclass
class Numbers:
    """The numbers of the parents in a bundle, and those in it that a child of another parent would get."""

    parents: set[str] = field(default_factory=set)
    claimed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By a parent that is not known so far: the number that a child of it would get, and the path that has it."""
    _stored: dict[str, bool] = field(default_factory=dict)

    def parent(self, thing: Given, number: str) -> None:
        """Note the number that is given to a parent; that of another one's child is a fault."""
        if number in self.claimed:
            taken, path = self.claimed[number]
            thing.fault("number", "number_of_own_child", number=taken, path=path)
        self.parents.add(number)
        self._refuse(thing, number, None)

    def child(self, thing: Given, number: str, own: str, parent: str) -> None:
        """A number that is given to a child: its own, or one that no other child would get."""
        if number == own:
            return
        if parent in parents_of(number):
            thing.fault("number", "number_of_other_child", number=number, order=parent, own=own)
            return
        self._refuse(thing, number, own)

    def _refuse(self, thing: Given, number: str, own: str | None) -> None:
        """Note a number that a child of another order gets; ``own``: the one of the child that has it."""
        for parent in parents_of(number):
            if not self._known(parent):
                self.claimed.setdefault(parent, (number, thing.at("number")))
            elif not SalesOrder.objects.filter(number=number).exists():  # else it is told what it is already
                if own is None:
                    thing.fault("number", "number_kept_for_child", number=number, order=parent)
                else:
                    thing.fault("number", "child_number_kept_for_child", number=number, order=parent, own=own)
                return

    def _known(self, parent: str) -> bool:
        """Is there a parent of this number, in the bundle or stored, or will one be drawn from the sequence?"""
        if parent in self.parents or place_of_number(parent):
            return True
        if parent not in self._stored:
            self._stored[parent] = SalesOrder.objects.filter(number=parent, parent=None).exists()
        return self._stored[parent]
