"""Words from outside: countries, languages, and what a mistyped one may have meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perennial.kernel import guess, places
from perennial.language import say


@pytest.mark.parametrize("code", ["IT", "US", "DE", "GB", "XK"])
def test_countries(code: str) -> None:
    assert list(places.country_faults(code)) == []


def test_no_country_is_no_fault() -> None:
    assert list(places.country_faults(None)) == []


@pytest.mark.parametrize(("code", "hint"), [("UK", "GB"), ("USA", "US"), ("it", "IT"), ("EL", "GR")])
def test_what_is_no_country_is_a_fault_with_a_hint(code: str, hint: str) -> None:
    faults = list(places.country_faults(code, "customers[0].addresses[0].country"))
    assert [fault.field for fault in faults] == ["customers[0].addresses[0].country"]
    assert f'did you mean "{hint}"?' in say(faults[0])


@pytest.mark.parametrize("code", ["", "ZZ", "Italy", "12", "I T"])
def test_what_is_no_country(code: str) -> None:
    assert len(list(places.country_faults(code))) == 1


@pytest.mark.parametrize("language", [None, "en", "it", "pt-BR", "zh-Hant-TW", "gsw"])
def test_languages(language: str | None) -> None:
    assert list(places.language_faults(language)) == []


@pytest.mark.parametrize("language", ["", "e", "EN", "english", "pt_BR", "pt-", "en-veryverylong", "ït", "e1"])
def test_what_is_no_language(language: str) -> None:
    assert len(list(places.language_faults(language))) == 1


@pytest.mark.parametrize(("word", "known"), [("0009", "0009"), ("tok_visa", "TOK_VISA"), ("Standrad", "Standard")])
def test_what_was_meant(word: str, known: str) -> None:
    assert guess.meant(word, [known, "quite another"]) == known


@given(st.text(max_size=120), st.lists(st.text(max_size=12), max_size=20))
def test_what_was_meant_is_known_or_nothing(word: str, known: list[str]) -> None:
    assert guess.meant(word, known) in (None, *known)


def test_time_zones() -> None:
    assert "Europe/Rome" in places.time_zones()
    assert "Rome" not in places.time_zones()


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("BOMB", ["BOM", "WINE"], "BOM"),
        ("bom", ["BON", "BOM"], "BOM"),
        ("C-l", ["C-1"], "C-1"),
        ("C-9", ["C-1", "C-2"], None),
        ("C1", ["C-1", "C-2"], "C-1"),
        ("XXX", ["BOM"], None),
        ("", ["BOM"], None),
        ("BOM", [], None),
    ],
)
def test_the_nearest_word_is_meant_where_one_is_nearest(word: str, known: list[str], meant: str | None) -> None:
    assert guess.likely(word, known) == meant
