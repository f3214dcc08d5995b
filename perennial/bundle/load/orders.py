"""Orders of a bundle become orders, a batch at a time: known again, entered, or taken over as they stand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from perennial.bundle.export.orders import as_given, order_bundles
from perennial.bundle.load.new_orders import as_extended, far_ahead, first_charge_on, late, nowhere
from perennial.bundle.reading import orders as orders_
from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.orders import OrderGiven
from perennial.bundle.takeover.contradictions import note_contradictions
from perennial.bundle.takeover.lookup import Names
from perennial.bundle.takeover.order import take_over
from perennial.bundle.takeover.taken import TakenOver
from perennial.customers.models import Customer
from perennial.db import sql
from perennial.db.batch import uncollected
from perennial.db.history import context
from perennial.db.tally import Tally
from perennial.desk import entry as desk
from perennial.desk.entry.writing import write
from perennial.desk.numbers import next_numbers
from perennial.payments import blocked
from perennial.payments.models import Dispute
from perennial.payments.noted import note

ORDERS_AT_ONCE = 500
COUNT_ROWS = """
analyze orders_salesorder, orders_orderline, orders_shipment, orders_orderevent, continuity_continuityorder,
        continuity_occurrence, continuity_continuityline, continuity_adjustment, payments_payment, payments_attempt
