"""Why a line has its date, product and price: every date is derived again from the words alone.

The reader below knows no program and no order. It reads the sentence, walks the recurrence rule that the sentence
names, counts the days that it names, and looks up the working days of the delivery mode that it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest
from dateutil.relativedelta import relativedelta
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from perennial.desk.read.waits import wait_reason
from perennial.kernel.calendar import WorkingDays
from perennial.kernel.money import Money
from perennial.kernel.plan import Adjustment, Line, Occurrence, Revision, extend, plan
from perennial.kernel.reasons import DateReason, LineReason, Reason, Who
from perennial.language import LANGUAGES, Reader
from perennial.language.reasons import Source, date_words, not_shipped, price_words, product_words
from tests.worlds import programs
from tests.worlds.kernel import ORDERED, adjust, day, event, order, program, steps, two_products

MODES = {mode.code: mode for mode in programs.MODES}
D = r"(\d{4}-\d\d-\d\d)"


class Sentences(NamedTuple):
    """How a language says it: the patterns of its sentences, in one order."""

    head: str
    rules: dict[str, str]
    ship: tuple[str, ...]
    that_date: str
    rolled: str
    base: dict[str, str]


SENTENCES = {
    "en": Sentences(
        rf"(\w+) revision (\d+), event (\d+)(?:, repetition (\d+))?: (.+) = {D}; (.+)",
        {
            "first": rf"(order date|start date) {D} \+ (\d+) days? after order date",
            "first_interval": rf"first date of INTERVAL on or after (order date|start date) {D} \+ (\d+) days?",
            "start_order_date": rf"its start order date {D}(?:, not before the previous event's date {D})?",
            "interval": rf"first date of INTERVAL after the previous date {D}",
            "days": rf"(\d+) days? after the previous date {D}",
            "redate": rf"moved from here on to {D} by PERSON(?:, overtaken by the previous date {D})?",
            "grid": rf"interval \w+ \(([A-Z0-9=;,+-]+), (?:from {D}|counted from the order's first date {D})\)",
            "person": r"clerk:\w+ on \d{4}-\d\d-\d\d",
        },
        (
            rf"ships on or after {D}",
            rf"ships not before the order date {D}",
            rf"missed before the order: ships with the other missed events on the order date {D}",
            rf"late: ships with the other late ones on {D}",
            rf"this one moved to {D} by (?:PERSON|a person)",  # the latter with another one, which was moved
        ),
        "ships on that date",
        rf": next working day of (.+) is {D}",
        {"order date": "order", "start date": "start"},
    ),
    "it": Sentences(
        rf"(\w+) versione (\d+), evento (\d+)(?:, ripetizione (\d+))?: (.+) = {D}; (.+)",
        {
            "first": rf"(data dell'ordine|data di inizio) {D} \+ (\d+) giorn[oi] dopo l'ordine",
            "first_interval": rf"prima data dell'INTERVAL dalla (data dell'ordine|data di inizio) {D} \+ (\d+) giorn[oi] in poi",
            "start_order_date": rf"la sua data inizio ordine {D}(?:, non prima della data dell'evento precedente {D})?",
            "interval": rf"prima data dell'INTERVAL dopo la data precedente {D}",
            "days": rf"(\d+) giorn[oi] dopo la data precedente {D}",
            "redate": rf"spostata da qui in poi al {D} da PERSON(?:, superata dalla data precedente {D})?",
            "grid": rf"intervallo \w+ \(([A-Z0-9=;,+-]+), (?:dal {D}|contato dalla prima data dell'ordine {D})\)",
            "person": r"clerk:\w+ il \d{4}-\d\d-\d\d",
        },
        (
            rf"parte dal {D} in poi",
            rf"non parte prima della data dell'ordine {D}",
            rf"mancata prima dell'ordine: parte con gli altri eventi mancati alla data dell'ordine {D}",
            rf"in ritardo: parte con le altre in ritardo il {D}",
            rf"questa spostata al {D} da (?:PERSON|una persona)",
        ),
        "parte in quella data",
        rf": il primo giorno lavorativo di (.+) è {D}",
        {"data dell'ordine": "order", "data di inizio": "start"},
    ),
}


def first_of(rule: str, anchor: str | None, grid: str | None, on_or_after: date) -> date:
    """The first date of the rule in the words, on or after a day."""
    if grid is not None:
        parts = dict(part.split("=") for part in rule.split(";"))
        unit = {"DAILY": "days", "WEEKLY": "weeks", "MONTHLY": "months", "YEARLY": "years"}[parts["FREQ"]]
        found, k = date.fromisoformat(grid), 0
        while found < on_or_after:
            k += int(parts.get("INTERVAL", 1))
            found = date.fromisoformat(grid) + relativedelta(**{unit: k})
        return found
    assert anchor is not None
    made = rrulestr(rule, dtstart=datetime.combine(date.fromisoformat(anchor), time()))
    found_at = made.after(datetime.combine(on_or_after, time()), inc=True)
    assert found_at is not None
    return found_at.date()


class Derived:
    """What the words say: the date of the event, the day before it, the grid, the day of shipping."""

    def __init__(self, words: str, language: str) -> None:
        self.says = SENTENCES[language]
        head = re.fullmatch(self.says.head, words)
        assert head, words
        self.program, self.revision, self.place, repetition, rule, said, ship = head.groups()
        self.repetition = int(repetition or 0)
        self.previous: date | None = None
        self.grid: date | None = None
        self.base: tuple[str, date] | None = None
        self.event_on = self._event_on(rule)
        assert said == str(self.event_on), words
        self.ship_on = self._ship_on(ship)

    def _after_previous(self, text: str) -> date:
        self.previous = date.fromisoformat(text)
        return self.previous

    def _is(self, name: str, rule: str) -> re.Match[str] | None:
        rules = self.says.rules
        pattern = rules[name].replace("INTERVAL", rules["grid"]).replace("PERSON", rules["person"])
        return re.fullmatch(pattern, rule)

    def _event_on(self, rule: str) -> date:
        if found := self._is("first", rule):
            self.base = self.says.base[found[1]], date.fromisoformat(found[2])
            return self.base[1] + timedelta(int(found[3]))
        if found := self._is("first_interval", rule):
            self.base = self.says.base[found[4]], date.fromisoformat(found[5])
            return first_of(found[1], found[2], found[3], self.base[1] + timedelta(int(found[6])))
        if found := self._is("start_order_date", rule):
            fixed = date.fromisoformat(found[1])
            return max(fixed, self._after_previous(found[2])) if found[2] else fixed
        if found := self._is("interval", rule):
            self.grid = date.fromisoformat(found[3]) if found[3] else None
            return first_of(found[1], found[2], found[3], self._after_previous(found[4]) + timedelta(1))
        if found := self._is("days", rule):
            return self._after_previous(found[2]) + timedelta(int(found[1]))
        found = self._is("redate", rule)
        assert found, rule
        given_day = date.fromisoformat(found[1])
        return max(given_day, self._after_previous(found[2])) if found[2] else given_day

    def _ship_on(self, ship: str) -> date:
        rolled = re.search(self.says.rolled + "$", ship)
        text = ship[: rolled.start()] if rolled else ship
        if text == self.says.that_date:
            assert not rolled
            return self.event_on
        kinds = (kind.replace("PERSON", self.says.rules["person"]) for kind in self.says.ship)
        found = next(filter(None, (re.fullmatch(kind, text) for kind in kinds)), None)
        assert found, ship
        wanted = date.fromisoformat(found[1])
        if not rolled:
            return wanted
        while not MODES[rolled[1]].works_on(wanted):
            wanted += timedelta(1)
        assert rolled[2] == str(wanted)
        return wanted


def people(changes: Iterable[Adjustment], o: Occurrence) -> dict[str, Who]:
    return {
        c.kind: Who(c.by, c.on, c.reason or None) for c in changes if (c.key, c.repetition) == (o.key, o.repetition)
    }


def stored(o: Occurrence) -> DateReason:
    """What is left of the reason when it was written and read again."""
    return DateReason.read(DateReason.of(o).stored())


def source(revision: Revision, o: Occurrence, *, repeated: bool = True) -> Source:
    return Source(revision.program, revision.number, o.event_id, o.repetition if repeated else 0)


def said(
    revision: Revision, o: Occurrence, *, started: bool, changes: Iterable[Adjustment] = (), language: str = "en"
) -> str:
    return date_words(
        stored(o), source(revision, o), o.event_on, o.ship_on,
        started=started, changed=people(changes, o), to=Reader(language),
    )  # fmt: skip


def derive(
    case: programs.Case, walk: list[Occurrence], changes: Iterable[Adjustment] = (), language: str = "en"
) -> None:
    """Every date of a walk, from its words alone; and the dates that the words start from are those of the walk."""
    for at, o in enumerate(walk):
        started = case.facts.start_date is not None
        read = Derived(said(case.revision, o, started=started, changes=changes, language=language), language)
        assert (read.program, int(read.revision)) == (case.revision.program, case.revision.number)
        assert (int(read.place), read.repetition) == (o.event_id, o.repetition)
        assert read.event_on == o.event_on
        assert read.ship_on == o.ship_on
        if read.previous is not None:
            assert at
            assert read.previous == walk[at - 1].event_on
        if read.grid is not None:
            assert read.grid == walk[0].event_on
        if read.base is not None:
            entered = case.facts.start_date
            assert read.base == (("order", case.facts.order_date) if entered is None else ("start", entered))


@given(st.data())
def test_every_date_is_derived_again_from_the_words_alone(data: st.DataObject) -> None:
    case = data.draw(programs.cases())
    first = plan(case.revision, case.facts)
    changes = data.draw(programs.adjustments(first.occurrences, case.facts.order_date))
    made = plan(case.revision, case.facts, changes)
    walk = list(made.occurrences)
    if not made.complete:
        walk += extend(case.revision, case.facts, changes, steps(walk)).occurrences
    for language in LANGUAGES:
        derive(case, walk, changes, language)


@given(st.data())
def test_behind_a_frozen_part_too(data: st.DataObject) -> None:
    case = data.draw(programs.cases())
    made = plan(case.revision, case.facts)
    cut = data.draw(st.sampled_from(programs.cut_at_shipments(made.occurrences)))
    revision = data.draw(programs.changed(case.revision, case.facts.order_date, case.facts.upfront))
    kept = list(made.occurrences[:cut])
    again = plan(revision, case.facts, (), steps(kept))
    walk = kept + list(again.occurrences)
    for at in range(cut, len(walk)):
        read = Derived(said(revision, walk[at], started=case.facts.start_date is not None), "en")
        assert (read.event_on, read.ship_on) == (walk[at].event_on, walk[at].ship_on)
        assert read.previous in (None, walk[at - 1].event_on)
        assert read.grid in (None, walk[0].event_on)


STD = WorkingDays("STD", (1, 2, 3, 4, 5), "US-NY")
CLUB = program(event("A", mode=STD), event("B", days_from_last=30), after=5)


def test_what_was_merged_says_on_which_day_it_ships() -> None:
    changes = [adjust("A", "merge", 1), adjust("B", "merge", 1)]
    derive(programs.Case(CLUB, order()), list(plan(CLUB, order(), changes).occurrences), changes)


def words(occurrence: Occurrence, started: bool = False, changes: Iterable[Adjustment] = ()) -> str:
    return said(CLUB, occurrence, started=started, changes=changes)


def test_the_words_of_an_order() -> None:
    first, second = plan(CLUB, order()).occurrences
    assert words(first) == (
        "CLUB revision 1, event 1: order date 2026-03-10 + 5 days after order date = 2026-03-15;"
        " ships on or after 2026-03-15: next working day of STD is 2026-03-16"
    )
    assert words(second) == (
        "CLUB revision 1, event 2: 30 days after the previous date 2026-03-15 = 2026-04-14; ships on that date"
    )


def test_the_words_of_changes() -> None:
    changes = [adjust("A", "move", day("3-21")), adjust("B", "redate", day("4-20"))]
    first, second = plan(CLUB, order(), changes).occurrences
    assert words(first, changes=changes).endswith(
        "; this one moved to 2026-03-21 by clerk:anna on 2026-03-10: next working day of STD is 2026-03-23"
    )
    assert ": moved from here on to 2026-04-20 by clerk:anna on 2026-03-10 = 2026-04-20; " in words(
        second, changes=changes
    )


def test_the_words_of_missed_events() -> None:
    facts = order(start_date=day("1-02"), consolidate=True)
    first, second = plan(CLUB, facts).occurrences
    assert words(first, True) == (
        "CLUB revision 1, event 1: start date 2026-01-02 + 5 days after order date = 2026-01-07;"
        " missed before the order: ships with the other missed events on the order date 2026-03-10"
    )
    assert words(second, True).endswith("ships with the other missed events on the order date 2026-03-10")


def reason_of(line: Line) -> LineReason:
    return LineReason.read(LineReason.of(line).stored())


def people_of(changes: Iterable[Adjustment], o: Occurrence, line: int) -> dict[str, Who]:
    return people([c for c in changes if c.line in (0, line)], o)


@given(st.data())
def test_product_and_price_name_their_rule_and_the_row_that_they_come_from(data: st.DataObject) -> None:
    case = data.draw(programs.cases())
    first = plan(case.revision, case.facts)
    changes = data.draw(programs.adjustments(first.occurrences, case.facts.order_date, ("substitute", "price")))
    for o in plan(case.revision, case.facts, changes).occurrences:
        mine = {(c.kind, c.line): c.value for c in changes if (c.key, c.repetition) == (o.key, o.repetition)}
        row = f"CLUB revision {case.revision.number}, event {o.event_id}"
        for line, product in zip(o.lines, o.event.products, strict=True):
            why = product_words(reason_of(line), source(case.revision, o), line.line, people_of(changes, o, line.line))
            swapped = mine.get(("substitute", line.line))
            if swapped is None:
                assert (why, line.item) == (f"{row}, product {line.line}", product.item)
            else:
                assert why == f"in place of {product.item} by clerk:anna on {case.facts.order_date}"
                assert line.item == swapped[0]
            why = price_words(
                reason_of(line), source(case.revision, o), line.item, Money(line.price_minor, "USD"),
                case.facts.order_date, people_of(changes, o, line.line),
            )  # fmt: skip
            amount, _, rule = why.partition(" ")
            assert Decimal(amount) * 100 == line.price_minor
            given_price = mine.get(("price", line.line), swapped and swapped[1])
            if given_price is not None:
                assert (rule, line.price_minor) == (f"given by clerk:anna on {case.facts.order_date}", given_price)
            elif product.price_minor is not None:
                assert (rule, line.price_minor) == (f"is named by {row}", product.price_minor)
            else:
                assert rule == f"is the price of product {product.item} on the order date {case.facts.order_date}"
                assert line.price_minor == case.facts.prices[product.item]


def test_prices_are_printed_in_their_currency() -> None:
    club = program(two_products("A", "P-A", "P-B"))
    occurrence = plan(club, order()).occurrences[0]
    first, second = occurrence.lines

    def price(line: Line, currency: str) -> str:
        row = source(club, occurrence)
        return price_words(reason_of(line), row, line.item, Money(line.price_minor, currency), ORDERED)

    assert price(first, "JPY") == "1000 is the price of product P-A on the order date 2026-03-10"
    assert price(second, "KWD") == "0.450 is named by CLUB revision 1, event 1"


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (None, None),
        (Reason("skipped", {"who": Who("clerk:anna", day("3-12"))}), "skipped by clerk:anna on 2026-03-12"),
        (Reason("skipped", {"who": None}), "skipped"),
        (Reason("cancelled"), "cancelled"),
        (Reason("left_out", {"program": "CLUB", "revision": 2}), "left out by CLUB revision 2"),
        (Reason("draft"), "the order is a draft: it is not submitted yet"),
        (Reason("preview"), "nothing is ordered yet"),
        (
            Reason("projected", {"run_on": day("3-11")}),
            "not planned yet: its child order will be made from 2026-03-11 on",
        ),
        (Reason("due", {"run_on": day("3-11")}), "comes with the first night on or after 2026-03-11"),
        (wait_reason("acceptance", day("3-16")), "waits: the customer has not accepted the offer yet"),
        (wait_reason("hold", day("3-16"), "fraud?"), "waits: the order is on hold (fraud?)"),
        (wait_reason("hold", day("3-16")), "waits: the order is on hold (held)"),
        (wait_reason("card", day("3-16")), "waits: the card is no longer valid on 2026-03-16"),
        (wait_reason("payment", day("3-16")), "waits: a payment of the order has failed, or is not known"),
        (wait_reason("parked", day("3-16"), "no price"), "waits: parked (no price)"),
    ],
)
def test_why_it_has_not_shipped(reason: Reason | None, text: str | None) -> None:
    assert not_shipped(reason) == text
