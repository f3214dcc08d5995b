"""A second reading of the specification: programs, orders, the six jobs and their money, in memory and plain.

Written from the rules alone (docs/rules.md, docs/contract.md), not from the code. It predicts what
`perennial show orders --json` and `perennial job` print, and which commands are refused. It knows valid
bundles only; faults of a bundle are not its subject.
"""

from __future__ import annotations

import calendar
import copy
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count

from . import money
from .rows import Child, Continuity, Line, Occurrence, Order, Ordinary, Payment, Program
from .walk import (
    ENDLESS,
    Event,
    Facts,
    Interval,
    Mode,
    Product,
    Revision,
    Step,
    batch_of,
    days,
    next_date,
    places_after,
    sequence,
    threshold_of,
    walk,
)
from .walk import (
    calendar as program_calendar,
)

PARAMETERS = {
    "days_before_delivery": 5,
    "on_account_bill_days": 10,
    "on_account_terms_days": 30,
    "repeat_threshold": None,
    "number_of_orders_to_create": None,
    "authorize_child_orders": True,
    "authorize_days_before": 3,
    "reauthorization_limit": 3,
    "delivery_window_days": 5,
    "days_between_tries": 1,
    "soft_retry_days": None,
    "authorization_renewals": 5,
    "days_to_keep_run_lists": 60,
    "prices_include_tax": False,
}
JOBS = (
    "update-current-event",
    "extend-lines",
    "update-orders",
    "create-child-orders",
    "process-payments",
    "close-orders",
)
AUTHORISATION_LIVES = 7


class Refused(Exception):
    """Exit status 1."""


def day_of(text) -> date | None:
    return date.fromisoformat(text) if text else None


def iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


# --- the installation