"""


class Stored(NamedTuple):
    """An order that exists."""

    id: int
    number: str
    reference: str | None
    is_child: bool
    order_date: date
    entry: str | None


class Entering:
    """The orders of one import: what was seen so far, what was made."""

    def __init__(self, reading: Reading, accounts: dict[str, int], spoiled: set[str]) -> None:
        self.reading = reading
        self.accounts = accounts  # those of this bundle
        self.spoiled = spoiled  # those of them that are at fault
        self.seen: dict[tuple[str, str], int] = {}
        self.made: list[int] = []
        self.first_charge_on: date | None = None
        self._names: Names | None = None
        self._taken, self._counted_at = 0, ORDERS_AT_ONCE

    @uncollected()
    def batch(self, things: Iterable[tuple[int, Any]]) -> Tally:
        """Take in some orders; the faults are noted."""
        given = [orders_.order(self.reading, at, value) for at, value in things]
        for one in given:
            self._once(one)
        self._customers(given)
        fresh, same = self._known(given)
        before = len(self.made)
        new = self._enter(fresh)
        made = self.made[before:]
        with as_extended(made, self.reading.on):
            self.reading.notes.add_late(late(made, self.reading.on))
            self._first_charge(first_charge_on(made, self.reading.on))
        self.reading.notes.nowhere += nowhere(made)
        self.reading.notes.ahead += far_ahead(made, self.reading.on)
        return Tally(new=new, same=same)

    def _first_charge(self, day: date | None) -> None:
        if day is not None:
            self.first_charge_on = day if self.first_charge_on is None else min(day, self.first_charge_on)

    def _once(self, one: OrderGiven) -> None:
        """A number and a reference stand once in the bundle."""
        for key in ("number", "reference"):
            name = getattr(one.entry, key)
            if name is not None:
                first = self.seen.setdefault((key, name), one.at)
                if first != one.at:
                    one.thing.fault(key, "name_twice", what=key, name=name, first=f"orders[{first}]")

    def _customers(self, given: Sequence[OrderGiven]) -> None:
        """The customer, and who pays, are in the bundle or stored already."""
        wanted = {account for one in given for account in one.accounts} - self.accounts.keys()
        stored = set(Customer.objects.filter(account__in=wanted).values_list("account", flat=True))
        for one in given:
            for field, account in (("customer", one.entry.customer), ("payer", one.entry.payer)):
                if account in self.spoiled:
                    one.thing.bad = True
                elif account and account not in self.accounts and account not in stored:
                    meant = self.reading.faults.meant(account, self.accounts)
                    one.thing.fault(field, "name_unknown", what="customer", name=account, meant=meant)

    def _known(self, given: Sequence[OrderGiven]) -> tuple[list[OrderGiven], int]:
        """The orders that are new, and how many exist with the same facts. One that exists otherwise is a fault."""
        numbers = [one.entry.number for one in given if one.entry.number]
        references = [one.entry.reference for one in given if one.entry.reference]
        found = sql.rows(
            Stored,
            "select id, number, reference, parent_id is not null, order_date, entry from orders_salesorder"
            " where number = any(%s) or reference = any(%s)",
            [numbers, references],
        )
        by_number = {order.number: order for order in found}
        by_reference = {order.reference: order for order in found if order.reference is not None}
        fresh, same = [], 0
        for one in given:
            mine = by_number.get(one.entry.number or "")
            other = by_reference.get(one.entry.reference or "")
            if mine is None and other is None:
                fresh.append(one)
            elif self._same(one, mine, other):
                same += 1
        return fresh, same

    def _same(self, one: OrderGiven, by_number: Stored | None, by_reference: Stored | None) -> bool:
        """Is the order that exists the one that is given? If not, that is a fault."""
        entry, stored = one.entry, by_number or by_reference
        assert stored is not None
        if stored.is_child:
            one.thing.fault("number", "number_of_child", number=stored.number)
            return False
        if by_reference is not None and entry.number not in (None, by_reference.number):
            known = by_reference.number
            one.thing.fault(
                "number", "reference_of_other_order", reference=entry.reference, order=known, number=entry.number
            )
            return False
        if by_number is not None and entry.reference not in (None, by_number.reference):
            if by_number.reference:
                one.thing.fault(
                    "reference", "order_has_other_reference", order=entry.number, reference=by_number.reference
                )
            else:
                one.thing.fault("reference", "order_has_no_reference", order=entry.number)
            return False
        if one.thing.bad:  # what could not be read is no difference
            return False
        differs = self._differs(one, stored)
        if differs is not None:
            path, mine, theirs = differs
            both = None if by_number else entry.reference
            one.thing.fault(
                path, "order_exists_otherwise", order=stored.number, known=theirs, given=mine, reference=both
            )
        return differs is None

    def _differs(self, one: OrderGiven, stored: Stored) -> tuple[str, Any, Any] | None:
        """The first difference between the facts that are given and those of the order that exists.

        They are equal when they are those of its entry, or those that an export would say now.
        """
        given = one.entry.as_given or {}
        known: list[Any] = []
        if stored.entry is not None:
            entry = json.loads(stored.entry)
            noted = one.value.get("entry")
            if orders_.difference(given, [entry]) is None:
                return None
            if isinstance(noted, dict) and orders_.difference(noted, [entry]) is None:
                return None
            known.append(entry)
        known.append(as_given(next(order_bundles([stored.id]))))
        return orders_.difference(given, known)

    def _enter(self, fresh: Sequence[OrderGiven]) -> int:
        """Enter the orders that are without fault; what entry refuses is a fault."""
        usable = [one for one in fresh if one.usable]
        if self.reading.bad or self.reading.currency is None or not usable:
            return 0
        context(by=self.reading.by, reason=self.reading.reason)
        standing = [one for one in usable if one.stands]
        usable = [one for one in usable if not one.stands]
        before = len(self.made)
        entered = self._take_over(standing) + self._enter_anew(usable)
        note(self.made[before:])
        return entered

    def _enter_anew(self, usable: Sequence[OrderGiven]) -> int:
        """Orders that are entered now."""
        if not usable:
            return 0
        done = desk.enter([one.entry for one in usable], on=self.reading.on, by=self.reading.by)
        entered = 0
        for one, result in zip(usable, done, strict=True):
            if isinstance(result, desk.EnteredOrder):
                self.made.append(result.id)
                entered += 1
            else:
                one.thing.refused(result)
        return entered

    def _take_over(self, usable: Sequence[OrderGiven]) -> int:
        """Orders that are taken over as they stand."""
        if not usable:
            return 0
        if self._names is None:
            self._names = Names()
        self._names.meet({account for one in usable for account in one.accounts})
        fresh = iter(next_numbers(sum(one.entry.number is None for one in usable)))
        taken = []
        for one in usable:
            number = one.entry.number or next(fresh)
            one.entry = replace(one.entry, number=number)
            found = take_over(self.reading, self._names, one)
            if found is not None:
                taken.append(found)
        taken = self._without_doubles(taken, {one.entry.number: one for one in usable})
        write(taken)
        self._count(len(taken))
        note_contradictions(taken)
        blocked.recompute([c.id for t in taken for c in t.continuity])
        self.made += [t.order.id for t in taken]
        return len(taken)

    def _count(self, taken: int) -> None:
        """Let the server count the rows from time to time: it plans by what it has counted, and never saw these."""
        self._taken += taken
        if self._taken >= self._counted_at:
            sql.execute(COUNT_ROWS)
            self._counted_at = 4 * self._taken

    def _without_doubles(self, taken: list[TakenOver], given: dict[str | None, OrderGiven]) -> list[TakenOver]:
        """Numbers of children, keys of tries and a gateway's names of disputes stand once in the world."""
        numbers = [child.number for t in taken for child in t.children]
        tries = [attempt.key for t in taken for p in t.payments for attempt in p.tries]
        used = {
            number for (number,) in sql.tuples("select number from orders_salesorder where number = any(%s)", [numbers])
        }
        keys = {key for (key,) in sql.tuples("select key from payments_attempt where key = any(%s)", [tries])}
        theirs = [one for t in taken for p in t.payments for one in p.disputes if one.gateway and one.reference]
        known = set(
            Dispute.objects.filter(reference__in=[one.reference for one in theirs]).values_list("gateway", "reference")
        )
        good = []
        for t in taken:
            thing = given[t.order.number].thing
            for at, child in enumerate(t.children):
                if child.number in used or ("number", child.number) in self.seen:
                    thing.fault(f"children[{at}].number", "order_number_taken", number=child.number)
                used.add(child.number)
            for payment in t.payments:
                for attempt in payment.tries:
                    if attempt.key in keys:
                        thing.fault("payments", "try_key_taken", key=attempt.key)
                    keys.add(attempt.key)
                for one in payment.disputes:
                    if (one.gateway, one.reference) in known:
                        thing.fault("payments", "dispute_known", reference=one.reference)
                    if one.gateway and one.reference:
                        known.add((one.gateway, one.reference))
            if not thing.bad:
                good.append(t)
        return good
