"""What orders and payments refer to, asked on behalf of the apps below them, which do not know these."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from perennial.customers.actions import InUse
from perennial.db import sql

T = TypeVar("T", int, str)
SQL = sql.named("perennial.desk", "in_use.sql")


def products_sold(numbers: Collection[str]) -> set[str]:
    """Those of these products that a line of an order names."""
    return _found("products", numbers)


def _addresses(ids: Collection[int]) -> set[int]:
    return _found("addresses", ids)


def _cards(ids: Collection[int]) -> set[int]:
    return _found("cards", ids)


IN_USE = InUse(addresses=_addresses, cards=_cards)
"""What of a customer is not taken away: an order goes there, or something was or will be paid by it."""


def _found(name: str, asked: Collection[T]) -> set[T]:
    return {row[0] for row in sql.tuples(SQL[name], {"asked": list(asked)})} if asked else set()
