"""How a program is dated, by example. Read it as a document; the numbers are those of the contract and the reference.

Ada joins the book of the month on Tuesday 10 March 2026. The first book comes five days after the order, the second
thirty days after the first, the third, which ends the program, thirty days after the second.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from perennial.kernel.calendar import Interval, WorkingDays
from perennial.kernel.instalments import PaymentSchedule, parts
from perennial.kernel.plan import Event, EventProduct, Facts, Revision, current_event, extend, plan
from perennial.kernel.tax import Rate
from perennial.kernel.totals import Charge, totals
from tests.worlds.kernel import adjust, day, days, event_dates, numbers, said, ship_dates, steps

STANDARD = WorkingDays("STD", (1, 2, 3, 4, 5), "US-NY", (date(2026, 12, 24),))
PRICES = {"0013": 1995, "0014": 1995, "0015": 2400}


def book(key: str, place: int, item: str, **fields: Any) -> Event:
    return Event(key, place, (EventProduct(1, item),), mode=STANDARD, **fields)


BOM = Revision(
    "BOM",
    1,
    5,
    (
        book("E1", 1, "0013"),
        book("E2", 2, "0014", days_from_last=30),
        book("E3", 3, "0015", days_from_last=30, action="end"),
    ),
)


def ada(**fields: Any) -> Facts:
    return Facts(date(2026, 3, 10), **{"prices": PRICES, "threshold": 3, **fields})


def test_the_book_of_the_month() -> None:
    """15 March is a Sunday, so the book goes off on Monday the 16th; the next counts from the 15th all the same."""
    made = plan(BOM, ada())
    assert event_dates(made) == days("3-15", "4-14", "5-14")
    assert ship_dates(made) == days("3-16", "4-14", "5-14")
    assert numbers(made) == [1, 2, 3]
    assert [line.price_minor for o in made.occurrences for line in o.lines] == [1995, 1995, 2400]
    assert made.complete


def test_with_a_start_date_of_the_customers_own() -> None:
    """Please not before May."""
    assert event_dates(plan(BOM, ada(start_date=date(2026, 5, 1)))) == days("5-06", "6-05", "7-05")


FIXED = BOM._replace(events=(book("E1", 1, "0013", start_order_date=date(2026, 3, 1)), *BOM.events[1:]))


def test_an_event_with_a_date_of_its_own_was_missed() -> None:
    """The first event is fixed to 1 March: it ships on the day of the order, the others follow their own dates."""
    made = plan(FIXED, ada())
    assert event_dates(made) == days("3-01", "3-31", "4-30")
    assert ship_dates(made) == days("3-10", "3-31", "4-30")


def test_who_joins_in_may_has_missed_all_three() -> None:
    """Three children on the order date (a Sunday here, so on Monday), or one when the program consolidates."""
    apart = plan(FIXED, ada()._replace(order_date=date(2026, 5, 10)))
    assert event_dates(apart) == days("3-01", "3-31", "4-30")
    assert ship_dates(apart) == days("5-11", "5-11", "5-11")
    assert numbers(apart) == [1, 2, 3]
    together = plan(FIXED, ada(consolidate=True)._replace(order_date=date(2026, 5, 10)))
    assert event_dates(together) == event_dates(apart)
    assert ship_dates(together) == ship_dates(apart)
    assert numbers(together) == [1, 1, 1]


def test_on_the_first_of_the_month() -> None:
    """An interval times an event: the first date on or after the order date + 5, then the first after that."""
    first = Interval("NM", "FREQ=MONTHLY;BYMONTHDAY=1")
    club = BOM._replace(events=tuple(one._replace(interval=first) for one in BOM.events))
    made = plan(club, ada())
    assert event_dates(made) == days("4-01", "5-01", "6-01")
    exactly = plan(club._replace(days_after_order_date=22), ada())
    assert event_dates(exactly)[0] == day("4-01"), "the day itself, when it is one"


def test_every_month_from_the_order_on() -> None:
    """31 January, 28 February, 31 March: a day that a month lacks becomes its last day and comes back."""
    monthly = Interval("OWN", "FREQ=MONTHLY", None)
    club = Revision("MONTHLY", 1, 0, (book("E1", 1, "0013", interval=monthly, times_to_repeat=3),))
    made = plan(club, ada()._replace(order_date=date(2026, 1, 31)))
    assert event_dates(made) == days("1-31", "2-28", "3-31", "4-30")


def test_a_subscription_of_twelve_is_planned_four_at_first() -> None:
    """Times to repeat 11 are twelve shipments; the threshold is 3: the first and three repetitions, three more each time."""
    club = Revision("TWELVE", 1, 0, (book("E1", 1, "0013", days_from_last=30, times_to_repeat=11),))
    made = plan(club, ada())
    walk, lengths, complete = list(made.occurrences), [len(made.occurrences)], made.complete
    while not complete:
        more = extend(club, ada(), (), steps(walk))
        walk += more.occurrences
        lengths.append(len(more.occurrences))
        complete = more.complete
    assert lengths == [4, 3, 3, 2]
    assert [o.event_on for o in walk] == event_dates(plan(club, ada(upfront=True)))


def test_one_program_behind_three_products() -> None:
    """Products of one, two and three events of the same program."""
    assert [said(plan(BOM, ada(duration=n))) for n in (1, 2, 0)] == ["E1", "E1 E2", "E1 E2 E3"]


def test_a_program_that_everybody_joins_where_it_is() -> None:
    """Since 1 January the program stands, on 10 March, at its third event; a member of that day starts there."""
    current = current_event(BOM, date(2026, 1, 1), date(2026, 3, 10))
    assert current is not None
    assert (current.key, current.since) == ("E3", day("3-02"))
    made = plan(BOM, ada(first_event=current.key))
    assert (said(made), event_dates(made)) == ("E3", days("3-15"))


def test_a_book_that_the_customer_refuses() -> None:
    """It keeps its number and its time: June's book does not come in May."""
    made = plan(BOM, ada(), [adjust("E2", "skip")])
    assert [(o.shipment, o.skipped, o.event_on) for o in made.occurrences] == [
        (1, False, day("3-15")),
        (2, True, day("4-14")),
        (3, False, day("5-14")),
    ]


