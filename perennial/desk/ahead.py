"""What would come: the shipments beyond the planned ones, and the schedule of an order that nobody made yet.

Nothing here writes. Both ask the kernel the same questions as order entry and extension do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from perennial.catalog.models import Product
from perennial.catalog.queries import SetUp, company, prices_on, product_by_number, set_up
from perennial.continuity.planning import OrderState, read_orders
from perennial.desk import rows
from perennial.desk.documents import Document, customised, line_document
from perennial.errors import Refused
from perennial.kernel import explain, money
from perennial.kernel import plan as kernel
from perennial.kernel.instalments import Part, parts
from perennial.kernel.totals import Charge, totals
from perennial.programs.models import ContinuityProduct
from perennial.programs.queries import LoadedRevision, load_revisions, newest_released, program_by_id

MOST = 1000
"""How many shipments ``preview --all`` shows at most."""


def projected_lines(continuity_order_ids: Sequence[int], number: int) -> dict[int, list[Document]]:
    """By continuity order, the lines of so many shipments beyond the planned ones."""
    rules = set_up()
    found: dict[int, list[Document]] = {}
    for state in read_orders(rules, continuity_order_ids):
        coming, _ = _go_on(state.revision.plan, state.facts, state.adjustments, [o.step for o in state.walk], number)
        found[state.row.pk] = [
            line_document(
                line,
                place=o.event_id,
                currency=state.currency,
                days_before=rules.parameters.days_before_delivery,
                changed=_changed(state, o.key, o.repetition, line.line),
            )
            for o in coming
            for line in _lines(state.revision, state.facts, o, "projected", state.currency)
        ]
    return found


def _changed(state: OrderState, key: str, repetition: int, line: int) -> list[str]:
    return customised(
        (a.kind, a.kind == "substitute" and a.value[1] is not None)
        for a in state.adjustments
        if (a.key, a.repetition) == (key, repetition) and a.line in (0, line)
    )


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
    revision: LoadedRevision, facts: kernel.Facts, o: kernel.Occurrence, status: str, currency: str
) -> Iterator[rows.Occurrence]:
    why_date = explain.date_words(revision.plan, o, facts.start_date is not None)
    for line in o.lines:
        yield rows.Occurrence(
            continuity=0,
            key=o.key,
            repetition=o.repetition,
            event_on=o.event_on,
            ship_on=o.ship_on,
            shipment=o.shipment,
            status=status,
            blocked=None,
            child=None,
            why_date=why_date,
            line=line.line,
            item=line.item,
            quantity=line.quantity,
            price=line.price_minor,
            why_product=explain.product_words(revision.plan, o.event, line),
            why_price=explain.price_words(revision.plan, o.event, line, currency, facts.order_date),
        )


def preview(
    program: str,
    order_date: date,
    *,
    start_date: date | None = None,
    product: str | None = None,
    quantity: Decimal = Decimal(1),
    beyond_threshold: bool = False,
) -> Document:
    """What an order of this program would be: its lines, whether nothing follows them, its payments.

    Taxed in the company's country, because no customer is known. Left out, ``product`` is the whole
    program: all its events. ``beyond_threshold``: as if extended again and again, at most 1,000 shipments.
    """
    rules = set_up()
    revision = _newest(rules, program)
    facts = _facts(rules, revision, order_date, start_date, product, quantity)
    planned = kernel.plan(revision.plan, facts)
    occurrences, complete = list(planned.occurrences), planned.complete
    if beyond_threshold and not complete:
        walk = [kernel.Step(o.key, o.repetition, o.event_on, o.shipment) for o in occurrences]
        more, complete = _go_on(revision.plan, facts, (), walk, max(0, MOST - len(occurrences)))
        occurrences += more
    last = occurrences[-1].key if complete and occurrences else None
    lines = [
        line_document(
            line,
            place=o.event_id,
            currency=rules.currency,
            days_before=rules.parameters.days_before_delivery,
            last=o.key == last,
        )
        for at, o in enumerate(occurrences)
        for line in _lines(
            revision, facts, o, "planned" if at < len(planned.occurrences) else "projected", rules.currency
        )
    ]
    return {"lines": lines, "complete": complete, "payments": _payments(rules, revision, facts, occurrences)}


def _newest(rules: SetUp, program: str) -> LoadedRevision:
    found = program_by_id(program)
    revision = newest_released([found.pk]).get(found.pk)
    if revision is None:
        raise Refused("program", f"program {program!r} has no released revision yet: release its draft", "program")
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
            raise Refused("product", f"product {product!r} does not stand for program {revision.program}", "product")
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
        rules.parameters.repeat_threshold,
        revision.consolidate,
        revision.bill_upfront,
        {number: prices[i] for number, i in ids.items() if i in prices},
    )


class _Shipment(NamedTuple):
    number: int
    ship_on: date
    total: int
    schedule_id: int | None


def _shipments(
    rules: SetUp, revision: LoadedRevision, facts: kernel.Facts, occurrences: Iterable[kernel.Occurrence]
) -> list[_Shipment]:
    """What ships together, with its total; delivery mode and schedule are those of the last of them."""
    groups: dict[int, list[kernel.Occurrence]] = {}
    for o in occurrences:
        groups.setdefault(o.shipment, []).append(o)
    tax_groups = dict(Product.objects.filter(pk__in=revision.product_ids.values()).values_list("number", "tax_group"))
    country = company().country
    made = []
    for number, together in groups.items():
        last = together[-1]
        mode_id = revision.mode_ids[last.key]
        delivery = Charge(0)
        if mode_id is not None:
            delivery = Charge(rules.modes[mode_id].charge_minor, rules.modes[mode_id].tax_group)
        cost = totals(
            [
                Charge(money.line_amount(line.quantity, line.price_minor), tax_groups.get(line.item))
                for o in together
                for line in o.lines
            ],
            [delivery],
            rules.rates,
            country,
            None,
            facts.order_date if facts.upfront else last.ship_on,
            rules.parameters.prices_include_tax,
        )
        made.append(_Shipment(number, last.ship_on, cost.total, revision.schedule_ids[last.key]))
    return made


def _payments(
    rules: SetUp, revision: LoadedRevision, facts: kernel.Facts, occurrences: Sequence[kernel.Occurrence]
) -> list[Document]:
    """The money that the order would owe, by the program's payment schedule; ``shipment`` null: the whole order."""
    shipments = _shipments(rules, revision, facts, occurrences)
    if facts.upfront:
        total = sum(s.total for s in shipments)
        first = min((s.ship_on for s in shipments), default=facts.order_date)
        schedule = rules.schedules.get(revision.payment_schedule_id)
        due = [Part(max(facts.order_date, first), total)] if schedule is None else parts(schedule, total, facts.base)
        return [_payment(rules, "order", None, n, part) for n, part in enumerate(due, 1) if part.amount]
    made = []
    for shipment in shipments:
        schedule = rules.schedules.get(shipment.schedule_id or revision.payment_schedule_id)
        due = [Part(shipment.ship_on, shipment.total)]
        if schedule is not None:
            due = parts(schedule, shipment.total, shipment.ship_on)
        made += [_payment(rules, "shipment", shipment.number, n, p) for n, p in enumerate(due, 1) if p.amount]
    return made


def _payment(rules: SetUp, purpose: str, shipment: int | None, number: int, part: Part) -> Document:
    nothing = money.text(0, rules.currency)
    return {
        "order": None,
        "purpose": purpose,
        "number": number,
        "method": "card",
        "amount": money.text(part.amount, rules.currency),
        "due_on": str(part.due_on),
        "status": "draft",
        "attempts": 0,
        "captured": nothing,
        "refunded": nothing,
        "shipment": shipment,
    }
