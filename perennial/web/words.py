"""The words of the pages, in the language of whoever reads them."""

from __future__ import annotations

from django.http import HttpRequest

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
