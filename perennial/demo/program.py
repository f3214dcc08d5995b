"""The program behind the demo's ports: the same functions as the commands, the screens and the nightly worker."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any, BinaryIO

from django.db import transaction

from perennial.bundle.load.importer import import_bundle
from perennial.customers.models import Customer, StoredCard
from perennial.db import sql
from perennial.demo.bank import Bank
from perennial.demo.ports import Counts, Example, NextShipment, Once, OnNight, ProgramFigures
from perennial.desk import actions
from perennial.errors import Refused
from perennial.jobs import check
from perennial.jobs.night import last_night
from perennial.jobs.recurrences import set_recurrence
from perennial.jobs.requests import NIGHT
from perennial.jobs.simulate import simulate
from perennial.kernel.reasons import why
from perennial.language.reasons import reason_words
from perennial.orders.models import SalesOrder
from perennial.pictures.figures import as_of, work_out
from perennial.programs.models import Program as StoredProgram

SQL = sql.named("perennial.demo", "program.sql")
AT_NIGHT = time(2)
COUNTED = ("create-child-orders", "process-payments", "close-orders")


class Program:
    """Implements ``ports.Ports``. Orders are found by their reference and then acted upon by their number."""

    def __init__(self, bank: Bank | None = None) -> None:
        self._numbers: dict[str, str] = {}
        self._bank = bank

    def is_empty(self) -> bool:
        """Nobody's club, nobody's set-up: no order, no customer, no program."""
        return not (SalesOrder.objects.exists() or Customer.objects.exists() or StoredProgram.objects.exists())

    def last_night(self) -> date | None:
        return last_night()

    def import_bundle(self, stream: BinaryIO, *, on: date) -> object:
        if self._bank:
            self._bank.keep_cards(json.load(stream).get("customers", ()), on=on)
            stream.seek(0)
        return import_bundle(file=stream, by="demo", on=on)

    def simulate(self, *, start: date, through: date, declines: int, seed: int, on_night: OnNight) -> Counts:
        told = lambda night, made: on_night(night, _counts(made["jobs"]))  # noqa: E731
        given: dict[str, Any] = {"declines": declines, "seed": seed}
        if self._bank:  # who declines is the bank
            self._bank.decline(declines, seed)
            given = {"before_night": self._bank.turn_to}
        done = simulate(start, through, by="demo", on_night=told, goes_on=True, **given)
        return {**_counts(done["jobs"]), "shipped": done["shipped"]}

    def work_out_figures(self) -> None:
        """Let the figures of the pictures be those of the last night."""
        last, kept = last_night(), as_of()
        if last is not None and (kept is None or kept.on < last):
            work_out(last)

    def plan_night(self) -> None:
        """From now on the night runs by itself, as in a club that is at work, as long as a worker runs."""
        set_recurrence(job=NIGHT, at=AT_NIGHT, by="demo")

    def next_shipment(self, reference: str, *, on: date) -> NextShipment | None:
        found = sql.one(SQL["next_shipment"], {"number": self._number(reference), "on": on})
        return NextShipment(*found) if found else None

    def accept(self, reference: str, *, on: date, by: str, reason: str) -> object:
        return actions.accept(number=self._number(reference), on=on, by=by, reason=reason)

    def hold(self, reference: str, *, code: str | None, on: date, by: str, reason: str) -> object:
        return actions.hold(number=self._number(reference), code=code, on=on, by=by, reason=reason)

    def release(self, reference: str, *, catch_up: str | None, on: date, by: str, reason: str) -> object:
        return actions.release(number=self._number(reference), catch_up=catch_up, on=on, by=by, reason=reason)

    def skip(self, reference: str, *, shipment: int, on: date, by: str, reason: str) -> object:
        return actions.skip(number=self._number(reference), shipment=shipment, on=on, by=by, reason=reason)

    def move(self, reference: str, *, shipment: int, to: date, on: date, by: str, reason: str) -> object:
        return actions.move(number=self._number(reference), shipment=shipment, to=to, on=on, by=by, reason=reason)

    def cancel(self, reference: str, *, code: str | None, on: date, by: str, reason: str) -> object:
        return actions.cancel(number=self._number(reference), reason_code=code, on=on, by=by, reason=reason)

    @transaction.atomic
    def send_ordinary(self, reference: str, *, on: date, by: str, reason: str) -> object:
        number = self._number(reference)
        actions.ship(number=number, on=on, by=by, reason=reason)
        return actions.invoice(number=number, on=on, by=by, reason=reason)

    def store_card(self, account: str, card: Mapping[str, Any], *, on: date, by: str, reason: str) -> object:
        """A member has one card at a time: the new one replaces the one before."""
        if self._bank:
            self._bank.keep_cards([{"account": account, "cards": [card]}], on=on)
        before = StoredCard.objects.filter(customer__account=account).order_by("-number").first()
        return actions.store_card(
            account=account,
            token=card["token"],
            brand=card["brand"],
            last4=card["last4"],
            exp=f"{card['exp_month']:02}/{card['exp_year']}",
            replaces=before.token if before else None,
            on=on,
            by=by,
            reason=reason,
        )

    def figures(self) -> Sequence[ProgramFigures]:
        return [ProgramFigures(*row) for row in sql.tuples(_with_waits("figures"))]

    def check_once(self) -> Once:
        shipments, charges = sql.one(SQL["looked_at"]) or (0, 0)
        return Once(shipments, charges, tuple(check.check_once()["faults"]))

    def examples(self) -> Sequence[Example]:
        return [
            Example(
                kind=kind,
                number=number,
                account=account,
                member=name,
                reason=reason_words(why(reason)),
                shipment=shipment,
            )
            for kind, number, account, name, reason, shipment in sql.tuples(_with_waits("examples"))
        ]

    def _number(self, reference: str) -> str:
        """The number that the order got when it was entered."""
        if reference not in self._numbers:
            found = SalesOrder.objects.filter(reference=reference).values_list("number", flat=True).first()
            if found is None:
                raise Refused("order_unknown", "reference", order=reference)
            self._numbers[reference] = found
        return self._numbers[reference]


def _with_waits(name: str) -> str:
    return SQL[name].replace("{waits}", SQL["waits"])


def _counts(jobs: Sequence[Mapping[str, Any]]) -> Counts:
    """The words that the demo tells: child orders, money, what was closed."""
    counts: Counter[str] = Counter()
    for job in jobs:
        if job["job"] in COUNTED:
            counts.update(job["counts"])
    return counts
