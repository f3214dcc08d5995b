"""What a run does to an order is, row by row, what the action of one order does to it: by hand, or in many at once."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from perennial.catalog.queries import product_by_number
from perennial.catalog.queries import set_up as read_set_up
from perennial.db import sql
from perennial.db.transactions import taken_back as not_kept
from perennial.desk import actions as desk
from perennial.desk.many.changing import ManyBy, PassedOver, change_many
from perennial.desk.many.wanted import Asked, MoveTo, Replace
from perennial.desk.shipments.products import Substitute
from perennial.errors import Refused
from perennial.orders.models import SalesOrder
from tests import harness
from tests.worlds import actions
from tests.worlds.desk import ANNA, ON, club, day, line, make_children, order

pytestmark = pytest.mark.django_db

TABLES = {
    "continuity_occurrence": "continuity_order_id in (select id from continuity_continuityorder where order_id = %(order)s)",
    "continuity_continuityline": "occurrence_id in (select o.id from continuity_occurrence o"
    " join continuity_continuityorder c on c.id = o.continuity_order_id where c.order_id = %(order)s)",
    "continuity_continuityorder": "order_id = %(order)s",
    "continuity_adjustment": "continuity_order_id in (select id from continuity_continuityorder where order_id = %(order)s)",
    "continuity_parked": "continuity_order_id in (select id from continuity_continuityorder where order_id = %(order)s)",
    "payments_payment": "continuity_order_id in (select id from continuity_continuityorder where order_id = %(order)s)",
    "orders_orderevent": "order_id = %(order)s",
    "desk_change": "order_id = %(order)s",
    "orders_salesorder": "id = %(order)s",
    "notices_notice": "order_id = %(order)s",
}
NEW_IDS = ("continuity_continuityline", "continuity_adjustment", "orders_orderevent", "desk_change", "notices_notice")
"""Tables whose rows an action makes anew: their ids say nothing."""


def without_ids(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The values of a row without ids of new rows, the run and the time; what was kept of new rows without their ids."""
    named = ((re.sub(r"^(adjustment|payment) \d+$", r"\1", name), value) for name, value in pairs)
    return sorted(((name, value) for name, value in named if name not in ("run", "run_id", "at")), key=repr)


def picture(number: str) -> dict[str, list[str]]:
    """All rows of an order, without what a run and the time add."""
    pk = SalesOrder.objects.get(number=number).pk
    found = {}
    for table, where in TABLES.items():
        minus = "- 'id' - 'event'" if table in NEW_IDS else ""
        rows = sql.tuples(f"select (to_jsonb(t) {minus})::text from {table} t where {where}", {"order": pk})
        found[table] = sorted(repr(json.loads(one, object_pairs_hook=without_ids)) for (one,) in rows)
    return found


def as_one(act: Callable[[], object], number: str) -> dict[str, list[str]] | str:
    """What the action of one order leaves; or the code of its refusal."""
    with not_kept():
        try:
            act()
        except Refused as refused:
            return refused.code
        return picture(number)


def as_many(number: str, asked: Asked, wanted: Any) -> dict[str, list[str]] | str:
    """What a run leaves of the order; or why it passes it over."""
    many = ManyBy(by="clerk:anna", on=ON, reason="late", run=4711, also_adjusted=True)
    with not_kept():
        (done,) = change_many([asked], wanted, many, set_up=read_set_up(), revisions={})
        return done.reason.code if isinstance(done, PassedOver) else picture(number)


def both(number: str, shipment: int, *, at: int = 1, **more: Any) -> None:
    """A move is the same one by one and in many."""
    pk = SalesOrder.objects.get(number=number).pk
    one = as_one(lambda: desk.move(number=number, shipment=shipment, line=at, reason="late", **ANNA, **more), number)
    many = as_many(number, Asked(pk, at, shipment), MoveTo(to=more["to"], following=more.get("following", False)))
    if many == "on_that_day_already":  # by hand it would be said once more
        assert not isinstance(one, str)
        return
    if many == "shipment_skipped":
        return
    assert one == many


