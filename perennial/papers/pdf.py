"""Papers as one PDF: tagged, with its fonts, with its title and language; the same bytes from the same papers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from perennial.papers.confirmation import Confirmation
from perennial.papers.evidence import Evidence
from perennial.papers.pick_list import PickList
from perennial.papers.slip import Slip

Printed = Slip | Confirmation | PickList | Evidence


@dataclass(frozen=True, slots=True)
class Pdf:
    """A PDF: its bytes, and how many pages it has."""

    bytes: bytes
    pages: int


def pdf(paper: Printed) -> bytes:
    """The PDF of one paper."""
    return typeset([paper]).bytes


def typeset(papers: Iterable[Printed], title: str | None = None) -> Pdf:
    """Papers in one PDF, each from a new page 1 on. ``title``: of the document (left out: that of the first paper).

    A process of its own sets it: the typesetter keeps what it has once set, and ends with its memory.
    """
    given = [asdict(paper) for paper in papers]
    root = files("perennial.papers")
    document: dict[str, Any] = {"title": title or _title(given), "papers": given}
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            str(root.joinpath("typesetter.py")),
            str(root.joinpath("forms", "papers.typ")),
            _fonts(),
        ],
        input=json.dumps(document).encode(),
        capture_output=True,
    )
    if done.returncode:
        raise RuntimeError(f"the paper could not be set: {done.stderr.decode(errors='replace').strip()}")
    pages, _, made = done.stdout.partition(b"\n")
    return Pdf(made, int(pages))


def _title(given: list[dict[str, Any]]) -> str:
    first = given[0]["head"]
    return f"{first['title']} {first['number']}"


def _fonts() -> str:
    """The folder of the font."""
    return str(files("fontpkg_source_sans_3").joinpath("files"))
