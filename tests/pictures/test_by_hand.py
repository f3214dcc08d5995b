"""Figures that were reckoned by hand first."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from perennial.db import sql
from perennial.desk import actions
from perennial.errors import Refused
from perennial.jobs.durations import durations
from perennial.jobs.night import night, one_night, wants_figures
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from perennial.jobs.simulate import simulate
from perennial.kernel.money import Money
from perennial.orders.models import SalesOrder
from perennial.payments.models import Dispute, Payment
from perennial.pictures.attrition import chances
from perennial.pictures.demand import DemandRow, demand
from perennial.pictures.figures import as_of, work_out
from perennial.pictures.money import money_in
from perennial.pictures.retention import retention
from perennial.programs.models import Program
from tests.worlds.bundle import put
from tests.worlds.forecast import TODAY, forecast

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = date(2026, 3, 16)


@pytest.fixture(autouse=True)
def _club() -> None:
    forecast()


def later(weeks: int) -> date:
    return WEEK + timedelta(7 * weeks)


def parcels(program: str | None = None) -> dict[date, DemandRow]:
    return {row.week: row for row in demand(TODAY, program=program).parcels}


def usd(amount: int) -> Money:
    return Money(amount * 100, "USD")


def test_demand_is_planned_times_the_chance() -> None:
    work_out(TODAY)
    tea = parcels("TEA")
    assert [(tea[later(at)].in_all, tea[later(at)].expected) for at in range(3)] == [
        (27 + 8, 35),  # 27 are made already, and all of 40 got the first
        (8, 6),  # three of four stayed for the second
        (8, Decimal("5.4")),  # of those 6 nine of ten get the third
    ]
    assert tea[later(2)].chance_from == "history"
    pen = parcels("PEN")
    assert [(pen[later(at)].in_all, pen[later(at)].expected, pen[later(at)].chance_from) for at in range(2)] == [
        (4, 4, "program"),
        (4, 2, "program"),
    ]
    both = demand(TODAY)
    assert both.peak is not None
    assert (both.peak.week, both.peak.expected, both.peak.chance_from) == (WEEK, 39, "both")
    assert {(row.product, row.in_all) for row in both.products if row.week == WEEK} == {
        ("T1", 8),
        ("T3", 27),
        ("P1", 8),
    }
    assert both.most_of_peak is not None
    assert both.most_of_peak.name == "Tea 3"


def test_of_a_week_that_is_over_stays_what_was_expected_before_it() -> None:
    work_out(TODAY)
    over = parcels()[later(-1)]
    assert (over.planned, over.expected, over.happened, over.off_by) == (40, 40, 30, Decimal("-0.25"))
    first = parcels()[later(-2)]
    assert (first.planned, first.expected, first.happened) == (None, None, 40)  # no figures were kept before it
    assert parcels()[WEEK].happened is None


def test_the_same_again_is_the_same() -> None:
    """Killed and begun anew, or run twice: nothing is counted double, and what was foreseen stays."""
    work_out(TODAY)
    once = demand(TODAY, weeks=52)
    work_out(TODAY)
    assert demand(TODAY, weeks=52) == once
    tables = ("demand", "step", "cohort", "moneyofweek")
    before = {name: sql.value(f"select count(*) from pictures_{name}") for name in tables}
    work_out(TODAY)
    assert {name: sql.value(f"select count(*) from pictures_{name}") for name in tables} == before
    assert sql.value("select count(*) from pictures_figures") == 1


def test_the_chance_needs_thirty_members() -> None:
    work_out(TODAY)
    tea, pen = (Program.objects.get(schedule_id=name).pk for name in ("TEA", "PEN"))
    found = chances()
    assert found.of(tea, "E2", 0) == (0.75, 0.75, True)
    assert found.of(tea, "E3", 0) == (1.0, 0.9, True)
    assert found.of(pen, "B", 0) == (1.0, 0.5, False)
    assert found.of(pen, "A", 0) == (1.0, 1.0, False)
    sql.execute("update pictures_step set came = 29, stayed = 20, got = 20 where event_key = 'E3'")
    assert chances().of(tea, "E3", 0) == (1.0, 1.0, False)


def test_retention_of_a_month_with_what_is_still_to_come() -> None:
    work_out(date(2026, 3, 17))  # before today's members have come to anything, all of their events are ahead
    march = retention(program="TEA").cohorts[0]
    assert (march.joined, march.members, march.shares) == (date(2026, 3, 1), 48, (None, None, None))
    for order in SalesOrder.objects.filter(parent=None, order_date=TODAY):
        actions.cancel(number=order.number, on=TODAY, by="clerk:anna", reason="a joke")
    work_out(date(2026, 5, 1))
    march = retention(program="TEA").cohorts[0]
    assert march.shares == (Decimal(40) / 48, Decimal(30) / 48, Decimal(27) / 48)
    assert retention(program="TEA").told == (3, Decimal(27) / 48, 48)
    pen = retention(program="PEN")
    assert pen.cohorts[0].shares == (0, 0)
    assert pen.told is None  # four are too few


def test_a_parcel_on_the_packing_table_is_no_member_lost_and_a_short_membership_ends() -> None:
    card = {"token": "tok_visa", "exp_month": 12, "exp_year": 2035}
    short = {"customer": "C-S", "order_date": TODAY.isoformat(), "submit": True, "lines": [{"item_number": "SHORT"}]}
    put(
        {
            "products": [{"number": "SHORT", "program": "TEA", "event_duration": 1}],
            "customers": [{"account": "C-S", "name": "Short", "cards": [card]}],
            "orders": [{**short, "reference": f"S-{n}"} for n in range(2)],
        },
        on=TODAY,
    )
    night(TODAY)  # the first parcels of today's ten members are made, and nobody sends them
    much_later = date(2026, 5, 1)
    work_out(much_later)
    march = retention(program="TEA").cohorts[0]
    assert (march.members, march.shares) == (50, (None, None, None))
    for order in SalesOrder.objects.filter(parent=None, order_date=TODAY).exclude(customer__account="C-S"):
        actions.cancel(number=order.number, on=TODAY, by="clerk:anna", reason="a joke")
    simulate(TODAY + timedelta(1), date(2026, 3, 25))
    work_out(much_later)
    march = retention(program="TEA").cohorts[0]
    assert march.bought == (50, 48, 48)
    assert march.shares == (1, Decimal(30) / 48, Decimal(27) / 48)
    assert retention(program="TEA").told == (3, Decimal(27) / 48, 48)


def test_money_by_week() -> None:
    child = SalesOrder.objects.filter(parent__isnull=False, status="invoiced").order_by("id").first()
    assert child is not None
    actions.refund(number=child.number, on=TODAY, by="clerk:anna", reason="torn", amount="4.00")
    run_job(ProcessPayments(), on=TODAY)
    paid = Payment.objects.get(order=child, purpose="shipment")
    Dispute.objects.create(
        payment=paid, amount_minor=500, currency="USD", reason="fraudulent", status="lost",
        opened_on=later(-2), closed_on=later(-1),
    )  # fmt: skip
    work_out(TODAY)
    found = money_in(TODAY, "USD", weeks=3)
    assert [row.lost for row in found.weeks[:5]] == [usd(0), usd(0), usd(5), usd(0), None]
    taken = {row.week: (row.taken, row.refunded, row.net) for row in found.weeks if row.net is not None}
    assert taken == {
        later(-3): (usd(0), usd(0), usd(0)),
        later(-2): (usd(400), usd(0), usd(400)),
        later(-1): (usd(300), usd(0), usd(295)),
        WEEK: (usd(270), usd(4), usd(266)),
    }
    assert found.best is not None
    assert found.best.week == later(-2)
    assert [row.to_come for row in found.weeks[3:]] == [
        usd(8 * 10 + 4 * 10),  # of each who joined today the first parcel, which no child is made of yet
        usd(8 * 10 + 4 * 5),
        usd(8 * 10),
    ]
    assert [(row.week, row.of, row.net) for row in money_in(TODAY, "USD", by="purpose", weeks=1).rows] == [
        (later(-1), "dispute", usd(-5)),
        (later(-1), "shipment", usd(300)),
        (WEEK, "shipment", usd(266)),
    ]


def test_a_night_works_them_out_once_and_a_dry_run_not_at_all() -> None:
    kept = as_of()
    assert kept is not None
    assert kept.on == date(2026, 3, 17)
    night(TODAY, dry=True)
    assert as_of() == kept
    night(TODAY)
    made = as_of()
    assert made is not None
    assert made.on == TODAY
    night(TODAY)  # it is done
    assert as_of() == made
    one_night(TODAY + timedelta(1), figures=False)
    assert as_of() == made
    assert [wants_figures(WEEK + timedelta(at), WEEK + timedelta(3)) for at in range(4)] == [True, False, False, True]
    last = durations(most=2).nights[-1]
    assert (last.on, last.seconds is not None, len(last.jobs)) == (TODAY + timedelta(1), True, 6)


def test_what_no_picture_takes() -> None:
    for wrong in (0, 53):
        with pytest.raises(Refused, match="weeks"):
            demand(TODAY, weeks=wrong)
    for call in (lambda: demand(TODAY, program="NO"), lambda: retention(program="NO")):
        with pytest.raises(Refused):
            call()
    with pytest.raises(Refused):
        money_in(TODAY, "USD", by="moon")
    with pytest.raises(Refused):
        durations(most=0)
