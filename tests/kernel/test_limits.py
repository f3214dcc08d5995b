"""What texts and codes may be: how long, of which characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perennial.errors import Refused
from perennial.kernel import limits
from perennial.kernel.limits import number_fault, passes_luhn, text_fault
from perennial.language import say
from tests.worlds.card_number import card_number


def said(fault: Refused | None) -> str:
    assert fault is not None
    return say(fault)


def test_texts_within_their_length() -> None:
    for longest in (limits.LINE, limits.TEXT):
        assert limits.text_fault("é" * longest, longest) is None
        assert said(limits.text_fault("é" * (longest + 1), longest)) == f"longer than {longest:,} characters"
    for longest in (limits.CODE, limits.LONG_CODE):
        assert limits.code_fault("x" * longest, longest) is None
        assert said(limits.code_fault("x" * (longest + 1), longest)) == f"longer than {longest} characters"


@pytest.mark.parametrize("value", ["", "a b", "-", "0013", " ", "two\nlines", "tab\t"])
def test_texts_may_have_lines_and_be_empty(value: str) -> None:
    assert limits.text_fault(value) is None


@pytest.mark.parametrize("value", ["ada@example.com", "O'Neil.a+b@sub.example-club.co.uk", "ada@bücher.example"])
def test_an_email_address(value: str) -> None:
    assert limits.email_fault(value) is None


@pytest.mark.parametrize(
    "value",
    [
        *("nina(at)example", "ada", "ada@example", "ada@example.c", "a..b@example.com", "ada@-x.com", "ada@1.2.3.4"),
        *("ada@example.com\n", " ada@example.com", "ada@x.com, eva@x.com", "Ada <ada@x.com>", "a" * 320 + "@x.com"),
    ],
)
def test_what_is_no_email_address(value: str) -> None:
    assert "is no e-mail address" in said(limits.email_fault(value))


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_what_cannot_be_stored_is_in_no_text(value: str) -> None:
    assert limits.text_fault(value)
    assert limits.code_fault(value)


@pytest.mark.parametrize("value", ["", " ", " a", "a ", "a\nb", "a\x7f", "\ta", "a\x85b"])
def test_codes_are_not_empty_and_have_neither_spaces_around_them_nor_control_characters(value: str) -> None:
    assert limits.code_fault(value)
    assert limits.code_fault("BOM 1 é") is None


@pytest.mark.parametrize("unseen", "\u200b\u202e\u2066\ufeff\u00ad\u2028\u2029\u00a0\u3000\u2009")
def test_codes_have_nothing_in_them_that_nobody_sees(unseen: str) -> None:
    assert said(limits.code_fault(f"BO{unseen}M")) == f"has U+{ord(unseen):04X} in it, a character that nobody sees"
    assert limits.text_fault(f"BO{unseen}M") is None


CARDS = [("4", 13), ("4", 16), ("4", 19), ("51", 16), ("2221", 16), ("37", 15), ("36", 14), ("6011", 16), ("3528", 16)]


OTHER = {
    **{zero: [chr(ord(zero) + digit) for digit in range(10)] for zero in "\uff10\u0660\u0966"},
    "\u2070": list("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"),
}


def grouped(digits: str, by: str) -> str:
    return by.join(digits[at : at + 4] for at in range(0, len(digits), 4))


@pytest.mark.parametrize(("begins", "digits"), CARDS)
@pytest.mark.parametrize("by", ["", " ", "-", " - "[:2], ".", "\u00a0", "\u2013"])
def test_a_card_number_is_in_no_text(begins: str, digits: int, by: str) -> None:
    number = grouped(card_number(begins, digits), by)
    for text in (number, f"pays with {number}, 12/29", f"{number} 123", f"({number})"):
        fault = text_fault(text)
        assert fault is not None, text
        assert fault.code == "text_with_card_number"
    assert number_fault(number) is None


@pytest.mark.parametrize(("begins", "digits"), CARDS)
@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("by", [" ", "-", ".", "_", "\u00a0", "\u2013", "\u3000", "\u200b", "\uff0d"])
def test_a_card_number_of_ones_or_twos_is_in_no_text(begins: str, digits: int, size: int, by: str) -> None:
    number = card_number(begins, digits)
    written = by.join(number[at : at + size] for at in range(0, len(number), size))
    assert text_fault(f"pays with {written}, 12/29") is not None


@pytest.mark.parametrize("zero", ["\uff10", "\u0660", "\u0966", "\u2070"])
@pytest.mark.parametrize("by", ["", " "])
def test_a_card_number_in_other_digits_is_in_no_text(zero: str, by: str) -> None:
    number = by.join(OTHER[zero][int(digit)] for digit in card_number())
    assert text_fault(f"pays with {number}") is not None


@given(st.text(alphabet="0123456789", min_size=13, max_size=19).filter(lambda digits: not passes_luhn(digits)))
def test_digits_that_do_not_pass_luhn_are_no_card_number(digits: str) -> None:
    assert text_fault(digits) is None


@given(st.sampled_from("23456"), st.integers(13, 19), st.text(alphabet="abc ,;:", max_size=20), st.data())
def test_wherever_it_stands_it_is_found(first: str, digits: int, around: str, data: st.DataObject) -> None:
    rest = data.draw(st.text(alphabet="0123456789", min_size=digits - 2, max_size=digits - 2))
    number = card_number(first + rest, digits)
    assert text_fault(f"{around}{number}{around}") is not None


@pytest.mark.parametrize(
    "text",
    [
        "moved from 2026-03-10 to 2026-04-10",
        "2026-03-10 2026-04-10",
        "call +49 1512 3456789",
        "0039 347 123 4567 and 0039 347 123 4568",
        "invoice 2026/000123, 12.50 EUR",
        card_number("4", 16)[:12],
        card_number("4", 16) + "0000",
    ],
)
def test_what_only_looks_like_one_is_a_text(text: str) -> None:
    assert text_fault(text) is None
