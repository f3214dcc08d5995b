"""How a test reads a paper: the text of its PDF, the page that is printed from it, all that its value says."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from pypdf import PdfReader

import perennial

TEMPLATES = Path(perennial.__file__).parent / "web" / "templates"
NOT_SHOWN = {"words", "form", "language", "size", "hide_prices"}


def reader(pdf: bytes) -> PdfReader:
    """The PDF, to be looked into."""
    return PdfReader(io.BytesIO(pdf))


def pages(pdf: bytes) -> list[str]:
    """The text of each page, in plain spaces, as if no word had been broken."""
    return [plain(page.extract_text().replace("\u200b\n", "").replace("\u200b", "")) for page in reader(pdf).pages]


def text(pdf: bytes) -> str:
    """All of its text."""
    return " ".join(pages(pdf))


def html(name: str, *papers: Any) -> str:
    """The page to print, as the template makes it."""
    engine = Engine(
        dirs=[str(TEMPLATES)],
        libraries={"static": "django.templatetags.static"},
        builtins=["perennial.web.templatetags.desk"],
    )
    return engine.get_template(f"web/papers/{name}.html").render(Context({"papers": papers}))


def plain(words: str) -> str:
    """Words with single plain spaces between them."""
    return re.sub(r"\s+", " ", words)


def said(value: Any) -> Iterator[str]:
    """Every text that a paper shows, its words apart."""
    if isinstance(value, str):
        yield plain(value)
    elif isinstance(value, tuple):
        for one in value:
            yield from said(one)
    elif is_dataclass(value):
        for one in fields(value):
            if one.name not in NOT_SHOWN:
                yield from said(getattr(value, one.name))
