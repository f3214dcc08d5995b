"""A program that only writes down what it was asked, so that the driver can be watched."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, BinaryIO

import pytest

from perennial.demo.ports import Example, NextShipment, Once, OnNight, ProgramFigures
from perennial.errors import Refused


class Ledger:
    """Implements the demo's ports. Knows orders and the state that acts need; ships nothing."""

    def __init__(self) -> None:
        self.nights: list[date] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self.entered_on: dict[str, date] = {}
        self.customers: dict[str, dict[str, Any]] = {}
        self.setup: dict[str, Any] = {}
        self.calls: list[tuple[Any, ...]] = []
        self.stopped: set[str] = set()
        self.faults: tuple[str, ...] = ()

    def is_empty(self) -> bool:
        return not self.orders

    def last_night(self) -> date | None:
        return self.nights[-1] if self.nights else None

    def import_bundle(self, stream: BinaryIO, *, on: date) -> None:
        first = stream.read()
        stream.seek(0)
        assert stream.read() == first
        bundle = json.loads(first)
        self.customers.update((row["account"], row) for row in bundle.pop("customers", []))
        for order in bundle.pop("orders", []):
            assert order["customer"] in self.customers
            assert order["order_date"] <= on.isoformat()
            assert order["reference"] not in self.orders
            self.orders[order["reference"]] = order
            self.entered_on[order["reference"]] = on
        self.setup.update(bundle)

    def simulate(self, *, start: date, through: date, declines: int, seed: int, on_night: OnNight) -> Mapping[str, int]:
        counts: Counter[str] = Counter()
        while start <= through:
            self.nights.append(start)
            on_night(start, {"created": 2, "captured": 1, "declined": 0})
            counts.update(created=2, captured=1)
            start += timedelta(days=1)
        return counts

    def next_shipment(self, reference: str, *, on: date) -> NextShipment | None:
        return None if reference in self.stopped else NextShipment(3, on + timedelta(days=9))

    def accept(self, reference: str, *, on: date, by: str, reason: str) -> None:
        self._act("accept", reference, on, by, reason)

    def hold(self, reference: str, *, code: str | None, on: date, by: str, reason: str) -> None:
        self._act("hold", reference, on, by, reason)

    def release(self, reference: str, *, catch_up: str | None, on: date, by: str, reason: str) -> None:
        self._act("release", reference, on, by, reason)

    def skip(self, reference: str, *, shipment: int, on: date, by: str, reason: str) -> None:
        self._act("skip", reference, on, by, reason)

    def move(self, reference: str, *, shipment: int, to: date, on: date, by: str, reason: str) -> None:
        assert to > on
        self._act("move", reference, on, by, reason)

    def cancel(self, reference: str, *, code: str | None, on: date, by: str, reason: str) -> None:
        self._act("cancel", reference, on, by, reason)
        self.stopped.add(reference)

    def send_ordinary(self, reference: str, *, on: date, by: str, reason: str) -> None:
        assert len(self.orders[reference]["lines"]) == 2
        self._act("send", reference, on, by, reason)

    def store_card(self, account: str, card: Mapping[str, Any], *, on: date, by: str, reason: str) -> None:
        self.customers[account]["cards"].append(dict(card))
        self.calls.append(("card", account, on, by, reason))

    def figures(self) -> Sequence[ProgramFigures]:
        return [
            ProgramFigures("ALBUM", 100, 900, 800, 1234567, 30, 60, 20, 3),
            ProgramFigures("SAMPLER", 10, 90, 80, 5, 3, 6, 2, 0),
        ]

    def check_once(self) -> Once:
        return Once(4321, 1234, self.faults)

    def examples(self) -> Sequence[Example]:
        return [
            Example("running", "SO-000007", "M-00007", "Ada Ashby", "", 4),
            Example("hold", "SO-000008", "M-00008", "Amos Dewdale", "moving house"),
            Example("hold", "SO-000009", "M-00009", "Vera Halefell", "abroad"),
        ]

    def _act(self, kind: str, reference: str, on: date, by: str, reason: str) -> None:
        if reference not in self.orders:
            raise AssertionError(f"{kind} of {reference} before it was entered")
        if reference in self.stopped:
            raise Refused("order_over", "number", order=reference, status="cancelled")
        self.calls.append((kind, reference, on, by, reason))


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()
