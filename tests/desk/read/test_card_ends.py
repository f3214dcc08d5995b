"""A card is tested against the day of each charge (D22): what falls due behind its last day is listed and told ahead."""

from __future__ import annotations

from datetime import date

import pytest

from perennial.catalog.models import Company
from perennial.customers.models import Customer, StoredCard
from perennial.desk.notices.queue import tell_expiring
from perennial.desk.read.customer import customer_page
from perennial.desk.read.exceptions import counts, exceptions
from perennial.jobs.close_orders import CloseOrders
from perennial.notices.models import Notice, NoticeKind
from perennial.payments.noted import note_all
from tests.worlds import actions
from tests.worlds.desk import ON, day, line, make_children, order, run, sent, shown

pytestmark = pytest.mark.usefixtures("club")


def ends(month: int) -> None:
    """Ada's card ends with a month of 2026."""
    last = {3: 31, 4: 30, 5: 31}[month]
    StoredCard.objects.filter(token="tok_visa").update(expires_on=date(2026, month, last))


def listed(on: date = ON) -> list[tuple[str, date, object, object]]:
    """The lines whose card ends: order, first day, shipments, parts; as many as are counted."""
    note_all()  # as the end of a night does
    rows = exceptions("expiring", on=on).rows
    assert len(rows) == counts(on).expiring
    return [(row.order, row.day, row.facts["shipments"], row.facts["parts"]) for row in rows]


def told() -> dict[str, object]:
    """What the customer is told of the card, once."""
    Company.objects.update(notices_on=True)
    Customer.objects.update(email="ada@example.com")
    NoticeKind.objects.update_or_create(kind="card_expiring", defaults={"is_on": True, "days": 60, "changed_on": ON})
    for _ in range(2):
        tell_expiring(on=ON)
    (found,) = Notice.objects.filter(kind="card_expiring")
    return {name: found.facts.get(name) for name in ("order", "ship_on", "due_on")}


def test_parts_of_an_order_billed_up_front() -> None:
    number = order("PART")
    ends(5)
    assert listed() == []
    ends(4)
    assert listed() == [(number, date(2026, 5, 10), 0, 1)]
    assert told() == {"order": number, "ship_on": None, "due_on": "2026-05-10"}
    (warning,) = [one for one in customer_page("C-1", on=ON).warnings if one.facts["expires_on"] == date(2026, 4, 30)]
    assert (warning.code, warning.facts["count"], warning.facts["ship_on"]) == ("card_ends_parts", 1, date(2026, 5, 10))
    after = [one.code for one in customer_page("C-1", on=date(2026, 5, 1)).warnings if "expires_on" in one.facts]
    assert "card_ended_parts" in after  # what is over is not said to end


def test_what_is_billed_whole_with_the_first_shipment() -> None:
    number = order(line("UP", start_date=date(2026, 4, 10)))
    ends(3)
    assert listed() == [(number, date(2026, 4, 10), 0, 1)]


def test_later_parts_of_shipments_before_their_child_is_made_and_after_it_was_sent() -> None:
    """Three parts a month apart: of what ships on 9 April, the last, the third falls on 9 June."""
    number = order(line("CLUB", payment_schedule="3X"))
    ends(5)
    expected = [(number, date(2026, 6, 9), 0, 1)]
    assert listed(day(30)) == expected
    for made in (0, 5, 15, 25):
        make_children(day(made))
    assert listed(day(30)) == expected
    for shipment in (1, 2, 3, 4):
        sent(f"{number}-1-00{shipment}", day(30))
    run(CloseOrders(), day(30))
    assert shown(number)["status"] == "invoiced"
    assert listed(day(30)) == expected


def test_a_shipment_that_the_card_will_not_pay_is_told_by_its_day() -> None:
    number = order("CLUB")
    ends(3)
    ((_, first, shipments, parts),) = listed()
    assert (first, shipments, parts) == (date(2026, 4, 9), 1, 0)
    assert told() == {"order": number, "ship_on": "2026-04-09", "due_on": None}


def test_what_was_paid_is_not_listed() -> None:
    number = order("PART")
    ends(4)
    actions.cancel(number=number, on=ON, by="clerk:anna")
    assert listed() == []
