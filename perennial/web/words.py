"""The words of the pages, in the language of whoever reads them."""

from __future__ import annotations

from django.http import HttpRequest

from perennial.catalog.queries import names
from perennial.desk.read.values import Card
from perennial.language import Reader, phrase


def reader_of(request: HttpRequest) -> Reader:
    """Who reads this page; before anybody is known: in English."""
    visitor = getattr(request, "visitor", None)
    return visitor.reader if visitor else Reader()


def words(request: HttpRequest, code: str, /, **facts: object) -> str:
    """A sentence of the pages."""
    return said(reader_of(request), code, **facts)


def said(to: Reader, code: str, /, **facts: object) -> str:
    """A sentence of the pages, to somebody. A code without a sentence is a fault of ours."""
    found = phrase("web", code, facts, to)
    if found is None:
        raise KeyError(f"no sentence of the pages: {code}")
    return found


def card_words(card: Card) -> str:
    """A card as a page names it: Visa 4242."""
    shown = card.words or card.token
    return shown[:1].upper() + shown[1:]


def names_of(request: HttpRequest) -> dict[tuple[str, str], str]:
    """What delivery modes and intervals are called, read once a request."""
    known: dict[tuple[str, str], str] | None = getattr(request, "names", None)
    if known is None:
        known = names()
        request.names = known  # type: ignore[attr-defined]
    return known
