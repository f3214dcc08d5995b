"""What callers ask for, on the pages: how often, a product more or less, paid another way, back again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from perennial.continuity.models import ContinuityOrder
from perennial.db import sql
from perennial.orders.models import OrderEvent, SalesOrder
from tests.web.test_customer import HX
from tests.web.test_order import fill, get, main, row, text_of
from tests.worlds import actions, desk
from tests.worlds.bundle import put

Desk = Callable[..., Client]


def test_how_often_and_how_many(at_desk: Desk) -> None:
    put({"date_intervals": [{"code": "NM", "name": "First of the month", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"}]})
    number = desk.order("CLUB")
    clerk, page = at_desk("clerk"), f"/orders/{number}"
    assert f'hx-get="/orders/{number}/1/frequency"' in get(clerk, page)
    done = fill(clerk, page, f"{page}/1/frequency", days="20", times="3", next_on="12/3", reason="too many")
    assert "dated again, the next one on Thu 12 Mar" in text_of(done)
    html = get(clerk, page)
    assert "every 20 days, 3 in all" in text_of(html)
    assert row(html, 2).startswith("2 Wed 1 Apr")
    assert 'value="20"' in get(clerk, f"{page}/1/frequency", **HX)
    fill(clerk, page, f"{page}/1/frequency", days="", interval="NM", times="3", next_on="")
    assert ContinuityOrder.objects.get().every["interval"] == "NM"
    fill(clerk, page, f"{page}/1/frequency", days="", interval="", times="", next_on="")
    assert (ContinuityOrder.objects.get().every, ContinuityOrder.objects.get().times) == (None, None)
    again = fill(clerk, page, f"{page}/1/frequency", status=422, days="20", interval="NM", times="", next_on="")
    assert "one of" in again or "not both" in again
    assert "program CLUB" in text_of(
        fill(clerk, page, f"{page}/1/frequency", status=422, days="9", times="9", next_on="")
    )


def test_a_product_more_and_one_less(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    clerk, page = at_desk("clerk"), f"/orders/{number}"
    panel = get(clerk, f"{page}/1/2/add", **HX)
    assert 'name="price"' not in panel, "a clerk changes no prices"
    assert 'name="price"' in get(at_desk("manager"), f"{page}/1/2/add", **HX)
    done = fill(clerk, page, f"{page}/1/2/add", item="B4", quantity="2", reason="a present")
    assert "B4 comes too, at $40.00" in text_of(done)
    assert "B2, 2 × B6, 2 × B4" in row(get(clerk, page), 2)
    done = fill(clerk, page, f"{page}/1/2/remove", replaces="B6", reason="has it")
    assert "B6 does not come" in text_of(done)
    assert "B6 is left out by clerk" in text_of(get(clerk, f"{page}/1/2/why", **HX))
    assert "/1/1/remove" not in main(get(clerk, page)), "a box with one product has nothing to leave out"
    assert "Undo" in done or "/undo" in done


def test_paid_another_way(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    clerk, page = at_desk("clerk"), f"/orders/{number}"
    panel = get(clerk, f"{page}/1/payment-method", **HX)
    assert 'value="on_account"' in panel
    assert 'value="check"' not in panel, "a check pays no later shipment"
    done = fill(clerk, page, f"{page}/1/payment-method", method="on_account", card="tok_two", reason="has an account")
    assert "is paid by: on account" in text_of(done)
    assert ContinuityOrder.objects.get().payment_method == "on_account"
    fill(clerk, page, f"{page}/1/payment-method", method="card", card="tok_two")
    assert ContinuityOrder.objects.select_related("card").get().card.token == "tok_two"


def test_back_again(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    clerk, page = at_desk("clerk"), f"/orders/{number}"
    assert 'id="b-reinstate"' not in get(clerk, page)
    actions.cancel(number=number, **desk.ANNA)
    assert 'id="b-reinstate"' in get(clerk, page)
    done = fill(clerk, page, f"{page}/reinstate", next_on="16/3", reason="misses it")
    assert "goes on, the next one on Mon 16 Mar" in text_of(done)
    assert OrderEvent.objects.filter(kind="reinstated", reason="misses it").count() == 1
    assert 'id="b-reinstate"' not in get(clerk, page)
    assert sql.value("select status from orders_salesorder where number = %s", [number]) == "open"


@pytest.mark.parametrize(
    ("language", "back", "on"),
    [("en", "Bring back", "the next one on Mon 16 Mar"), ("it", "Riprendi", "la prossima lun 16 mar")],
)
def test_back_again_from_the_customers_page(at_desk: Desk, language: str, back: str, on: str) -> None:
    cancelled, stopped = desk.order("CLUB"), desk.order("CLUB")
    clerk, page = at_desk("clerk", language=language), "/customers/C-1"
    assert back not in text_of(get(clerk, page))
    actions.cancel(number=cancelled, **desk.ANNA)
    actions.cancel(number=stopped, line=1, after=2, **desk.ANNA)
    html = get(clerk, page)
    assert f'aria-label="{back}: {cancelled}" hx-get="/orders/{cancelled}/reinstate"' in html
    assert f'id="b-reinstate-{stopped}-1"' in html
    assert f"/orders/{cancelled}/reinstate" not in get(at_desk("finance"), page)
    done = fill(clerk, page, f"/orders/{cancelled}/reinstate", next_on="16/3")
    assert on in text_of(done)
    assert f"{back}: {cancelled}" not in done


def test_who_stops_at_the_next_one_hears_what_was_moved_behind_it(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    clerk, page = at_desk("clerk"), f"/orders/{number}"
    fill(clerk, page, f"{page}/1/1/date", to="20/8", following="0")
    panel = text_of(get(clerk, f"{page}/1/stop?from=2", **HX))
    assert "3 shipments will not go out" in panel
    assert "Last 1, Thu 20 Aug" in panel
    assert "Still goes out 1, Thu 20 Aug" in panel
    assert "Stop all, the 4 shipments that are to come" in panel
    everything = text_of(get(clerk, f"{page}/1/stop", **HX))
    assert "4 shipments will not go out" in everything
    assert "Still goes out" not in everything
    done = text_of(fill(clerk, page, f"{page}/1/stop?from=2", reason_code="other"))
    assert "S-CLUB ends after 1, Thu 20 Aug" in done
    assert "has ended" not in done


def test_the_row_of_the_next_one_and_the_whole_stop_the_same(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    clerk, page = at_desk("clerk"), f"/orders/{number}"
    for asked in ("?from=1", ""):
        panel = text_of(get(clerk, f"{page}/1/stop{asked}", **HX))
        assert "4 shipments will not go out" in panel
        assert "Stop all" not in panel
    assert "S-CLUB has ended" in text_of(fill(clerk, page, f"{page}/1/stop?from=1", reason_code="other"))


def test_a_day_years_away_is_asked_twice_of_a_shipment(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    clerk, page = at_desk("clerk"), f"/orders/{number}"
    again = fill(clerk, page, f"{page}/1/4/date", status=422, to="2035-01-02", following="0")
    assert 'name="meant" value="2035-01-02"' in again
    assert "more than 1,100 days" in again
    other = fill(clerk, page, f"{page}/1/4/date", status=422, to="2036-01-02", following="0", meant="2035-01-02")
    assert 'name="meant" value="2036-01-02"' in other
    assert "2035" in text_of(fill(clerk, page, f"{page}/1/4/date", to="2035-01-02", following="0", meant="2035-01-02"))


def test_somebody_else_pays(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    clerk, page = at_desk("clerk"), f"/orders/{number}"
    panel = get(clerk, f"{page}/payer?account=C-2", **HX)
    assert "Bo" in text_of(panel)
    assert 'value="tok_bo"' in panel
    assert 'value="on_account"' not in panel, "Bo may not"
    assert "unknown customer" in text_of(get(clerk, f"{page}/payer?account=C-9", **HX)).lower()
    refused = fill(clerk, page, f"{page}/payer", status=422, account="C-9", method="card", card="tok_bo")
    assert 'value="C-9"' in refused
    assert SalesOrder.objects.get(number=number).payer is None
    done = fill(clerk, page, f"{page}/payer", account="C-2", method="card", card="tok_bo", reason="godfather")
    assert "Bo pays from now on" in text_of(done)
    assert "Paid by Bo C-2" in text_of(get(clerk, page))
    bo = text_of(get(clerk, "/customers/C-2"))
    assert number in bo
    assert "for Ada" in bo
    assert 'value="tok_bo"' in get(clerk, f"{page}/1/payment-method", **HX)
    clerk.post(f"{page}/undo", {"key": "u"}, **HX)
    assert SalesOrder.objects.get(number=number).payer is None


def test_who_pays_is_found_as_who_is_calling(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    clerk, page = at_desk("clerk"), f"/orders/{number}"
    put(
        {"customers": [{"account": f"C-{n}", "name": f"Bruna {n}", "phone": f"555-010{n}"} for n in (7, 8)]}, on=desk.ON
    )
    hits = get(clerk, "/search/payers?account=bruna", **HX)
    assert 'data-value="C-7"' in hits
    assert 'data-value="C-8"' in hits
    assert "Bruna 8" in text_of(get(clerk, f"{page}/payer?account=555-0108", **HX))
    assert "unknown customer" in text_of(get(clerk, f"{page}/payer?account=bruna", **HX)).lower(), "there are two"
    done = fill(clerk, page, f"{page}/payer", account="bo", method="card", card="tok_bo")
    assert "Bo pays from now on" in text_of(done)
    italian = at_desk("planner", language="it")
    assert italian.get("/search/payers?account=bruna", **HX).status_code == 403


def test_a_draft_is_paid_by_somebody_else(at_desk: Desk) -> None:
    number = desk.order("CLUB", submit=False)
    clerk, page = at_desk("clerk"), f"/orders/{number}/edit"
    assert 'id="b-payer"' in get(clerk, page)
    fill(clerk, page, f"/orders/{number}/payer", account="C-2", method="card", card="tok_bo")
    html = get(clerk, page)
    assert "paid by Bo C-2" in text_of(html)
    line = get(clerk, f"/orders/{number}/lines/1/continuity")
    assert "tok_bo" in line
    assert "tok_two" not in line


def test_a_gift(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    clerk, page = at_desk("clerk"), f"/orders/{number}"
    done = fill(clerk, page, f"{page}/gift", message="Auguri!\nNonna", hide_prices="1")
    assert "say so from now on" in text_of(done)
    html = get(clerk, page)
    assert "Auguri!<br>Nonna" in html
    assert "without prices" in html
    assert "Auguri!" in get(clerk, f"{page}/gift", **HX)
    fill(clerk, page, f"{page}/gift", status=422, message="x" * 501)
    fill(clerk, page, f"{page}/gift", message="")
    assert "without prices" not in get(clerk, page)
