"""What is billed up front is paid in several ways, by amount or percent, and stays so when the order changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perennial.continuity.models import ContinuityOrder
from perennial.desk.entry import PayEntry
from perennial.errors import Refused
from perennial.kernel.shares import Share, faults, spread
from perennial.language import say
from perennial.payments.models import Payment
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import ANNA, ON, book, day, last_event, line, order, refused, shown

CHECK = Share("check", 2000)
GIFT = Share("gift_card", percent=Decimal("33.333"))
REST = Share("card")


def paid(number: str) -> list[tuple[Any, ...]]:
    """Its payments: part, method, amount, state."""
    return [(p["number"], p["method"], p["amount"], p["status"]) for p in shown(number)["payments"]]


@pytest.mark.usefixtures("club")
class TestOfAnOrder:
    def test_an_amount_by_check_and_the_rest_by_card(self) -> None:
        number = order("UP")
        assert paid(number) == [(1, "card", "69.00", "due")]
        done = actions.split(number=number, pay=[CHECK, REST], **ANNA)
        assert [(one["payment_method"], one["amount"]) for one in done["shares"]] == [
            ("check", "20.00 USD"),
            ("card", "49.00 USD"),
        ]
        assert paid(number) == [(1, "check", "20.00", "due"), (2, "card", "49.00", "due")]
        (one,) = shown(number)["continuity"]
        assert (one["payment_method"], one["card"]) == ("card", "tok_visa")
        assert one["pay"] == [
            {"method": "check", "amount": "20.00", "percent": None},
            {"method": "card", "amount": None, "percent": None},
        ]
        kind, on, by, _, _ = last_event(number)
        assert (kind, on, by) == ("payment_shared", ON, "clerk:anna")

    def test_the_rest_follows_the_order_and_what_was_paid_stays(self) -> None:
        number = order("UP")
        actions.split(number=number, pay=[CHECK, REST], **ANNA)
        actions.receive(number=number, check="417", amount="20.00", part=1, **ANNA)
        actions.skip(number=number, shipment=3, **ANNA)
        assert paid(number) == [(1, "check", "20.00", "captured"), (2, "card", "15.00", "due")]
        actions.unskip(number=number, shipment=3, **ANNA)
        assert paid(number) == [(1, "check", "20.00", "captured"), (2, "card", "49.00", "due")]

    def test_percentages_follow_the_order_too(self) -> None:
        number = order("UP")
        actions.split(number=number, pay=[GIFT, Share("card", percent=Decimal("66.667"))], **ANNA)
        assert paid(number) == [(1, "gift_card", "23.00", "due"), (2, "card", "46.00", "due")]
        actions.skip(number=number, shipment=3, **ANNA)
        assert paid(number) == [(1, "gift_card", "11.67", "due"), (2, "card", "23.33", "due")]

    def test_another_way_to_pay_takes_the_place_of_all(self) -> None:
        number = order("UP")
        actions.split(number=number, pay=[CHECK, REST], **ANNA)
        actions.payment_method(number=number, method="on_account", **ANNA)
        assert {method for _, method, _, _ in paid(number)} == {"on_account"}
        assert "pay" not in shown(number)["continuity"][0]

    def test_another_card_pays_the_share_of_the_card(self) -> None:
        number = order("UP")
        actions.split(number=number, pay=[CHECK, REST], **ANNA)
        actions.card(number=number, token="tok_two", **ANNA)
        cards = dict(Payment.objects.values_list("method", "card__token"))
        assert cards == {"check": None, "card": "tok_two"}

    def test_it_is_taken_back(self) -> None:
        number = order("UP")
        before = shown(number)
        actions.split(number=number, pay=[CHECK, REST], card="tok_two", **ANNA)
        actions.undo(number=number, **ANNA)
        after = shown(number)
        assert [p["amount"] for p in after["payments"] if p["status"] == "due"] == ["69.00"]
        assert after["continuity"][0] == before["continuity"][0]

    def test_it_is_entered_so(self) -> None:
        number = order(line("UP", shares=(CHECK, REST)))
        assert paid(number) == [(1, "check", "20.00", "due"), (2, "card", "49.00", "due")]
        assert ContinuityOrder.objects.get(order__number=number).payment_method == "card"

    @pytest.mark.parametrize(
        ("program", "pay", "field", "code"),
        [
            ("CLUB", [CHECK, REST], "pay", "shares_pay_upfront"),
            ("PART", [CHECK, REST], "pay", "shares_pay_upfront"),
            ("UP", [REST], "pay", "shares_are_several"),
            ("UP", [Share("check", percent=Decimal(50)), REST], "pay[0].percent", "share_by_amount"),
            ("UP", [REST, CHECK], "pay[0]", "rest_is_the_last"),
            ("UP", [CHECK, Share("card", 4900)], "pay", "rest_is_needed"),
            ("UP", [Share("check", 6900), REST], "pay", "shares_leave_nothing"),
            ("UP", [Share("check", 0), REST], "pay[0].amount", "share_above_zero"),
            (
                "UP",
                [Share("card", percent=Decimal(40)), Share("gift_card", percent=Decimal(40))],
                "pay",
                "schedule_lines_sum",
            ),
            ("UP", [Share("gold", 5), REST], "pay[0].method", "payment_method_unknown"),
        ],
    )
    def test_what_cannot_be_shared_so_is_refused(self, program: str, pay: list[Share], field: str, code: str) -> None:
        number = order(program)
        with refused(field, code):
            actions.split(number=number, pay=pay, **ANNA)

    def test_of_a_mixed_order_only_the_line_billed_up_front_is_shared(self) -> None:
        number = order("UP", book(), pay=(PayEntry("card", "tok_visa", 500), PayEntry("card", "tok_two")))
        actions.split(number=number, pay=[CHECK, REST], **ANNA)
        assert [amount for _, _, amount, _ in paid(number)] == ["20.00", "49.00", "5.00", "7.00"]
        with refused("line", "not_a_continuity_line", "those are 1 (UP)"):
            actions.split(number=number, line=2, pay=[CHECK, REST], **ANNA)
        only = order(book())
        with pytest.raises(Refused) as caught:
            actions.split(number=only, line=1, pay=[CHECK, REST], **ANNA)
        assert say(caught.value) == f"line 1 of {only} is not a continuity line"

    def test_who_may_not_buy_on_account_shares_none_of_it(self) -> None:
        number = order(line("UP", card="tok_bo"), customer="C-2", ship_to="barn", pay=())
        with refused("pay[1].method", "not_on_account"):
            actions.split(number=number, pay=[Share("gift_card", 1000), Share("on_account")], **ANNA)

    def test_what_was_asked_for_is_not_shared_any_more(self) -> None:
        number = order("UP")
        actions.split(number=number, pay=[CHECK, REST], **ANNA)
        actions.receive(number=number, check="417", amount="20.00", part=1, **ANNA)
        with refused("number", "shares_too_late"):
            actions.split(number=number, pay=[GIFT, REST], on=day(1), by="clerk:anna")

    def test_a_bundle_says_it(self) -> None:
        given: dict[str, Any] = {
            "number": "SO-000901",
            "customer": "C-1",
            "order_date": ON.isoformat(),
            "submit": True,
            "ship_to": "home",
            "lines": [
                {
                    "item_number": "S-UP",
                    "continuity": {
                        "card": "tok_visa",
                        "pay": [{"method": "gift_card", "percent": "25"}, {"method": "card", "percent": "75"}],
                    },
                }
            ],
        }
        put({"orders": [given]}, on=ON)
        assert paid("SO-000901") == [(1, "gift_card", "17.25", "due"), (2, "card", "51.75", "due")]
        again = put({"orders": [given]}, on=ON)
        assert again is None or paid("SO-000901")[0][2] == "17.25"


@st.composite
def shares(draw: st.DrawFn) -> tuple[Share, ...]:
    """Ways to pay without fault: amounts and percentages, the rest last."""
    first = draw(
        st.lists(
            st.builds(Share, st.sampled_from(["check", "cash", "gift_card"]), st.integers(1, 5000))
            | st.builds(
                Share,
                st.sampled_from(["gift_card", "on_account"]),
                st.none(),
                st.decimals("0.001", "20", places=3),
            ),
            min_size=1,
            max_size=4,
        )
    )
    return (*first, Share("card"))


@given(
    shares=shares(),
    total=st.integers(0, 50_000),
    kept=st.dictionaries(st.integers(1, 6), st.integers(0, 3000), max_size=3),
)
def test_shares_come_to_the_sum_and_what_is_kept_stays(
    shares: tuple[Share, ...], total: int, kept: dict[int, int]
) -> None:
    assert not list(faults(shares))
    found = spread(total, shares, kept)
    assert all(found[number] == amount for number, amount in kept.items())
    assert sum(found.values()) == max(total, sum(kept.values()))
    assert all(amount > 0 for number, amount in found.items() if number not in kept)


@given(total=st.integers(1, 10**7), percent=st.decimals("0.001", "99.999", places=3))
def test_a_percentage_is_rounded_half_up_and_the_last_takes_the_rest(total: int, percent: Decimal) -> None:
    found = spread(total, (Share("gift_card", percent=percent), Share("card", percent=100 - percent)))
    exact = Decimal(total) * percent / 100
    first = found.get(1, 0)
    assert exact - Decimal("0.5") < first <= exact + Decimal("0.5")
    assert first + found.get(2, 0) == total


@given(shares=shares(), before=st.integers(1, 50_000), after=st.integers(1, 50_000))
def test_amounts_stay_and_only_the_last_differs_when_the_order_changes(
    shares: tuple[Share, ...], before: int, after: int
) -> None:
    fixed = tuple(one for one in shares if one.percent is None)
    most = sum(one.amount_minor or 0 for one in fixed)
    was, now = spread(most + before, fixed), spread(most + after, fixed)
    differs = {number for number in was if was[number] != now.get(number)}
    assert differs <= {len(fixed)}