def test_on_holiday_in_april() -> None:
    """This one a week later, or all from here on."""
    this_one = plan(BOM, ada(), [adjust("E2", "move", day("4-21"))])
    assert ship_dates(this_one) == days("3-16", "4-21", "5-14")
    from_here_on = plan(BOM, ada(), [adjust("E2", "redate", day("4-21"))])
    assert ship_dates(from_here_on) == days("3-16", "4-21", "5-21")


def test_another_book_at_the_price_agreed() -> None:
    made = plan(BOM, ada(), [adjust("E3", "substitute", ("0099", None), line=1)])
    line = made.occurrences[2].lines[0]
    assert (line.item, line.price_minor) == ("0099", 2400)


def test_two_copies_of_everything() -> None:
    made = plan(BOM, ada(quantity=Decimal(2)))
    assert [line.quantity for o in made.occurrences for line in o.lines] == [2, 2, 2]


# --- money


@pytest.mark.parametrize(
    ("schedule", "amounts", "dates"),
    [
        (PaymentSchedule("3X", "fixed_quantity", "month", 1, 0, 3), [2130, 2130, 2130], "3-10 4-10 5-10"),
        (PaymentSchedule("50A", "fixed_amount", "month", 1, 0, 1, 5000), [5000, 1390], "3-10 4-10"),
        (
            PaymentSchedule(
                "50-30-20", "specified", "day", lines=((0, Decimal(50)), (30, Decimal(30)), (60, Decimal(20)))
            ),
            [3195, 1917, 1278],
            "3-10 4-09 5-09",
        ),
        (PaymentSchedule("N14", "total", "day", after=14), [6390], "3-24"),
    ],
)
def test_the_payment_schedules_of_the_contract(schedule: PaymentSchedule, amounts: list[int], dates: str) -> None:
    """The three books, 63.90, spread by each of the four schedules."""
    made = parts(schedule, 6390, date(2026, 3, 10))
    assert [part.amount for part in made] == amounts
    assert [part.due_on for part in made] == days(*dates.split())


def test_a_book_to_new_york() -> None:
    """19.95 and 8.875 % of it, 1.77, and the delivery, which is not taxed."""
    rates = [Rate(1, "BOOKS", "US", "NY", Decimal("8.875"), date(2026, 1, 1))]
    made = totals([Charge(1995, "BOOKS")], [Charge(495)], rates, "US", "NY", day("3-16"), False)
    assert (made.lines, made.delivery, made.tax, made.total) == (1995, 495, 177, 2667)
    assert totals([Charge(1995, "BOOKS")], [Charge(495)], rates, "IT", "MI", day("3-16"), False).tax == 0
