"""The continuity orders of an order that is taken over: facts, dated lines in the order of the walk, adjustments.

An entry of ``lines`` is one product of one occurrence; those that follow each other with the same event
and repetition are one occurrence. What an entry leaves out is what planning would give it, counted from
the entries in front of it; an entry that names no event is the next one of the program.
"""

from __future__ import annotations

from datetime import date

from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.orders import place
from perennial.bundle.reading.values import Given, keys
from perennial.bundle.takeover.adjustments import adjustments, as_planned, changes_stand, parked
from perennial.bundle.takeover.agreed import Agreed
from perennial.bundle.takeover.context import Context
from perennial.bundle.takeover.facts import facts_of, paying_of
from perennial.bundle.takeover.projection import Coming, nothing_left_out
from perennial.bundle.takeover.reasons import reasons_of, says_why
from perennial.bundle.takeover.taken import Walk
from perennial.continuity.planning import LineRow as PlannedLine
from perennial.continuity.planning import line_reason
from perennial.desk.entry.rows import ContinuityRow, LineRow, OccurrenceRow, OrderRow, ShipTo
from perennial.errors import Refused
from perennial.kernel import plan as kernel
from perennial.kernel import states
from perennial.kernel.reasons import DateReason
from perennial.kernel.states import NOT_ENDED, PLANNED_ANEW

ENTRY = keys(
    "event_id key line repetition item_number quantity price event_on ship_on action status blocked customised shipment"
    " child_order changeable_until why reasons delivery_mode payment_schedule ship_to name"
)
MOST = 999_999
LINE_STATES = tuple(states.LINE)
TAKEN_OVER = DateReason("taken_over").stored()


def continuity_orders(ctx: Context, order: OrderRow, with_child: set[tuple[int, int]]) -> list[Walk]:
    """Read the continuity order of every line that has one. ``with_child``: the (line, shipment) of the children."""
    made = []
    for line, thing in zip(order.lines, ctx.one.continuity, strict=False):
        if thing is not None:
            found = _Walk(ctx, order, line, thing, {shipment for at, shipment in with_child if at == line.line}).build()
            ctx.thing.spoil(thing)
            if found is not None:
                made.append(found)
    return made


