"""A bundle becomes set-up, customers and orders: all of it or nothing.

1. Look through the file once: is it JSON, what is in it.
2. Read the set-up, small enough to be held, and write what is without fault.
3. Read customers and orders piece by piece and write them in batches.
4. If anything at all was at fault, undo everything and list all faults; a dry run undoes it too.

Import never calls a gateway and never sends a message: what it makes due is done by the next jobs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any, BinaryIO

from django.db import transaction

from perennial.bundle.load.customers import customers_that_change, load_customers
from perennial.bundle.load.notices import notices
from perennial.bundle.load.orders import ORDERS_AT_ONCE, Entering
from perennial.bundle.load.report import KINDS, Imported
from perennial.bundle.load.setup import load_setup
from perennial.bundle.load.tariffs import load_tariffs
from perennial.bundle.load.written_notes import NOTED, written_notes
from perennial.bundle.reading.context import Reading, begin
from perennial.bundle.reading.faults import BundleRefused, kind
from perennial.bundle.reading.file import Source
from perennial.bundle.reading.values import Given
from perennial.catalog import actions as catalog
from perennial.catalog.queries import set_up, today
from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.continuity.planning import read_orders
from perennial.db import sql
from perennial.desk.cards.store import cards_renewed
from perennial.desk.numbers import LAST_NUMBER, give_back_numbers, numbers_mark, pass_numbers
from perennial.desk.queries import orders_to_follow
from perennial.desk.read.tariffs import tariff_preview
from perennial.errors import Refused
from perennial.kernel.states import NOT_ENDED
from perennial.orders.models import SalesOrder
from perennial.payments import blocked, due

KEYS = frozenset({"currency", *KINDS, "tariffs", "notices", "last_number"})
LISTS = frozenset({*KINDS[2:], "tariffs", "notices"})
SMALL = frozenset({*KINDS[2:11], "tariffs"})
MOST_NAMED = 10  # numbers of new orders
ONE_AT_A_TIME = 0x62756E64  # imports wait for each other
Progress = Callable[[str, int, int], None]
"""Hears how far an import is: what it is at (``reading``, or a kind of things), how many of how many are done. What it raises
takes everything back.
"""


class _Undo(Exception):
    """Nothing of this is to stay."""


def import_bundle(
    *,
    file: BinaryIO,
    by: str,
    on: date | None = None,
    reason: str | None = None,
    dry_run: bool = False,
    meant: Collection[date] = (),
    only_given: bool = False,
    preview: bool = True,
    progress: Progress | None = None,
) -> Imported:
    """Import a bundle. Refused (``BundleRefused``, with every fault) when anything is wrong with it.

    ``file`` is read more than once and must be seekable (``file.opened``). ``on`` is the order date of
    orders that name none; left out it is today in the time zone of the company, which may come with the bundle. ``meant``: days of new
    orders that are not mistyped, though they are years away. ``only_given``: what is left out of a thing that is stored
    stays as it is. ``preview``: where there is a new tariff, what it would mean for open orders is worked out. ``progress`` hears
    how far it is.
    """
    tell = progress or _nobody
    tell("reading", 0, 0)
    scan = _Scan()
    source = Source(file, scan)
    imported = Imported()
    before = after = numbers_mark()
    try:
        with transaction.atomic():
            one_import_at_a_time()
            catalog.initialise()
            reading = begin(by=by, on=on or today(), reason=reason)
            imported.notes = reading.notes
            reading.meant, reading.only_given = frozenset(meant), only_given
            _top(reading, source)
            load_setup(reading, source.sections, scan.small, imported, money=bool(scan.counts))
            reading.on = on or today()
            if load_tariffs(reading, scan.small.get("tariffs", ())) is not None and preview:
                meaning = tariff_preview(on=reading.on)
                imported.tariff = meaning if meaning.orders or meaning.kept else None
            following = _lock(reading, source, priced=reading.retaxed)
            customers = load_customers(
                reading, source, imported, lambda done: tell("customers", done, scan.counts["customers"])
            )
            if imported.tallies["delivery_modes"].wrote:
                _ask_again_for_cards()
            if not reading.faults.count and (following or customers.renewed):
                _follow(reading, following)
                renewed = cards_renewed(cards=customers.renewed, on=reading.on, by=by, reason=reason)
                reading.notes.add_renewed(renewed.caught_up, renewed.moved)
            pass_numbers([*scan.numbers, f"SO-{_last_number(reading, source):06d}"])
            entering = Entering(reading, customers.accounts, customers.spoiled)
            for number, batch in enumerate(source.batches("orders", ORDERS_AT_ONCE)):
                tell("orders", number * ORDERS_AT_ONCE, scan.counts["orders"])
                imported.add("orders", entering.batch(batch))
            for name in sorted(scan.noted):
                for batch in source.batches(name, ORDERS_AT_ONCE):
                    written_notes(reading, name, batch)
            for batch in source.batches("notices", ORDERS_AT_ONCE):
                notices(reading, batch)
            imported.first_charge_on = entering.first_charge_on
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


def one_import_at_a_time() -> None:
    """Wait until no other import is under way; until this transaction ends the others wait."""
    sql.value("select pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def _lock(reading: Reading, source: Source, *, priced: bool) -> list[int]:
    """Lock the orders that what is imported concerns, all in the one order of locks; those to be totalled anew.

    ``priced``: products may be taxed otherwise, which concerns every open order that is billed up front. Of customers
    that change it is all that they have. A job or a clerk that is at work on one of them is waited for; who comes
    later finds what is imported here.
    """
    customers = customers_that_change(reading, source)
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


def _follow(reading: Reading, orders: Sequence[int]) -> None:
    """What is owed up front follows addresses and the tax groups of products: children to come are totalled by these."""
    rules = set_up()
    for at in range(0, len(orders), ORDERS_AT_ONCE):
        ids = orders[at : at + ORDERS_AT_ONCE]
        due.recalculate(rules, read_orders(rules, ids), by=reading.by, on=reading.on)


def _nobody(part: str, done: int, of: int) -> None:
    """Nobody listens."""


class _Scan:
    """What the first look through the file keeps: the small lists, how many things a list holds, the numbers of orders."""

    def __init__(self) -> None:
        self.small: dict[str, list[Any]] = {}
        self.numbers: list[str] = []
        self.noted: set[str] = set()
        self.counts: Counter[str] = Counter()

    def __call__(self, name: str, index: int, thing: Any) -> None:
        """One thing of a list."""
        self.counts[name] += 1
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
            reading.faults.add(Refused("key_unknown", name, meant=reading.faults.meant(name, KEYS)))
        elif name in LISTS and not section.is_list and section.value is not None:
            reading.faults.add(Refused("wrong_type", name, needed="list", found=kind(section.value)))
        elif name not in LISTS and section.is_list:
            needed = "object" if name in ("company", "parameters") else "single"
            reading.faults.add(Refused("wrong_type", name, needed=needed, found="list"))
    for name in source.twice:
        reading.faults.add(Refused("key_twice", name))


def _last_number(reading: Reading, source: Source) -> int:
    """The last parent number that was given out where the bundle comes from."""
    section = source.sections.get("last_number")
    top = Given({"last_number": section.value if section else None}, "", reading.faults, frozenset({"last_number"}))
    return top.whole("last_number", 0, 0, LAST_NUMBER)
