"""The words of state: those of the contract, and no others."""

from __future__ import annotations

import ast
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
    assert [state for state, new in states.ORDER.items() if not new] == ["invoiced"]
    assert all(states.CONTINUITY_ORDER.values()), "a member may come back"
    assert {state for state, new in states.PAYMENT.items() if not new} == {"captured", "written_off", "paid"}
    assert all(states.LINE.values()), "what is cancelled may be revived"


def test_what_is_cancelled_comes_back_only_as_it_was_before_anything_left() -> None:
    assert states.ORDER["cancelled"] == {"draft", "open"}
    assert states.CONTINUITY_ORDER["cancelled"] == {"draft", "open"}
    assert states.ORDER_LINE["cancelled"] == {"open"}


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


SETS = {
    "orders": ({*states.ORDER, *states.CONTINUITY_ORDER}, "NOT_ENDED SENT NOT_INVOICED ENDED DONE"),
    "occurrences": (set(states.LINE), "TO_COME COUNTED PLANNED_ANEW"),
    "payments": (
        set(states.PAYMENT),
        "CHANGEABLE SPREAD_ANEW NOT_ASKED REFUSED STOPS_SHIPPING TO_DO CARD_OWES WITH_GATEWAY NOT_ANSWERED GIVEN_UP"
        " OF_CARDS OF_BILLS WITH_MONEY NOT_COUNTED",
    ),
    "holds": (set(states.HOLDS_STOP), "HOLDS_CHILDREN HOLDS_SENDING HOLDS_INVOICING HOLDS_CHARGING"),
    "methods": (set(states.METHODS), "PREPAID"),
}
ROOT = Path(__file__).parents[2] / "perennial"


@pytest.mark.parametrize("of", SETS)
def test_a_set_holds_known_words_each_once(of: str) -> None:
    known, names = SETS[of]
    for name in names.split():
        words = getattr(states, name)
        assert set(words) < known, name
        assert len(set(words)) == len(words), name


def test_a_payment_that_is_over_is_in_no_set_of_what_is_to_be_done() -> None:
    over = {state for state, new in states.PAYMENT.items() if not new}
    for name in ("CHANGEABLE", "TO_DO", "CARD_OWES", "WITH_GATEWAY", "NOT_ANSWERED", "GIVEN_UP", "STOPS_SHIPPING"):
        assert not over & set(getattr(states, name)), name


def test_a_payment_is_given_up_and_cancelled_where_the_pairs_allow_it() -> None:
    assert all(states.may_follow(states.PAYMENT, state, "written_off") for state in (*states.GIVEN_UP, "unknown"))
    assert all(states.may_follow(states.PAYMENT, state, "cancelled") for state in (*states.CHANGEABLE, "billed"))


def test_no_set_is_said_a_second_time() -> None:
    """A list of words in Python, or behind ``in`` in SQL, that is a set of ``kernel.states`` is one too many."""
    known = {frozenset(getattr(states, name)): name for _, names in SETS.values() for name in names.split()}
    known |= {frozenset(getattr(states, name)): name for name in ("CATCH_UP", "METHODS", "ADJUSTMENTS", "HOLDS_STOP")}
    faults = []
    for path in sorted(ROOT.rglob("*.py")):
        if path.name == "states.py" or {"migrations", "bench", "demo"} & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) > 1:
                words = frozenset(
                    e.value for e in node.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)
                )
                if len(words) == len(node.elts) and words in known:
                    faults.append(f"{path.relative_to(ROOT)}:{node.lineno} is {known[words]}")
    for path in sorted({*ROOT.rglob("*.sql"), *ROOT.rglob("*.py")}):
        if {"migrations", "bench"} & set(path.parts):
            continue
        text = path.read_text(encoding="utf-8")
        for found in re.finditer(r"\bin \(('\w+'(?:, '\w+')+)\)", text):
            words = frozenset(re.findall(r"\w+", found[1]))
            if words in known:
                faults.append(f"{path.relative_to(ROOT)}:{text[: found.start()].count(chr(10)) + 1} is {known[words]}")
    assert faults == []
