"""The text of a message by kind and language: the company's own, else the one that comes with Perennial.

It is made of paragraphs with an empty line between them. A placeholder such as ``{ship_on}`` stands for a fact, words
between stars are bold. ``# `` in front of a paragraph makes it the heading, ``-- `` the small print; lines that begin
with ``|`` are a table of two columns. A paragraph or row with a fact that is not known is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from string import Formatter
from typing import NamedTuple

from perennial.errors import Refused
from perennial.kernel import guess, limits
from perennial.kernel.places import language_faults
from perennial.language import LANGUAGES
from perennial.language.catalogue import catalogue
from perennial.notices.kinds import Kind, kind_of
from perennial.notices.models import NoticeText

MOST = limits.TEXT
SUBJECT = 200


class Text(NamedTuple):
    """What is said of a kind in a language. ``own``: the company has written it."""

    kind: str
    language: str
    subject: str
    body: str
    own: bool


class Block(NamedTuple):
    """A part of a text: ``heading``, ``paragraph``, ``rows`` or ``small``, with its lines."""

    kind: str
    lines: tuple[str, ...]


def text_of(kind: str, language: str | None) -> Text:
    """The text for who reads this language: the company's own, else the one that comes with Perennial, else the English."""
    for one in dict.fromkeys((language or "en", (language or "en").partition("-")[0], "en")):
        own = NoticeText.objects.filter(kind=kind, language=one).first()
        if own is not None:
            return Text(kind, one, own.subject, own.body, own=True)
        if one in LANGUAGES:
            return supplied(kind, one)
    raise AssertionError("English is always there")


def supplied(kind: str, language: str) -> Text:
    """The text that comes with Perennial."""
    found = catalogue(language)
    subject, body = found.template("message_subject", kind), found.template("message_body", kind)
    assert subject is not None, f"no subject of {kind} in {language}"
    assert body is not None, f"no text of {kind} in {language}"
    return Text(kind, language, subject, body, own=False)


def blocks(body: str) -> list[Block]:
    """The parts of a text, in their order."""
    made = []
    for part in re.split(r"\n\s*\n", body.replace("\r\n", "\n").strip()):
        lines = tuple(line.strip() for line in part.splitlines() if line.strip())
        if not lines:
            continue
        if all(line.startswith("|") for line in lines):
            made.append(Block("rows", lines))
        elif lines[0].startswith("# "):
            made.append(Block("heading", (" ".join(lines).removeprefix("# "),)))
        elif lines[0].startswith("-- "):
            made.append(Block("small", (" ".join(lines).removeprefix("-- "),)))
        else:
            made.append(Block("paragraph", (" ".join(lines),)))
    return made


def cells(row: str) -> tuple[str, str]:
    """The two columns of a row."""
    left, _, right = row.removeprefix("|").partition("|")
    return left.strip(), right.strip()


def names(words: str) -> Iterator[str]:
    """The placeholders of a text as they are written; ValueError: a brace has no partner."""
    for _, name, style, conversion in Formatter().parse(words):
        if name is not None:
            yield name + (f"!{conversion}" if conversion else "") + (f":{style}" if style else "")


def faults(kind: Kind, language: str, subject: str, body: str) -> Iterator[Refused]:
    """What is wrong with a text: placeholders that this kind does not have, and those that it cannot do without."""
    yield from language_faults(language)
    for field, words, most in (("subject", subject, SUBJECT), ("body", body, MOST)):
        if not words.strip():
            yield Refused("text_empty", field)
        elif fault := limits.text_fault(words, most):
            yield fault.at(field)
    if "\n" in subject.strip():
        yield Refused("message_subject_of_lines", "subject")
    found: set[str] = set()
    for field, words in (("subject", subject), ("body", body)):
        try:
            used = list(dict.fromkeys(names(words)))
        except ValueError:
            yield Refused("message_brace_open", field)
            return
        found.update(used)
        yield from _unknown(kind, field, used)
    missing = [name for name in kind.must if name not in found]
    if missing:
        yield Refused("message_placeholders_missing", "body", kind=kind.name, missing=missing)


def _unknown(kind: Kind, field: str, used: Iterable[str]) -> Iterator[Refused]:
    known = sorted(kind.placeholders)
    for name in used:
        if name not in kind.placeholders:
            yield Refused(
                "message_placeholder_unknown",
                field,
                name=name,
                kind=kind.name,
                meant=guess.meant(name, known),
                known=known,
            )


def read_file(words: str) -> tuple[str, str]:
    """Subject and body of a text in a file: the first line is the subject."""
    subject, _, body = words.strip().partition("\n")
    return subject.strip(), body.strip()


def text_to_show(kind: str, language: str) -> Text:
    """The text that is sent in a language. Refused: an unknown kind, a language that is none."""
    for fault in language_faults(language):
        raise fault
    return text_of(kind_of(kind).name, language)
