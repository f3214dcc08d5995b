"""A club with programs of every kind for tests of what a person does, and how to look at what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from perennial.catalog.models import Parameters
from perennial.continuity.models import Adjustment, ContinuityOrder, Occurrence
from perennial.db import sql
from perennial.desk.contract import order_documents
from perennial.desk.entry import ContinuityEntry, EnteredOrder, LineEntry, OrderEntry, PayEntry, enter
from perennial.errors import Refused
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.dry_run import rehearse
from perennial.jobs.job import Job
from perennial.language import say
from perennial.orders.models import OrderEvent, SalesOrder
from tests.worlds import actions
from tests.worlds.bundle import put

ON = date(2026, 3, 10)
"""The order date: a Tuesday."""

ANNA: dict[str, Any] = {"on": ON, "by": "clerk:anna"}


def day(number: int) -> date:
    """So many days after the order date."""
    return ON + timedelta(number)


def set_up() -> dict[str, Any]:
    """One program a kind. CLUB has four events ten days apart, the second of two products; the others are small."""
    return {
        "currency": "USD",
        "company": {"name": "Aurora", "country": "US", "time_zone": "UTC"},
        "parameters": {"days_before_delivery": 5, "repeat_threshold": 2},
        "delivery_modes": [
            {"code": "STD", "charge": "5.00", "tax_group": "BOOKS", "working_days": [1, 2, 3, 4, 5]},
            {"code": "ANY", "charge": "1.00"},
        ],
        "tax_rates": [
            {"group": "BOOKS", "country": "US", "percent": "10"},
            {"group": "BOOKS", "country": "US", "region": "OR", "percent": "0"},
        ],
        "payment_schedules": [
            {"name": "3X", "allocation": "fixed_quantity", "number_of_payments": 3, "every": 1, "unit": "month"}
        ],
        "products": [
            *({"number": f"B{n}", "price": f"{10 * n}.00", "tax_group": "BOOKS"} for n in range(1, 7)),
            {"number": "UNPRICED", "program": "LOCK"},
            *({"number": f"S-{program}", "program": program} for program in ("CLUB", "LOOP", "UP", "PART", "MISS")),
        ],
        "programs": [
            {
                "schedule_id": "CLUB",
                "events": [
                    {"key": "A", "item_number": "B1", "delivery_mode": "STD"},
                    {"key": "B", "item_number": "B2", "delivery_mode": "STD", "days_from_last": 10},
                    {"key": "B", "event_id": 2, "item_number": "B6", "quantity": 2},
                    {"key": "C", "item_number": "B3", "delivery_mode": "STD", "days_from_last": 10},
                    {"key": "D", "item_number": "B4", "delivery_mode": "ANY", "days_from_last": 10, "action": "end"},
                ],
            },
            {
                "schedule_id": "LOOP",
                "catch_up": "send",
                "events": [
                    {
                        "key": "X",
                        "item_number": "B5",
                        "delivery_mode": "ANY",
                        "days_from_last": 7,
                        "times_to_repeat": "until_stopped",
                    }
                ],
            },
            {"schedule_id": "UP", "bill_upfront": True, "events": three()},
            {"schedule_id": "PART", "bill_upfront": True, "payment_schedule": "3X", "events": three()},
            {
                "schedule_id": "MISS",
                "consolidate": True,
                "events": [
                    {"key": "M", "item_number": "B1", "delivery_mode": "ANY", "start_order_date": "2026-02-10"},
                    {"key": "N", "item_number": "B2", "delivery_mode": "ANY", "days_from_last": 10},
                    {"key": "O", "item_number": "B3", "delivery_mode": "ANY", "days_from_last": 30},
                    {"key": "P", "item_number": "B4", "delivery_mode": "ANY", "days_from_last": 10},
                ],
            },
            {"schedule_id": "LOCK", "active": False, "events": three()},
        ],
        "customers": [
            {
                "account": "C-1",
                "name": "Ada",
                "allow_on_account": True,
                "addresses": [
                    {"code": "home", "region": "NY", "country": "US"},
                    {"code": "cabin", "region": "OR", "country": "US"},
                ],
                "cards": [card("tok_visa"), card("tok_two"), card("tok_old", exp_year=2025)],
            },
            {
                "account": "C-2",
                "name": "Bo",
                "addresses": [{"code": "barn", "country": "US"}],
                "cards": [card("tok_bo")],
            },
        ],
    }


def elsewhere() -> tuple[str, date]:
    """A time zone in which it is another day than the world's clock has, and that day."""
    zone = "Pacific/Kiritimati" if datetime.now(UTC).hour >= 10 else "Pacific/Pago_Pago"
    return zone, datetime.now(ZoneInfo(zone)).date()


def three() -> list[dict[str, Any]]:
    """Three events ten days apart, of 10, 20 and 30 dollars and 1 of delivery each."""
    return [
        {"key": key, "item_number": item, "delivery_mode": "ANY", "days_from_last": 10}
        for key, item in (("A", "B1"), ("B", "B2"), ("C", "B3"))
    ]


def card(token: str, exp_year: int = 2030) -> dict[str, Any]:
    """A stored card."""
    return {"token": token, "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": exp_year}


