"""Parent order numbers: SO-000123, drawn from a sequence; what a dry run or a refused import drew goes back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction

from perennial.db import sql
from perennial.orders.models import SalesOrder

NUMBERS_LOCK = 0x5045524E
LAST_NUMBER = 10**18 - 1
"""The last parent number that is taken from outside: the sequence can be moved past it."""


def place_of_number(number: str) -> int:
    """The place of a number in the sequence of parent numbers: 123 of SO-000123; 0 of any other."""
    found = re.fullmatch(r"SO-([0-9]{1,100})", number)
    return int(found[1]) if found else 0


_SPELLED = re.compile(
    r"(?:so)?[-#./]*([0-9]{1,18})(?:[-./]([0-9]{1,9})[-./]([0-9]{1,9})(?:[-./]([0-9]{1,9}))?)?", re.IGNORECASE
)


def numbers_meant(spelled: str) -> list[str]:
    """The numbers of orders that may be meant: as it is spelled, and SO-000123 where SO, zeros or dashes are left out.

    A child's has the line, the shipment and the try behind its parent's.
    """
    meant = [spelled, spelled.upper()]
    if found := _SPELLED.fullmatch(spelled):
        number = f"SO-{int(found[1]):06d}"
        if found[2]:
            number += f"-{int(found[2])}-{int(found[3]):03d}"
        meant.append(f"{number}-{int(found[4])}" if found[4] else number)
    return list(dict.fromkeys(meant))


class Meant(NamedTuple):
    """The order that somebody means."""

    number: str
    is_child: bool


def order_meant(spelled: str) -> Meant | None:
    """The order that is meant (``numbers_meant``); None: there is none."""
    meant = numbers_meant("".join(spelled.split()))
    found = sql.tuples("select number, parent_id from orders_salesorder where number = any(%s)", [meant])
    there = {number: Meant(number, parent is not None) for number, parent in found}
    return next((there[number] for number in meant if number in there), None)


def next_numbers(count: int) -> list[str]:
    """Fresh parent numbers: SO-000123, padded to six digits, growing; numbers in use are passed over."""
    found: list[str] = []
    if count:
        sql.value("select pg_advisory_xact_lock_shared(%s)", [NUMBERS_LOCK])
    while len(found) < count:
        drawn = [
            f"SO-{row[0]:06d}"
            for row in sql.tuples(
                "select nextval('parent_order_number') from generate_series(1, %s)", [count - len(found)]
            )
        ]
        used = set(SalesOrder.objects.filter(number__in=drawn).values_list("number", flat=True))
        found += [number for number in drawn if number not in used]
    return found


def numbers_mark() -> tuple[int, bool]:
    """Where the sequence of parent numbers stands, for ``give_back_numbers``."""
    found = sql.one("select last_value, is_called from parent_order_number")
    assert found is not None
    return found[0], found[1]


def give_back_numbers(before: tuple[int, bool], after: tuple[int, bool]) -> None:
    """After a dry run or a refused import: take the sequence back, unless somebody drew a number meanwhile."""
    with transaction.atomic():
        if sql.value("select pg_try_advisory_xact_lock(%s)", [NUMBERS_LOCK]) and numbers_mark() == after:
            sql.value("select setval('parent_order_number', %s, %s)", list(before))


def pass_numbers(numbers: Iterable[str]) -> None:
    """Move the sequence of parent numbers past numbers that were given (SO-000123 and the like)."""
    highest = max((n for n in map(place_of_number, numbers) if n <= LAST_NUMBER), default=0)
    if highest:
        sql.value(
            "select setval('parent_order_number', %s) from parent_order_number where last_value < %s or not is_called",
            [highest, highest + 1],
        )
