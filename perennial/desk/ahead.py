"""What would come: the shipments beyond the planned ones, and the schedule of an order that nobody made yet.

Nothing here writes. Both ask the kernel the same questions as order entry and extension do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from perennial.catalog.queries import SetUp, company, prices_on, product_by_number, set_up
from perennial.continuity.planning import OccurrenceRow, line_reason, read_orders, target_rows
from perennial.desk import rows
from perennial.desk.documents import Document, customised, line_document
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel import plan as kernel
from perennial.kernel.reasons import DateReason, Who
from perennial.language import Reader
from perennial.language.formats import ENGLISH
from perennial.language.reasons import Source
from perennial.payments.due import Owed, Place, child_parts, shipment_totals, tax_groups, upfront_parts, whole_order
from perennial.programs.models import ContinuityProduct
from perennial.programs.queries import LoadedRevision, load_revisions, newest_released, program_by_id

MOST = 1000
"""How many lines ``preview --all`` and shipments ``show order --ahead`` show at most."""


def projected_lines(
    continuity_order_ids: Sequence[int], number: int, to: Reader = ENGLISH
) -> dict[int, list[Document]]:
    """By continuity order, the lines of so many shipments beyond the planned ones."""
    if number > MOST:
        raise Refused("ahead", "ahead", text=f"{number:,} is too many: at most {MOST:,} shipments")
    rules = set_up()
    found: dict[int, list[Document]] = {}
    for state in read_orders(rules, continuity_order_ids):
        coming, _ = _go_on(state.revision.plan, state.facts, state.adjustments, [o.step for o in state.walk], number)
        found[state.row.pk] = [
            document
            for o in coming
            for document in _lines(
                rules, state.revision, state.facts, o, "projected", adjustments=state.adjustments, to=to
            )
        ]
    return found


def _go_on(
    revision: kernel.Revision,
    facts: kernel.Facts,
    adjustments: Iterable[kernel.Adjustment],
    walk: Sequence[kernel.Step],
    number: int,
) -> tuple[list[kernel.Occurrence], bool]:
    """So many shipments behind the walk, extension by extension; and whether nothing follows them."""
    walk, adjustments = list(walk), tuple(adjustments)
    coming: list[kernel.Occurrence] = []
    complete = False
    while len(coming) < number and not complete:
        found = kernel.extend(revision, facts, adjustments, walk)
        coming += found.occurrences
        walk += (kernel.Step(o.key, o.repetition, o.event_on, o.shipment) for o in found.occurrences)
        complete = found.complete
        if not found.occurrences:
            break
    return coming[:number], complete and len(coming) <= number


def _lines(
    rules: SetUp,
    revision: LoadedRevision,
    facts: kernel.Facts,
    o: kernel.Occurrence,
    status: str,
    *,
    last: bool = False,
    adjustments: Sequence[kernel.Adjustment] = (),
    to: Reader = ENGLISH,
) -> Iterator[Document]:
    """The products of a shipment that is not stored, as `show order` prints them."""
    why = DateReason.of(o).stored()
    mine = [a for a in adjustments if (a.key, a.repetition) == (o.key, o.repetition)]
    for line in o.lines:
        row = rows.Occurrence(
            continuity=0,
            key=o.key,
            repetition=o.repetition,
            event_on=o.event_on,
            ship_on=o.ship_on,
            shipment=o.shipment,
            status=status,
            blocked=None,
            child=None,
            why=why,
            line=line.line,
            item=line.item,
            quantity=line.quantity,
            price=line.price_minor,
            line_why=line_reason(line),
        )
        yield line_document(
            row,
            source=Source(revision.program, revision.number, o.event_id, o.key, o.repetition),
            started=facts.start_date is not None,
            order_date=facts.order_date,
            currency=rules.currency,
            days_before=rules.parameters.days_before_delivery,
            last=last,
            told={"preview": True},
            changed=customised(
                (a.kind, a.kind == "substitute" and a.value[1] is not None) for a in mine if a.line in (0, line.line)
            ),
            who={a.kind: Who(a.by, a.on, a.reason) for a in mine if a.line in (0, line.line)},
            to=to,
        )


def preview(
    program: str,
    order_date: date,
    *,
    start_date: date | None = None,
    product: str | None = None,
    quantity: Decimal = Decimal(1),
    beyond_threshold: bool = False,
    to: Reader = ENGLISH,
) -> Document:
    """What an order of this program would be: its lines, whether nothing follows them, its payments.

    Taxed in the company's country, because no customer is known. Left out, ``product`` is the whole
    program: all its events. ``beyond_threshold``: as if extended again and again, at most 1,000 lines.
    """
    rules = set_up()
    revision = _newest(rules, program)
    facts = _facts(rules, revision, order_date, start_date, product, quantity)
    planned = kernel.plan_anew(revision.plan, facts)
    occurrences, complete = list(planned.occurrences), planned.complete
    if beyond_threshold and not complete:
        walk = [kernel.Step(o.key, o.repetition, o.event_on, o.shipment) for o in occurrences]
        more, complete = _go_on(revision.plan, facts, (), walk, max(0, MOST - len(occurrences)))
        occurrences += more
    last = occurrences[-1].key if complete and occurrences else None
    lines = [
        document
        for at, o in enumerate(occurrences)
        for document in _lines(
            rules,
            revision,
            facts,
            o,
            "planned" if at < len(planned.occurrences) else "projected",
            last=o.key == last,
            to=to,
        )
    ]
    shown = lines[:MOST] if beyond_threshold else lines
    wanted = target_rows(
        0,
        revision,
        kernel.Plan(tuple(occurrences), complete, None),
        first_position=1,
        status="planned",
        product_ids=revision.product_ids,
    )
    payments = _payments(rules, revision, facts, wanted)
    return {"lines": shown, "complete": complete and len(shown) == len(lines), "payments": payments}


def _newest(rules: SetUp, program: str) -> LoadedRevision:
    found = program_by_id(program)
    revision = newest_released([found.pk]).get(found.pk)
    if revision is None:
        raise Refused("program", "program", text=f"program {program!r} has no released revision yet: release its draft")
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
            raise Refused(
                "product", "product", text=f"product {product!r} does not stand for program {revision.program}"
            )
        duration, shipments = sold.event_duration, sold.shipments
    first_event = None
    if revision.order_start == "current_event" and revision.started_on is not None:
        current = kernel.current_event(revision.plan, revision.started_on, order_date)
        first_event = current.key if current else None
    ids = {number: revision.product_ids[number] for number in revision.products_to_price}
    prices = prices_on(ids.values(), order_date)
    return kernel.Facts(
        order_date,
        start_date,
        first_event,
        duration,
        shipments,
        quantity,
        None if revision.bill_upfront else rules.parameters.repeat_threshold,
        revision.consolidate,
        revision.bill_upfront,
        {number: prices[i] for number, i in ids.items() if i in prices},
    )


def _payments(
    rules: SetUp, revision: LoadedRevision, facts: kernel.Facts, occurrences: Sequence[OccurrenceRow]
) -> list[Document]:
    """The money that the order would owe, by the program's payment schedule; ``shipment`` null: the whole order."""
    groups = tax_groups(line.product_id for o in occurrences for line in o.lines)
    here = Place(company().country, None)
    order_schedule = revision.payment_schedule_id
    if facts.upfront:
        total, first = whole_order(rules, occurrences, None, facts.order_date, {None: here}, groups)
        owed = upfront_parts(
            rules.schedules.get(order_schedule) if order_schedule else None,
            total,
            base=facts.base,
            order_date=facts.order_date,
            first_ship_on=first or facts.order_date,
        )
        return [_payment(rules.currency, "order", None, part) for part in owed]
    shipments: dict[int, list[OccurrenceRow]] = {}
    for o in occurrences:
        shipments.setdefault(o.shipment or 0, []).append(o)
    made = []
    for number, together in shipments.items():
        last = together[-1]
        schedule_id = last.payment_schedule_id or order_schedule
        total = shipment_totals(rules, together, here, groups, last.ship_on).total
        owed = child_parts(rules.schedules.get(schedule_id) if schedule_id else None, total, last.ship_on)
        made += [_payment(rules.currency, "shipment", number, part) for part in owed]
    return made


def _payment(currency: str, purpose: str, shipment: int | None, owed: Owed) -> Document:
    nothing = money.text(0, currency)
    return {
        "order": None,
        "purpose": purpose,
        "number": owed.number,
        "method": "card",
        "amount": money.text(owed.amount, currency),
        "due_on": str(owed.due_on),
        "status": "draft",
        "attempts": 0,
        "captured": nothing,
        "refunded": nothing,
        "shipment": shipment,
    }
