"""A bundle becomes set-up, customers and orders: all of it or nothing.

1. Look through the file once: is it JSON, what is in it.
2. Read the set-up, small enough to be held, and write what is without fault.
3. Read customers and orders piece by piece and write them in batches.
4. If anything at all was at fault, undo everything and list all faults; a dry run undoes it too.

Import never calls a gateway and never sends a message: what it makes due is done by the next jobs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any, BinaryIO, TypeVar

from django.db import transaction

from perennial.bundle.entering import ORDERS_AT_ONCE, Entering, first_charge_on
from perennial.bundle.load.losses import lost
from perennial.bundle.load.notices import notices
from perennial.bundle.load.programs import load_program
from perennial.bundle.load.written_notes import NOTED, written_notes
from perennial.bundle.reading import customers as customers_
from perennial.bundle.reading import programs as programs_
from perennial.bundle.reading import setup
from perennial.bundle.reading.context import Reading, begin
from perennial.bundle.reading.faults import BundleRefused, Faults, kind
from perennial.bundle.reading.file import Source
from perennial.bundle.reading.notes import Notes
from perennial.bundle.reading.values import Given, Known
from perennial.catalog import actions as catalog
from perennial.catalog.queries import set_up, today
from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.continuity.planning import read_orders
from perennial.customers.actions import differing, set_customers
from perennial.customers.models import Customer
from perennial.db import sql
from perennial.db.tally import Tally
from perennial.desk.addresses import keep_where_it_went
from perennial.desk.cards.store import cards_renewed
from perennial.desk.contract import outcome_json
from perennial.desk.in_use import IN_USE
from perennial.desk.numbers import LAST_NUMBER, give_back_numbers, numbers_mark, pass_numbers
from perennial.desk.queries import Following, orders_to_follow
from perennial.kernel.states import NOT_ENDED
from perennial.orders.models import SalesOrder
from perennial.payments import blocked, due
from perennial.programs import actions as programs
from perennial.programs.products import set_continuity_products

KINDS = (
    "company",
    "parameters",
    "delivery_modes",
    "tax_rates",
    "date_intervals",
    "payment_schedules",
    "products",
    "programs",
    "customers",
    "orders",
)
KEYS = frozenset({"currency", *KINDS, "notices", "last_number"})
LISTS = frozenset({*KINDS[2:], "notices"})
SMALL = frozenset(KINDS[2:8])
PRICED_BY = ("parameters", "delivery_modes", "tax_rates", "products")
MOST_NAMED = 10  # numbers of new orders
CUSTOMERS_AT_ONCE = 2000
ONE_AT_A_TIME = 0x62756E64  # imports wait for each other
T = TypeVar("T")


@dataclass
class Imported:
    """What an import did, or would do: things by kind, and when the first money will be taken."""

    tallies: dict[str, Tally] = field(default_factory=lambda: dict.fromkeys(KINDS, Tally()))
    first_charge_on: date | None = None
    programs: set[str] = field(default_factory=set)
    """The schedule ids of those that changed, but for their drafts."""
    following: list[Following] = field(default_factory=list)
    """Those of them that have open orders for update-orders."""
    numbers: list[str] = field(default_factory=list)
    """The first of the numbers of the new orders."""
    notes: Notes = field(default_factory=Notes)

    def add(self, name: str, tally: Tally) -> None:
        """Count what became of things of a kind."""
        self.tallies[name] = self.tallies[name].plus(tally)

    def document(self) -> dict[str, Any]:
        """The JSON that ``import --json`` prints."""
        made: dict[str, Any] = {
            word: {name: getattr(tally, word) for name, tally in self.tallies.items()}
            for word in ("new", "changed", "same")
        }
        made["first_charge_on"] = self.first_charge_on.isoformat() if self.first_charge_on else None
        return made


class _Undo(Exception):
    """Nothing of this is to stay."""


def import_bundle(
    *, file: BinaryIO, by: str, on: date | None = None, reason: str | None = None, dry_run: bool = False
) -> Imported:
    """Import a bundle. Refused (``BundleRefused``, with every fault) when anything is wrong with it.

    ``file`` is read more than once and must be seekable (``file.opened``). ``on`` is the order date of
    orders that name none; left out it is today in the time zone of the company, which may come with the bundle.
    """
    scan = _Scan()
    source = Source(file, scan)
    imported = Imported()
    before = after = numbers_mark()
    try:
        with transaction.atomic():
            sql.value("select pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
            catalog.initialise()
            reading = begin(by=by, on=on or today(), reason=reason)
            imported.notes = reading.notes
            _top(reading, source)
            _set_up(reading, source, scan, imported)
            reading.on = on or today()
            following = _lock(reading, source, priced=any(imported.tallies[name].wrote for name in PRICED_BY))
            seen, spoiled, renewed = _customers(reading, source, imported)
            if imported.tallies["delivery_modes"].wrote:
                _ask_again_for_cards()
            if not reading.faults.count and (following or renewed):
                _follow(reading, following)
                found = cards_renewed(cards=renewed, on=reading.on, by=by, reason=reason)
                reading.notes.add_caught_up(outcome_json(found))
            pass_numbers([*scan.numbers, f"SO-{_last_number(reading, source):06d}"])
            entering = Entering(reading, seen, spoiled)
            for batch in batches(enumerate(source.items("orders")), ORDERS_AT_ONCE):
                imported.add("orders", entering.batch(batch))
            for name in sorted(scan.noted):
                for batch in batches(enumerate(source.items(name)), ORDERS_AT_ONCE):
                    written_notes(reading, name, batch)
            for batch in batches(enumerate(source.items("notices")), ORDERS_AT_ONCE):
                notices(reading, batch)
            imported.first_charge_on = first_charge_on(entering.made)
            imported.following = orders_to_follow(imported.programs)
            named = SalesOrder.objects.filter(pk__in=entering.made[:MOST_NAMED]).order_by("pk")
            imported.numbers = list(named.values_list("number", flat=True))
            after = numbers_mark()
            if reading.faults.count:
                raise BundleRefused(reading.faults)
            if dry_run:
                raise _Undo
    except _Undo:
        give_back_numbers(before, after)
    except Exception:
        give_back_numbers(before, after)
        raise
    return imported


def _lock(reading: Reading, source: Source, *, priced: bool) -> list[int]:
    """Lock the orders that what is imported concerns, all in the one order of locks; those to be totalled anew.

    ``priced``: charges or taxes change, which concerns every open order that is billed up front. Of customers
    that change it is all that they have. A job or a clerk that is at work on one of them is waited for; who comes
    later finds what is imported here.
    """
    customers = _differing(reading, source)
    found = ContinuityOrder.objects.filter(customer_id__in=customers)
    if priced:
        found |= ContinuityOrder.objects.filter(upfront=True, status__in=NOT_ENDED)
    locked = found.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", "upfront", "status")
    following = [pk for pk, upfront, status in locked if upfront and status in NOT_ENDED]
    parents = SalesOrder.objects.filter(customer_id__in=customers, parent=None).order_by("pk")
    list(parents.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    return following


def _ask_again_for_cards() -> None:
    """Other working days: what is late may go on a day to which its card lasts. The next run finds out."""
    waits = Occurrence.objects.filter(blocked="card").values("continuity_order")
    found = ContinuityOrder.objects.filter(pk__in=waits).order_by("pk").select_for_update(no_key=True, of=("self",))
    blocked.recompute([pk for (pk,) in found.values_list("pk")], forget_card=True)


def _differing(reading: Reading, source: Source) -> list[int]:
    """The ids of the customers that are stored and would change. They are read twice: to be known before, and written."""
    if not Customer.objects.exists():
        return []
    first = replace(reading, faults=Faults())
    found: list[int] = []
    for batch in batches(enumerate(source.items("customers")), CUSTOMERS_AT_ONCE):
        given = [customers_.customer(first, at, value)[0] for at, value in batch]
        found += differing(given)
    return found


def _follow(reading: Reading, orders: Sequence[int]) -> None:
    """What is owed up front follows charges, taxes and addresses: children still to come will be totalled by these."""
    rules = set_up()
    for ids in batches(iter(orders), ORDERS_AT_ONCE):
        due.recalculate(rules, read_orders(rules, ids), by=reading.by, on=reading.on)


class _Scan:
    """What the first look through the file keeps: the small lists, which lists hold something, the numbers of orders."""

    def __init__(self) -> None:
        self.small: dict[str, list[Any]] = {}
        self.numbers: list[str] = []
        self.noted: set[str] = set()
        self.some: set[str] = set()

    def __call__(self, name: str, index: int, thing: Any) -> None:
        """One thing of a list."""
        self.some.add(name)
        if name in NOTED and isinstance(thing, dict) and thing.get("notes"):
            self.noted.add(name)
        if name in SMALL:
            self.small.setdefault(name, []).append(thing)
        elif name == "orders" and isinstance(thing, dict) and isinstance(thing.get("number"), str):
            self.numbers.append(thing["number"])


def _top(reading: Reading, source: Source) -> None:
    """The keys at the top: known ones, each once, lists where lists belong."""
    for name, section in source.sections.items():
        if name not in KEYS:
            reading.faults.add(name, f"unknown key{reading.faults.hint(name, KEYS)}")
        elif name in LISTS and not section.is_list and section.value is not None:
            reading.faults.add(name, f"a list is needed, not {kind(section.value)}")
        elif name not in LISTS and section.is_list:
            needed = "an object" if name in ("company", "parameters") else "one value"
            reading.faults.add(name, f"{needed} is needed, not a list")
    for name in source.twice:
        reading.faults.add(name, "this key stands twice")


def _last_number(reading: Reading, source: Source) -> int:
    """The last parent number that was given out where the bundle comes from."""
    section = source.sections.get("last_number")
    top = Given({"last_number": section.value if section else None}, "", reading.faults, frozenset({"last_number"}))
    found: int = top.whole("last_number", 0, 0, LAST_NUMBER)
    return found


def _set_up(reading: Reading, source: Source, scan: _Scan, imported: Imported) -> None:
    """Set-up: everything is read first, because each part names others; then what is without fault is written."""
    before, small = reading.currency, scan.small
    company: dict[str, Any] = {}
    top = source.sections
    money = bool(scan.some)
    company |= setup.currency(reading, top["currency"].value if "currency" in top else None, money)
    given = top["company"].value if "company" in top else None
    if given is not None:
        company |= setup.company(reading, given)
    parameters: dict[str, Any] | None = None
    if "parameters" in top and top["parameters"].value is not None:
        parameters = setup.parameters(reading, top["parameters"].value)

    def things(name: str, known: frozenset[str]) -> list[Given]:
        return setup.declared(reading, name, small.get(name, ()), known)

    modes = setup.delivery_modes(reading, things("delivery_modes", setup.MODE))
    rates = setup.tax_rates(reading, things("tax_rates", setup.RATE))
    intervals = setup.date_intervals(reading, things("date_intervals", setup.INTERVAL))
    schedules = setup.payment_schedules(reading, things("payment_schedules", setup.SCHEDULE))
    program_things = things("programs", programs_.PROGRAM)
    # Products and programs name each other: the programs' names come first, to be known to the products.
    names = [thing.get("schedule_id") for thing in program_things]
    stored = reading.programs.stored
    reading.programs.stored = stored | {name for name in names if isinstance(name, str)}
    products = setup.products(reading, things("products", setup.PRODUCT))
    reading.programs = Known(stored)
    given_programs = programs_.programs(reading, program_things)
    setup.unpriced(reading, products)
    reading.products.bad |= {p.number for p in products if p.program in reading.programs.bad}

    told: dict[str, Any] = {"by": reading.by, "reason": reading.reason}
    if given is not None or (before is None and "currency" in company):
        imported.add("company", catalog.change_company(given=company, **told))
    if parameters is not None:
        imported.add("parameters", catalog.change_parameters(given=parameters, **told))
    reading.notes.setup += lost(modes, products)
    imported.add("delivery_modes", catalog.set_delivery_modes(modes=modes, **told))
    imported.add("tax_rates", catalog.set_tax_rates(rates=rates, **told))
    setup.untaxed(reading, modes, products)
    tally, moved = catalog.set_date_intervals(intervals=intervals, **told)
    imported.add("date_intervals", tally)
    imported.add("payment_schedules", catalog.set_payment_schedules(schedules=schedules, **told))
    tally, same = catalog.set_products(products=products, **told)
    for program in given_programs:
        loaded = load_program(program, **told)
        imported.add("programs", loaded)
        if loaded.changed and program.release:
            imported.programs.add(program.facts.schedule_id)
    if moved:
        followed = programs.follow_intervals(codes=moved, **told) - reading.programs.given.keys()
        imported.add("programs", Tally(changed=len(followed)))
        imported.programs |= followed
    # A product whose program is at fault cannot be linked; it is not blamed again.
    linked = [p for p in products if p.program is None or p.program not in reading.programs.bad]
    changed = set_continuity_products(products=linked, **told) & same
    imported.add("products", tally.plus(Tally(changed=len(changed), same=-len(changed))))


def _customers(reading: Reading, source: Source, imported: Imported) -> tuple[dict[str, int], set[str], list[int]]:
    """Customers, a batch at a time. Gives the accounts with their places, those that are at fault, and renewed cards."""
    spoiled: set[str] = set()
    seen: dict[str, int] = {}
    renewed: list[int] = []
    regions = setup.regions_of_rates()
    things = enumerate(source.items("customers"))
    for batch in batches(things, CUSTOMERS_AT_ONCE):
        good = []
        for at, value in batch:
            facts, fine = customers_.customer(reading, at, value)
            first = seen.setdefault(facts.account, at)
            if first != at and facts.account:
                text = f'customer "{facts.account}" stands twice: first as customers[{first}]'
                reading.faults.add(f"customers[{at}].account", text)
            elif fine:
                good.append(facts)
            else:
                spoiled.add(facts.account)
        changes = set_customers(customers=good, in_use=IN_USE, by=reading.by, reason=reading.reason, checked=True)
        imported.add("customers", changes.tally)
        reading.notes.add_customers(changes.emptied, changes.kept)
        reading.notes.regions += setup.regions_misspelled(regions, good)
        renewed += changes.renewed
        keep_where_it_went(changes.moved)
        children = SalesOrder.objects.filter(parent__isnull=False, status="open", ship_to__in=changes.moved)
        reading.notes.still_old += (
            f"{number} is made already and goes to the changed address {code}, taxed as before"
            for number, code in children.order_by("number").values_list("number", "ship_to__code")
        )
    return seen, spoiled, renewed


def batches(things: Iterator[T], size: int) -> Iterator[list[T]]:
    """A long row of things in handfuls."""
    while batch := list(islice(things, size)):
        yield batch
