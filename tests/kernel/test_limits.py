"""What texts and codes may be: how long, of which characters."""

from __future__ import annotations

import pytest

from perennial.errors import Refused
from perennial.kernel import limits
from perennial.language import say


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
