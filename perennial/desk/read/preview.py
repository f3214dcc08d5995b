"""What would come: the shipments beyond the planned ones, and an order that nobody made yet.

Nothing here writes. Both ask the kernel the same questions as order entry and extension do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from perennial.catalog.models import Product as ProductRow
from perennial.catalog.queries import SetUp, company, prices_on, product_by_number, set_up
from perennial.continuity.planning import OccurrenceRow, read_orders, target_rows
from perennial.desk.read.shipment import ShipmentLine, Why, before, clipped, customised
from perennial.desk.read.values import Product
from perennial.desk.rhythm import refuse_beyond, rhythm
from perennial.errors import Refused
from perennial.kernel import oddities
from perennial.kernel import plan as kernel
from perennial.kernel.money import Money
from perennial.kernel.reasons import DateReason, LineReason, Reason, Who
from perennial.kernel.totals import Totals
from perennial.language.reasons import Source
from perennial.payments.cost import Place, by_shipment, shipment_totals, tax_groups, taxed_on, whole_order
from perennial.payments.due import Owed, child_parts, upfront_parts
from perennial.programs.models import ContinuityProduct
from perennial.programs.queries import (
    LoadedRevision,
    load_revisions,
    newest_released,
    program_by_id,
    revision_by_number,
)

MOST = 1000
"""How many lines of a preview that goes on beyond the threshold, and shipments of an order ahead, are told at most."""


@dataclass(frozen=True, slots=True)
class Part:
    """Money that the order would owe; ``shipment`` None: it pays the whole order."""

    purpose: str
    shipment: int | None
    number: int
    method: str
    amount: Money
    due_on: date


@dataclass(frozen=True, slots=True)
class Preview:
    """What an order would be. ``complete``: nothing of the program follows. ``country``: whose taxes are in it.

    ``behind``: what its start date puts into the past. ``notes``: what is odd about its program. ``totals``: by its number,
    what a shipment comes to.
    """

    lines: tuple[ShipmentLine, ...]
    complete: bool
    payments: tuple[Part, ...]
    country: str | None
    behind: kernel.Behind | None = None
    notes: tuple[Reason, ...] = ()
    totals: Mapping[int, Totals] = field(default_factory=dict)

    @property
    def ends_with(self) -> int | None:
        """The number of its last shipment; None while more follows."""
        return max((line.shipment or 0 for line in self.lines if line.last), default=None)


@dataclass(frozen=True, slots=True)
class _Of:
    """What shipments that are not stored are made from."""

    rules: SetUp
    revision: LoadedRevision
    facts: kernel.Facts
    adjustments: tuple[kernel.Adjustment, ...]
    products: dict[str, tuple[str, str | None]]
    """By number, name and tax group."""


def projected_lines(continuity_order_ids: Sequence[int], number: int, rules: SetUp) -> dict[int, list[ShipmentLine]]:
    """By continuity order, the lines of so many shipments beyond the planned ones."""
    if number > MOST:
        raise Refused("too_far_ahead", "ahead", number=number, most=MOST)
    if not continuity_order_ids:
        return {}
    coming = []
    for state in read_orders(rules, continuity_order_ids):
        walk = [o.step for o in state.walk]
        made, _ = _go_on(state.revision.plan, state.facts, state.adjustments, walk, number)
        coming.append((state, made))
    products = _products(line.item for _, made in coming for o in made for line in o.lines)
    return {
        state.row.pk: [
            line
            for o in made
            for line in _lines(
                _Of(rules, state.revision, state.facts, tuple(state.adjustments), products), o, "projected", last=False
            )
        ]
        for state, made in coming
    }


def _products(numbers: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """The names and tax groups of products, by number."""
    found = ProductRow.objects.filter(number__in=set(numbers)).values_list("number", "name", "tax_group")
    return {number: (name, group) for number, name, group in found}


def _go_on(
    revision: kernel.Revision,
    facts: kernel.Facts,
    adjustments: Iterable[kernel.Adjustment],
    walk: Sequence[kernel.Step],
    number: int,
    until: date | None = None,
) -> tuple[list[kernel.Occurrence], bool]:
    """So many shipments behind the walk, extension by extension; and whether nothing follows them. ``until``: no
    extension more once they have come to this date.
    """
    walk, adjustments = list(walk), tuple(adjustments)
    coming: list[kernel.Occurrence] = []
    complete = False
    while len(coming) < number and not complete and (until is None or not walk or walk[-1].event_on <= until):
        found = kernel.extend(revision, facts, adjustments, walk)
        coming += found.occurrences
        walk += (kernel.Step(o.key, o.repetition, o.event_on, o.shipment) for o in found.occurrences)
        complete = found.complete
        if not found.occurrences:
            break
    return coming[:number], complete and len(coming) <= number


def _lines(of: _Of, o: kernel.Occurrence, status: str, *, last: bool) -> Iterator[ShipmentLine]:
    """The products of a shipment that is not stored."""
    plan, currency = of.revision.plan, of.rules.currency
    why_date = DateReason.of(o)
    source = Source(plan.program, plan.number, o.event_id, o.repetition)
    mine = [a for a in of.adjustments if (a.key, a.repetition) == (o.key, o.repetition)]
    run_on = before(o.ship_on, of.rules.parameters.days_before_delivery)
    reason = Reason("projected", {"run_on": run_on}) if status == "projected" else Reason("preview")
    for line in o.lines:
        own = [a for a in mine if a.line in (0, line.line)]
        yield ShipmentLine(
            key=o.key,
            repetition=o.repetition,
            event_id=o.event_id,
            line=line.line,
            product=Product(line.item, of.products[line.item][0]),
            quantity=line.quantity,
            price=Money(line.price_minor, currency),
            tax_group=of.products[line.item][1],
            event_on=o.event_on,
            ship_on=o.ship_on,
            shipment=o.shipment,
            status=status,
            blocked=None,
            last=last,
            customised=customised((a.kind, a.kind == "substitute" and a.value[1] is not None) for a in own),
            child=None,
            child_status=None,
            child_ships_on=None,
            ship_to=None,
            delivery_mode=of.revision.mode_ids[o.key],
            run_on=run_on,
            changeable_until=before(run_on, 1),
            not_shipped=(reason,),
            why=Why(
                why_date,
                LineReason.of(line),
                source=source,
                started=of.facts.start_date is not None,
                order_date=of.facts.order_date,
                changed={a.kind: Who(a.by, a.on, a.reason) for a in own},
            ),
        )


def preview(
    program: str,
    order_date: date,
    *,
    start_date: date | None = None,
    product: str | None = None,
    quantity: Decimal = Decimal(1),
    days: int | None = None,
    interval: str | None = None,
    times: int | None = None,
    beyond_threshold: bool = False,
    until: date | None = None,
    version: int | None = None,
) -> Preview:
    """What an order of this program would be: its lines, whether nothing follows them, its payments.

    ``version``: the number of a revision, released or not; left out, the newest released one. Taxed in the company's country, because no customer is known. Left out, ``product`` is the whole
    program: all its events. ``days``, ``interval``, ``times``: as a member wants it who is not content with what the
    program says. ``beyond_threshold``: as if extended again and again, at most 1,000 lines; or ``until`` they have come to a date.
    """
    rules = set_up()
    revision = _revision(rules, program, version)
    facts = _facts(
        rules=rules, revision=revision, order_date=order_date, start_date=start_date, product=product, quantity=quantity
    )._replace(every=rhythm(days, interval, times), times=times)
    if times is not None:
        whole = kernel.plan_anew(revision.plan, facts._replace(threshold=None))
        refuse_beyond(revision.plan, times, len(whole.occurrences))
    planned = kernel.plan_anew(revision.plan, facts)
    occurrences, complete = list(planned.occurrences), planned.complete
    if (beyond_threshold or until is not None) and not complete:
        walk = [kernel.Step(o.key, o.repetition, o.event_on, o.shipment) for o in occurrences]
        more, complete = _go_on(revision.plan, facts, (), walk, max(0, MOST - len(occurrences)), until=until)
        occurrences += more
    last = occurrences[-1].key if complete and occurrences else None
    of = _Of(rules, revision, facts, (), _products(line.item for o in occurrences for line in o.lines))
    lines = tuple(
        line
        for at, o in enumerate(occurrences)
        for line in _lines(of, o, "planned" if at < len(planned.occurrences) else "projected", last=o.key == last)
    )
    shown = lines[:MOST] if beyond_threshold else lines
    wanted = target_rows(
        0,
        revision,
        kernel.Plan(tuple(occurrences), complete, None),
        first_position=1,
        status="planned",
        product_ids=revision.product_ids,
        schedule_ids=revision.schedule_ids,
    )
    country = company().country
    here = Place(country, None)
    totals = _totals(of, wanted, here)
    return Preview(
        lines=shown,
        complete=complete and len(shown) == len(lines),
        payments=tuple(_payments(of, wanted, here, totals)),
        country=country,
        behind=kernel.behind(order_date, start_date, clipped(lines)),
        notes=tuple(oddities.of_program(program, revision.plan.events)),
        totals=totals,
    )


def _revision(rules: SetUp, program: str, version: int | None) -> LoadedRevision:
    """A revision by its number; None: the newest released one."""
    found = program_by_id(program)
    if version is None:
        revision = newest_released([found.pk]).get(found.pk)
        if revision is None:
            raise Refused("program_not_released_yet", "program", program=program)
    else:
        revision = revision_by_number(found, version)
    return load_revisions(rules, [revision])[revision]


def _facts(
    rules: SetUp,
    revision: LoadedRevision,
    order_date: date,
    start_date: date | None,
    product: str | None,
    quantity: Decimal,
) -> kernel.Facts:
    duration, shipments = 0, None
    if product is not None:
        sold = ContinuityProduct.objects.filter(product=product_by_number(product, "product")).first()
        if sold is None or sold.program_id != revision.program_id:
            raise Refused("product_of_another_program", "product", product=product, program=revision.program)
        duration, shipments = sold.event_duration, sold.shipments
    first_event = None
    if revision.order_start == "current_event" and revision.started_on is not None:
        current = kernel.current_event(revision.plan, revision.started_on, order_date)
        first_event = current.key if current else None
    ids = {number: revision.product_ids[number] for number in revision.products_to_price}
    prices = prices_on(ids.values(), order_date)
    return kernel.Facts(
        order_date=order_date,
        start_date=start_date,
        first_event=first_event,
        duration=duration,
        shipments=shipments,
        quantity=quantity,
        threshold=None if revision.bill_upfront else rules.parameters.repeat_threshold,
        consolidate=revision.consolidate,
        upfront=revision.bill_upfront,
        prices={number: prices[i] for number, i in ids.items() if i in prices},
    )


def _totals(of: _Of, occurrences: Sequence[OccurrenceRow], here: Place) -> dict[int, Totals]:
    """What each shipment comes to, by its number."""
    groups = tax_groups(line.product_id for o in occurrences for line in o.lines)
    tariff, facts = of.rules.tariff(), of.facts
    found = {}
    for number, together in by_shipment(occurrences).items():
        on = taxed_on(upfront=facts.upfront, order_date=facts.order_date, ship_on=together[-1].ship_on)
        found[number] = shipment_totals(tariff, together, here, groups, on)
    return found


def _payments(
    of: _Of, occurrences: Sequence[OccurrenceRow], here: Place, totals: Mapping[int, Totals]
) -> Iterator[Part]:
    """The money that the order would owe, by the program's payment schedule."""
    rules, facts = of.rules, of.facts
    order_schedule = of.revision.payment_schedule_id
    if facts.upfront:
        total, first = whole_order(
            tariff=rules.tariff(),
            occurrences=occurrences,
            default_place=None,
            on=facts.order_date,
            known_places={None: here},
            groups=tax_groups(line.product_id for o in occurrences for line in o.lines),
        )
        owed = upfront_parts(
            rules.schedules.get(order_schedule) if order_schedule else None,
            total,
            base=facts.base,
            order_date=facts.order_date,
            first_ship_on=first or facts.order_date,
        )
        yield from (_part(rules.currency, "order", None, part) for part in owed)
        return
    for number, together in by_shipment(occurrences).items():
        last = together[-1]
        schedule_id = last.payment_schedule_id or order_schedule
        total = totals[number].total
        owed = child_parts(rules.schedules.get(schedule_id) if schedule_id else None, total, last.ship_on)
        yield from (_part(rules.currency, "shipment", number, part) for part in owed)


def _part(currency: str, purpose: str, shipment: int | None, owed: Owed) -> Part:
    return Part(
        purpose=purpose,
        shipment=shipment,
        number=owed.number,
        method="card",
        amount=Money(owed.amount, currency),
        due_on=owed.due_on,
    )
