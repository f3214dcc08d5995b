"""Set-up becomes rows: everything is read first, because each part names others; what is without fault is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perennial.bundle.load.losses import lost, retaxed, still_named
from perennial.bundle.load.only_given import set_up_kept
from perennial.bundle.load.programs import load_program
from perennial.bundle.load.report import Imported
from perennial.bundle.reading import codes, setup
from perennial.bundle.reading import programs as programs_
from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.file import Section
from perennial.bundle.reading.notes import noted
from perennial.bundle.reading.programs import ProgramGiven
from perennial.bundle.reading.values import Given, Known
from perennial.catalog import actions as catalog
from perennial.catalog.codes import (
    HoldFacts,
    ReasonFacts,
    SourceFacts,
    set_hold_codes,
    set_reason_codes,
    set_source_codes,
)
from perennial.catalog.on_offer import marked
from perennial.catalog.values import IntervalFacts, ModeFacts, ProductFacts, RateFacts, ScheduleFacts
from perennial.db.tally import Tally
from perennial.kernel import oddities
from perennial.programs import actions as programs
from perennial.programs.products import set_continuity_products


@dataclass
class SetUpGiven:
    """The set-up of a bundle; None: not in it."""

    company: dict[str, Any] | None = None
    parameters: dict[str, Any] | None = None
    modes: list[ModeFacts] = field(default_factory=list)
    rates: list[RateFacts] = field(default_factory=list)
    intervals: list[IntervalFacts] = field(default_factory=list)
    schedules: list[ScheduleFacts] = field(default_factory=list)
    sources: list[SourceFacts] = field(default_factory=list)
    reasons: list[ReasonFacts] = field(default_factory=list)
    holds: list[HoldFacts] = field(default_factory=list)
    products: list[ProductFacts] = field(default_factory=list)
    programs: list[ProgramGiven] = field(default_factory=list)


def load_setup(
    reading: Reading, top: Mapping[str, Section], small: Mapping[str, list[Any]], imported: Imported, *, money: bool
) -> None:
    """Read the set-up and write it.

    ``top``: the keys at the top of the bundle; ``small``: its short lists, whole. ``money``: some list holds
    something, so that a currency is needed.
    """
    _write(reading, _read(reading, top, small, money), imported)


def _read(reading: Reading, top: Mapping[str, Section], small: Mapping[str, list[Any]], money: bool) -> SetUpGiven:
    def single(name: str) -> Any:
        return top[name].value if name in top else None

    def things(name: str, known: frozenset[str]) -> list[Given]:
        given = small.get(name, ())
        if reading.only_given:
            given = set_up_kept(name, given, reading.currency or "USD")
        return setup.declared(reading, name, given, known)

    found = SetUpGiven()
    first = reading.currency is None
    currency = setup.currency(reading, single("currency"), money)
    if single("company") is not None:
        found.company = currency | setup.company(reading, single("company"))
    elif first and currency:
        found.company = currency
    if single("parameters") is not None:
        found.parameters = setup.parameters(reading, single("parameters"))
    found.modes = setup.delivery_modes(reading, things("delivery_modes", setup.MODE))
    found.rates = setup.tax_rates(reading, things("tax_rates", setup.RATE))
    found.intervals = setup.date_intervals(reading, things("date_intervals", setup.INTERVAL))
    found.schedules = setup.payment_schedules(reading, things("payment_schedules", setup.SCHEDULE))
    found.sources = codes.source_codes(reading, things("source_codes", codes.SOURCE))
    found.reasons = codes.reason_codes(reading, things("reason_codes", codes.REASON))
    found.holds = codes.hold_codes(reading, things("hold_codes", codes.HOLD))
    program_things = things("programs", programs_.PROGRAM)
    # Products and programs name each other: the programs' names come first, to be known to the products.
    names = [thing.get("schedule_id") for thing in program_things]
    stored = reading.programs.stored
    reading.programs.stored = stored | {name for name in names if isinstance(name, str)}
    found.products = setup.products(reading, things("products", setup.PRODUCT))
    reading.programs = Known(stored)
    reading.off = marked(reading.off, found.modes, found.products)
    found.programs = programs_.programs(reading, program_things)
    setup.unpriced(reading, found.products)
    reading.products.bad |= {p.number for p in found.products if p.program in reading.programs.bad}
    return found


def _write(reading: Reading, given: SetUpGiven, imported: Imported) -> None:
    by, reason = reading.by, reading.reason
    if given.company is not None:
        imported.add("company", catalog.change_company(given=given.company, by=by, reason=reason))
    if given.parameters is not None:
        imported.add("parameters", catalog.change_parameters(given=given.parameters, by=by, reason=reason))
    reading.notes.add("setup", lost(given.modes, given.products))
    reading.notes.add("named", still_named(given.modes, given.products))
    reading.retaxed = any(retaxed(given.products))
    imported.add("delivery_modes", catalog.set_delivery_modes(modes=given.modes, by=by, reason=reason))
    imported.add("tax_rates", catalog.set_tax_rates(rates=given.rates, by=by, reason=reason))
    reading.notes.add(
        "rates", noted(odd for r in given.rates for odd in oddities.of_rate(r.group, r.country, r.percent))
    )
    setup.untaxed(reading, given.modes, given.products)
    tally, moved = catalog.set_date_intervals(intervals=given.intervals, by=by, reason=reason)
    imported.add("date_intervals", tally)
    imported.add("payment_schedules", catalog.set_payment_schedules(schedules=given.schedules, by=by, reason=reason))
    if given.sources:
        imported.add("source_codes", set_source_codes(codes=given.sources, by=by, reason=reason))
    if given.reasons:
        imported.add("reason_codes", set_reason_codes(codes=given.reasons, by=by, reason=reason))
    if given.holds:
        reading.notes.add("holds", codes.not_at_desk(given.holds))
        imported.add("hold_codes", set_hold_codes(codes=given.holds, by=by, reason=reason))
    tally, same = catalog.set_products(products=given.products, by=by, reason=reason)
    for program in given.programs:
        loaded = load_program(program, by=by, on=reading.on, reason=reason)
        imported.add("programs", loaded)
        facts = program.facts
        reading.notes.add("programs", noted(oddities.of_program(facts.schedule_id, facts.events)))
        if loaded.changed and program.release:
            imported.programs.add(program.facts.schedule_id)
    if moved:
        followed = (
            programs.follow_intervals(codes=moved, by=by, on=reading.on, reason=reason) - reading.programs.given.keys()
        )
        imported.add("programs", Tally(changed=len(followed)))
        imported.programs |= followed
    # A product whose program is at fault cannot be linked; it is not blamed again.
    linked = [p for p in given.products if p.program is None or p.program not in reading.programs.bad]
    changed = set_continuity_products(products=linked, by=by, reason=reason) & same
    imported.add("products", tally.plus(Tally(changed=len(changed), same=-len(changed))))
