"""The orders' list, an order's page and a child's: what is tied together, and what each action does to the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from perennial.desk.read.orders import order
from perennial.jobs.models import JobRun
from perennial.language import phrase
from perennial.language.catalogue import catalogue
from perennial.orders.models import Note, SalesOrder
from perennial.payments.models import Payment
from perennial.web.history import Happened, history_of
from tests.web.asked import always
from tests.web.test_customer import HX, press
from tests.worlds import actions, desk
from tests.worlds.leading import lead
from tests.worlds.people import signed_in

Desk = Callable[..., Client]


def text_of(html: str) -> str:
    """What stands on a page, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def main(html: str) -> str:
    """The page itself, without what stands around it."""
    return html[html.index("<main") : html.index("</main>")]


def row(html: str, shipment: int) -> str:
    """What the first line of a shipment's row says."""
    found = re.search(rf'<tbody id="s-[^"]+-1-{shipment}" .*?</tr>', html, re.DOTALL)
    assert found is not None
    return text_of(found[0])


def keys(html: str) -> list[str]:
    """The keys that the line of keys on a page names."""
    return re.findall(r"<kbd>([^<]+)</kbd>", html.split('<p class="hints"')[1].split("</p>")[0])


def get(client: Client, address: str, **more: Any) -> str:
    answer = client.get(address, **more)
    assert answer.status_code == 200, answer.content.decode()
    return str(answer.content.decode())


def fill(client: Client, page: str, address: str, *, status: int = 200, **fields: str) -> str:
    """Open a panel on a page, fill it in and send it; the answer."""
    panel = get(client, address, **HX)
    target = re.search(r'hx-post="([^"]+)"', panel)
    assert target is not None
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', panel))
    answer = client.post(target[1], {**hidden, **fields}, HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX)
    assert answer.status_code == status, answer.content.decode()
    return str(answer.content.decode())


def child_of(number: str, on: int = 0) -> str:
    """The number of the first child, made by the job."""
    assert desk.make_children(desk.day(on)) >= 1
    return str(SalesOrder.objects.filter(parent__number=number).order_by("number")[0].number)


def captured(child: str) -> Payment:
    """The payment of a child as the bank took it."""
    payment = Payment.objects.get(order__number=child)
    for status in ("sent", "captured"):
        Payment.objects.filter(pk=payment.pk).update(
            status=status,
            gateway="sandbox",
            gateway_ref="ref",
            captured_minor=payment.amount_minor if status == "captured" else 0,
        )
    payment.refresh_from_db()
    return payment


