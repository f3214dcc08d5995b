"""Every code that is raised has its sentence in every language, with the same facts; and no sentence is left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

import perennial
from perennial.bundle.reading.notes import GROUPS
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.language import LANGUAGES, Reader, phrase, reader, say
from perennial.language.catalogue import catalogue
from perennial.language.document import page
from perennial.language.formats import fact, placeholders

PACKAGE = Path(perennial.__file__).parent
SAYS = {"Refused": ("problem", 0), "fault": ("problem", 1), "problem": ("problem", 0), "note": ("note", 0)}
"""Calls that name a code: of which context, and at which argument."""


class Raised(NamedTuple):
    """One place where a problem is raised, or something noted."""

    where: str
    context: str
    code: str
    facts: frozenset[str] | None  # None: they are not written out at this place


def trees() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        if "migrations" not in file.parts:
            yield str(file.relative_to(PACKAGE)), ast.parse(file.read_text())


def raised() -> Iterator[Raised]:
    for name, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            context, at = SAYS.get(called, ("", -1))
            if called == "sentence" and isinstance(node.args[0], ast.Constant):
                context, at = str(node.args[0].value), 1
            if not context or len(node.args) <= at or any(word.arg == "text" for word in node.keywords):
                continue
            code = node.args[at]
            if (
                isinstance(code, ast.Constant)
                and isinstance(code.value, str)
                and re.fullmatch(r"[a-z0-9_]+", code.value)
            ):
                words = [word.arg for word in node.keywords]
                facts = None if None in words else frozenset(word for word in words if word)
                yield Raised(f"{name}:{node.lineno}", context, code.value, facts)


RAISED = list(raised())
SAID = [(context, code) for context, code in catalogue("en").entries if context in ("problem", "note")]


@pytest.mark.parametrize("found", RAISED, ids=lambda found: f"{found.code}-{found.where}")
def test_what_is_raised_has_a_sentence_and_its_facts(found: Raised) -> None:
    entry = catalogue("en").entries.get((found.context, found.code))
    assert entry is not None, f"{found.where} raises {found.code!r}, which no sentence says"
    if found.facts is not None:
        needed = {name for form in entry.forms for name, must in placeholders(form).items() if must}
        assert needed <= found.facts, f"{found.where}: {found.code!r} says {sorted(needed - found.facts)}"


def test_every_reason_has_its_sentence() -> None:
    english = catalogue("en").entries
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason" and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant):
                    said = {context for context, one in english if one == code.value}
                    assert said & {"reason", "not_shipped", "problem", "note"}, (
                        f"{name}:{node.lineno} gives {code.value!r}"
                    )


def test_what_has_a_sentence_is_raised() -> None:
    written = {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for file in PACKAGE.rglob("*.sql"):  # statements give the faults of the data by their codes
        written.update(re.findall(r"'(\w+)'", file.read_text()))
    written |= {f"more_{group}" for group in GROUPS}
    assert not {code for _, code in SAID if code not in written}


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_another_language_says_the_same(language: str) -> None:
    english, other = catalogue("en").entries, catalogue(language).entries
    assert set(english) == set(other)
    for key, entry in english.items():
        names = {name for form in entry.forms for name in placeholders(form)}
        others = {name for form in other[key].forms for name in placeholders(form)}
        assert names == others, key
        assert all(other[key].forms), f"{key} has no words in {language}"
        assert len(entry.forms) == len(other[key].forms), key


def test_a_list_of_words_that_is_asked_for_exists() -> None:
    asked = {
        (name, node.args[0].value)
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "phrase"
        if isinstance(node.args[0], ast.Constant)
    }
    asked |= {
        (file.name, context)
        for file in PACKAGE.rglob("*.html")
        for context in re.findall(r'{% label "([^"]+)"', file.read_text())
    }
    known = {context for context, _ in catalogue("en").entries}
    assert [one for one in sorted(asked) if one[1] not in known] == []


def test_no_sentence_stands_under_two_codes() -> None:
    seen: dict[tuple[str, ...], str] = {}
    for (context, code), entry in catalogue("en").entries.items():
        if context == "problem":
            assert entry.forms not in seen, f"{code} and {seen[entry.forms]} say the same"
            seen[entry.forms] = code


def test_every_problem_says_when_it_comes_and_what_to_do() -> None:
    for (context, code), entry in catalogue("en").entries.items():
        if context == "problem":
            words = " ".join(entry.comments)
            assert "When:" in words, code
            assert "Do:" in words, code


def test_a_label_that_a_sentence_asks_for_exists() -> None:
    contexts = {context for context, _ in catalogue("en").entries}
    known = {"", "n", "quoted", "json", "amount", "decimal", *contexts}
    for (_, code), entry in catalogue("en").entries.items():
        for form in entry.forms:
            for style in styles(form):
                if style.startswith("?"):
                    assert ("phrase", style[1:]) in catalogue("en").entries, code
                else:
                    label, _, joined_by = style.partition("|")
                    assert label in known, (code, style)
                    assert not joined_by or ("phrase", joined_by) in catalogue("en").entries, (code, style)


def styles(form: str) -> Iterator[str]:
    from string import Formatter

    for _, name, style, _ in Formatter().parse(form):
        if name is not None:
            yield (style or "").partition("|")[0]


ITALIAN = Reader("it")


@pytest.mark.parametrize(
    ("value", "style", "to", "written"),
    [
        (date(2026, 3, 16), "", Reader(), "2026-03-16"),
        (date(2026, 3, 16), "", ITALIAN, "2026-03-16"),
        (date(2026, 3, 16), "", Reader("it", "words"), "16 mar 2026"),
        (Money(2490, "USD"), "", Reader(), "24.90 USD"),
        (Money(2490, "USD"), "", ITALIAN, "24,90 USD"),
        (Money(2490, "USD"), "amount", Reader(), "24.90"),
        (Money(500, "JPY"), "", ITALIAN, "500 JPY"),
        (12345, "n", Reader(), "12,345"),
        (12345, "n", ITALIAN, "12.345"),
        (12345, "", ITALIAN, "12345"),
        (Decimal("1.500"), "", Reader(), "1.5"),
        (Decimal("1.500"), "", ITALIAN, "1,5"),
        (["a", "b"], "", Reader(), "a, b"),
        ("x" * 100, "quoted", Reader(), "'" + "x" * 76 + "…"),
        ('a "b"', "json", Reader(), '"a \\"b\\""'),
        (["card", "cash"], "|or", Reader(), "card or cash"),
        (["charge", ("address", "home")], "lost|and", ITALIAN, "spesa e indirizzo home"),
        (None, "", Reader(), ""),
        ("Your card was declined. (generic_decline)", "bank", ITALIAN, "la banca non dà motivo (generic_decline)"),
        ("insufficient funds", "bank", ITALIAN, "fondi insufficienti"),
        ("Declined (as_it_came)", "bank", ITALIAN, "Declined (as_it_came)"),
    ],
)
def test_a_fact_is_written_as_its_reader_writes_it(value: object, style: str, to: Reader, written: str) -> None:
    assert fact(value, style, to) == written


def test_what_a_job_did_agrees_with_its_number() -> None:
    assert [phrase("count", "created", {"count": number}, ITALIAN) for number in (1, 2)] == ["1 creato", "2 creati"]
    assert phrase("count", "expired_card", {"count": 5}, ITALIAN) == "5 con carta scaduta"


def test_what_was_meant_is_said_where_it_is_known() -> None:
    known = Refused("order_unknown", "number", order="so-1", meant="SO-000001")
    assert say(known) == "unknown order 'so-1'; did you mean 'SO-000001'?"
    assert say(Refused("order_unknown", "number", order="so-1", meant=None)) == "unknown order 'so-1'"
    assert say(known, ITALIAN) == "ordine sconosciuto: 'so-1'; forse 'SO-000001'?"


def test_an_unknown_code_is_said_as_it_is() -> None:
    assert phrase("problem", "no_such_code", {}) is None
    assert say(Refused("no_such_code", order="SO-1")) == "no_such_code order=SO-1"


def test_the_language_of_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_LANGUAGE", "it")
    assert reader() == ITALIAN
    monkeypatch.setenv("PERENNIAL_LANGUAGE", "fr")
    with pytest.raises(Refused) as refused:
        reader()
    assert say(refused.value) == "'fr' is a language that Perennial has no words in: one of en, it"
    monkeypatch.delenv("PERENNIAL_LANGUAGE")
    assert reader() == Reader()


def test_the_page_of_problems_is_the_catalogue() -> None:
    written = (PACKAGE.parent / "docs" / "problems.md").read_text()
    assert written == page(), "make it anew: python -m perennial.language.document > docs/problems.md"


def test_one_fault_is_a_fault() -> None:
    assert [phrase("outcome", "faults_found", {"count": n}) for n in (1, 2)] == ["1 fault", "2 faults"]
