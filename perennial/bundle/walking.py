"""The continuity orders of an order that is taken over: facts, dated lines in the order of the walk, adjustments.

An entry of ``lines`` is one product of one occurrence; those that follow each other with the same event
and repetition are one occurrence. What an entry leaves out is what planning would give it, counted from
the entries in front of it; an entry that names no event is the next one of the program.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby

from perennial.bundle.adjusting import adjustments, as_planned, parked
from perennial.bundle.coming import Coming
from perennial.bundle.facts import columns_of, facts_of
from perennial.bundle.fitting import changes_stand, nothing_left_out
from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.orders import place
from perennial.bundle.reading.values import Given, keys
from perennial.bundle.standing import Standing
from perennial.bundle.taken import AdjustmentRow, ContinuityRow, LineRow, OccurrenceRow, Place
from perennial.continuity.planning import line_reason
from perennial.errors import Refused
from perennial.kernel import plan as kernel
from perennial.kernel import states
from perennial.kernel.reasons import DateReason, LineReason, Reason, json_text
from perennial.kernel.states import NOT_ENDED

ENTRY = keys(
    "event_id key line repetition item_number quantity price event_on ship_on action status blocked customised shipment"
    " child_order changeable_until why reasons delivery_mode payment_schedule ship_to"
)
WHY = keys("date product price not_shipped")
REASONS = keys("date line cancelled")
MOST = 999_999


def continuity_orders(standing: Standing) -> None:
    """Read the continuity order of every line that has one."""
    for line, thing in zip(standing.order.lines, standing.one.continuity, strict=False):
        if thing is not None:
            made = _Walk(standing, line, thing).build()
            standing.thing.spoil(thing)
            if made is not None:
                standing.taken.continuity.append(made)


@dataclass(slots=True)
class Why:
    """The reasons that a line of a bundle gives; ``whole_line``: that of the line is given, be it the usual."""

    date: str | None = None
    product: str | None = None
    price: str | None = None
    cancelled: str | None = None
    line: str | None = None
    whole_line: bool = False

    def of_line(self, base: kernel.Line | None, amount: int) -> str | None:
        """Why a line has its product and price: as given, else as the program plans it, else as it was taken over."""
        if self.whole_line:
            return self.line
        found = LineReason("taken_over", "agreed")
        if base is not None:
            planned = LineReason.of(base)
            found = planned if amount == base.price_minor else replace(planned, price="agreed")
        if self.product:
            found = replace(found, product="words", product_words=self.product)
        if self.price:
            found = replace(found, price="words", price_words=self.price)
        return found.stored()


class _Walk:
    """One continuity order."""

    def __init__(self, standing: Standing, line: LineRow, thing: Given) -> None:
        self.standing = standing
        self.names = standing.names
        self.line = line
        self.thing = thing
        self.entry = standing.one.entry.lines[line.line - 1]

    def build(self) -> ContinuityRow | None:
        """The rows; None when something is at fault."""
        thing, names = self.thing, self.names
        sold = names.sold.get(self.entry.item_number)
        program = thing.code("program", sold.program if sold else None)
        if program not in names.programs:
            thing.fault("program" if thing.given("program") else "", "product_without_program")
            return None
        number = thing.whole("revision", names.newest(program), 1, 10**6)
        revision = names.revision(program, number) if number else None
        if revision is None:
            key = "revision" if thing.given("revision") else ""
            thing.fault(key, "program_revision_not_released", program=program, revision=number)
            return None
        self.revision = revision
        default = {"draft": "draft", "open": "open", "cancelled": "cancelled"}.get(self.standing.order.status, "closed")
        self.status = thing.word("status", tuple(states.CONTINUITY_ORDER), default)
        self.facts = facts_of(self.standing, self.line, thing, revision, sold)
        columns = columns_of(self.standing, thing, self.facts, revision, program, self.status)
        literal = thing.given("facts") and "ship_to" in thing.value
        given = place(thing, "ship_to")
        ship_to = self.standing.place(thing, "ship_to", given, None if literal else self.standing.order.ship_to)
        if thing.bad:
            return None
        row = ContinuityRow(self.standing.order, self.line, columns, ship_to)
        changes = adjustments(self.standing, thing, revision, "adjustments")
        number, places = self.line.line, self.standing.taken.places
        places.lines[number] = thing
        places.skips |= {(number, a.key, a.repetition): at for a, at in changes if a.kind == "skip"}
        undone = adjustments(self.standing, thing, revision, "undone_adjustments")
        row.adjustments = [change for change, _ in (*changes, *undone)]
        row.parked = list(parked(self.standing, thing))
        self.coming = Coming(revision.plan, self.facts, [as_planned(a) for a, at in changes if not at.bad])
        try:
            row.planned_now = not thing.given("lines")
            self.walked: list[tuple[OccurrenceRow, Given]] = []
            row.occurrences = self._occurrences()
            places.events |= {(number, o.key, o.repetition): at for o, at in self.walked}
            if self.walked and self.readable:
                with_child = {shipment for line, shipment in self.standing.with_child if line == number}
                if self.status in NOT_ENDED:
                    nothing_left_out(self.walked, self.coming, with_child)
                changes_stand(self.walked, changes, names, self.standing.currency)
                for _, at in (*self.walked, *changes):
                    thing.spoil(at)
            row.adjustments += self._skips(row)
            columns["complete"] = thing.flag("complete", self._complete())
        except Refused as refused:
            thing.bad = True
            if refused.field == "order_date":
                self.standing.thing.note(refused.at(self.standing.thing.at("order_date")))
            else:
                thing.note(refused.at(thing.at("start_date" if refused.field == "start_date" else "lines")))
        return None if thing.bad else row

    def _skips(self, row: ContinuityRow) -> list[AdjustmentRow]:
        """Who skips a shipment says so to every later plan too."""
        reading = self.standing.reading
        said = {(a.key, a.repetition) for a in row.adjustments if a.kind == "skip" and a.undone_on is None}
        return [
            AdjustmentRow(o.key, o.repetition, 0, "skip", True, reading.by, reading.on, reading.reason)
            for o in row.occurrences
            if o.status == "skipped" and (o.key, o.repetition) not in said
        ]

    # --- the walk

    def _occurrences(self) -> list[OccurrenceRow]:
        """The dated lines: those that are given, else those that planning makes."""
        if not self.thing.given("lines"):
            return self._as_planned()
        entries = list(self.thing.objects("lines", ENTRY))
        made: list[OccurrenceRow] = []
        seen: set[tuple[str, int]] = set()
        for pair, together in self._grouped(entries):
            if pair is None:
                continue
            if pair in seen:
                together[0].fault("", "event_twice", event=pair[0], repetition=pair[1])
                continue
            seen.add(pair)
            row = self._occurrence(pair, together)
            if row is not None and not together[0].bad:
                made.append(row)
                self.walked.append((row, together[0]))
        for entry in entries:
            self.thing.spoil(entry)
        self.readable = not any(entry.bad for entry in entries)
        return made

    def _as_planned(self) -> list[OccurrenceRow]:
        if self.status not in NOT_ENDED:
            return []
        made = []
        for o in self.coming.planned().occurrences:
            self.coming.step((o.key, o.repetition), o.event_on, o.shipment, o)
            made.append(self._planned(o, "skipped" if o.skipped else self._status(o.shipment)))
        return made

    def _grouped(self, entries: list[Given]) -> Iterable[tuple[tuple[str, int] | None, list[Given]]]:
        """The entries by occurrence. One without an event is the next of the program."""
        by_place = {event.event_id: event.key for event in self.revision.plan.events if event.event_id is not None}
        known = {event.key for event in self.revision.plan.events}
        previous: tuple[str, int] | None = None
        pairs: list[tuple[tuple[str, int] | None, Given]] = []
        for entry in entries:
            key, event_id = entry.code("key"), entry.whole("event_id", None, 1, 10_000)
            repetition = entry.whole("repetition", 0, 0, MOST)
            if key is None and event_id is not None:
                key = by_place.get(event_id)
                if key is None:
                    entry.fault("event_id", "revision_without_event", revision=self.revision.number, event=event_id)
            elif key is None:
                key, repetition = self.coming.after(previous, len(entries)) or (None, 0)
                if key is None:
                    entry.fault("event_id", "no_further_shipment")
            elif key not in known:
                entry.fault("key", "name_unknown", what="event", name=key, meant=entry.faults.meant(key, known))
                key = None
            elif event_id is not None and by_place.get(event_id) != key:
                own = {"event": event_id, "revision": self.revision.number}
                entry.fault("event_id", "event_is_other", key=key, **own)
            pair = None if key is None else (key, repetition)
            pairs.append((pair, entry))
            previous = pair or previous
        for pair, group in groupby(pairs, key=lambda one: one[0]):
            yield pair, [entry for _, entry in group]

    def _occurrence(self, pair: tuple[str, int], entries: list[Given]) -> OccurrenceRow | None:
        """One occurrence from its entries."""
        first = entries[0]
        whole = all(first.given(key) for key in ("event_on", "ship_on")) and all(
            e.given(key) for e in entries for key in ("item_number", "quantity", "price", "why", "reasons")
        )
        numbered = first.given("shipment") or first.get("status") == "cancelled"
        planned = None if whole and first.given("status") and numbered else self.coming.of(pair)
        event_on = first.day("event_on", planned.event_on if planned else None, required=planned is None)
        if event_on is None:
            return None
        mode_id = self._mode(first, pair[0])
        dated = planned is not None and planned.event_on == event_on
        ship_on = first.day("ship_on", planned.ship_on if planned and dated else self._ship_on(mode_id, event_on))
        shipment = self._shipment(first, planned)
        left_out = "skipped" if planned and planned.skipped else self._status(shipment)
        status = first.word("status", tuple(states.LINE), left_out)
        shipment = None if status == "cancelled" else shipment
        blocked = first.word("blocked", states.BLOCKED)
        if blocked is not None and status != "scheduled":
            first.fault("blocked", "blocked_not_scheduled", status=status)
        for other in entries[1:]:
            self._agrees(first, other)
        why = self._why(first)
        row = OccurrenceRow(
            pair[0],
            pair[1],
            event_on,
            ship_on,
            shipment,
            status,
            blocked,
            mode_id,
            self._schedule(first, pair[0]),
            self._ship_to(first, planned),
            why.date or self._date_reason(planned, event_on, ship_on),
            self._lines(entries, planned),
            why.cancelled if status == "cancelled" else None,
        )
        if status != "cancelled":
            self.coming.step(pair, event_on, shipment or 0, planned)
        return row

    def _ship_on(self, mode_id: int | None, event_on: date) -> date:
        """The first working day on or after an event, never before the order."""
        return self.names.set_up.working_days(mode_id).roll(max(event_on, self.facts.order_date))

    def _shipment(self, first: Given, planned: kernel.Occurrence | None) -> int | None:
        if first.get("status") == "cancelled":
            if first.given("shipment"):
                first.fault("shipment", "cancelled_line_shipment")
            return None
        last = max((step.shipment for step in self.coming.steps), default=0)
        found: int = first.whole("shipment", planned.shipment if planned else last + 1, 1, MOST)
        return found

    def _status(self, shipment: int | None) -> str:
        """The state of an occurrence that says nothing about it: ordered where it has a child."""
        if (self.line.line, shipment) in self.standing.with_child:
            return "ordered"
        return {"draft": "planned", "open": "scheduled"}.get(self.status, "cancelled")

    def _agrees(self, first: Given, other: Given) -> None:
        for key in ("event_on", "ship_on", "status", "blocked", "shipment", "child_order"):
            if other.given(key) and other.get(key) != first.get(key):
                given, before = shown(other.get(key)), shown(first.get(key))
                other.fault(key, "products_of_event_differ", value=given, first=before)

    def _why(self, entry: Given) -> Why:
        """The reasons given: as data, else the words that an older installation wrote."""
        made = Why()
        why = entry.inner("why", WHY)
        if why is not None:
            words = {key: why.text(key) for key in ("date", "product", "price", "not_shipped")}
            entry.spoil(why)
            if words["date"]:
                made.date = DateReason("words", words=words["date"]).stored()
            made.product, made.price = words["product"], words["price"]
            if words["not_shipped"]:
                made.cancelled = json_text(Reason("words", {"words": words["not_shipped"]}).stored())
        reasons = entry.inner("reasons", REASONS)
        if reasons is not None:
            try:
                if (given := reasons.get("date")) is not None:
                    made.date = DateReason.read(given).stored()
                if "line" in reasons.value:
                    made.line, made.whole_line = LineReason.read(reasons.get("line")).stored(), True
                if (given := reasons.get("cancelled")) is not None:
                    found = Reason.read(given)
                    made.cancelled = json_text(found.stored()) if found else None
            except Refused as refused:
                reasons.refused([refused])
            entry.spoil(reasons)
        return made

    def _mode(self, first: Given, key: str) -> int | None:
        if "delivery_mode" in first.value:
            return self.standing.mode(first)
        return self.revision.mode_ids.get(key)

    def _schedule(self, first: Given, key: str) -> int | None:
        if "payment_schedule" in first.value:
            name = first.name_of("payment_schedule", "payment_schedule", self.standing.reading.schedules)
            return self.names.schedules.get(name) if name else None
        return self.revision.schedule_ids.get(key)

    def _ship_to(self, first: Given, planned: kernel.Occurrence | None) -> Place:
        if "ship_to" in first.value:
            return self.standing.place(first, "ship_to", place(first, "ship_to"))
        found: Place = planned.address if planned else None
        return found

    def _date_reason(self, planned: kernel.Occurrence | None, event_on: date, ship_on: date) -> str:
        if planned is not None and (planned.event_on, planned.ship_on) == (event_on, ship_on):
            return DateReason.of(planned).stored()
        return DateReason("taken_over").stored()

    def _lines(
        self, entries: list[Given], planned: kernel.Occurrence | None
    ) -> list[tuple[int, int, Decimal, int, str | None]]:
        """The products of an occurrence. One entry that names neither product nor line stands for all of them."""
        known = {line.line: line for line in planned.lines} if planned else {}
        only = entries[0]
        if (
            len(entries) == 1
            and planned
            and not any(only.given(key) for key in ("line", "item_number", "quantity", "price"))
        ):
            return [self._planned_line(planned, line) for line in planned.lines]
        made: list[tuple[int, int, Decimal, int, str | None]] = []
        number = 0
        for entry in entries:
            number = entry.whole("line", number + 1, 1, 10_000)
            if number in {line[0] for line in made}:
                entry.fault("line", "line_twice", line=number)
                continue
            base = known.get(number)
            if entry.given("item_number") or base is None:
                product = self.standing.product(entry)
            else:
                product = self.names.products.get(base.item)
            if product is None:
                continue
            same = base is not None and base.item == product.number
            price = base.price_minor if base and same else self.facts.prices.get(product.number)
            if price is None:
                price = self.names.price_on(product.number, self.facts.order_date)
            amount = self.standing.money(entry, "price", price or 0)
            if price is None and not entry.given("price"):
                entry.fault("price", "agreed_price_required", product=product.number)
            quantity = entry.quantity("quantity", base.quantity if base else self.facts.quantity)
            why = self._why(entry)
            made.append((number, product.id, quantity, amount, why.of_line(base if same else None, amount)))
        return made

    def _planned_line(self, planned: kernel.Occurrence, line: kernel.Line) -> tuple[int, int, Decimal, int, str | None]:
        return line.line, self.names.products[line.item].id, line.quantity, line.price_minor, line_reason(line)

    def _planned(self, o: kernel.Occurrence, status: str) -> OccurrenceRow:
        return OccurrenceRow(
            o.key,
            o.repetition,
            o.event_on,
            o.ship_on,
            o.shipment,
            status,
            None,
            self.revision.mode_ids[o.key],
            self.revision.schedule_ids[o.key],
            o.address,
            DateReason.of(o).stored(),
            [self._planned_line(o, line) for line in o.lines],
        )

    def _complete(self) -> bool:
        """Planning is complete when nothing of the program follows the last line."""
        if self.thing.given("complete"):
            return False
        return self.status not in NOT_ENDED or self.coming.nothing_follows()
