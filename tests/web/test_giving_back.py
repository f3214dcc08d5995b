"""Money is given back on the pages: sent for approval, approved, with a cancellation, disputed, credited; a child goes short."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

from django.db.models import F

from perennial.catalog.models import Parameters
from perennial.customers.models import StoredCard
from perennial.desk.orders.short import Pieces
from perennial.desk.read.order import ChildLine
from perennial.desk.read.values import Product
from perennial.kernel.money import Money
from perennial.orders.models import SalesOrder
from perennial.payments.models import Dispute, Payment, RefundRequest
from perennial.people.models import Preferences
from perennial.web.pages.sending import alike
from tests.payments.test_credited import billed
from tests.web.test_customer import HX
from tests.web.test_order import Desk, captured, child_of, fill, get, text_of
from tests.worlds import actions, desk
from tests.worlds.leading import lead


def paid_up_front() -> str:
    """An order of 69.00, paid; the first of its three shipments has left."""
    number = desk.order("UP")
    lead(Payment.objects.all(), "captured", captured_minor=F("amount_minor"), gateway="sandbox", gateway_ref="ch_1")
    desk.make_children(desk.ON)
    desk.sent(f"{number}-1-001", desk.ON)
    return number


def test_what_is_above_the_limit_is_sent_for_approval_and_approved_by_another(at_desk: Desk) -> None:
    Parameters.objects.update(refund_limit_minor=1000)
    number = paid_up_front()
    clerk, page = at_desk("clerk"), f"/orders/{number}"
    asked = get(clerk, f"{page}/refund", **HX)
    assert "Up to $10.00 of an order is given back a day without approval" in text_of(asked)
    assert "expired" not in asked
    StoredCard.objects.update(exp_month=2, exp_year=2026, expires_on=date(2026, 2, 28))
    asked = text_of(get(clerk, f"{page}/refund", **HX))
    assert re.search(r"The card visa 4242 expired on .*28 Feb.*: the bank may refuse the refund", asked)
    which = f"{number}:1:order:1"
    answer = fill(clerk, page, f"{page}/refund", payment=which, amount="10.01", reason="came creased")
    assert "Refund of $10.01" in answer
    assert "sent for approval to" in answer
    assert "Luca Stone" in answer
    assert Payment.objects.get(purpose="refund").status == "draft"
    assert "to be approved" in text_of(get(clerk, page)).lower()
    assert clerk.post(f"{page}/refund/approve", {"key": "a"}, **HX).status_code == 403
    finance = at_desk("finance")
    assert "came creased" in get(finance, "/exceptions/approval")
    done = finance.post(
        f"{page}/refund/approve", {"key": "b"}, HTTP_HX_CURRENT_URL="http://127.0.0.1/exceptions/approval", **HX
    )
    assert done.status_code == 200, done.content.decode()
    assert Payment.objects.get(purpose="refund").status == "due"
    assert RefundRequest.objects.get().decided_by == "finance"


def test_a_cancellation_says_what_it_gives_back_and_does(at_desk: Desk) -> None:
    number = paid_up_front()
    manager, page = at_desk("manager"), f"/orders/{number}"
    assert "refunds $57.00" in text_of(get(manager, f"{page}/cancel", **HX))
    assert "$57.00 is given back" in fill(manager, page, f"{page}/cancel", give_back="1", ended_by="customer")
    assert [(one.amount_minor, one.status) for one in Payment.objects.filter(purpose="refund")] == [(5700, "due")]


def test_without_the_tick_it_is_left_to_give_back(at_desk: Desk) -> None:
    number = paid_up_front()
    clerk, page = at_desk("clerk"), f"/orders/{number}"
    assert "once somebody has approved it" in text_of(get(clerk, f"{page}/cancel", **HX))  # no limit is set
    assert "$57.00 is to be given back" in fill(clerk, page, f"{page}/cancel", ended_by="customer")
    assert not Payment.objects.filter(purpose="refund").exists()


def test_the_form_begins_with_what_can_be_given_back_and_what_is_due_then_says_what_it_is(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    captured(child_of(number))
    child_of(number, 10)
    captured(f"{number}-1-002")
    manager, page = at_desk("manager"), f"/orders/{number}"
    shown = get(manager, f"{page}/refund", **HX)
    assert 'name="amount" value="176.00"' in shown  # 16.50 and 159.50
    assert "At most $176.00 can be given back" in shown
    too_much = fill(manager, page, f"{page}/refund", status=422, amount="176.01", reason="torn")
    assert "at most $176.00 of it can be given back" in text_of(too_much)
    nothing_said = fill(manager, page, f"{page}/refund", status=422, amount="", reason="torn")
    assert "in all at most $176.00 can be given back" in text_of(nothing_said)
    assert "Try the card now" not in get(manager, page)
    assert "$176.00 will be given back" in fill(manager, page, f"{page}/refund", amount="176.00", reason="torn")
    shown = get(manager, page)
    assert ("Try the card now" in shown, "Give it back now" in shown) == (False, True)
    assert text_of(shown).count("To be refunded") + text_of(shown).count("to be refunded") >= 2
    table = text_of(shown[shown.index('id="payments"') :])
    named = ["Shipment 1 Visa", "Refund of shipment 1 Visa", "Shipment 2 Visa", "Refund of shipment 2 Visa"]
    assert sorted(named, key=table.index) == named
    Preferences.objects.update(language="it")
    italian = get(manager, page)
    assert "Rimborsa ora" in italian
    assert ("a rimborsare" in italian, "a incassare" in italian) == (True, False)


def test_a_failed_refund_is_given_back_by_check(at_desk: Desk) -> None:
    number = paid_up_front()
    manager, page = at_desk("manager"), f"/orders/{number}"
    fill(manager, page, f"{page}/refund", payment=f"{number}:1:order:1", amount="5.00", reason="creased")
    lead(Payment.objects.filter(purpose="refund"), "failed")
    assert "refund/again" in get(manager, page)
    which = f"{number}:1:refund:1"
    answer = fill(
        manager, page, f"{page}/refund/again?payment={which}", payment=which, check="88", reason="card closed"
    )
    assert "given back" in answer
    refund = Payment.objects.get(purpose="refund")
    assert (refund.method, refund.status) == ("check", "captured")


def test_a_charge_is_disputed_by_hand_and_its_evidence_is_shown(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    captured(child)
    manager, page = at_desk("manager"), f"/orders/{number}"
    which = f"{child}:1:shipment:1"
    answer = fill(
        manager, page, f"{page}/dispute?payment={which}", payment=which, reason="fraudulent", answer_by="2026-03-20"
    )
    assert "is disputed, and the order waits" in answer
    found = Dispute.objects.get()
    for address in (page, f"/orders/{child}"):
        shown = get(manager, address)
        told = text_of(shown)
        assert (
            f"$16.50 for {child} is disputed: the customer did not order it. How it stands: waits for our answer, by"
            in told
        )
        assert f"{number} waits (new child orders and charging)." in told
        assert f'href="/disputes/{found.pk}/evidence"' in shown
        assert f'/dispute?dispute={found.pk}"' in shown
        assert "Captured Disputed No refund until the bank has decided" in told
        assert "/refund" not in shown
    assert "No refund" in text_of(get(at_desk("clerk"), page))
    assert (found.status, found.amount_minor) == ("open", 1650)
    assert child in get(manager, f"/disputes/{found.pk}/evidence")
    assert at_desk("clerk").get(f"/disputes/{found.pk}/evidence").status_code == 403
    decided = {"key": "won", "dispute": str(found.pk), "status": "won", "reason": "the bank wrote"}
    done = manager.post(f"{page}/dispute", decided, HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX)
    assert "dispute about $16.50 won" in done.content.decode()
    manager.post(f"{page}/dispute", {**decided, "key": "lost", "status": "lost"}, **HX)
    for address in (page, f"/orders/{child}"):
        shown = get(manager, address)
        assert "Captured, $16.50 lost in a dispute" in text_of(shown)
        assert "/refund" not in shown
        assert f"/dispute?payment={which.replace(':', '%3A')}" not in shown


def test_a_dispute_of_what_is_all_invoiced_says_that_nothing_waits(at_desk: Desk) -> None:
    number = desk.order(desk.book())
    actions.ship(number=number, on=desk.ON, by="warehouse")
    actions.invoice(number=number, on=desk.ON, by="warehouse")
    lead(Payment.objects.all(), "captured", captured_minor=F("amount_minor"), gateway="sandbox", gateway_ref="ch_1")
    manager, page = at_desk("manager"), f"/orders/{number}"
    answer = fill(manager, page, f"{page}/dispute", payment=f"{number}:0:ordinary:1", reason="fraudulent")
    assert "is disputed." in answer
    assert "disputed, and the order waits" not in answer
    assert "Nothing of the order waits for it." in text_of(get(manager, page))


def test_lines_that_are_alike_have_one_number_between_them() -> None:
    sampler, mug = Product("S", "Sampler"), Product("M", "Mug")
    ten, nine = Money(1000, "USD"), Money(900, "USD")
    sends = [(sampler, ten), (mug, ten), (sampler, ten), (sampler, nine), (sampler, ten)]
    lines = [ChildLine(product, Decimal(2), price) for product, price in sends]
    found = alike(SimpleNamespace(lines=lines))  # type: ignore[arg-type]
    assert [(one.at, one.product.number, one.quantity) for one in found] == [(1, "S", 6), (2, "M", 2), (4, "S", 2)]
    assert found[0].short(Decimal(3)) == [Pieces(3, Decimal(1)), Pieces(5, Decimal(0))]
    assert found[0].short(Decimal(6)) == []
    assert found[0].short(Decimal(7)) == [Pieces(5, Decimal(3))]  # refused: there are 2


def test_a_child_is_sent_short(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child_of(number)
    desk.sent(f"{number}-1-001", desk.ON)
    desk.make_children(desk.day(10))
    child = f"{number}-1-002"
    manager, page = at_desk("manager"), f"/orders/{child}"
    SalesOrder.objects.filter(number=child).update(ship_on=desk.ON)
    given = {"on": "2026-03-10", "pieces-2": "1", "rest": "later"}
    answer = fill(manager, page, f"{page}/ship", status=422, rest_on="2026-03-09", **given)
    assert "is past: the rest ships on" in answer
    answer = fill(manager, page, f"{page}/ship", rest_on="2026-03-30", **given)
    assert f"short: it costs $93.50, the rest follows as {child}-2 on" in answer
    assert Payment.objects.get(order__number=child).amount_minor == 9350
    assert f"the rest follows as {child}-2" in get(manager, page)
    shown = get(manager, f"{page}-2")
    assert f'the rest of <a href="/orders/{child}">' in shown
    assert f"Child order {child}-2 made, the rest of {child}" in shown
    assert 'name="again"' not in get(manager, f"{page}-2/cancel", **HX)
    assert f'href="/orders/{child}-2" aria-label="The rest, child order' in get(manager, f"/orders/{number}")
    assert f"the rest of {child}" in get(manager, "/customers/C-1")


def test_what_was_only_billed_is_credited_where_it_is_said(at_desk: Desk) -> None:
    number = billed()
    actions.cancel(number=number, **desk.ANNA)
    manager, page = at_desk("manager"), f"/orders/{number}"
    assert "$57.00 was billed for what does not come, and is to be credited" in text_of(get(manager, page))
    assert f"{page}/credit" not in get(at_desk("clerk"), page)
    answer = fill(manager, page, f"{page}/credit", reason="credit note 7")
    assert f"$57.00 credited for {number}" in answer
    assert f"{page}/credit" not in get(manager, page)
