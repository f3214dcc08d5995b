"""Order entry: what was ordered, as the bundle or a clerk gives it, becomes an order with its dated lines.

This file holds the values that come in; ``enter`` (below) is the one way in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg.types.json import Jsonb

from perennial.catalog.models import Product
from perennial.catalog.queries import SetUp, prices_on, set_up
from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.continuity.planning import OccurrenceRow, insert_occurrences, target_rows
from perennial.customers.models import Address, Customer, StoredCard
from perennial.db import sql
from perennial.desk.numbers import next_numbers, pass_numbers
from perennial.errors import Refused
from perennial.kernel.money import line_amount, percent_of, text
from perennial.kernel.plan import Facts, current_event, plan_anew
from perennial.kernel.totals import Charge, Totals, totals
from perennial.orders.models import OrderEvent, OrderLine, OrderPay, OrderTax, SalesOrder
from perennial.payments.owed import (
    NOWHERE,
    PREPAID,
    Owed,
    check_method,
    payment_row,
    places,
    tax_groups,
    upfront_parts,
    whole_order,
    write_payments,
)
from perennial.payments.owed import Place as Where
from perennial.programs.models import ContinuityProduct, ProgramRevision
from perennial.programs.queries import LoadedRevision, load_revisions, newest_released

Place = str | dict[str, Any] | None
"""The code of an address of the customer, an address in place (the fields of a bundle's address), or none."""


@dataclass(frozen=True)
class ContinuityEntry:
    """What a clerk is asked on the Continuity page; None where it was left out."""

    start_date: date | None = None
    payment_method: str | None = None
    card: str | None = None
    payment_schedule: str | None = None
    ship_to: Place = None


@dataclass(frozen=True)
class LineEntry:
    """One line as it was ordered; ``continuity`` for a continuity product (None: all its defaults).

    ``price_minor``: what an ordinary product was said to cost, to be refused where it costs something else.
    """

    item_number: str
    quantity: Decimal = Decimal(1)
    delivery_mode: str | None = None
    continuity: ContinuityEntry | None = None
    price_minor: int | None = None


@dataclass(frozen=True)
class PayEntry:
    """How a part of the ordinary lines is paid; exactly one of amount and percent, or neither for all."""

    method: str = "card"
    card: str | None = None
    amount_minor: int | None = None
    percent: Decimal | None = None


@dataclass(frozen=True)
class OrderEntry:
    """One parent order as it was ordered. ``as_given``: its facts in the bundle's words, to know it again."""

    customer: str
    lines: tuple[LineEntry, ...]
    number: str | None = None
    reference: str | None = None
    order_date: date | None = None
    submit: bool = False
    ship_to: Place = None
    acceptance_required: bool = False
    pay: tuple[PayEntry, ...] = ()
    as_given: dict[str, Any] | None = None


@dataclass(frozen=True)
class EnteredOrder:
    """An order that was entered: its id, its number, the ids of its continuity orders."""

    id: int
    number: str
    continuity_order_ids: tuple[int, ...]


class _Known:
    """What the entries of one batch refer to, read with a constant number of queries."""

    def __init__(self, entries: Sequence[OrderEntry]) -> None:
        self.set_up: SetUp = set_up()
        accounts = {e.customer for e in entries}
        self.customers = {c.account: c for c in Customer.objects.filter(account__in=accounts)}
        ids = [c.pk for c in self.customers.values()]
        self.addresses: dict[int, list[Address]] = {i: [] for i in ids}
        for a in Address.objects.filter(customer_id__in=ids, code__isnull=False).order_by("number", "id"):
            self.addresses[a.customer_id].append(a)
        self.cards: dict[int, list[StoredCard]] = {i: [] for i in ids}
        for c in StoredCard.objects.filter(customer_id__in=ids).order_by("number", "id"):
            self.cards[c.customer_id].append(c)
        numbers = {line.item_number for e in entries for line in e.lines}
        self.products = {
            p.number: p for p in Product.objects.filter(number__in=numbers).select_related("continuity__program")
        }
        programs = {
            p.continuity.program_id for p in self.products.values() if p.kind == "continuity" and _sold(p) is not None
        }
        newest = newest_released(programs)
        self.revisions: dict[int, LoadedRevision] = {
            r.program_id: r for r in load_revisions(self.set_up, newest.values()).values()
        }
        self.valid: dict[int, set[int]] = {}
        self.prompts: dict[int, bool] = {}
        for r in ProgramRevision.objects.filter(pk__in=list(newest.values())).prefetch_related("valid_schedules"):
            self.valid[r.program_id] = {v.schedule_id for v in r.valid_schedules.all()}
            self.prompts[r.program_id] = r.prompt_for_payment_schedule
        self.schedules = {s.name: pk for pk, s in self.set_up.schedules.items() if pk is not None}
        self.product_ids = dict(
            Product.objects.filter(
                pk__in={i for r in self.revisions.values() for i in r.product_ids.values()}
            ).values_list("number", "pk")
        )
        self.groups = tax_groups({*self.product_ids.values(), *(p.pk for p in self.products.values())})
        self._prices: dict[date, dict[int, int]] = {}
        self._price_of = {*self.product_ids.values(), *(p.pk for p in self.products.values())}

    def prices(self, on: date) -> dict[int, int]:
        """Prices in force on an order date, by product id."""
        if on not in self._prices:
            self._prices[on] = prices_on(self._price_of, on)
        return self._prices[on]


def _sold(product: Product) -> ContinuityProduct | None:
    return getattr(product, "continuity", None)


@dataclass
class _Rows:
    """The rows of a whole batch, written table by table."""

    orders: list[tuple[Any, ...]] = field(default_factory=list)
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    taxes: list[tuple[Any, ...]] = field(default_factory=list)
    pays: list[tuple[Any, ...]] = field(default_factory=list)
    continuity: list[tuple[Any, ...]] = field(default_factory=list)
    occurrences: list[OccurrenceRow] = field(default_factory=list)
    payments: list[tuple[Any, ...]] = field(default_factory=list)
    events: list[tuple[Any, ...]] = field(default_factory=list)

    def write(self) -> None:
        ids = sql.draw_ids(Occurrence, len(self.occurrences))
        sql.copy(
            SalesOrder,
            (
                "id", "number", "reference", "customer_id", "currency", "order_date", "status", "acceptance",
                "ship_to_id", "delivery_minor", "tax_minor", "total_minor", "entry",
            ),
            self.orders,
        )  # fmt: skip
        sql.copy(
            OrderLine,
            (
                "id", "order_id", "line", "product_id", "quantity", "price_minor", "amount_minor",
                "delivery_mode_id", "status",
            ),
            self.lines,
        )  # fmt: skip
        sql.copy(OrderTax, ("order_id", "group", "base_minor", "tax_minor", "rate_id"), self.taxes)
        sql.copy(OrderPay, ("order_id", "number", "method", "card_id", "percent", "amount_minor"), self.pays)
        sql.copy(
            ContinuityOrder,
            (
                "id", "parent_line_id", "order_id", "customer_id", "program_id", "revision_id", "status", "complete",
                "order_date", "start_date", "first_event", "event_duration", "shipments", "quantity", "threshold",
                "consolidate", "upfront", "prices", "payment_method", "card_id", "payment_schedule_id", "ship_to_id",
            ),
            self.continuity,
        )  # fmt: skip
        insert_occurrences([replace(o, id=i) for o, i in zip(self.occurrences, ids, strict=True)])
        write_payments(self.payments)
        sql.copy(OrderEvent, ("order_id", "on_date", "kind", "by", "reason", "data"), self.events)


def enter(entries: Sequence[OrderEntry], *, on: date, by: str) -> list[EnteredOrder | list[Refused]]:
    """Take orders: each becomes a sales order, its continuity orders with dated, priced lines, and its payments.

    An entry that is at fault gives all its refusals (their fields relative to the order) and writes
    nothing; the others are written with a constant number of statements. Nothing is charged: money
    only becomes due. ``on`` is the order date where none is given.
    """
    known = _Known(entries)
    rows = _Rows()
    fresh = iter(next_numbers(sum(1 for e in entries if e.number is None)))
    order_ids = iter(sql.draw_ids(SalesOrder, len(entries)))
    line_ids = iter(sql.draw_ids(OrderLine, sum(len(e.lines) for e in entries)))
    continuity_ids = iter(sql.draw_ids(ContinuityOrder, sum(len(e.lines) for e in entries)))
    taken = set(
        SalesOrder.objects.filter(number__in=[e.number for e in entries if e.number]).values_list("number", flat=True)
    )
    referenced = set(
        SalesOrder.objects.filter(reference__in=[e.reference for e in entries if e.reference]).values_list(
            "reference", flat=True
        )
    )
    done: list[EnteredOrder | list[Refused]] = []
    for entry in entries:
        one = _One(known, entry, on, by)
        if entry.number is not None and entry.number in taken:
            one.fault("number", f"order {entry.number} exists already", "number")
        if entry.reference is not None and entry.reference in referenced:
            one.fault("reference", f"an order with reference {entry.reference!r} exists already", "reference")
        made = one.build(order_ids, line_ids, continuity_ids, fresh)
        if one.faults:
            done.append(one.faults)
            continue
        assert made is not None
        one.add_to(rows)
        done.append(made)
        if entry.number is not None:
            taken.add(entry.number)
        if entry.reference is not None:
            referenced.add(entry.reference)
    pass_numbers(e.number for e in entries if e.number)
    rows.write()
    return done


def write_address(customer_id: int, given: dict[str, Any]) -> int:
    """An address that was written into one order: kept with the customer, without a code."""
    fields = {
        n: given[n] for n in ("purpose", "recipient", "street", "city", "postcode", "region", "country") if n in given
    }
    kept = {n: v for n, v in fields.items() if v is not None}
    return Address.objects.create(customer_id=customer_id, code=None, number=0, **kept).pk


class _One:
    """One order on its way in."""

    def __init__(self, known: _Known, entry: OrderEntry, on: date, by: str) -> None:
        self.known = known
        self.entry = entry
        self.on = on
        self.by = by
        self.order_date = entry.order_date or on
        self.faults: list[Refused] = []
        self.rows = _Rows()

    def fault(self, code: str, text: str, field: str) -> None:
        self.faults.append(Refused(code, text, field))

    def build(
        self,
        order_ids: Iterator[int],
        line_ids: Iterator[int],
        continuity_ids: Iterator[int],
        fresh: Iterator[str],
    ) -> EnteredOrder | None:
        entry, known = self.entry, self.known
        customer = known.customers.get(entry.customer)
        if customer is None:
            self.fault("customer", f"unknown customer {entry.customer!r}", "customer")
            return None
        if not entry.lines:
            self.fault("lines", "an order has at least one line", "lines")
            return None
        self.customer = customer
        order_id = next(order_ids)
        self.order_id = order_id
        self.ship_to = self.place(entry.ship_to, "ship_to", default=None)
        status = "open" if entry.submit else "draft"
        ordinary: list[tuple[int, LineEntry, Product, int, int | None]] = []
        made: list[int] = []
        self.first_method: tuple[str, int | None] | None = None
        for at, line in enumerate(entry.lines):
            path = f"lines[{at}]"
            product = known.products.get(line.item_number)
            if product is None:
                self.fault("product", f"unknown product {line.item_number!r}", f"{path}.item_number")
                continue
            if not 0 < line.quantity < 10**9 or line.quantity != round(line.quantity, 3):
                self.fault("quantity", f"{line.quantity:f} is not a quantity above 0", f"{path}.quantity")
                continue
            mode = None
            if line.delivery_mode is not None:
                mode = known.set_up.modes_by_code.get(line.delivery_mode)
                if mode is None:
                    self.fault(
                        "delivery_mode", f"unknown delivery mode {line.delivery_mode!r}", f"{path}.delivery_mode"
                    )
            line_id = next(line_ids)
            if product.kind == "continuity":
                if line.delivery_mode is not None:
                    self.fault(
                        "delivery_mode",
                        "a continuity product ships nothing itself: its events have delivery modes",
                        f"{path}.delivery_mode",
                    )
                try:
                    made.append(self.continuity(next(continuity_ids), line_id, at, line, product))
                except Refused as refused:
                    own = {"order_date": "order_date", "start_date": f"{path}.continuity.start_date"}
                    self.fault(
                        refused.code,
                        refused.text,
                        own.get(refused.field, f"{path}.{refused.field or 'item_number'}"),
                    )
                self.rows.lines.append((line_id, order_id, at + 1, product.pk, line.quantity, 0, 0, None, "open"))
            else:
                if line.continuity is not None:
                    self.fault(
                        "continuity", f"product {line.item_number} is not a continuity product", f"{path}.continuity"
                    )
                price = known.prices(self.order_date).get(product.pk)
                if price is None:
                    self.fault("price", f"product {line.item_number} has no price", f"{path}.item_number")
                    continue
                if line.price_minor not in (None, price):
                    costs = text(price, known.set_up.currency)
                    self.fault(
                        "price",
                        f"product {line.item_number} costs {costs} on {self.order_date}:"
                        " only an order that is taken over as it stands has another price",
                        f"{path}.price",
                    )
                amount = line_amount(line.quantity, price)
                mode_id = mode.id if mode else None
                ordinary.append((at, line, product, amount, mode_id))
                self.rows.lines.append(
                    (line_id, order_id, at + 1, product.pk, line.quantity, price, amount, mode_id, "open")
                )
        if self.faults:
            return None
        totals_ = self.ordinary(ordinary, status)
        if self.faults:
            return None
        number = entry.number or next(fresh)
        self.rows.orders.append(
            (
                order_id, number, entry.reference, customer.pk, known.set_up.currency, self.order_date, status,
                "awaited" if entry.acceptance_required else "none", self.ship_to, totals_.delivery, totals_.tax,
                totals_.total, Jsonb(entry.as_given) if entry.as_given is not None else None,
            )
        )  # fmt: skip
        self.rows.events.append((order_id, self.on, "entered", self.by, None, None))
        if entry.submit:
            self.rows.events.append((order_id, self.on, "submitted", self.by, None, None))
        return EnteredOrder(order_id, number, tuple(made))

    def add_to(self, rows: _Rows) -> None:
        for name in vars(rows):
            getattr(rows, name).extend(getattr(self.rows, name))

    def place(self, given: Place, field: str, default: int | None) -> int | None:
        """The id of the address that was meant: its code, an address in place, or the delivery address."""
        if isinstance(given, dict):
            return write_address(self.customer.pk, given)
        addresses = self.known.addresses[self.customer.pk]
        if given is None:
            if default is not None:
                return default
            delivery = [a for a in addresses if a.purpose == "delivery"] or addresses
            return delivery[0].pk if delivery else None
        for address in addresses:
            if address.code == given:
                return address.pk
        self.fault("address", f"customer {self.customer.account} has no address {given!r}", field)
        return None

    def card(self, token: str | None, field: str) -> int:
        """The stored card that was meant: by its token, or the customer's only one."""
        cards = self.known.cards[self.customer.pk]
        if token is not None:
            for card in cards:
                if card.token == token:
                    return card.pk
            raise Refused("card", f"customer {self.customer.account} has no card with token {token!r}", field)
        if len(cards) != 1:
            has = "no stored card" if not cards else f"{len(cards)} stored cards: name one by its token"
            raise Refused("card", f"customer {self.customer.account} has {has}", field)
        return cards[0].pk

    def continuity(self, order_id: int, line_id: int, at: int, line: LineEntry, product: Product) -> int:
        """The Continuity page: the customer's copy of the program with its dated, priced lines."""
        known, customer = self.known, self.customer
        sold = _sold(product)
        if sold is None:
            raise Refused("program", f"product {product.number} stands for no program", "item_number")
        program = sold.program
        if not program.active:
            raise Refused(
                "inactive", f"program {program.schedule_id} is not active: it cannot be ordered", "item_number"
            )
        revision = known.revisions.get(program.pk)
        if revision is None:
            raise Refused("draft", f"program {program.schedule_id} was never released", "item_number")
        given = line.continuity or ContinuityEntry()
        schedule_id = revision.payment_schedule_id
        if given.payment_schedule is not None:
            named = known.schedules.get(given.payment_schedule)
            if named is None:
                raise Refused(
                    "payment_schedule",
                    f"unknown payment schedule {given.payment_schedule!r}",
                    "continuity.payment_schedule",
                )
            # What the program offers, where it offers some; else any, as on the original's page.
            offers = known.prompts[program.pk] or known.valid[program.pk]
            if named != schedule_id and offers and named not in known.valid[program.pk]:
                raise Refused(
                    "payment_schedule",
                    f"{given.payment_schedule} is not a valid payment schedule of program {program.schedule_id}",
                    "continuity.payment_schedule",
                )
            schedule_id = named
        method = given.payment_method or "card"
        scheduled = schedule_id is not None or any(
            revision.schedule_ids[e.key] is not None for e in revision.plan.events if e.ships
        )
        check_method(
            method,
            upfront=revision.bill_upfront,
            scheduled=scheduled if not revision.bill_upfront else schedule_id is not None,
            allow_on_account=customer.allow_on_account,
            field="continuity.payment_method",
        )
        card_id = self.card(given.card, "continuity.card") if method == "card" else None
        if self.first_method is None:
            self.first_method = (method, card_id)
        ship_to = self.place(given.ship_to, f"lines[{at}].continuity.ship_to", self.ship_to)
        first_event = None
        if revision.order_start == "current_event" and revision.started_on is not None:
            current = current_event(revision.plan, revision.started_on, self.order_date)
            if current is None:
                raise Refused("empty", f"program {program.schedule_id} has no event that ships", "item_number")
            first_event = current.key
        prices = known.prices(self.order_date)
        own = {n: prices[i] for n, i in revision.product_ids.items() if n in revision.products_to_price and i in prices}
        facts = Facts(
            self.order_date,
            given.start_date,
            first_event,
            sold.event_duration,
            sold.shipments,
            line.quantity,
            None if revision.bill_upfront else known.set_up.parameters.repeat_threshold,
            revision.consolidate,
            revision.bill_upfront,
            own,
        )
        plan = plan_anew(revision.plan, facts)
        if not plan.occurrences:
            raise Refused("empty", f"program {program.schedule_id} has no event that ships", "item_number")
        status = "open" if self.entry.submit else "draft"
        wanted = target_rows(
            order_id,
            revision,
            facts,
            plan,
            currency=known.set_up.currency,
            first_position=1,
            status="scheduled" if self.entry.submit else "planned",
            product_ids=known.product_ids,
        )
        self.rows.occurrences.extend(wanted)
        self.rows.continuity.append(
            (
                order_id, line_id, self.order_id, customer.pk, program.pk, revision.id, status, plan.complete,
                self.order_date, given.start_date, first_event, sold.event_duration, sold.shipments, line.quantity,
                facts.threshold, revision.consolidate, revision.bill_upfront, Jsonb(own), method, card_id, schedule_id,
                ship_to,
            )
        )  # fmt: skip
        if revision.bill_upfront:
            total, first = whole_order(
                known.set_up, wanted, ship_to, self.order_date, self.places({ship_to}), known.groups
            )
            try:
                parts = upfront_parts(
                    known.set_up.schedules.get(schedule_id) if schedule_id else None,
                    method,
                    total,
                    base=facts.base,
                    order_date=self.order_date,
                    first_ship_on=first or self.order_date,
                )
            except Refused as refused:
                raise Refused(refused.code, refused.text, "continuity.payment_schedule") from None
            for owed in parts:
                self.rows.payments.append(
                    payment_row(
                        owed,
                        continuity_order_id=order_id,
                        customer_id=customer.pk,
                        purpose="order",
                        method=method,
                        card_id=card_id,
                        currency=known.set_up.currency,
                        status="due" if self.entry.submit else "draft",
                    )
                )
        return order_id

    def places(self, ids: set[int | None]) -> dict[int | None, Where]:
        """Country and region of addresses of this batch, without a query for each order."""
        mine: dict[int | None, Where] = {
            a.pk: Where(a.country, a.region) for a in self.known.addresses[self.customer.pk]
        }
        missing = {i for i in ids if i is not None and i not in mine}
        found: dict[int | None, Where] = {None: NOWHERE, **mine}
        if missing:
            found.update(places(missing))
        return found

    def ordinary(self, lines: list[tuple[int, LineEntry, Product, int, int | None]], status: str) -> Totals:
        """The ordinary lines: what they cost, and the payments for them as the customer chose to pay."""
        known = self.known
        modes = {mode_id for *_, mode_id in lines if mode_id is not None}
        where = self.places({self.ship_to})[self.ship_to]
        made = totals(
            [Charge(amount, known.groups.get(product.pk)) for _, _, product, amount, _ in lines],
            [Charge(known.set_up.modes[m].charge_minor, known.set_up.modes[m].tax_group) for m in sorted(modes)],
            known.set_up.rates,
            where.country,
            where.region,
            self.order_date,
            known.set_up.parameters.prices_include_tax,
        )
        for group in made.groups:
            self.rows.taxes.append((self.order_id, group.group, group.base, group.tax, group.rate_id))
        if not lines and not self.entry.pay:
            return made
        total = made.total
        try:
            shares = self.shares(total)
        except Refused as refused:
            self.faults.append(refused)
            return made
        for number, (method, card_id, amount) in enumerate(shares, 1):
            if amount <= 0:
                continue
            self.rows.payments.append(
                payment_row(
                    Owed(number, self.order_date, amount, method not in PREPAID),
                    order_id=self.order_id,
                    customer_id=self.customer.pk,
                    purpose="ordinary",
                    method=method,
                    card_id=card_id,
                    currency=known.set_up.currency,
                    status="due" if status == "open" else "draft",
                )
            )
        for number, pay in enumerate(self.entry.pay, 1):
            card_id = shares[number - 1][1]
            self.rows.pays.append((self.order_id, number, pay.method, card_id, pay.percent, pay.amount_minor))
        return made

    def shares(self, total: int) -> list[tuple[str, int | None, int]]:
        """How the ordinary lines are paid: (method, card, minor units), summing to the total."""
        pays = self.entry.pay
        if not pays:
            if total == 0:
                return []
            if self.first_method is not None:
                return [(*self.first_method, total)]
            return [("card", self.card(None, "pay"), total)]
        shares: list[tuple[str, int | None, int]] = []
        left = total
        percents = sum((p.percent for p in pays if p.percent is not None), Decimal(0))
        by_amount = any(p.amount_minor is not None for p in pays)
        if not by_amount and len(pays) > 1 and percents != 100:
            raise Refused("pay", f"the percentages sum to {percents:f}, not to 100", "pay")
        for at, pay in enumerate(pays):
            path = f"pay[{at}]"
            check_method(
                pay.method,
                upfront=True,
                scheduled=False,
                allow_on_account=self.customer.allow_on_account,
                field=f"{path}.method",
            )
            card_id = self.card(pay.card, f"{path}.card") if pay.method == "card" else None
            if pay.amount_minor is not None:
                amount = pay.amount_minor
            elif pay.percent is not None and not (at == len(pays) - 1 and (not by_amount or len(pays) == 1)):
                amount = min(left, percent_of(total, pay.percent))
            else:
                amount = left
            if len(pays) == 1 and pay.percent is not None and pay.percent != 100:
                raise Refused("pay", f"the percentages sum to {pay.percent:f}, not to 100", "pay")
            shares.append((pay.method, card_id, amount))
            left -= amount
        if left != 0:
            currency = self.known.set_up.currency
            raise Refused(
                "pay",
                f"the amounts sum to {text(total - left, currency)}, but the ordinary lines cost {text(total, currency)}",
                "pay",
            )
        return shares