def both_products(number: str, shipment: int, old: str, new: str, price: str | None, *, at: int = 1) -> None:
    pk = SalesOrder.objects.get(number=number).pk
    one = as_one(
        lambda: desk.substitute(
            number=number, shipment=shipment, item=new, replaces=old, price=price, line=at, reason="late", **ANNA
        ),
        number,
    )
    minor = None if price is None else int(price.replace(".", ""))
    wanted = Replace(Substitute(product_by_number(new), old, minor))
    many = as_many(number, Asked(pk, at, shipment), wanted)
    if many != "shipment_skipped":
        assert one == many


def test_a_move_alone_and_with_what_follows() -> None:
    club()
    number = order("CLUB")
    both(number, 1, to=date(2026, 3, 14))
    both(number, 2, to=date(2026, 4, 1), following=True)
    both(number, 2, to=date(2026, 3, 11), following=False)
    both(order("UP"), 1, to=day(9), following=True)  # its payment is due on the first day
    both(order("PART"), 2, to=day(25))
    both(order("MISS"), 1, to=day(2))  # a shared shipment


def test_a_substitute_with_its_price_and_what_is_owed() -> None:
    club()
    both_products(order("CLUB"), 2, "B6", "B3", "4.00")
    both_products(order("UP"), 2, "B2", "B6", None)
    both_products(order("PART"), 3, "B3", "B5", "1.99")


@pytest.mark.parametrize("seed", harness.seeds(3))
def test_whatever_was_done_to_the_order_before(seed: int) -> None:
    club()
    dice = random.Random(seed)
    numbers = [order(*dice.sample(["CLUB", "LOOP", "UP", "PART", "MISS"], dice.choice([1, 1, 2]))) for _ in range(3)]
    numbers.append(order(line("CLUB", quantity=2)))
    if dice.random() < 0.5:
        make_children(day(dice.randint(0, 6)))
    for _ in range(14):
        number, shipment = dice.choice(numbers), dice.randint(1, 5)
        lines = SalesOrder.objects.get(number=number).lines.filter(continuity__isnull=False).count()
        at = dice.randint(1, lines)
        to = day(dice.randint(-1, 40))
        following = dice.random() < 0.5
        old, new = dice.choices(["B1", "B2", "B3", "B4", "B5", "B6"], k=2)
        price = dice.choice([None, "3.50"])
        both(number, shipment, at=at, to=to, following=following)
        if old != new:
            both_products(number, shipment, old, new, price, at=at)
        try:
            what = dice.choice(["move", "skip", "substitute", "price", "quantity"])
            who = {"number": number, "line": at, **ANNA}
            if what == "move":
                actions.move(shipment=shipment, to=to, following=following, **who)
            elif what == "skip":
                actions.skip(shipment=shipment, **who)
            elif what == "substitute":
                actions.substitute(shipment=shipment, item=new, replaces=old, price=price, **who)
            elif what == "price":
                actions.price(shipment=shipment, price="2.00", **who)
            else:
                actions.quantity(quantity=2, shipment=shipment, **who)
        except Refused:
            pass


def test_the_history_of_adjustments_says_who_why_and_in_which_run() -> None:
    club()
    number = order("CLUB")
    pk = SalesOrder.objects.get(number=number).pk
    many = ManyBy(by="manager:mara", on=ON, reason="late", run=4711)
    change_many([Asked(pk, 1, 1)], MoveTo(to=day(7)), many, set_up=read_set_up(), revisions={})
    table = "continuity_adjustmenthistory"
    told = sql.one(f"select pgh_context::jsonb from {table} order by pgh_id desc limit 1")
    assert told is not None
    words = told[0] if isinstance(told[0], dict) else json.loads(told[0])
    assert words == {"by": "manager:mara", "reason": "late", "run": 4711}
