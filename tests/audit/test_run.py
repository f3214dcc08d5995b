"""The rules of the data as statements: each fault has its sentence, with all that the sentence says."""

from __future__ import annotations

import re

import pytest
from django.db import connection

from perennial.audit import planning
from perennial.audit.fault import SUBJECT, WORDS
from perennial.audit.run import SQL
from perennial.jobs import check
from perennial.language import LANGUAGES
from perennial.language.catalogue import catalogue
from perennial.language.formats import placeholders

pytestmark = pytest.mark.django_db

STATEMENTS = {
    **SQL,
    **{name: planning.SQL[name] for name in ("cut_short", "at_its_end")},
    check.MISSED: check.SQL[check.MISSED],
}
NOBODY = {
    "orders": [],
    "ids": [],
    "keys": [],
    "repetitions": [],
    "as_told": False,
    "found": None,
    "modes": [],
    "days": [],
}


def codes(statement: str) -> set[str]:
    """The codes of the faults that a statement gives: its first column, a word or a choice of words."""
    statement = re.sub(r"^--.*\n", "", statement, flags=re.MULTILINE)
    whole = re.findall(r"(?:\A|\nunion all\n|\)\n)select (.*?),\s+(?:p\.|coalesce|null)", statement, re.DOTALL)
    return {code for part in whole for code in re.findall(r"(?:\A|then |else )\s*'(\w+)'", part)}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_fault_has_its_sentence(name: str) -> None:
    statement = STATEMENTS[name]
    for word, said in WORDS.items():
        statement = statement.replace(f"{{{word}}}", said)
    with connection.cursor() as cursor:
        cursor.execute(statement, NOBODY)
        facts = {*SUBJECT, *(column.name for column in cursor.description[len(SUBJECT) + 1 :])}
    found = codes(STATEMENTS[name])
    assert found
    for code in found:
        for language in LANGUAGES:
            (form,) = catalogue(language).entries["problem", code].forms
            assert placeholders(form).keys() <= facts, code
