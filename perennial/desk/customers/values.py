"""What became of one customer, and what is left as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from perennial.desk.outcome import Outcome


class Keep(Enum):
    """Stands for what is left as it is: None takes away."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is otherwise now."""

    field: str
    before: str | bool | None
    after: str | bool | None


def changes(before: Mapping[str, str | bool | None], after: Mapping[str, str | bool | None]) -> tuple[Change, ...]:
    """What differs of the same fields."""
    return tuple(Change(name, before[name], after[name]) for name in before if before[name] != after[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAdded(Outcome):
    """A customer is there."""

    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChanged(Outcome):
    """A customer, and what is otherwise now; nothing where all was so already."""

    account: str
    changed: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressSet(Outcome):
    """An address of a customer, and what is otherwise now.

    ``go_there``: children that are made and not sent, which go to the changed address, taxed as before.
    """

    account: str
    code: str
    added: bool
    changed: tuple[Change, ...] = ()
    go_there: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Outcome):
    """A note stands with a customer, or with an order of theirs."""

    account: str
    order: str | None = None
    text: str
