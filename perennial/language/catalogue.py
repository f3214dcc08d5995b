"""The sentences by language: every ``locale/<language>/*.po``, read with Babel the first time one is asked for.

An entry stands under its context (``problem``, ``reason``, ``note`` …) and its code, which is the same in all
languages; the fact ``count`` chooses between singular and plural. A new language is a new folder.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from gettext import c2py  # how gettext itself reads a rule of plurals
from importlib.resources import files
from typing import NamedTuple

LANGUAGES = ("en", "it")


class Entry(NamedTuple):
    """One sentence, or its plural forms; ``comments`` say when it is said and what to do."""

    forms: tuple[str, ...]
    comments: tuple[str, ...]


class Catalogue(NamedTuple):
    """All sentences of one language, by context and code."""

    entries: dict[tuple[str, str], Entry]
    plural: Callable[[int], int]

    def template(self, context: str, code: str, count: object = None) -> str | None:
        """The sentence with its placeholders; None when there is none."""
        entry = self.entries.get((context, code))
        if entry is None:
            return None
        if len(entry.forms) == 1:
            return entry.forms[0]
        return entry.forms[self.plural(count if isinstance(count, int) else 1)]


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language. An entry that stands twice is a fault of ours."""
    from babel.messages.pofile import read_po  # it takes a moment, and most commands refuse nothing

    entries: dict[tuple[str, str], Entry] = {}
    plural: Callable[[int], int] = c2py("n != 1")
    for file in sorted(files("perennial.language").joinpath("locale", language).iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".po"):
            continue
        with file.open("rb") as stream:
            read = read_po(stream, locale=language)
        plural = c2py(read.plural_expr)
        for message in read:
            if not message.id:
                continue
            code = message.id if isinstance(message.id, str) else message.id[0]
            forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
            key = (message.context or "", code)
            if key in entries:
                raise ValueError(f"{file.name}: {key} stands twice")
            entries[key] = Entry(forms, tuple(message.auto_comments))
    return Catalogue(entries, plural)