class _Walk:
    """One continuity order."""

    def __init__(self, ctx: Context, order: OrderRow, line: LineRow, thing: Given, with_child: set[int]) -> None:
        self.ctx = ctx
        self.names = ctx.names
        self.order = order
        self.line = line
        self.thing = thing
        self.with_child = with_child
        self.entry = ctx.one.entry.lines[line.line - 1]
        self.given: list[tuple[OccurrenceRow, Given]] = []
        self.agreed = Agreed(ctx)

    def build(self) -> Walk | None:
        """The rows with their places; None when something is at fault."""
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
        default = {"draft": "draft", "open": "open", "cancelled": "cancelled"}.get(self.order.status, "closed")
        self.status = thing.word("status", tuple(states.CONTINUITY_ORDER), default)
        facts = facts_of(
            ctx=self.ctx,
            order_date=self.order.order_date,
            quantity=self.line.quantity,
            thing=thing,
            revision=revision,
            sold=sold,
        )
        self.facts = facts
        paying = paying_of(self.ctx, thing, facts, revision, self.status)
        literal = thing.given("facts") and "ship_to" in thing.value
        ship_to = self.ctx.place(thing, "ship_to", place(thing, "ship_to"), None if literal else self.order.ship_to)
        self.ship_to = ship_to
        if thing.bad:
            return None
        changes = adjustments(self.ctx, thing, revision, "adjustments")
        undone = adjustments(self.ctx, thing, revision, "undone_adjustments")
        row = ContinuityRow(
            order=self.order, parent_line=self.line, program_id=names.programs[program or ""], revision_id=revision.id, status=self.status, facts=facts,
            payment_method=paying.method, card_id=paying.card_id, payment_schedule_id=paying.schedule_id,
            schedule_chosen=paying.chosen, tariff_id=self._tariff(), keeps_tariff=thing.flag("keeps_tariff"), owed_minor=paying.owed_minor, split=paying.shares, ship_to=ship_to,
            adjustments=[change for change, _ in (*changes, *undone)], parked=list(parked(self.ctx, thing)),
        )  # fmt: skip
        self.coming = Coming(revision.plan, facts, [as_planned(a) for a, at in changes if not at.bad], names.plans)
        try:
            row.occurrences = self._occurrences()
            if self.given and self.readable:
                if self.status in NOT_ENDED:
                    nothing_left_out(self.given, self.coming, self.with_child)
                changes_stand(self.given, changes, names, self.ctx.currency)
                for _, at in (*self.given, *changes):
                    thing.spoil(at)
            row.adjustments += self.agreed.besides(row)
            row.complete = thing.flag("complete", self._complete())
        except Refused as refused:
            thing.bad = True
            if refused.field == "order_date":
                self.ctx.thing.note(refused.at(self.ctx.thing.at("order_date")))
            else:
                thing.note(refused.at(thing.at("start_date" if refused.field == "start_date" else "lines")))
        return None if thing.bad else Walk(row, thing, self.given, changes)

    def _tariff(self) -> int:
        """The tariff that it keeps; left out, that of new orders."""
        rules = self.names.set_up
        number: int = self.thing.whole("tariff", rules.newest, 1, MOST)
        if number not in self.names.tariffs:
            self.thing.fault("tariff", "tariff_unknown", tariff=number)
            return rules.newest
        return number

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
                self.given.append((row, together[0]))
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

    def _grouped(self, entries: list[Given]) -> list[tuple[tuple[str, int] | None, list[Given]]]:
        """The entries by occurrence. One without an event is the next of the program."""
        by_place = {event.event_id: event.key for event in self.revision.plan.events if event.event_id is not None}
        known = {event.key for event in self.revision.plan.events}
        previous: tuple[str, int] | None = None
        pairs: list[tuple[tuple[str, int] | None, list[Given]]] = []
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
            if pairs and pairs[-1][0] == pair:
                pairs[-1][1].append(entry)
            else:
                pairs.append((pair, [entry]))
            previous = pair or previous
        return pairs

    def _occurrence(self, pair: tuple[str, int], entries: list[Given]) -> OccurrenceRow | None:
        """One occurrence from its entries."""
        first = entries[0]
        whole = (
            first.given("ship_on")
            and first.given("event_on")
            and all(e.given(key) for e in entries for key in ("item_number", "quantity", "price", "why", "reasons"))
        )
        numbered = first.given("shipment") or first.get("status") == "cancelled"
        planned = None if whole and first.given("status") and numbered else self.coming.of(pair)
        event_on = first.day("event_on", planned.event_on if planned else None, required=planned is None)
        if event_on is None:
            return None
        mode_id = self._mode(first, pair[0])
        dated = planned is not None and planned.event_on == event_on
        left_out = planned.ship_on if planned and dated else None
        if left_out is None and not first.given("ship_on"):
            left_out = self._ship_on(mode_id, event_on)
        ship_on = first.day("ship_on", left_out) or event_on
        shipment = self._shipment(first, planned)
        usual = "skipped" if planned and planned.skipped else self._status(shipment)
        status = first.word("status", LINE_STATES, usual)
        shipment = None if status == "cancelled" else shipment
        blocked = first.word("blocked", states.BLOCKED)
        if blocked is not None and status != "scheduled":
            first.fault("blocked", "blocked_not_scheduled", status=status)
        for other in entries[1:]:
            self._agrees(first, other)
        why = reasons_of(first)
        to_come = planned if status in PLANNED_ANEW else None
        if to_come is not None and not says_why(first):
            usual_day = to_come.ship_on if dated else self._ship_on(mode_id, event_on)
            self.agreed.days(to_come, event_on, ship_on if ship_on != usual_day else None)
            self.agreed.shipment(to_come, shipment)
            self.agreed.address(to_come, self._ship_to(first, planned), self.ship_to)
        row = OccurrenceRow(
            key=pair[0],
            repetition=pair[1],
            event_on=event_on,
            ship_on=ship_on,
            shipment=shipment,
            status=status,
            blocked=blocked,
            delivery_mode_id=mode_id,
            payment_schedule_id=self._schedule(first, pair[0]),
            ship_to=self._ship_to(first, planned),
            why=why.date or self._date_reason(planned, event_on, ship_on),
            lines=self._lines(entries, planned, to_come),
            why_cancelled=why.cancelled if status == "cancelled" else None,
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
        if planned is not None:
            return first.whole("shipment", planned.shipment, 1, MOST)
        last = max((step.shipment for step in self.coming.steps), default=0)
        return first.whole("shipment", last + 1, 1, MOST)

    def _status(self, shipment: int | None) -> str:
        """The state of an occurrence that says nothing about it: ordered where it has a child."""
        if shipment in self.with_child:
            return "ordered"
        return {"draft": "planned", "open": "scheduled"}.get(self.status, "cancelled")

    def _agrees(self, first: Given, other: Given) -> None:
        for key in ("event_on", "ship_on", "status", "blocked", "shipment", "child_order"):
            if other.given(key) and other.get(key) != first.get(key):
                given, before = shown(other.get(key)), shown(first.get(key))
                other.fault(key, "products_of_event_differ", value=given, first=before)

    def _mode(self, first: Given, key: str) -> int | None:
        if "delivery_mode" in first.value:
            return self.ctx.mode(first)
        return self.revision.mode_ids.get(key)

    def _schedule(self, first: Given, key: str) -> int | None:
        if "payment_schedule" in first.value:
            name = first.name_of("payment_schedule", "payment_schedule", self.ctx.reading.schedules)
            return self.names.schedules.get(name) if name else None
        return self.revision.schedule_ids.get(key)

    def _ship_to(self, first: Given, planned: kernel.Occurrence | None) -> ShipTo:
        if "ship_to" in first.value:
            return self.ctx.place(first, "ship_to", place(first, "ship_to"))
        found: ShipTo = planned.address if planned else None
        return found

    def _date_reason(self, planned: kernel.Occurrence | None, event_on: date, ship_on: date) -> str:
        if planned is not None and (planned.event_on, planned.ship_on) == (event_on, ship_on):
            return self.names.plans.date_reason(planned)
        return TAKEN_OVER

    def _lines(
        self, entries: list[Given], planned: kernel.Occurrence | None, to_come: kernel.Occurrence | None
    ) -> tuple[PlannedLine, ...]:
        """The products of an occurrence. One entry that names neither product nor line stands for all of them. ``to_come``:
        the same as planning would have it, where later plans are to leave it as it is given.
        """
        known = {line.line: line for line in planned.lines} if planned else {}
        only = entries[0]
        if (
            planned
            and len(entries) == 1
            and not only.given("item_number")
            and not any(only.given(key) for key in ("line", "quantity", "price"))
        ):
            return tuple(self._planned_line(line) for line in planned.lines)
        made: list[PlannedLine] = []
        number = 0
        for entry in entries:
            beyond = to_come is not None and not known.keys() - {line.line for line in made}
            number = entry.whole("line", max(number + 1, kernel.FIRST_ADDED) if beyond else number + 1, 1, 10_000)
            if made and number in {line.line for line in made}:
                entry.fault("line", "line_twice", line=number)
                continue
            base = known.get(number)
            if entry.given("item_number") or base is None:
                product = self.ctx.product(entry)
            else:
                product = self.names.products.get(base.item)
            if product is None:
                continue
            same = base is not None and base.item == product.number
            price = base.price_minor if base and same else self.facts.prices.get(product.number)
            if price is None:
                price = self.names.price_on(product.number, self.facts.order_date)
            amount = self.ctx.money(entry, "price", price or 0)
            if price is None and not entry.given("price"):
                entry.fault("price", "agreed_price_required", product=product.number)
            quantity = entry.quantity("quantity", base.quantity if base else self.facts.quantity)
            why = reasons_of(entry)
            made.append(PlannedLine(number, product.id, quantity, amount, why.of_line(base if same else None, amount)))
            if to_come is not None and not says_why(entry):
                wanted = kernel.Line(number, product.number, quantity, amount, item_rule=(), price_rule=())
                self.agreed.product(to_come, base, wanted, self._usual_price(base) if entry.given("price") else None)
        if to_come is not None and not any(says_why(entry) for entry in entries):
            self.agreed.left_out(to_come, {line.line for line in made})
        return tuple(made)

    def _usual_price(self, base: kernel.Line | None) -> int | None:
        """What a product of the program cost who ordered then: a price of the order's own is one that was agreed."""
        if base is None or base.price_rule[0] != "product" or not self.thing.given("facts"):
            return None
        found: int | None = self.names.price_on(base.item, self.facts.order_date)
        return found

    def _planned_line(self, line: kernel.Line) -> PlannedLine:
        return PlannedLine(
            line.line, self.names.products[line.item].id, line.quantity, line.price_minor, line_reason(line)
        )

    def _planned(self, o: kernel.Occurrence, status: str) -> OccurrenceRow:
        return OccurrenceRow(
            key=o.key,
            repetition=o.repetition,
            event_on=o.event_on,
            ship_on=o.ship_on,
            shipment=o.shipment,
            status=status,
            blocked=None,
            delivery_mode_id=self.revision.mode_ids[o.key],
            payment_schedule_id=self.revision.schedule_ids[o.key],
            ship_to=o.address,
            why=self.names.plans.date_reason(o),
            lines=tuple(self._planned_line(line) for line in o.lines),
        )

    def _complete(self) -> bool:
        """Planning is complete when nothing of the program follows the last line."""
        if self.thing.given("complete"):
            return False
        return self.status not in NOT_ENDED or self.coming.nothing_follows()
