"""Customers by any words of their name, town, postcode, telephone, e-mail address and account.

Every word begins a word of the customer's; large and small letters, accents and what stands between letters do not
matter. Of a telephone number it may be the last four digits or more, with the country's number or without.
The newest customers come first, so a broad word finds its page among the newest; only where these are read in vain is
the index of words asked, for which such a word is not broad.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from perennial.db import pages, sql
from perennial.db.pages import Page

SQL = sql.named("perennial.customers", "search.sql")
LONGEST_WORD = 100
MOST_WORDS = 20
READ_NEWEST = 1_000
"""So many customers are read before the index of words is asked."""

LAST_ID = 2**63 - 1

SHORTEST_PHONE = 7
"""A telephone number of so many digits is taken for a whole one."""

_NUMBER = re.compile(r"[-+()/.0-9]*[0-9][-+()/.0-9]*")
_NATIONAL = 9
"""The last digits of a telephone number in which its spelling with and without the country's number agree."""


@dataclass(frozen=True, slots=True)
class Term:
    """One word that was typed, or several that may be one telephone number.

    ``query``: which words of a customer fit it (a tsquery); ``beginnings``: with what they begin.
    """

    query: str
    beginnings: tuple[str, ...]

    def fits(self, words: str | None) -> bool:
        """Does one of these words begin so?"""
        return any(word.startswith(self.beginnings) for word in (words or "").split())

    @property
    def is_short(self) -> bool:
        """Do so many customers have words that begin so that it narrows nothing?"""
        return len(self.beginnings[0]) <= 2


class Word(NamedTuple):
    """A word as it was typed, and as the words of customers are written down: joined, and apart at what stands inside."""

    typed: str
    joined: str
    apart: str

    @property
    def is_number(self) -> bool:
        """Has it digits, and else only what stands between those of a telephone number?"""
        return _NUMBER.fullmatch(self.typed) is not None


def read_words(typed: str) -> list[Word]:
    """The words that were typed, the first twenty of them."""
    words = [word[:LONGEST_WORD] for word in typed.replace("\0", " ").split()[:MOST_WORDS]]
    return sql.rows(Word, SQL["plain"], {"words": words})


def terms_of(words: Sequence[Word]) -> list[Term]:
    """What was typed as terms. Neighbours that are numbers may be one telephone number."""
    terms: list[Term] = []
    for are_numbers, neighbours in groupby(words, lambda word: word.is_number):
        run = list(neighbours)
        terms += [_number(run)] if are_numbers else [_word(word) for word in run if word.joined]
    return terms


def query_of(terms: Sequence[Term]) -> str:
    """Which words of a customer fit all the terms (a tsquery)."""
    return " & ".join(term.query for term in terms)


def customers_with(
    terms: Sequence[Term], *, size: int, after: str | None = None, without: Sequence[int] = ()
) -> Page[int]:
    """A page of the customers whom all the terms fit, the newest first; ``without``: these aside. No term fits nobody."""
    if not terms:
        return Page(())
    (before,) = pages.key_of(after, 1) if after is not None else (LAST_ID,)
    values = {
        "all": query_of(terms),
        "long": query_of([term for term in terms if not term.is_short] or terms),
        "before": before,
        "without": list(without),
        "read": READ_NEWEST,
        "most": size + 1,
    }
    found = sql.tuples(SQL["among_newest"], values)
    if len(found) <= size:
        found = sql.tuples(SQL["by_words"], values)
    return pages.page((row[0] for row in found), size, lambda customer: (customer,))


def exactly(words: Sequence[Word], *, most: int) -> list[int]:
    """The customers whose whole account, e-mail address or telephone number the words are, the newest first."""
    whole = "".join(word.joined for word in words)[:LONGEST_WORD]
    if not whole:
        return []
    ways = [_quoted("=" + whole)]
    if any("@" in word.typed for word in words):
        ways.append(_quoted("@" + whole))
    if len(whole) >= SHORTEST_PHONE and all(word.is_number for word in words):
        ways.append(_begins(_from_behind(whole)))
    return [row[0] for row in sql.tuples(SQL["exactly"], {"query": " | ".join(ways), "most": most})]


def _word(word: Word) -> Term:
    """A word whole, which may begin an account, and with a digit an e-mail address; else its parts, wherever they stand."""
    parts = word.apart.split()
    whole = word.joined[:LONGEST_WORD]
    ways = [[whole], ["=" + whole]]
    if "@" in word.typed or re.search("[0-9]", whole):
        ways.append(["@" + whole])
    elif len(parts) > 1:
        ways.append(parts)
    return _term(ways)


def _number(words: Sequence[Word]) -> Term:
    """Numbers as they stand, or all their digits as one number, or the last digits of a telephone number."""
    each = [word.joined for word in words]
    digits = "".join(each)[:LONGEST_WORD]
    ways = [each, *([[digits]] if len(each) > 1 else []), ["=" + digits]]
    if len(digits) >= 4:
        ways.append([_from_behind(digits)])
    return _term(ways)


def _term(ways: Sequence[Sequence[str]]) -> Term:
    query = " | ".join(f"({' & '.join(map(_begins, way))})" for way in ways)
    return Term(f"({query})", tuple(dict.fromkeys(word for way in ways for word in way)))


def _from_behind(digits: str) -> str:
    """The last digits of a telephone number from behind, without what is dialled in front of it from elsewhere."""
    bare = digits.lstrip("0")
    return "~" + (bare if len(bare) >= 4 else digits)[-_NATIONAL:][::-1]


def _begins(word: str) -> str:
    return f"{_quoted(word)}:*"


def _quoted(word: str) -> str:
    doubled = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
