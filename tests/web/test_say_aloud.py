"""What a clerk reads to the caller: all ways to pay, in both languages, one and many."""

from __future__ import annotations

import pytest

from perennial.desk import actions
from perennial.desk.read.entry import entry, new_entry
from perennial.language import Reader
from perennial.web.say_aloud import aloud, plain, set_bold
from tests.worlds import desk
from tests.worlds.desk import ANNA, ON, book, line

pytestmark = pytest.mark.usefixtures("club")

EN = Reader("en", dates="weekday", money="symbol", year=ON.year)
IT = Reader("it", dates="weekday", money="symbol", year=ON.year)


def said(number: str, to: Reader = EN) -> str:
    """The sentence, with spaces that do not break as plain ones."""
    return plain(aloud(entry(number, on=ON), to)).replace("\xa0", " ")


def draft(*lines: object, **more: object) -> str:
    return desk.order(*lines, submit=False, **more)  # type: ignore[arg-type]


def test_each_as_it_ships() -> None:
    number = draft("CLUB")
    assert said(number) == (
        "4 shipments of S-CLUB, the first on Tuesday 10 March. $16.50 for the first and between $38.50 and $159.50 for "
        "each later one, delivery and tax included, charged to your Visa ending 4242 when it leaves. $259.50 in all. "
        "You can skip a shipment or stop at any time. Do you agree?"
    )
    assert said(number, IT) == (
        "4 spedizioni di S-CLUB, la prima martedì 10 marzo. 16,50 USD per la prima e da 38,50 USD a 159,50 USD per "
        "ciascuna delle successive, spedizione e imposte comprese, addebitati sulla Sua Visa che finisce con 4242 quando "
        "parte. 259,50 USD in tutto. Può saltare una spedizione o terminare in qualsiasi momento. È d'accordo?"
    )


def test_each_in_parts() -> None:
    words = said(draft(line("CLUB", payment_schedule="3X")))
    assert "Each is paid in 3 parts, the first when it leaves." in words


def test_upfront_at_once() -> None:
    words = said(draft("UP"))
    assert "$69.00 in all, delivery and tax included, charged to your Visa ending 4242 once" in words
    assert "with the first shipment on Tuesday 10 March." in words


def test_upfront_in_parts() -> None:
    number = draft("PART")
    words = said(number)
    assert "in 3 parts charged to your Visa ending 4242: $23.00 today, the last on Sunday 10 May." in words
    assert "in 3 rate addebitati sulla Sua Visa che finisce con 4242" in said(number, IT)
    later = said(draft(line("PART", start_date=desk.day(5))))
    assert "$23.00 on Sunday 15 March, the last on Friday 15 May." in later
    assert said(draft("PART", "CLUB")).count("skip a shipment or stop") == 1


def test_on_account_and_by_check() -> None:
    assert "billed to your account when it leaves" in said(draft(line("CLUB", payment_method="on_account")))
    assert "paid by check once" in said(draft(line("UP", payment_method="check")))
    assert "pagati con assegno in una volta" in said(draft(line("UP", payment_method="check")), IT)


def test_one_shipment_is_not_many() -> None:
    number = draft("CLUB")
    for shipment in (2, 3, 4):
        actions.skip(number=number, shipment=shipment, **ANNA)
    words = said(number)
    assert words.startswith("1 shipment of S-CLUB, on Tuesday 10 March. 3 shipments are left out. $16.50, delivery")
    assert "in all" not in words
    assert said(number, IT).startswith("1 spedizione di S-CLUB, martedì 10 marzo. 3 spedizioni non partono.")


def test_until_stopped_says_no_sum() -> None:
    words = said(draft("LOOP"))
    assert words.startswith("S-LOOP until you stop it, the first on Tuesday 10 March.")
    assert "in all" not in words


def test_ordinary_lines_are_paid_today() -> None:
    number = draft("CLUB", book("B1", 2), book("B2"))
    assert "$45.00 today for B1, B2, charged to your Visa ending 4242. Do you agree?" in said(number)
    assert "oggi per B1, B2, addebitati sulla Sua Visa che finisce con 4242. È d'accordo?" in said(number, IT)


def test_where_it_goes_is_said_where_it_is_elsewhere() -> None:
    actions.address(number=(number := draft("CLUB")), to="cabin", on=ON, by="clerk:anna", line=1)
    assert "It goes to cabin." in said(number)
    assert "Viene spedito a cabin." in said(number, IT)
    assert "It goes to" not in said(draft("CLUB"))


def test_nothing_is_said_of_an_empty_order() -> None:
    assert aloud(new_entry("C-1", on=ON), EN) == ()


def test_bold_is_html_and_the_rest_is_escaped() -> None:
    html = set_bold(aloud(entry(draft("CLUB"), on=ON), EN))
    assert "<b>Tuesday 10 March</b>" in html
    assert "\ue000" not in html


def test_a_start_in_the_past_says_what_leaves_together() -> None:
    number = draft(line("CLUB", start_date=desk.day(-400)))
    words = said(number)
    assert words.startswith("4 shipments of S-CLUB, all of them on Tuesday 10 March.")
    assert "All 4 leave together: $259.50 on Tuesday 10 March. Do you agree?" in words
    assert "skip a shipment" not in words
    assert "in all" not in words
    italian = said(number, IT)
    assert italian.startswith("4 spedizioni di S-CLUB, tutte martedì 10 marzo.")
    assert "Tutte e 4 partono insieme: 259,50 USD martedì 10 marzo." in italian


def test_some_of_a_start_in_the_past_leave_together() -> None:
    words = said(draft(line("CLUB", start_date=desk.day(-15))))
    assert words.startswith("4 shipments of S-CLUB, the first on Tuesday 10 March.")
    assert "2 of them leave together on Tuesday 10 March: $176.00 on that day." in words
    assert "$259.50 in all. You can skip a shipment" in words
