"""What runs touched, in words: everything that may be told has its name in every language, and its words as they are read."""

from __future__ import annotations

import pytest

from perennial.jobs import MANY, NIGHTLY, WHOSE
from perennial.jobs.touched import FACTS, WHAT
from perennial.kernel import states
from perennial.language import LANGUAGES, Reader, phrase
from perennial.language.catalogue import catalogue
from perennial.language.values import in_a_line, in_words

TOLD = {
    "event": "C",
    "lines": [{"product": "B3", "quantity": "1", "price": "24.50"}],
    "status": "skipped",
    "ship_on": "2026-03-16",
    "blocked": "card",
    "method": "on_account",
    "change": "skip",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_may_be_told_has_a_name(language: str) -> None:
    names = catalogue(language).entries
    for context, words in (("touched", WHAT), ("fact", FACTS), ("web whose", WHOSE), ("web job", (*NIGHTLY, *MANY))):
        assert not [word for word in words if (context, word) not in names], context
    told = [code for context, code in names if context in ("touched", "fact")]
    assert sorted(told) == sorted((*WHAT, *FACTS))  # and nothing else


def test_facts_in_the_words_of_a_page() -> None:
    paid = {"payment": 1, "purpose": "shipment", "method": "card", "currency": "EUR", "amount": "25.79"}
    to = Reader("en", dates="weekday", money="symbol", year=2026)
    assert in_words(paid, to) == "€25.79, card (payment 1, shipment)"
    shipment = {"event": "E4-2", "repetition": 0, "lines": [{"product": "B3", "quantity": "2", "price": "24.50"}]}
    assert in_words(shipment, to) == "event E4-2; 2 × B3 at 24.50"
    assert in_words({**shipment, "repetition": 3, "ship_on": "2026-03-16"}, to) == (
        "event E4-2; repetition 3; 2 × B3 at 24.50; ship on Mon 16 Mar"
    )
    known = {"lines": shipment["lines"], "event": "E4-2", "event_id": 6, "repetition": 0}
    assert in_words(known, to) == "2 × B3 at 24.50; event 6"
    assert in_words({**known, "event_id": None}, to) == "2 × B3 at 24.50"  # no version has it any more
    assert in_a_line({"key": "E3", "event": 3, "since": "2026-03-16", "repetition": 0}) == "event 3; since 2026-03-16"
    assert in_words(None, to) == ""


def test_facts_are_read_as_their_reader_writes_them() -> None:
    english = "event C; product B3, quantity 1, price 24.50; status skipped; ship on 2026-03-16; blocked card"
    assert in_a_line(TOLD) == f"{english}; method on account; change skip"
    italian = (
        "evento C; prodotto B3, quantità 1, prezzo 24,50; stato saltata; spedizione lun 16 mar; bloccata per carta"
    )
    to = Reader("it", dates="weekday", year=2026)
    assert in_a_line(TOLD, to) == f"{italian}; metodo in conto; modifica il salto"
    assert in_a_line({"status": "later", "on": "soon"}, to) == "stato later; il soon"  # of an older version
    assert in_a_line(None, to) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_states_that_are_told_have_names(language: str) -> None:
    to = Reader(language)
    for word in (*states.LINE, *states.ORDER):
        assert phrase("line", word, None, to) or phrase("order", word, None, to), word
    for word in states.BLOCKED:
        assert phrase("blocked", word, None, to), word


STATES = {
    "order": states.ORDER,
    "order line": states.ORDER_LINE,
    "continuity order": states.CONTINUITY_ORDER,
    "line": states.LINE,
    "payment": states.PAYMENT,
    "purpose": states.PURPOSES,
    "method": states.METHODS,
    "card_link": states.CARD_LINK,
    "notice": states.NOTICE,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("context", STATES)
def test_a_state_is_read_in_words(context: str, language: str) -> None:
    read = {word: phrase(context, word, None, Reader(language)) for word in STATES[context]}
    assert [word for word, words in read.items() if words is None or "_" in words] == []