class Model:
    def __init__(self):
        self.currency = None
        self.parameters = dict(PARAMETERS)
        self.modes: dict[str, dict] = {}
        self.rates: list[dict] = []
        self.intervals: dict[str, Interval] = {}
        self.schedules: dict[str, dict] = {}
        self.products: dict[str, dict] = {}
        self.programs: dict[str, Program] = {}
        self.customers: dict[str, dict] = {}
        self.orders: dict[str, Order] = {}
        self.sequence = 0
        self.ids = count(1)
        self.loose: set[str] = set()  # what this reading does not claim any more

    # -- import

    def load(self, bundle: dict) -> None:
        self.currency = self.currency or bundle.get("currency")
        self.parameters.update(bundle.get("parameters") or {})
        for one in bundle.get("delivery_modes") or []:
            self.modes[one["code"]] = one
        for one in bundle.get("tax_rates") or []:
            self.rates = [
                old
                for old in self.rates
                if any(old.get(k) != one.get(k) for k in ("group", "country", "region", "from"))
            ] + [one]
        for one in bundle.get("date_intervals") or []:
            self.load_interval(one["code"], Interval(one["code"], one["rule"], one.get("anchor") or "2000-01-01"))
        for one in bundle.get("payment_schedules") or []:
            self.schedules[one["name"]] = one
        for one in bundle.get("products") or []:
            self.products[one["number"]] = one
        for one in bundle.get("programs") or []:
            self.load_program(one)
        for one in bundle.get("customers") or []:
            self.customers[one["account"]] = one
        for one in bundle.get("orders") or []:
            self.load_order(one)

    def load_interval(self, code: str, interval: Interval) -> None:
        old = self.intervals.get(code, interval)
        self.intervals[code] = interval
        for program in self.programs.values():
            newest = program.newest()
            events = [replace(event, interval=interval) if event.interval == old else event for event in newest.events]
            if events != newest.events:
                program.revisions.append(Revision(newest.number + 1, newest.header, events, newest.places, False))

    def load_program(self, given: dict) -> None:
        header = {
            "order_start": given.get("order_start") or "first_event",
            "bill_upfront": bool(given.get("bill_upfront")),
            "consolidate": bool(given.get("consolidate")),
            "catch_up": given.get("catch_up") or "resume",
            "payment_schedule": given.get("payment_schedule"),
            "days_after_order_date": given.get("days_after_order_date") or 0,
            "started_on": day_of(given.get("started_on")),
            "active": given.get("active", True),
            "name": given.get("name"),
        }
        program = self.programs.get(given["schedule_id"])
        old = program.newest() if program else None
        events = self.read_events(given.get("events") or [], old)
        if program is None:
            program = self.programs[given["schedule_id"]] = Program(given["schedule_id"], header)
        program.header = header
        if old and old.header == header and old.events == events:
            return
        keys = [event.key for event in events]
        places = places_after(old.places, keys) if old else keys
        revision = Revision((old.number if old else 0) + 1, header, events, places, bool(given.get("apply")))
        if given.get("release", True):
            program.revisions.append(revision)
        else:
            program.draft = revision

    def read_events(self, given: list[dict], old: Revision | None) -> list[Event]:
        groups: list[list[dict]] = []
        place = 0
        for entry in given:
            number = entry.get("event_id") or place + 1
            if number == place:
                groups[-1].append(entry)
            else:
                groups.append([entry])
            place = number
        events = []
        for place, entries in enumerate(groups, 1):
            head = entries[0]
            key = next((entry["key"] for entry in entries if entry.get("key")), None)
            if key is None:
                key = old.events[place - 1].key if old and place <= len(old.events) else f"E{place}"
            repeats = head.get("times_to_repeat") or 0
            events.append(
                Event(
                    key=key,
                    place=place,
                    mode=head.get("delivery_mode"),
                    interval=self.intervals[head["date_interval"]] if head.get("date_interval") else None,
                    days=head.get("days_from_last") or 0,
                    start=day_of(head.get("start_order_date")),
                    action=head.get("action") or "none",
                    repeats=ENDLESS if repeats == "until_stopped" else repeats,
                    schedule=head.get("payment_schedule"),
                    products=tuple(
                        Product(
                            entry["item_number"],
                            Decimal(str(entry.get("quantity", 1))),
                            self.money(entry.get("price")),
                        )
                        for entry in entries
                    ),
                )
            )
        return events

    def money(self, text) -> int | None:
        return None if text is None else money.minor(text, self.currency)

    def price_on(self, item: str, day: date) -> int:
        """The price in force, or the earliest if there was none then."""
        product = self.products[item]
        if product.get("price") is not None:
            return self.money(product["price"])
        prices = sorted(product["prices"], key=lambda one: one.get("from") or "")
        in_force = [one for one in prices if (one.get("from") or "") <= day.isoformat()]
        return self.money((in_force or prices[:1])[-1]["price"])

    def load_order(self, given: dict) -> None:
        if given.get("reference") and any(order.reference == given["reference"] for order in self.orders.values()):
            return
        self.sequence += 1
        number = f"SO-{self.sequence:06d}"
        customer = self.customers[given["customer"]]
        order_date = day_of(given["order_date"])
        order = Order(
            number,
            given.get("reference"),
            customer,
            order_date,
            "open" if given.get("submit") else "draft",
            "awaited" if given.get("acceptance_required") else "none",
            given.get("ship_to"),
            given,
        )
        self.orders[number] = order
        for place, line in enumerate(given["lines"], 1):
            if self.products[line["item_number"]].get("program"):
                order.continuity.append(self.new_continuity(order, place, line))
            else:
                order.ordinary.append(
                    Ordinary(
                        place,
                        line["item_number"],
                        Decimal(str(line.get("quantity", 1))),
                        self.price_on(line["item_number"], order_date),
                        line.get("delivery_mode"),
                    )
                )
        self.total_ordinary(order)
        self.write_payments(order)

    def new_continuity(self, order: Order, place: int, line: dict) -> Continuity:
        product = self.products[line["item_number"]]
        program = self.programs[product["program"]]
        revision = program.newest()
        header = revision.header
        entry = line.get("continuity") or {}
        method = entry.get("payment_method") or "card"
        card = entry.get("card")
        if method == "card" and card is None:
            card = order.customer["cards"][0]["token"]
        first = None
        if header["order_start"] == "current_event":
            current = program_calendar(revision, header["started_on"], order.order_date)
            first = current[0].key if current else None
        facts = Facts(
            order.order_date,
            day_of(entry.get("start_date")),
            header["order_start"],
            first,
            product.get("event_duration") or 0,
            product.get("shipments"),
            Decimal(str(line.get("quantity", 1))),
            self.parameters["repeat_threshold"],
            header["consolidate"],
            header["bill_upfront"],
            {},
        )
        co = Continuity(
            order,
            place,
            line["item_number"],
            program,
            revision,
            facts,
            method,
            card,
            entry.get("payment_schedule") or header["payment_schedule"],
            entry.get("ship_to"),
            entry.get("payment_schedule") is not None,
            "open" if order.status == "open" else "draft",
        )
        self.snapshot_prices(co)
        self.plan(co, [], lambda event: threshold_of(facts, event))
        return co

    def snapshot_prices(self, co: Continuity) -> None:
        for event in co.revision.events:
            for product in event.products:
                co.facts.prices.setdefault(product.item, self.price_on(product.item, co.facts.order_date))

    # -- planning

    def mode(self, code: str | None) -> Mode:
        if code is None:
            return Mode()
        given = self.modes[code]
        return Mode(
            tuple(given.get("working_days") or (1, 2, 3, 4, 5, 6, 7)),
            given.get("holidays"),
            frozenset(day_of(day) for day in given.get("closed_on") or []),
        )

    def ship_on(self, co: Continuity, at: tuple[str, int], event_on: date, mode: str | None) -> date:
        moved = co.adjusted(at, "move")
        if moved:
            return self.mode(mode).roll(day_of(moved.value))
        return self.mode(mode).roll(max(event_on, co.facts.order_date))

    def lines_of(self, co: Continuity, event: Event, repetition: int) -> list[Line]:
        at = event.key, repetition
        lines = []
        for number, product in enumerate(event.products, 1):
            quantity = co.adjusted(at, "quantity", number)
            line = Line(
                product.item,
                Decimal(quantity.value) if quantity else product.quantity * co.facts.quantity,
                product.price if product.price is not None else co.facts.prices[product.item],
            )
            swapped, priced = co.adjusted(at, "substitute", number), co.adjusted(at, "price", number)
            if swapped:
                line.item, line.product_changed = swapped.value, True
            if priced:
                line.price, line.price_changed = priced.value, True
            lines.append(line)
        return lines

    def plan(self, co: Continuity, kept: list[Occurrence], cap) -> dict[str, int]:
        """Plan behind what is kept, write the difference and count its lines."""
        redated = {(one.key, one.repetition): day_of(one.value) for one in co.adjustments if one.kind == "redate"}
        steps, complete = walk(co.revision, co.facts, [(row.at, row.event_on) for row in kept], cap, redated)
        counts = {"added": 0, "changed": 0, "cancelled": 0}
        number = max((row.shipment for row in kept), default=0)
        new: list[Occurrence] = []
        past = [step for step in steps if step.past]
        for step in steps:
            if not (step.past and step is not past[0]):
                number += 1
            if co.facts.last_shipment is not None and number > co.facts.last_shipment:
                complete = True
                break
            new.append(self.occurrence(co, step, past, number, counts))
        if co.facts.last_shipment is not None and number >= co.facts.last_shipment:
            complete = True
        before = co.walk[len(kept) :]
        co.walk = kept + new
        for row in before:
            if row in new:
                continue
            if co.facts.last_shipment is not None and row.status == "skipped":
                co.walk.append(row)  # what was stopped keeps what was skipped behind its last shipment
            else:
                counts["cancelled"] += len(row.lines)
                row.status, row.blocked, row.shipment = "cancelled", None, None
        for together in self.shipments(co).values():
            # A shipment waits as one.
            waits = [row for row in together if row.status == "scheduled"]
            why = [word for word in ("acceptance", "hold", "card") if any(row.blocked == word for row in waits)]
            for row in waits if why else ():
                row.blocked = why[0]
        counts["complete"] = int(co.complete != complete)
        co.complete = complete
        return counts

    def occurrence(
        self, co: Continuity, step: Step, past: list[Step], shipment: int, counts: dict[str, int]
    ) -> Occurrence:
        event = step.event
        if step.past:
            moved = [day_of(one.value) for other in past if (one := co.adjusted(other.at, "move"))]
            ship_on = self.mode(past[-1].event.mode).roll(moved[0] if moved else co.facts.order_date)
        else:
            ship_on = self.ship_on(co, step.at, step.event_on, event.mode)
        lines = self.lines_of(co, event, step.repetition)
        status = "planned" if co.status == "draft" else "scheduled"
        if co.adjusted(step.at, "skip"):
            status = "skipped"
        row = co.rows.get(step.at)
        if row is None:
            row = co.rows[step.at] = Occurrence(
                next(self.ids),
                *step.at,
                step.event_on,
                ship_on,
                status,
                lines,
                shipment,
                event.mode,
                self.event_schedule(co, event),
                step.past,
            )
            counts["added"] += len(lines)
            return row
        # The program's own day is nothing that anybody sees: where nothing else differs, the line counts as it was.
        old = (row.ship_on, row.shipment, row.status, row.mode, row.schedule)
        new = (ship_on, shipment, status, event.mode, self.event_schedule(co, event))
        if row.status == "cancelled":
            counts["added"] += len(lines)
        else:
            pairs = list(zip(row.lines, lines, strict=False))
            counts["changed"] += sum(
                1
                for was, now in pairs
                if old != new or (was.item, was.quantity, was.price) != (now.item, now.quantity, now.price)
            )
            counts["added"] += len(lines) - len(pairs)
            counts["cancelled"] += len(row.lines) - len(pairs)
        row.event_on = step.event_on
        row.ship_on, row.shipment, row.status, row.mode, row.schedule = new
        row.lines, row.past = lines, step.past
        if status != "scheduled":
            row.blocked = None
        return row

    def keeps_billing(self, co: Continuity) -> bool:
        """A change of the program's billing does not reach it: somebody chose its schedule, or it was promised to be
        billed the other way, or what it is paid by pays no parts.
        """
        header = co.revision.header
        pays_no_parts = co.method in ("check", "cash", "gift_card") and header["payment_schedule"] is not None
        return co.chosen or header["bill_upfront"] != co.facts.upfront or pays_no_parts

    def event_schedule(self, co: Continuity, event: Event) -> str | None:
        """The event's, but that of its other shipments where the order keeps how it is billed."""
        if self.keeps_billing(co):
            known = [row for row in co.rows.values() if row.key == event.key]
            for row in sorted(known, key=lambda one: one.status == "cancelled"):
                return row.schedule
        return event.schedule

    def chain(self, co: Continuity, start: int) -> None:
        """Date again what the walk holds from an occurrence on: the same occurrences, in the same order."""
        for i in range(start, len(co.walk)):
            row = co.walk[i]
            event = co.event(row.key)
            asked = co.adjusted(row.at, "redate")
            previous = co.walk[i - 1].event_on if i else None
            if asked:
                day = day_of(asked.value) if previous is None else max(day_of(asked.value), previous)
            elif previous is None:
                day = row.event_on
            else:
                day = next_date(event, row.repetition, previous, co.walk[0].event_on)
            row.event_on, row.mode = day, event.mode
            row.ship_on = self.ship_on(co, row.at, day, event.mode)

    # -- money

    def address(self, order: Order, ship_to) -> dict:
        given = ship_to or order.ship_to
        if isinstance(given, dict):
            return given
        addresses = order.customer.get("addresses") or []
        if given:
            return next(one for one in addresses if one["code"] == given)
        delivery = [one for one in addresses if one.get("purpose", "delivery") == "delivery"]
        return (delivery or addresses or [{}])[0]

    def rate(self, group: str | None, address: dict, day: date) -> Fraction:
        if group is None:
            return Fraction(0)
        for region in ([address.get("region")] if address.get("region") else []) + [None]:
            fit = [
                one
                for one in self.rates
                if one["group"] == group
                and one.get("country") == address.get("country")
                and one.get("region") == region
                and (one.get("from") or "") <= day.isoformat()
            ]
            if fit:
                return Fraction(Decimal(max(fit, key=lambda one: one.get("from") or "")["percent"]))
        return Fraction(0)

    def totals(
        self, lines: list[tuple[str, Decimal, int]], mode: str | None, address: dict, day: date
    ) -> tuple[int, int, int]:
        """Delivery charge, tax and total of what ships together."""
        delivery = self.money(self.modes[mode].get("charge") or 0) if mode else 0
        groups: dict[str | None, int] = {}
        amount = 0
        for item, quantity, price in lines:
            line = money.line_amount(quantity, price)
            amount += line
            group = self.products[item].get("tax_group")
            groups[group] = groups.get(group, 0) + line
        if mode:
            group = self.modes[mode].get("tax_group")
            groups[group] = groups.get(group, 0) + delivery
        tax = 0
        for group, base in groups.items():
            percent = self.rate(group, address, day)
            if self.parameters["prices_include_tax"]:
                tax += money.half_up(base * percent / (100 + percent))
            else:
                tax += money.half_up(base * percent / 100)
        return delivery, tax, amount + delivery + (0 if self.parameters["prices_include_tax"] else tax)

    def total_ordinary(self, order: Order) -> None:
        if not order.ordinary:
            return
        lines = [(line.item, line.quantity, line.price) for line in order.ordinary]
        mode = next((line.mode for line in order.ordinary if line.mode), None)
        order.delivery, order.tax, order.total = self.totals(lines, mode, self.address(order, None), order.order_date)

    def shipments(self, co: Continuity) -> dict[int, list[Occurrence]]:
        found: dict[int, list[Occurrence]] = {}
        for row in co.walk:
            if row.status in ("planned", "scheduled", "ordered"):
                found.setdefault(row.shipment, []).append(row)
        return found

    def ship_address(self, co: Continuity, rows: list[Occurrence]) -> dict:
        adjusted = co.adjusted(rows[-1].at, "address")
        return self.address(co.order, adjusted.value if adjusted else co.ship_to)

    def whole_order(self, co: Continuity) -> int:
        total = 0
        for rows in self.shipments(co).values():
            lines = [(line.item, line.quantity, line.price) for row in rows for line in row.lines]
            total += self.totals(lines, rows[-1].mode, self.ship_address(co, rows), co.order.order_date)[2]
        return total

    def write_payments(self, order: Order) -> None:
        for co in order.continuity:
            if co.facts.upfront:
                self.write_upfront(co)
        if order.ordinary and order.total:
            self.write_ordinary(order)

    def write_upfront(self, co: Continuity) -> None:
        order, facts = co.order, co.facts
        status = "draft" if order.status == "draft" else "due"
        total = self.whole_order(co)
        if co.schedule is None:
            first = min((row.ship_on for row in co.walk if row.status != "skipped"), default=facts.order_date)
            plan = [(max(facts.order_date, first), total)] if total else []
        else:
            plan = money.parts(total, self.schedules[co.schedule], facts.start_date or facts.order_date, self.currency)
        for number, (day, amount) in enumerate(plan, 1):
            order.payments.append(
                Payment(
                    order.number,
                    order,
                    co,
                    None,
                    "order",
                    number,
                    co.method,
                    co.card,
                    amount,
                    day,
                    co.schedule is None,
                    status,
                )
            )

    def write_ordinary(self, order: Order) -> None:
        status = "draft" if order.status == "draft" else "due"
        pay = order.facts.get("pay")
        if not pay:
            first = order.continuity[0] if order.continuity else None
            pay = [
                {
                    "method": first.method if first else "card",
                    "card": first.card if first else order.customer["cards"][0]["token"],
                    "percent": "100",
                }
            ]
        left = order.total
        number = 0
        for place, one in enumerate(pay, 1):
            if one.get("amount") is not None:
                amount = self.money(one["amount"])
            else:
                amount = money.half_up(Fraction(Decimal(str(one["percent"]))) * order.total / 100)
            amount = left if place == len(pay) else min(amount, left)
            left -= amount
            if amount:
                number += 1
                order.payments.append(
                    Payment(
                        order.number,
                        order,
                        None,
                        None,
                        "ordinary",
                        number,
                        one.get("method") or "card",
                        one.get("card"),
                        amount,
                        order.order_date,
                        True,
                        status,
                    )
                )

    # -- finding

    def order(self, number: str) -> Order:
        if number not in self.orders:
            raise Refused(f"no order {number}")
        return self.orders[number]

    def child(self, number: str) -> Child | None:
        return next(
            (child for order in self.orders.values() for child in order.children if child.number == number),
            None,
        )

    def line(self, order: Order, line: int | None) -> Continuity:
        found = [co for co in order.continuity if line in (None, co.line)]
        if len(found) != 1:
            raise Refused("which continuity line?")
        return found[0]

    def open_shipment(self, order: Order, line: int | None, number: int) -> tuple[Continuity, list[Occurrence]]:
        co = self.line(order, line)
        rows = co.shipment(number)
        if not rows:
            raise Refused("no such shipment")
        if co.status not in ("open", "draft"):
            raise Refused("closed")
        if any(row.child for row in rows):
            raise Refused("it has a child order: cancel that first")
        return co, rows

    # -- what a person does

    def submit(self, number: str) -> None:
        order = self.order(number)
        if order.status != "draft":
            raise Refused("not a draft")
        order.status = "open"
        for co in order.continuity:
            co.status = "open"
            for row in co.walk:
                if row.status == "planned":
                    row.status = "scheduled"
        for payment in order.payments:
            if payment.status == "draft":
                payment.status = "due"

    def accept(self, number: str, on: date, catch_up: str | None = None) -> None:
        order = self.order(number)
        if order.acceptance != "awaited":
            raise Refused("no acceptance awaited")
        order.acceptance = "given"
        self.unblock(order, "acceptance", on, catch_up)

    def unblock(self, order: Order, word: str, on: date, catch_up: str | None) -> None:
        for co in order.continuity:
            for row in co.walk:
                if row.blocked == word:
                    row.blocked = None
            self.wait_for_payment(co)
            self.catch_up(co, on, catch_up)
            self.recalculate(co)

    def catch_up(self, co: Continuity, on: date, how: str | None) -> None:
        if co.order.acceptance == "awaited" or co.order.stops("shipping"):
            return  # it waits still
        how = how or co.revision.header["catch_up"]
        late = [row for row in co.walk if row.status == "scheduled" and row.blocked is None and row.ship_on < on]
        if not late or how == "send":
            return
        if how == "skip":
            for row in late:
                self.skip_row(co, row, on)
        elif how == "merge":
            if len(late) > 1:
                self.loose.add("merge")
            mode = self.mode(late[-1].mode)
            for row in late:
                row.ship_on, row.shipment = mode.roll(on), late[0].shipment
            self.number(co, co.walk.index(late[-1]) + 1, late[0].shipment)
        else:
            behind = on - late[0].ship_on
            days = {row.at: max(on, row.ship_on + behind) for row in late}
            for row in late:
                place, day = co.walk.index(row), days[row.at]
                shared = len(co.shipment(row.shipment)) > 1
                if shared or place < co.frozen():
                    self.move_rows(co, co.shipment(row.shipment) if shared else [row], day, on)
                elif row.ship_on < on:
                    previous = co.walk[place - 1].event_on if place else on
                    co.undo(row.at, "move")
                    co.adjust(row.at, "redate", max(day, previous).isoformat(), on)
                    self.chain(co, place)
                    return

    def number(self, co: Continuity, start: int, last: int) -> None:
        was = None
        for row in co.walk[start:]:
            if row.shipment != was:
                last += 1
            was, row.shipment = row.shipment, last

    def skip_row(self, co: Continuity, row: Occurrence, on: date) -> None:
        co.adjust(row.at, "skip", True, on)
        row.status, row.blocked = "skipped", None

    def move_rows(self, co: Continuity, rows: list[Occurrence], to: date, on: date) -> None:
        ship_on = self.mode(rows[-1].mode).roll(to)
        for row in rows:
            co.adjust(row.at, "move", to.isoformat(), on)
            row.ship_on = ship_on

    def skip(self, number: str, shipment: int, on: date, line: int | None = None) -> None:
        co, rows = self.open_shipment(self.order(number), line, shipment)
        if all(row.status == "skipped" for row in rows):
            raise Refused("it is skipped")
        for row in rows:
            self.skip_row(co, row, on)

    def unskip(self, number: str, shipment: int, on: date, line: int | None = None) -> None:
        co, rows = self.open_shipment(self.order(number), line, shipment)
        if not any(row.status == "skipped" for row in rows):
            raise Refused("it is not skipped")
        for row in rows:
            co.undo(row.at, "skip")
            row.status = "planned" if co.status == "draft" else "scheduled"

    def move(self, number: str, shipment: int, to: date, on: date, following: bool, line: int | None = None) -> None:
        co, rows = self.open_shipment(self.order(number), line, shipment)
        if to < on:
            raise Refused("a date in the past")
        if not following:
            self.move_rows(co, rows, to, on)
            return
        if len(rows) > 1:
            raise Refused("a shared shipment")
        place = co.walk.index(rows[0])
        if place < co.frozen():
            raise Refused("inside what has shipped")
        if place and to < co.walk[place - 1].event_on:
            raise Refused("before the previous shipment")
        co.undo(rows[0].at, "move")
        co.adjust(rows[0].at, "redate", to.isoformat(), on)
        self.chain(co, place)

    def product_line(self, rows: list[Occurrence], item: str | None) -> tuple[Occurrence, int]:
        found = [(row, number) for row in rows for number, line in enumerate(row.lines, 1) if item in (None, line.item)]
        if len(found) != 1:
            raise Refused("which product?")
        return found[0]

    def substitute(
        self,
        number: str,
        shipment: int,
        item: str,
        on: date,
        old: str | None,
        price: str | None,
        line: int | None = None,
    ) -> None:
        co, rows = self.open_shipment(self.order(number), line, shipment)
        if item not in self.products or self.products[item].get("program"):
            raise Refused("not a product that ships")
        row, place = self.product_line(rows, old)
        co.adjust(row.at, "substitute", item, on, place)
        row.lines[place - 1].item, row.lines[place - 1].product_changed = item, True
        if price is not None:
            co.adjust(row.at, "price", self.money(price), on, place)
            row.lines[place - 1].price, row.lines[place - 1].price_changed = self.money(price), True
        self.recalculate(co)

    def price(self, number: str, shipment: int, price: str, on: date, line: int | None = None) -> None:
        co, rows = self.open_shipment(self.order(number), line, shipment)
        row, place = self.product_line(rows, None)
        co.adjust(row.at, "price", self.money(price), on, place)
        row.lines[place - 1].price, row.lines[place - 1].price_changed = self.money(price), True
        self.recalculate(co)

    def quantity(self, number: str, quantity: str, shipment: int | None, on: date, line: int | None = None) -> None:
        order = self.order(number)
        if shipment is not None:
            co, rows = self.open_shipment(order, line, shipment)
            for row in rows:
                for place in range(1, len(row.lines) + 1):
                    co.adjust(row.at, "quantity", quantity, on, place)
        else:
            co = self.line(order, line)
            co.facts.quantity = Decimal(quantity)
            rows = [row for row in co.walk if not row.child]
        for row in rows:
            if row.key in co.revision.by_key:
                new = self.lines_of(co, co.revision.by_key[row.key], row.repetition)
                for was, now in zip(row.lines, new, strict=True):
                    was.quantity = now.quantity
        self.recalculate(co)

    def ship_to(self, number: str, code: str, shipment: int | None, on: date, line: int | None = None) -> None:
        order = self.order(number)
        if code not in [one["code"] for one in order.customer.get("addresses") or []]:
            raise Refused("no such address")
        if shipment is None:
            co = self.line(order, line)
            co.ship_to = code
        else:
            co, rows = self.open_shipment(order, line, shipment)
            for row in rows:
                co.adjust(row.at, "address", code, on)
        self.recalculate(co)

    def recalculate(self, co: Continuity) -> None:
        """What is billed upfront and not yet made is written anew."""
        if not co.facts.upfront:
            return
        mine = [payment for payment in co.order.payments if payment.co is co and payment.purpose == "order"]
        if co.schedule is None and co.method in ("card", "on_account"):
            made = [one for one in mine if one.status in ("captured", "billed", "paid")]
            open_ = [one for one in mine if one not in made and one.status != "cancelled"]
            self.write_upfront(co)
            *_, new = co.order.payments
            if new in mine:  # nothing is owed
                self.loose.add("nothing is owed any more")
            elif all(one.status in ("due", "draft") for one in mine) and len(open_) > 1:  # parts no more
                co.order.payments = [one for one in co.order.payments if one not in open_]
                if any(child.co is co and child.status == "invoiced" for child in co.order.children):
                    self.loose.add("upfront in one when something is invoiced already")
            elif len(open_) == 1 and not made:
                co.order.payments.remove(new)
                open_[0].amount, open_[0].at_invoice = new.amount, True
                if open_[0].invoiced_on is None:
                    open_[0].due_on = new.due_on
            else:
                self.loose.add("upfront changed after a charge")
            return
        if any(payment.status not in ("due", "draft") for payment in mine):
            self.loose.add("upfront changed after a charge")
            return
        co.order.payments = [payment for payment in co.order.payments if payment not in mine]
        self.write_upfront(co)

    def hold(self, number: str, code: str, reason: str, stops: str, on: date) -> None:
        target = self.child(number) or self.order(number)
        if target.status == "cancelled":
            raise Refused("it is over")
        if any(hold["released_on"] is None and hold["code"] == code for hold in target.holds):
            raise Refused("such a hold is open")
        target.holds.append({"code": code, "reason": reason, "stops": stops, "on": on, "released_on": None})

    def release(self, number: str, code: str | None, on: date, catch_up: str | None = None) -> None:
        target = self.child(number) or self.order(number)
        found = [hold for hold in target.holds if hold["released_on"] is None and code in (None, hold["code"])]
        if not found:
            raise Refused("no such hold")
        for hold in found:
            hold["released_on"] = on
        if isinstance(target, Order) and not target.stops("shipping"):
            self.unblock(target, "hold", on, catch_up)

    def cancel(self, number: str, on: date, after: int | None = None, again: bool = False) -> None:
        child = self.child(number)
        if child:
            if child.status != "open":
                raise Refused("it has shipped")
            self.cancel_child(child, on)
            if again:
                for row in child.co.walk:
                    if row.child is child:
                        row.child, row.status = None, "scheduled"
            return
        order = self.order(number)
        if order.status not in ("open", "draft"):
            raise Refused("it is over")
        if after is not None:
            co = self.line(order, None)
            if not co.shipment(after) or any(
                row.child and row.child.status in ("shipped", "invoiced") and row.shipment > after for row in co.walk
            ):
                raise Refused("it cannot be the last")
            self.stop(co, after, on)
            return
        shipped = any(child.status in ("shipped", "invoiced") for child in order.children) or any(
            line.status in ("shipped", "invoiced") for line in order.ordinary
        )
        for co in order.continuity:
            if co.status in ("open", "draft"):
                self.stop(co, 0, on)
                if not shipped:
                    co.status = co.line_status = "cancelled"
        for line in order.ordinary:
            if line.status == "open":
                line.status = "cancelled"
        for payment in order.payments:
            if payment.purpose == "ordinary" and not any(
                line.status in ("shipped", "invoiced") for line in order.ordinary
            ):
                self.cancel_payment(payment, on)
            if payment.purpose == "order":
                if not payment.captured and not any(
                    child.co is payment.co and child.status != "cancelled" for child in order.children
                ):
                    self.cancel_payment(payment, on)
                else:
                    self.loose.add("upfront cancelled midway")
        if not shipped:
            order.status = "cancelled"

    def stop(self, co: Continuity, after: int, on: date) -> None:
        """Nothing comes behind that shipment."""
        stay = []
        for row in co.walk:
            if row.shipment > after and row.status in ("planned", "scheduled"):
                row.status, row.blocked, row.shipment = "cancelled", None, None
            else:
                stay.append(row)
                if row.shipment > after and row.child and row.child.status == "open":
                    self.cancel_child(row.child, on)
        co.walk = stay
        co.complete = True
        co.facts.last_shipment = max([after, *(row.shipment for row in co.walk[: co.frozen()])])
        if after:
            self.recalculate(co)

    def cancel_child(self, child: Child, on: date) -> None:
        child.status = "cancelled"
        for payment in child.order.payments:
            if payment.child is child:
                self.cancel_payment(payment, on)

    def cancel_payment(self, payment: Payment, on: date) -> None:
        if payment.status in ("due", "draft", "declined", "failed"):
            failed, payment.status = payment.status == "failed", "cancelled"
            if failed:
                self.fails_no_more(payment, on)
        elif payment.status == "authorised":
            payment.status = "voiding"

    def obstacles(self, child: Child, on: date) -> bool:
        """Is there anything for which neither a shipment nor an invoice of this child is allowed on that day?"""
        early = (child.ship_on - on).days > self.parameters["delivery_window_days"]
        unpaid = any(
            payment.due_on <= on and payment.status in ("declined", "failed", "unknown")
            for payment in child.order.payments
            if payment.child is child
            or (child.co.facts.upfront and payment.co is child.co and payment.purpose == "order")
        )
        return early or unpaid or child.held()

    def may_ship(self, child: Child, on: date) -> bool:
        return child.status == "open" and not self.obstacles(child, on)

    def ordinary_obstacles(self, order: Order, on: date) -> bool:
        return (
            order.acceptance == "awaited"
            or order.stops("shipping")
            or any(
                payment.purpose == "ordinary"
                and payment.due_on <= on
                and payment.status in ("declined", "failed", "unknown")
                for payment in order.payments
            )
        )

    def ship(
        self,
        number: str,
        on: date,
        carrier: str | None = None,
        tracking: str | None = None,
        override: bool = False,
        reason: str | None = None,
    ) -> None:
        child = self.child(number)
        if child:
            if child.status != "open":
                raise Refused("it is not open")
            self.overrides(self.obstacles(child, on), override, reason)
            child.status, child.shipped_on, child.carrier, child.tracking = "shipped", on, carrier, tracking
            return
        order = self.order(number)
        lines = [line for line in order.ordinary if line.status == "open"]
        if not lines or order.status != "open":
            raise Refused("nothing to ship")
        self.overrides(self.ordinary_obstacles(order, on), override, reason)
        for line in lines:
            line.status = "shipped"
        if not order.continuity:
            order.status = "shipped"

    @staticmethod
    def overrides(obstacle: bool, override: bool, reason: str | None) -> None:
        if obstacle and not (override and reason):
            raise Refused("something stands in the way")

    def invoice(self, number: str, on: date, override: bool = False, reason: str | None = None) -> None:
        child = self.child(number)
        if child:
            if child.status not in ("open", "shipped"):
                raise Refused("it is over")
            self.overrides(child.status == "open" or self.obstacles(child, on), override, reason)
            if child.status == "open":
                child.shipped_on = on
            child.status, child.invoiced_on = "invoiced", on
            for payment in child.order.payments:
                if payment.at_invoice and (
                    payment.child is child or (payment.purpose == "order" and payment.co is child.co)
                ):
                    self.invoiced(payment, on)
            return
        order = self.order(number)
        lines = [line for line in order.ordinary if line.status == "shipped"]
        if not lines:
            raise Refused("nothing to invoice")
        self.overrides(self.ordinary_obstacles(order, on), override, reason)
        for line in lines:
            line.status = "invoiced"
        for payment in order.payments:
            if payment.purpose == "ordinary":
                self.invoiced(payment, on)
        if not order.continuity:
            order.status = "invoiced"

    def invoiced(self, payment: Payment, on: date) -> None:
        if payment.invoiced_on is None:
            payment.invoiced_on = on
            if payment.method == "on_account" and payment.status == "due" and self.schedule_of(payment) is None:
                payment.due_on = on + days(self.parameters["on_account_terms_days"])

    def schedule_of(self, payment: Payment) -> str | None:
        if payment.co is None:
            return None
        if payment.child:
            return payment.child.schedule
        return payment.co.schedule

    def store_card(self, account: str, card: dict, replaces: str | None, on: date, catch_up: str | None = None) -> None:
        customer = self.customers.get(account)
        if customer is None:
            raise Refused("no such customer")
        cards = customer.setdefault("cards", [])
        if replaces is not None and replaces not in [one["token"] for one in cards]:
            raise Refused("no such card")
        cards[:] = [one for one in cards if one["token"] != card["token"]] + [card]
        for order in self.orders.values():
            if order.customer["account"] != account:
                continue
            for co in order.continuity:
                if replaces is not None:
                    takes = co.card == replaces
                else:
                    takes = co.card is not None and (
                        self.expires(co) < on
                        or any(row.blocked in ("card", "payment") for row in co.walk)
                        or any(one.co is co and one.status in ("declined", "failed") for one in order.payments)
                    )
                owes = any(
                    one.co is co
                    and one.method == "card"
                    and one.status in ("draft", "due", "declined", "failed", "sent", "authorised", "unknown")
                    for one in order.payments
                )
                if takes and (co.status == "open" or owes):
                    self.new_card(co, card["token"], on, catch_up)

    def new_card(self, co: Continuity, token: str, on: date, catch_up: str | None) -> None:
        co.card = token
        for payment in co.order.payments:
            ordinary = payment.purpose == "ordinary" and payment.method == "card"
            if (payment.co is co or ordinary) and payment.status in ("due", "draft", "declined", "failed"):
                payment.card = token
                if payment.status in ("declined", "failed"):
                    payment.status, payment.tries = "due", 0
                    self.fails_no_more(payment, on)
        for row in co.walk:
            if row.blocked == "card":
                row.blocked = None
        self.catch_up(co, on, catch_up)
        self.recalculate(co)

    def order_card(
        self, number: str, token: str, on: date, line: int | None = None, catch_up: str | None = None
    ) -> None:
        order = self.order(number)
        if token not in [one["token"] for one in order.customer.get("cards") or []]:
            raise Refused("no such card")
        self.new_card(self.line(order, line), token, on, catch_up)

    def expires(self, co: Continuity) -> date:
        return self.expiry(co.order.customer, co.card)

    def expiry(self, customer: dict, token: str | None) -> date:
        card = next(one for one in customer["cards"] if one["token"] == token)
        return date(card["exp_year"], card["exp_month"], calendar.monthrange(card["exp_year"], card["exp_month"])[1])

    # -- jobs

    def job(self, name: str, on: date, **criteria) -> dict:
        self.reasons: list[dict] = []
        self.captured = 0
        counts = {
            "update-current-event": self.update_current_event,
            "extend-lines": self.extend_lines,
            "update-orders": self.update_orders,
            "create-child-orders": self.create_child_orders,
            "process-payments": self.process_payments,
            "close-orders": self.close_orders,
        }[name](on, **criteria)
        return {
            "job": name,
            "on": on.isoformat(),
            "status": "done",
            "counts": counts,
            "reasons": self.reasons,
            "amounts": {self.currency: {"captured": money.shown(self.captured, self.currency)}},
        }

    def night(self, on: date) -> dict:
        return {
            "on": on.isoformat(),
            "jobs": [self.job(name, on, **({"night": True} if name == "update-orders" else {})) for name in JOBS],
        }

    def open_continuity(self) -> list[Continuity]:
        return [
            co
            for order in self.orders.values()
            if order.status == "open"
            for co in order.continuity
            if co.status == "open"
        ]

    def update_current_event(self, on: date) -> dict:
        programs = advanced = 0
        for program in self.programs.values():
            if not program.header["active"] or not program.header["started_on"]:
                continue
            programs += 1
            found = program_calendar(program.newest(), program.header["started_on"], on)
            at = (found[0].key, found[1]) if found else None
            if at != program.current:
                places = program.newest().places
                if (
                    program.current
                    and at
                    and (places.index(at[0]), at[1]) < (places.index(program.current[0]), program.current[1])
                ):
                    continue
                program.current = at
                advanced += 1
        return {"programs": programs, "advanced": advanced}

    def extend_lines(self, on: date) -> dict:
        orders = lines = 0
        for co in self.open_continuity():
            added = 0
            while not co.complete and self.short(co, on):
                added += self.extend(co)
            if added:
                self.wait_for_payment(co)
                orders += 1
                lines += added
        return {"orders": orders, "lines": lines}

    def short(self, co: Continuity, on: date) -> bool:
        return (
            len(co.open()) < batch_of(co.facts)
            or not co.walk
            or co.walk[-1].ship_on <= on + days(self.parameters["days_before_delivery"])
        )

    def extend(self, co: Continuity) -> int:
        stopped = next(sequence(co.revision, co.facts, [row.at for row in co.walk]))[0].key
        planned = [row.repetition for row in co.walk if row.key == stopped]

        def cap(event: Event) -> float:
            if event.key == stopped and planned:
                return max(planned) + batch_of(co.facts)
            return threshold_of(co.facts, event)

        return self.plan(co, list(co.walk), cap)["added"]

    def update_orders(self, on: date, program: str | None = None, night: bool = False) -> dict:
        counts = dict.fromkeys(("updated", "unchanged", "kept", "lines_added", "lines_changed", "lines_cancelled"), 0)
        for co in self.open_continuity():
            newest = co.program.newest()
            if (
                co.revision.number >= newest.number
                or program not in (None, co.program.id)
                or (night and not newest.apply)
            ):
                continue
            done = self.update(co)
            counts["updated" if any(done.values()) else "unchanged"] += 1
            counts["kept"] += bool(co.adjustments)
            for word in ("added", "changed", "cancelled"):
                counts["lines_" + word] += done[word]
        return counts

    def update(self, co: Continuity) -> dict[str, int]:
        co.revision = co.program.newest()
        self.snapshot_prices(co)
        paid_by = co.schedule
        if not self.keeps_billing(co):
            co.schedule = co.revision.header["payment_schedule"]
        highest: dict[str, int] = {}
        for key, repetition in co.rows:
            highest[key] = max(highest.get(key, 0), repetition)
        if not co.complete and all(row.event_on < co.facts.order_date for row in co.walk):
            # Missed events alone, which may reach beyond the threshold: what changes nothing of them plans nothing
            # behind them (docs/decisions/where-planning-stopped.md).
            trial = copy.deepcopy(co)
            done = self.plan(trial, trial.walk[: trial.frozen()], lambda event: threshold_of(co.facts, event))
            if not any(done.values()):
                done["billing"] = int(co.schedule != paid_by)
                return done
        done = self.plan(
            co,
            co.walk[: co.frozen()],
            lambda event: max(threshold_of(co.facts, event), highest.get(event.key, 0)),
        )
        done["billing"] = int(co.schedule != paid_by)
        if any(done[word] for word in ("added", "changed", "cancelled", "billing")):
            self.recalculate(co)
            self.wait_for_payment(co)
        return done

    def create_child_orders(
        self,
        on: date,
        through: date | None = None,
        limit: int | None = None,
        program: str | None = None,
        product: str | None = None,
        customer: str | None = None,
        order: str | None = None,
    ) -> dict:
        counts = dict.fromkeys(("created", "left", "acceptance", "on_hold", "expired_card", "payment", "parked"), 0)
        word = {
            "acceptance": "acceptance",
            "hold": "on_hold",
            "card": "expired_card",
            "payment": "payment",
            "parked": "parked",
        }
        through = through or on + days(self.parameters["days_before_delivery"])
        limit = limit if limit is not None else self.parameters["number_of_orders_to_create"]
        due: list[tuple[date, tuple[int, int], Continuity, list[Occurrence]]] = []
        waiting: list[tuple[date, tuple[int, int], Continuity, list[Occurrence]]] = []
        for place, co in enumerate(self.open_continuity()):
            if program not in (None, co.program.id) or customer not in (None, co.order.customer["account"]):
                continue
            if order not in (None, co.order.number) or product not in (None, co.item):
                continue
            shipments: dict[int, list[Occurrence]] = {}
            for row in co.walk:
                if row.status == "scheduled" and row.ship_on <= through:
                    shipments.setdefault(row.shipment, []).append(row)
            for rows in shipments.values():
                item = min(row.ship_on for row in rows), (place, rows[0].shipment), co, rows
                (waiting if rows[0].blocked else due).append(item)
        due.sort(key=lambda item: item[:2])
        chosen = due if limit is None else due[:limit]
        counts["left"] = len(due) - len(chosen)
        for ship_on, turn, co, rows in chosen:
            day = self.mode(rows[-1].mode).roll(max(rows[0].ship_on, on))
            blocked = self.waits(co, day)
            if blocked is None:
                self.make_child(co, rows, day)
                counts["created"] += 1
            else:
                for row in rows:
                    row.blocked = blocked
                waiting.append((ship_on, turn, co, rows))
        for _, _, co, rows in sorted(waiting, key=lambda item: item[:2]):
            counts[word[rows[0].blocked]] += 1
            self.reasons.append({"order": co.order.number, "shipment": rows[0].shipment, "blocked": rows[0].blocked})
        return counts

    def waits(self, co: Continuity, day: date) -> str | None:
        if co.order.acceptance == "awaited":
            return "acceptance"
        if co.order.stops("shipping"):
            return "hold"
        if not co.facts.upfront and co.method == "card" and self.expires(co) < day:
            return "card"
        return None

    def make_child(self, co: Continuity, rows: list[Occurrence], day: date) -> None:
        shipment = rows[0].shipment
        attempt = 1 + sum(1 for child in co.order.children if child.co is co and child.shipment == shipment)
        number = f"{co.order.number}-{co.line}-{shipment:03d}" + (f"-{attempt}" if attempt > 1 else "")
        lines = [(line.item, line.quantity, line.price) for row in rows for line in row.lines]
        tax_day = co.order.order_date if co.facts.upfront else day
        delivery, tax, total = self.totals(lines, rows[-1].mode, self.ship_address(co, rows), tax_day)
        child = Child(number, co.order, co, shipment, attempt, day, lines, delivery, tax, total)
        co.order.children.append(child)
        for row in rows:
            row.status, row.child = "ordered", child
        if co.facts.upfront:
            return
        name = rows[-1].schedule or co.schedule
        child.schedule = name
        for part, (due_on, amount) in enumerate(
            money.parts(total, self.schedules[name] if name else None, day, self.currency), 1
        ):
            co.order.payments.append(
                Payment(
                    number,
                    co.order,
                    co,
                    child,
                    "shipment",
                    part,
                    co.method,
                    co.card,
                    amount,
                    due_on,
                    due_on == day,
                )
            )

    def process_payments(self, on: date, product: str | None = None) -> dict:
        self.counts = dict.fromkeys(
            ("authorised", "captured", "billed", "declined", "failed", "unknown", "voided", "notified"), 0
        )
        payments = [payment for order in self.orders.values() for payment in order.payments if order.status != "draft"]
        for payment in payments:
            if payment.status == "voiding":
                payment.status = "voided"
                self.counts["voided"] += 1
        for payment in sorted(payments, key=lambda one: one.due_on):
            if product not in (None, payment.co.item if payment.co else None):
                continue
            if payment.status not in ("due", "authorised", "declined"):
                continue
            if payment.method == "card":
                self.charge(payment, on)
            elif payment.method == "on_account" and not self.charging_stopped(payment, on):
                self.bill(payment, on)
        return self.counts

    def charging_stopped(self, payment: Payment, on: date) -> bool:
        if payment.order.acceptance == "awaited":
            return True
        holds = payment.order.holds + (payment.child.holds if payment.child else [])
        stops = [
            hold["stops"]
            for hold in holds
            if hold["released_on"] is None and not (hold["code"] == "payment" and hold["on"] == on)
        ]
        return "charging" in stops or "both" in stops

    def charge(self, payment: Payment, on: date) -> None:
        delivered = self.delivered(payment)
        if self.charging_stopped(payment, on):
            return
        if payment.status == "authorised":
            if payment.invoiced_on and payment.authorised_on + days(AUTHORISATION_LIVES) > on:
                self.took(payment)
                return
            if not payment.invoiced_on and payment.authorised_on + days(AUTHORISATION_LIVES - 1) > on:
                return
            self.counts["voided"] += 1
            payment.status, payment.tries, payment.lapsed = "due", 0, payment.lapsed + 1
            payment.card = payment.co.card if payment.co else payment.card
        if payment.at_invoice:
            if payment.invoiced_on:
                self.try_it(payment, on, "charge")
            elif (
                self.parameters["authorize_child_orders"]
                and not self.renewed_enough(payment)
                and payment.due_on - days(self.parameters["authorize_days_before"]) <= on
            ):
                self.try_it(payment, on, "authorise")
        elif payment.due_on <= on and (payment.child is None or delivered):
            self.try_it(payment, on, "charge")

    def renewed_enough(self, payment: Payment) -> bool:
        """Its authorisation was made anew as often as it may: it waits for a person, or for the invoice."""
        limit = self.parameters["authorization_renewals"]
        return limit is not None and payment.lapsed > limit

    def delivered(self, payment: Payment) -> bool:
        if payment.child:
            return payment.child.status in ("shipped", "invoiced")
        if payment.purpose == "ordinary":
            return any(line.status in ("shipped", "invoiced") for line in payment.order.ordinary)
        return payment.at_invoice and payment.invoiced_on is not None

    def refusal(self, payment: Payment, on: date) -> str | None:
        """What the sandbox says of a card: an expired one is not asked again; the rest by its token."""
        if self.expiry(payment.order.customer, payment.card) < on:
            return "expired"
        if payment.card == "tok_declined":
            return "soft"
        if payment.card == "tok_hard":
            return "hard"
        if payment.card == "tok_decline_2" and payment.asked <= 2:
            return "soft"
        return None

    def was_the_last(self, refusal: str, tries: int) -> bool:
        """A list of days has a place for each further try; what is not soft has none."""
        listed = self.parameters["soft_retry_days"]
        return refusal != "soft" or (listed is not None and tries > len(listed))

    def try_it(self, payment: Payment, on: date, kind: str) -> None:
        if payment.status == "declined" and payment.tried_on:
            listed = self.parameters["soft_retry_days"]
            wait = listed[payment.tries - 1] if listed else self.parameters["days_between_tries"]
            if payment.tried_on + days(wait) > on:
                return
        payment.tried_on = on
        payment.tries += 1
        payment.asked += 1
        refusal = self.refusal(payment, on)
        limit = self.parameters["reauthorization_limit"]
        if refusal and (self.was_the_last(refusal, payment.tries) or (limit is not None and payment.tries >= limit)):
            payment.status = "failed"
            self.counts["failed"] += 1
            self.fail(payment, on)
        elif refusal:
            payment.status = "declined"
            self.counts["declined"] += 1
        elif kind == "authorise":
            payment.status, payment.authorised_on = "authorised", on
            self.counts["authorised"] += 1
        else:
            self.took(payment)

    def took(self, payment: Payment) -> None:
        payment.status, payment.captured = "captured", payment.amount
        self.counts["captured"] += 1
        self.captured += payment.amount

    def fail(self, payment: Payment, on: date) -> None:
        """D30: its child is held (of ordinary lines nothing, of an order billed up front its open children)."""
        if payment.child:
            held = [payment.child]
        elif payment.purpose == "ordinary":
            held = []
        else:
            held = [child for child in payment.order.children if child.co is payment.co and child.status == "open"]
        for one in held:
            if not any(hold["code"] == "payment" and hold["released_on"] is None for hold in one.holds):
                one.holds.append({"code": "payment", "reason": None, "stops": "both", "on": on, "released_on": None})
        for co in payment.order.continuity:
            self.wait_for_payment(co)

    def failing(self, co: Continuity) -> list[Payment]:
        payments = co.order.payments if co.order else []
        return [one for one in payments if one.co is co and one.status == "failed"]

    def wait_for_payment(self, co: Continuity) -> None:
        failing = bool(self.failing(co))
        for row in co.walk:
            if row.status == "scheduled" and row.blocked in (None, "payment"):
                row.blocked = "payment" if failing else None

    def fails_no_more(self, payment: Payment, on: date) -> None:
        """It was cancelled, or is due again: the holds that it had placed go, unless another has failed there."""
        held = [payment.child] if payment.child else [c for c in payment.order.children if c.co is payment.co]
        for one in held if payment.purpose != "ordinary" else []:
            rest = [
                other
                for other in payment.order.payments
                if other.status == "failed"
                and (other.child is one or (other.purpose == "order" and other.co is one.co))
            ]
            if not rest:
                for hold in one.holds:
                    if hold["code"] == "payment" and hold["released_on"] is None:
                        hold["released_on"] = on
        for co in payment.order.continuity:
            for row in co.walk:
                if row.blocked == "hold" and not payment.order.stops("shipping"):
                    row.blocked = None
            self.wait_for_payment(co)

    def bill(self, payment: Payment, on: date) -> None:
        if self.schedule_of(payment) is None:
            ready = payment.invoiced_on is not None
        else:
            ready = payment.due_on - days(self.parameters["on_account_bill_days"]) <= on
        if ready:
            payment.status = "billed"
            if self.schedule_of(payment) is not None:
                payment.due_on = max(payment.due_on, on + days(self.parameters["on_account_bill_days"]))
            self.counts["billed"] += 1

    def close_orders(self, on: date) -> dict:
        counts = {"lines": 0, "orders": 0, "still_open": 0}
        for order in self.orders.values():
            if order.status != "open" or not order.continuity:
                continue
            for co in order.continuity:
                if co.status != "open" or not co.complete or co.open():
                    continue
                mine = [child for child in order.children if child.co is co]
                if any(child.status not in ("invoiced", "cancelled") for child in mine):
                    counts["still_open"] += 1
                    continue
                co.status = "closed"
                co.line_status = "invoiced" if any(child.status == "invoiced" for child in mine) else "cancelled"
                counts["lines"] += 1
            if any(co.status not in ("closed", "cancelled") for co in order.continuity):
                continue
            if any(line.status not in ("invoiced", "cancelled") for line in order.ordinary):
                counts["still_open"] += 1
                continue
            words = [co.line_status for co in order.continuity] + [line.status for line in order.ordinary]
            order.status = "invoiced" if "invoiced" in words else "cancelled"
            counts["orders"] += 1
        return counts

    def simulate(self, start: date, end: date) -> None:
        on = start
        while on <= end:
            for order in self.orders.values():
                for child in order.children:
                    if child.ship_on <= on and self.may_ship(child, on):
                        self.ship(child.number, on)
                        self.invoice(child.number, on)
            self.night(on)
            on += timedelta(1)

    # -- what comes out

    def show(self, number: str) -> dict:
        order = self.order(number)

        def shown(amount):
            return None if amount is None else money.shown(amount, self.currency)

        lines = [
            {
                "line": co.line,
                "item_number": co.item,
                "quantity": money.quantity(co.facts.quantity),
                "price": None,
                "status": co.line_status,
            }
            for co in order.continuity
        ]
        lines += [
            {
                "line": line.line,
                "item_number": line.item,
                "quantity": money.quantity(line.quantity),
                "price": shown(line.price),
                "status": line.status,
            }
            for line in order.ordinary
        ]
        return {
            "number": order.number,
            "reference": order.reference,
            "status": order.status,
            "customer": order.customer["account"],
            "order_date": iso(order.order_date),
            "currency": self.currency,
            "held": order.held(),
            "holds": [{**hold, "on": iso(hold["on"]), "released_on": iso(hold["released_on"])} for hold in order.holds],
            "acceptance": order.acceptance,
            "lines": sorted(lines, key=lambda line: line["line"]),
            "delivery": shown(order.delivery),
            "tax": shown(order.tax),
            "total": shown(order.total),
            "continuity": [self.show_continuity(co) for co in order.continuity],
            "children": [
                {
                    "number": child.number,
                    "line": child.co.line,
                    "shipment": child.shipment,
                    "status": child.status,
                    "held": child.held(),
                    "ship_on": iso(child.ship_on),
                    "lines": [
                        {"item_number": item, "quantity": money.quantity(quantity), "price": shown(price)}
                        for item, quantity, price in child.lines
                    ],
                    "delivery": shown(child.delivery),
                    "tax": shown(child.tax),
                    "total": shown(child.total),
                    "carrier": child.carrier,
                    "tracking": child.tracking,
                    "external": None,
                    "shipped_on": child.shipped_on and iso(child.shipped_on),
                    "invoiced_on": child.invoiced_on and iso(child.invoiced_on),
                }
                for child in order.children
            ],
            "payments": [
                {
                    "order": payment.owner,
                    "purpose": payment.purpose,
                    "number": payment.number,
                    "method": payment.method,
                    "amount": shown(payment.amount),
                    "due_on": iso(payment.due_on),
                    "status": "authorised" if payment.status == "voiding" else payment.status,
                    "attempts": payment.tries,
                    "captured": shown(payment.captured),
                    "refunded": shown(payment.refunded),
                }
                for payment in order.payments
            ],
        }

    def show_continuity(self, co: Continuity) -> dict:
        rows = co.walk + [row for row in co.rows.values() if row.status == "cancelled"]
        last = co.walk[-1].key if co.walk and co.complete else None
        return {
            "line": co.line,
            "item_number": co.item,
            "program": co.program.id,
            "revision": co.revision.number,
            "status": co.status,
            "complete": co.complete,
            "start_date": iso(co.facts.start_date),
            "payment_method": co.method,
            "card": co.card,
            "payment_schedule": co.schedule,
            "adjustments": [
                {
                    "key": one.key,
                    "repetition": one.repetition,
                    "line": one.line,
                    "kind": one.kind,
                    "value": money.shown(one.value, self.currency) if one.kind == "price" else one.value,
                    "on": iso(one.on),
                }
                for one in co.adjustments
            ],
            "lines": [
                self.show_line(co, row, number, line, last) for row in rows for number, line in enumerate(row.lines, 1)
            ],
        }

    def show_line(self, co: Continuity, row: Occurrence, number: int, line: Line, last: str | None) -> dict:
        event = co.revision.by_key.get(row.key)
        changed = [
            word
            for word, kinds in (
                ("skip", ("skip",)),
                ("date", ("move", "redate")),
                ("address", ("address",)),
            )
            if any(co.adjusted(row.at, kind) for kind in kinds)
        ]
        changed += ["quantity"] if co.adjusted(row.at, "quantity", number) else []
        changed += ["product"] * line.product_changed + ["price"] * line.price_changed
        return {
            "event_id": event.place if event else None,
            "key": row.key,
            "line": number,
            "repetition": row.repetition,
            "item_number": line.item,
            "quantity": money.quantity(line.quantity),
            "price": money.shown(line.price, self.currency),
            "event_on": iso(row.event_on),
            "ship_on": iso(row.ship_on),
            "action": "end" if row.key == last and row.status != "cancelled" else "none",
            "status": row.status,
            "blocked": row.blocked,
            "customised": sorted(changed),
            "shipment": row.shipment,
            "child_order": row.child.number if row.child else None,
            "changeable_until": None
            if row.child
            else iso(row.ship_on - days(self.parameters["days_before_delivery"] + 1)),
        }