def line(program: str, quantity: int = 1, **given: Any) -> LineEntry:
    """A continuity line of a program, paid by Ada's card unless said otherwise."""
    if given.get("payment_method", "card") == "card":
        given.setdefault("card", "tok_visa")
    return LineEntry(f"S-{program}", Decimal(quantity), continuity=ContinuityEntry(**given))


def book(item: str = "B1", quantity: int = 1) -> LineEntry:
    """An ordinary line."""
    return LineEntry(item, Decimal(quantity), "ANY")


def order(*lines: LineEntry | str, **more: Any) -> str:
    """Enter an order of Ada's, of programs by their names or of whole lines; its number."""
    entry = OrderEntry(
        **{
            "customer": "C-1",
            "lines": tuple(line(one) if isinstance(one, str) else one for one in lines),
            "number": f"SO-{SalesOrder.objects.filter(parent=None).count() + 1:06d}",
            "order_date": ON,
            "submit": True,
            "ship_to": "home",
            "pay": (PayEntry("card", "tok_visa"),),
            **more,
        }
    )
    (entered,) = enter([entry], on=ON, by="clerk:anna")
    assert isinstance(entered, EnteredOrder), entered
    return entered.number


def club(**parameters: Any) -> None:
    """Import the set-up."""
    put(set_up(), on=ON)
    if parameters:
        Parameters.objects.update(**parameters)


def run(job: Job, on: date, **arguments: Any) -> dict[str, int]:
    """Do a job's work inside the test's transaction, as a rehearsal does; its counts."""
    return rehearse(job, on, arguments, "").counts


def make_children(on: date) -> int:
    """Run create-child-orders; how many it made."""
    return run(CreateChildOrders(), on).get("created", 0)


def sent(child: str, on: date, *, invoice: bool = True) -> None:
    """A child is shipped, and invoiced."""
    actions.ship(number=child, on=on, by="warehouse")
    if invoice:
        actions.invoice(number=child, on=on, by="warehouse")


def shown(number: str) -> dict[str, Any]:
    """The order as `show order` prints it."""
    (document,) = order_documents([SalesOrder.objects.get(number=number).pk])
    return document


def lines(number: str, *fields: str, at: int = 0) -> list[Any]:
    """Fields of the lines of its continuity order: a tuple a line, or the value of the only field."""
    found = shown(number)["continuity"][at]["lines"]
    if len(fields) == 1:
        return [one[fields[0]] for one in found]
    return [tuple(one[field] for field in fields) for one in found]


def occurrences(number: str, at: int = 0) -> list[Occurrence]:
    """The rows of a continuity order, in the order of the walk, cancelled ones last."""
    continuity = ContinuityOrder.objects.filter(order__number=number).order_by("id")[at]
    return sorted(
        Occurrence.objects.filter(continuity_order=continuity), key=lambda o: (o.status == "cancelled", o.position)
    )


def payments(number: str) -> list[tuple[Any, ...]]:
    """What is owed: (order, purpose, number, amount, status)."""
    found = shown(number)["payments"]
    return [(p["order"], p["purpose"], p["number"], p["amount"], p["status"]) for p in found]


def last_event(number: str) -> tuple[Any, ...]:
    """The newest row of the order's history: what, on which day, who, why, with what."""
    event = OrderEvent.objects.filter(order__number=number).order_by("-id")[0]
    return event.kind, event.on_date, event.by, event.reason, event.data


def adjustments(number: str) -> list[tuple[Any, ...]]:
    """Open adjustments: (event, line, kind, value)."""
    found = Adjustment.objects.filter(continuity_order__order__number=number, undone_on=None).order_by("id")
    return [(a.event_key, a.line, a.kind, a.value) for a in found]


def history_of(table: str) -> tuple[Any, ...] | None:
    """Who wrote the newest row of a history table, and why."""
    return sql.one(
        f"select pgh_context::jsonb ->> 'by', pgh_context::jsonb ->> 'reason' from {table} order by pgh_id desc limit 1"
    )


def everything() -> dict[str, str]:
    """What all tables hold, history too, as a sum by table."""
    tables = [
        row[0]
        for row in sql.tuples(
            "select tablename from pg_tables where schemaname = 'public' and tablename not like 'django_%%'"
        )
    ]
    sums = " union all ".join(
        f"select '{name}', md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from \"{name}\" t"
        for name in tables
    )
    return dict(sql.tuples(sums))


@contextmanager
def unchanged() -> Iterator[None]:
    """What is done in here changes no row of any table."""
    before = everything()
    yield
    after = everything()
    assert {name for name in before if before[name] != after[name]} == set()


@contextmanager
def unchanged_but(*tables: str) -> Iterator[None]:
    """What is done in here changes no row of any other table."""
    before = everything()
    yield
    after = everything()
    assert {name for name in before if before[name] != after[name]} <= set(tables)


@contextmanager
def refused(field: str, code: str | None = None, text: str = "") -> Iterator[None]:
    """It is refused for this field, and no row of any table changes."""
    with unchanged(), pytest.raises(Refused) as caught:
        yield
    assert caught.value.field == field
    assert code is None or caught.value.code == code
    assert text in say(caught.value)
