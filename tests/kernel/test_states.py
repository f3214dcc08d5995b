"""The words of state: those of the contract, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perennial.kernel import states

WORDS = {
    "order": "draft open shipped invoiced cancelled",
    "continuity order": "draft open closed cancelled",
    "line": "planned scheduled ordered skipped cancelled projected",
    "blocked": "acceptance hold card payment parked",
    "payment": "draft due sent authorised capturing captured declined failed unknown voided expired cancelled written_off"
    " billed paid",
}
KERNEL = {
    "order": set(states.ORDER),
    "continuity order": set(states.CONTINUITY_ORDER),
    "line": {*states.LINE, states.PROJECTED},
    "blocked": set(states.BLOCKED),
    "payment": set(states.PAYMENT),
}
PAIRS = [states.ORDER, states.ORDER_LINE, states.CONTINUITY_ORDER, states.LINE, states.PAYMENT]


@pytest.mark.parametrize("name", WORDS)
def test_the_words_are_those_of_the_contract_and_no_others(name: str) -> None:
    assert KERNEL[name] == set(WORDS[name].split())


def test_the_document_says_the_same() -> None:
    text = (Path(__file__).parents[2] / "docs" / "contract.md").read_text(encoding="utf-8")
    for name in WORDS:
        rows = [set(re.findall(r"`(\w+)`", row)) for row in re.findall(rf"^\| {name} \|(.+)\|$", text, re.MULTILINE)]
        assert KERNEL[name] in rows, name


def test_the_lines_of_an_order_have_the_words_that_are_shown() -> None:
    assert set(states.ORDER_LINE) == {"open", "shipped", "invoiced", "cancelled"}


@pytest.mark.parametrize("pairs", PAIRS)
def test_every_state_leads_to_known_ones_and_never_to_itself(pairs: dict[str, set[str]]) -> None:
    for old, new in pairs.items():
        assert new <= set(pairs)
        assert old not in new


@pytest.mark.parametrize("pairs", PAIRS)
def test_every_state_can_be_reached_from_the_first(pairs: dict[str, set[str]]) -> None:
    reached, waiting = set(), [next(iter(pairs))]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += pairs[state]
    assert reached == set(pairs)


def test_what_is_final() -> None:
    assert [state for state, new in states.ORDER.items() if not new] == ["invoiced", "cancelled"]
    assert [state for state, new in states.CONTINUITY_ORDER.items() if not new] == ["closed", "cancelled"]
    assert {state for state, new in states.PAYMENT.items() if not new} == {"captured", "written_off", "paid"}
    assert all(states.LINE.values()), "what is cancelled may be revived"


def test_what_has_shipped_is_not_cancelled_and_what_was_invoiced_not_opened() -> None:
    assert not states.may_follow(states.ORDER, "shipped", "cancelled")
    assert not states.may_follow(states.ORDER, "invoiced", "open")
    assert not states.may_follow(states.LINE, "skipped", "ordered"), "it is scheduled again first"
    assert not states.may_follow(states.LINE, "planned", "ordered"), "a draft makes no child"
    assert not states.may_follow(states.PAYMENT, "unknown", "sent"), "no new try before a final answer"
    assert not states.may_follow(states.PAYMENT, "captured", "due")


def test_unknown_words_follow_nothing() -> None:
    assert not states.may_follow(states.ORDER, "submitting", "open")
    assert not states.may_follow(states.ORDER, "open", "submitting")