def test_a_row_ties_shipment_child_and_payment(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    captured(child)
    actions.skip(number=number, shipment=3, line=1, reason="on holiday", **desk.ANNA)
    html = get(at_desk("clerk"), f"/orders/{number}")
    short = child.removeprefix(number)
    assert re.fullmatch(rf"1 Tue 10 Mar B1 …{short} Open \$16\.50 Captured", row(html, 1)), row(html, 1)
    assert "Scheduled" in row(html, 2)
    assert "asked" in row(html, 2).lower()
    assert row(html, 3).endswith("Skipped – –")
    assert f'href="/orders/{child}"' in html
    figures = text_of(html[html.index('id="money"') : html.index('id="shipments"')])
    assert "Charged $16.50" in figures
    assert "without $38.50 skipped" in figures
    assert "Skipped 3 : on holiday" in text_of(html)


@pytest.mark.parametrize("spelled", ["so-1", "1", "SO-000001", "so1"])
def test_a_number_is_understood_as_people_type_it(at_desk: Desk, spelled: str) -> None:
    number = desk.order("CLUB")
    answer = at_desk("clerk").get(f"/orders/{spelled}", follow=True)
    assert answer.status_code == 200
    assert f'<h1 tabindex="-1">{number} ' in answer.content.decode()


def test_what_is_not_there_is_said(at_desk: Desk) -> None:
    client = at_desk("clerk")
    assert client.get("/orders/SO-404").status_code == 404
    assert "No order fits." in get(client, "/orders")
    assert "There is no order SO-404." in get(client, "/orders?number=SO-404&status=")
    empty = get(client, f"/orders/{desk.order(desk.book())}")
    assert "Ordinary lines" in text_of(empty)
    assert 'id="h-line-1"' not in empty


def test_the_list_fits_what_is_asked_and_goes_on_by_key(at_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = desk.order("CLUB"), desk.order("UP")
    actions.hold(number=first, reason="asked us to wait", **desk.ANNA)
    client = at_desk("clerk")
    html = get(client, "/orders")
    assert html.index(second) < html.index(first)
    assert "On hold" in html
    assert second not in get(client, "/orders?program=CLUB")
    assert second not in get(client, "/orders?waiting=1")
    assert first not in get(client, "/orders?status=cancelled")
    assert client.get("/orders?program=NONE").status_code in (404, 422)
    monkeypatch.setattr("perennial.desk.read.order_list.order_list.__kwdefaults__", {"size": 1, "after": None})
    html = get(client, "/orders")
    assert first not in html
    following = re.search(r'id="b-next" href="([^"]+)"', html)
    assert following is not None
    assert first in get(client, unescape(following[1]))


def test_as_many_queries_for_many_shipments_as_for_few(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    client = at_desk("clerk")
    get(client, f"/orders/{number}")
    counts = []
    for on in (0, 40):
        desk.make_children(desk.day(on))
        with CaptureQueriesContext(connection) as queries:
            get(client, f"/orders/{number}")
        counts.append((SalesOrder.objects.filter(parent__number=number).count(), always(queries)))
    (one, few), (all_, many) = counts
    assert (one, all_) == (1, 4)
    assert few == many


def test_a_row_opens_to_why_and_to_its_child(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    client = at_desk("clerk")
    html = get(client, f"/orders/{number}")
    assert f'hx-get="/orders/{number}/1/1/why"' in html
    made = text_of(get(client, f"/orders/{number}/1/1/why", **HX))
    assert child in made
    assert "order date" in made
    planned = get(client, f"/orders/{number}?row=s-{number}-1-2")
    assert f'id="s-{number}-1-2-why"><td' in planned
    assert f'id="s-{number}-1-2-skip"' in planned
    assert client.get(f"/orders/{number}/1/99/why").status_code == 404


def test_many_shipments_go_on_by_key(at_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perennial.desk.read.order_page.MOST_ROWS", 2)
    number = desk.order("CLUB")
    client = at_desk("clerk")
    html = get(client, f"/orders/{number}")
    assert f's-{number}-1-2"' in html
    assert f's-{number}-1-3"' not in html
    assert 'href="?from=1-3"' in html
    html = get(client, f"/orders/{number}?from=1-3")
    assert f's-{number}-1-3"' in html
    assert 'href="?from=1-1"' in html


def test_cancelling_says_first_what_it_does(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    actions.ship(number=child, on=desk.ON, by="warehouse")
    client, page = at_desk("clerk"), f"/orders/{number}"
    panel = text_of(get(client, f"{page}/cancel", **HX))
    assert f"Cancel {number}? 3 shipments will not go out." in panel
    assert "1 that was sent" in panel
    assert order(number, on=desk.ON).status == "open"
    answer = fill(client, page, f"{page}/cancel", reason="moves away", reason_code="other", ended_by="customer")
    assert f"{number} cancelled, open until what was sent is invoiced" in answer
    assert "3 shipments were cancelled." in answer
    assert "Cancelled, by the customer" in answer
    again = client.get(f"{page}/cancel", **HX)
    assert (again.status_code, "is cancelled already" in again.content.decode()) == (422, True)


def test_a_cancelled_order_of_which_all_that_was_sent_is_invoiced_says_that_it_closes(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    desk.sent(child, desk.ON)
    page = f"/orders/{number}"
    answer = fill(at_desk("clerk"), page, f"{page}/cancel", reason_code="too_dear", ended_by="customer")
    assert f"{number} cancelled, closed with the next night" in answer
    assert "by the customer</b>: too dear" in answer
    assert "too_dear<" not in answer


def test_the_button_names_what_it_takes_back(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    client, page = at_desk("clerk"), f"/orders/{number}"
    assert 'id="b-undo"' not in get(client, page)
    actions.skip(number=number, shipment=3, **desk.ANNA)
    assert re.search(r"Undo: skip of shipment 3, anna, .*Mar", text_of(get(client, page)))


@pytest.mark.parametrize(
    ("language", "stop", "child"),
    [
        (
            "en",
            "goes on, the stop is taken back: 2 shipments come after all, the next one, 3, on Mon 30 Mar, $83.50 more.",
            "what was cancelled comes after all.",
        ),
        (
            "it",
            "continua e non termina più: 2 spedizioni partono comunque, la prossima, la 3, lun 30 mar, 83,50 USD in più.",
            "quanto era stato annullato torna valido.",
        ),
    ],
)
def test_undo_of_a_stop_says_what_comes_after_all(at_desk: Desk, language: str, stop: str, child: str) -> None:
    number = desk.order("CLUB")
    client, page = at_desk("clerk", language=language), f"/orders/{number}"
    fill(client, page, f"{page}/1/stop?from=3", reason_code="other")
    assert f"{number} {stop}" in text_of(press(client, page, get(client, page), "b-undo"))
    actions.cancel(number=child_of(number), **desk.ANNA)
    assert f"{number}: {child}" in text_of(press(client, page, get(client, page), "b-undo"))


def test_what_was_seen_is_what_is_changed(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    client, page = at_desk("clerk"), f"/orders/{number}"
    seen = order(number, on=desk.ON).version
    actions.hold(number=number, reason="asked us to wait", **desk.ANNA)
    answer = client.post(
        f"{page}/cancel", {"key": "k", "seen": seen}, HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX
    )
    assert answer.status_code == 409
    assert order(number, on=desk.ON).status == "open"


def test_money_is_given_back_with_a_reason(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    captured(child)
    client, page = at_desk("manager"), f"/orders/{number}"
    which = f"{child}:1:shipment:1"
    address = f"{page}/refund?payment={which}"
    faults = fill(client, page, address, status=422, payment=which, amount="99", reason="sleeve came creased")
    assert re.search(r'id="f-amount-err">.*at most \$16\.50 of it can be given back', faults)
    assert 'value="sleeve came creased"' in faults
    assert 'id="f-reason-err"' in fill(client, page, address, status=422, payment=which, amount="4.50", reason="")
    answer = fill(client, page, address, payment=which, amount="4.50", reason="sleeve came creased")
    assert "$4.50 will be given back" in answer
    assert "$4.50 to be refunded for shipment 1</b>: sleeve came creased" in answer
    assert Payment.objects.get(purpose="refund").amount_minor == 450
    shown = text_of(get(client, page))
    assert "Refund of shipment 1 Visa 4242" in shown  # the only one has no number
    assert "-$4.50" in shown


def test_a_payment_of_which_nobody_knows_is_settled(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    client, page = at_desk("finance"), f"/orders/{child}"
    which = f"{child}:1:shipment:1"
    panel = get(client, f"{page}/settle?payment={which}", **HX)
    assert 'value="written-off"' in panel
    assert 'value="taken"' not in panel
    answer = fill(client, page, f"{page}/settle", payment=which, end="written-off", reason="the customer has died")
    assert "is written off" in answer
    assert Payment.objects.get(order__number=child).status == "written_off"
    assert "No payment is to be settled." in get(client, f"{page}/settle", **HX)


@pytest.mark.parametrize(("way", "said"), [("stop", "; stopped: 2, 3"), ("send", "; sent all the same: 2, 3")])
def test_a_write_off_asks_what_becomes_of_what_it_paid_for(at_desk: Desk, way: str, said: str) -> None:
    number = desk.order("UP")
    desk.sent(child_of(number), on=desk.ON)
    lead(Payment.objects.all(), "failed")
    client, page = at_desk("finance"), f"/orders/{number}"
    panel = get(client, f"{page}/settle", **HX)
    assert "Written off, it does not pay shipments 2, 3 any more." in panel
    fields = {"end": "written-off", "shipments": way, "reason": "bankrupt", "approved_by": "Marta Galli"}
    which = re.search(r'<option value="([^"]+)" selected', panel)
    assert which is not None
    assert said in text_of(fill(client, page, f"{page}/settle", payment=unescape(which[1]), **fields))
    assert "approved by Marta Galli" in text_of(get(client, page))


def test_a_check_that_came_is_received(at_desk: Desk) -> None:
    number = desk.order(desk.line("UP", payment_method="check"))
    client, page = at_desk("finance"), f"/orders/{number}"
    which = f"{number}:1:order:1"
    assert "Check received" in get(client, page)
    panel = get(client, f"{page}/receive?payment={which}", **HX)
    assert 'name="check"' in panel
    typed = {"payment": which, "check": "00417", "amount": "69", "received_on": "10/3"}
    assert 'id="f-amount-err"' in fill(client, page, f"{page}/receive", status=422, **{**typed, "amount": "68"})
    assert "Check 00417 over $69.00 for" in text_of(fill(client, page, f"{page}/receive", **typed))
    assert Payment.objects.get(continuity_order__order__number=number).status == "captured"
    assert "No check is awaited." in get(client, f"{page}/receive", **HX)


def test_a_child_is_shipped_and_invoiced(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    client, page = at_desk("manager"), f"/orders/{child}"
    html = get(client, page)
    assert main(html).count("btn primary") == 1
    fields = {"carrier": "An Post", "tracking": "CB48277130"}
    assert 'id="f-on-err"' in fill(client, page, f"{page}/ship", status=422, on="someday", **fields)
    answer = fill(client, page, f"{page}/ship", on="10/3", **fields)
    assert "Sent Tue 10 Mar, An Post CB48277130" in text_of(answer)
    assert f'hx-get="{page}/invoice"' in answer
    asked = text_of(get(client, f"{page}/invoice", **HX))
    assert "is then taken from Visa 4242" in asked
    assert "cannot be undone" in asked
    answer = fill(client, page, f"{page}/invoice")
    assert f"{child} is invoiced; $16.50 is taken from the card tonight" in answer
    assert "Shipped 1, An Post CB48277130" in get(client, f"/orders/{number}")


def test_what_stands_in_the_way_of_a_child_is_overridden_with_a_reason(at_desk: Desk) -> None:
    child = child_of(desk.order("CLUB"))
    actions.hold(number=child, reason="wrong address", **desk.ANNA)
    client, page = at_desk("manager"), f"/orders/{child}"
    assert 'name="override"' not in get(client, f"{page}/ship", **HX)
    refused = fill(client, page, f"{page}/ship", status=422, on="10/3")
    assert 'name="override"' in refused
    assert 'id="f-reason-err"' in fill(client, page, f"{page}/ship", status=422, on="10/3", override="yes")
    answer = fill(client, page, f"{page}/ship", on="10/3", override="yes", reason="collected at the door")
    assert "overridden: on hold" in text_of(answer)
    hidden = {"key": "first"}
    refused = client.post(f"{page}/invoice", hidden, HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX)
    assert refused.status_code == 422
    assert 'name="override"' in refused.content.decode()
    assert "It may not be invoiced:" in get(client, page)
    answer = fill(client, page, f"{page}/invoice", override="yes", reason="paid in cash")
    assert f"{child} is invoiced" in answer
    history = text_of(get(client, page)).replace(" :", ":")
    assert "Shipped 1, overridden: on hold: collected at the door" in history
    assert "Invoiced 1, overridden: on hold: paid in cash" in history


def test_the_carrier_of_what_was_sent_is_corrected(at_desk: Desk) -> None:
    child = child_of(desk.order("CLUB"))
    actions.ship(number=child, carrier="GLS", tracking="7712", on=desk.ON, by="warehouse")
    client, page = at_desk("manager"), f"/orders/{child}"
    assert 'value="7712"' in get(client, f"{page}/track", **HX)
    assert "has this carrier" in unescape(fill(client, page, f"{page}/track", status=422, tracking="7712"))
    answer = fill(client, page, f"{page}/track", carrier="DHL", tracking="00340434161094021501")
    assert "DHL 00340434161094021501" in text_of(answer)
    assert "was GLS 7712" in text_of(get(client, page))


def test_what_was_cancelled_comes_after_all(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    client, page = at_desk("clerk"), f"/orders/{number}"
    answer = fill(client, page, f"{page}/cancel", ended_by="customer")
    assert f'hx-post="/orders/{number}/undo"' in answer
    assert order(number, on=desk.ON).status == "cancelled"
    press_undo = client.post(f"{page}/undo", {"key": "u"}, HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX)
    assert press_undo.status_code == 200
    found = order(number, on=desk.ON)
    assert (found.status, [one.status for one in found.children], found.children[0].number) == ("open", ["open"], child)


def test_a_hold_says_what_it_stops_and_a_cancellation_what_stays_owed(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    actions.ship(number=child, on=desk.ON, by="warehouse")
    client, page = at_desk("manager"), f"/orders/{number}"
    answer = text_of(fill(client, page, f"{page}/hold", reason="moving"))
    assert "$16.50 is not asked for meanwhile, $16.50 of it for what has left already" in answer
    assert "$16.50 stays owed" in text_of(get(client, f"{page}/cancel", **HX))
    assert "$16.50 stays owed" in text_of(fill(client, page, f"{page}/cancel", ended_by="customer"))


@pytest.mark.parametrize(
    ("language", "waits", "still_goes"),
    [
        ("en", "waits; was Fri 20 Mar", "is made already and still goes"),
        ("it", "in attesa; era ven 20 mar", "è già creato e parte comunque"),
    ],
)
def test_what_a_hold_keeps_shows_that_it_waits_and_what_still_goes_is_named(
    at_desk: Desk, language: str, waits: str, still_goes: str
) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    client, page = at_desk("clerk", language=language), f"/orders/{number}"
    assert waits not in text_of(get(client, page))
    answer = fill(client, page, f"{page}/hold", reason="moving")
    assert f"{child} {still_goes}" in text_of(answer)
    assert waits in row(answer, 2)
    assert waits.split(";")[0] not in row(answer, 1), "it is made already and goes"
    assert waits in row(get(client, "/customers/C-1"), 2)
    fill(client, page, f"/orders/{child}/hold", reason="moving")
    assert waits.split(";")[0] in row(get(client, page), 1)


def test_a_hold_that_ends_in_time_keeps_nothing_from_its_day(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    client, page = at_desk("clerk"), f"/orders/{number}"
    fill(client, page, f"{page}/hold", until="18/3")
    html = get(client, page)
    assert "waits; was Fri 20 Mar" in row(html, 2), "its night, 15 March, is before the hold ends"
    assert "waits" not in row(html, 3)


def test_a_child_is_invoiced_before_its_shipment_is_reported(at_desk: Desk) -> None:
    child = child_of(desk.order("CLUB"))
    client, page = at_desk("manager"), f"/orders/{child}"
    assert "It counts as sent today" in get(client, f"{page}/invoice", **HX)
    assert 'name="override"' in fill(client, page, f"{page}/invoice", status=422)
    answer = fill(client, page, f"{page}/invoice", override="yes", reason="no scanner")
    assert "overridden: not reported as shipped" in text_of(answer)
    assert "Sent Tue 10 Mar" in text_of(answer)


def test_what_is_over_offers_nothing_that_cannot_be_done(at_desk: Desk) -> None:
    stopped, cancelled = desk.order("CLUB"), desk.order("CLUB")
    actions.hold(number=cancelled, reason="away", **desk.ANNA)
    actions.cancel(number=stopped, line=1, **desk.ANNA)
    actions.cancel(number=cancelled, **desk.ANNA)
    going = desk.order("CLUB")
    client = at_desk("manager")
    for number in (stopped, cancelled):
        html = get(client, f"/orders/{number}")
        for button in ("b-hold", "b-release", "b-stop", "b-cancel"):
            assert f'id="{button}' not in html, (number, button)
        assert keys(html) == ["Enter", "u"], "the keys of its rows would do nothing"
    assert keys(get(client, f"/orders/{going}")) == ["Enter", "s", "p", "d", "t"]
    html = get(client, "/customers/C-1")
    assert f'id="b-hold-{going}"' in html
    assert f'id="b-stop-{going}-1"' in html
    for number in (stopped, cancelled):
        assert re.findall(rf'id="b-([a-z]+)-{number}', html) == ["back"], "it can be brought back, and nothing else"


@pytest.mark.parametrize("part", ["hold", "1/2/date", "note"])
def test_a_part_of_a_page_by_its_own_address_opens_in_its_page(at_desk: Desk, part: str) -> None:
    number = desk.order("CLUB")
    answer = at_desk("manager").get(f"/orders/{number}/{part}")
    assert answer["Location"] == f"/orders/{number}?open=%2Forders%2F{number}%2F{part.replace('/', '%2F')}"


def test_a_child_says_all_that_stands_in_its_way(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    actions.hold(number=child, reason="wrong address", **desk.ANNA)
    html = get(at_desk("manager"), f"/orders/{child}")
    assert "It may not ship:" in html
    assert "wrong address" in html
    assert 'class="btn primary" id="b-ship"' not in html


def test_a_child_is_cancelled_and_made_anew(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    client, page = at_desk("clerk"), f"/orders/{child}"
    answer = fill(client, page, f"{page}/cancel", again="0", reason="damaged", ended_by="merchant")
    assert f"{child} cancelled" in answer
    assert 'id="b-again"' in answer
    answer = fill(client, page, f"{page}/cancel", reason="found another")
    assert "is made anew" in answer
    assert order(number, on=desk.ON).continuity[0].lines[0].child is None
    assert child in get(client, f"/orders/{number}/1/1/why", **HX)


def test_a_note_is_written_and_an_offer_accepted(at_desk: Desk) -> None:
    number = desk.order("CLUB", acceptance_required=True)
    client, page = at_desk("clerk"), f"/orders/{number}"
    html = get(client, page)
    assert main(html).count("btn primary") == 1
    answer = press(client, page, html, "b-accept")
    assert f"Offer of {number} accepted" in answer
    assert 'id="b-accept"' not in answer
    assert 'id="f-text-err"' in fill(client, page, f"{page}/note", status=422, text=" ")
    assert "rings after six" in fill(client, page, f"{page}/note", text="rings after six")
    assert Note.objects.get().text == "rings after six"


ADDRESSES = {
    "cancel": "change_orders", "note": "change_orders", "collect": "change_orders", "accept": "change_orders",
    "retry": "change_orders", "refund": "refund_payments", "settle": "settle_payments", "receive": "settle_payments", "ship": "ship_orders",
    "invoice": "ship_orders", "track": "ship_orders", "reprocess": "change_orders",
}  # fmt: skip


@pytest.mark.parametrize("role", ["clerk", "finance", "planner"])
def test_who_may_not_sees_no_button_and_is_refused(at_desk: Desk, role: str) -> None:
    from perennial.people.roles import ROLES

    number = desk.order("CLUB")
    child = child_of(number)
    captured(child)
    client = at_desk(role)
    may = ROLES[role]
    html = client.get(f"/orders/{number}").content.decode()
    assert ('id="b-cancel"' in html) is ("change_orders" in may)
    assert ('id="b-refund"' in html) is ("refund_payments" in may)
    assert client.get("/orders").status_code == (200 if "see_orders" in may else 403)
    for name, permission in ADDRESSES.items():
        if name in ("collect", "reprocess") and permission in may:
            continue  # it asks the bank, outside of any transaction
        answer = client.post(f"/orders/{number}/{name}", {}, **HX)
        assert (answer.status_code == 403) is (permission not in may), name


def test_the_pages_speak_italian(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    captured(child)
    actions.skip(number=number, shipment=3, line=1, reason="in vacanza", **desk.ANNA)
    client = at_desk("manager", language="it")
    html = text_of(get(client, f"/orders/{number}"))
    assert "Spedizione 3 saltata : in vacanza" in html
    assert "Annulla ordine" in html
    assert "Incassato" in row(get(client, f"/orders/{number}"), 1)
    assert "Segna come spedito" in get(client, f"/orders/{child}")
    assert "Nessun ordine corrisponde." in get(client, "/orders?status=draft")
    assert f"Annullare {number}? 3 spedizioni non partiranno." in get(client, f"/orders/{number}/cancel", **HX)


@pytest.mark.parametrize("language", ["en", "it"])
def test_every_event_has_its_sentence(language: str) -> None:
    entries = catalogue(language).entries
    kinds = {code for context, code in entries if context == "event"} - {"program_changed"}  # of no order
    assert not {kind for kind in kinds if ("web", f"history_{kind}") not in entries}


def test_the_history_is_told_newest_first(club: None) -> None:
    from perennial.language import Reader

    number = desk.order("CLUB")
    actions.move(number=number, shipment=2, line=1, to=desk.day(20), reason="after payday", **desk.ANNA)
    told = history_of(order(number, on=desk.ON), Reader(dates="weekday", money="symbol", year=2026))
    assert told[0] == Happened("2 moved to Mon 30 Mar", "after payday", desk.ON, "anna")
    assert told[-1].what == "Entered"
    assert phrase("web", "history_by_job") == "night"
    assert desk.ON + timedelta(20) == desk.day(20)


def test_a_job_that_a_person_ran_is_theirs_and_not_the_night_s(club: None) -> None:
    run = JobRun.objects.create(job="create-child-orders", on_date=desk.ON, arguments={}, by="manager:kim")
    number = desk.order("CLUB")
    actions.move(number=number, shipment=2, line=1, to=desk.day(20), on=desk.ON, by=f"job:{run.pk}")
    told = get(signed_in("clerk"), f"/orders/{number}/history")
    assert "kim, Create child orders" in told
    JobRun.objects.update(night_id=1)
    assert "kim" not in get(signed_in("clerk"), f"/orders/{number}/history")
