"""Every guide does what it shows: its bundles import, its commands print what stands below them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core import management

from tests.docs.play import BLOCK, agrees, bundles, play
from tests.processes import ROOT

GUIDES = sorted(path for path in (ROOT / "docs" / "guides").glob("*.md") if path.name != "README.md")


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guide_prints_what_it_shows(guide: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # `init` would look for tables to make: half a second a guide, and the template has them all.
    monkeypatch.setattr(management, "call_command", lambda name, **given: None)
    _, faults = play(guide.read_text(encoding="utf-8"))
    assert not faults, "\n\n".join(faults)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_every_bundle_of_a_guide_is_json_and_is_imported(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    found = bundles(text)
    assert found, "a guide without an example"
    for name, body in found.items():
        json.loads(body)
        assert f"import {name}" in text, f"{name} is never imported"
    unnamed = [body for kind, name, body in BLOCK.findall(text) if kind == "json" and not name]
    assert not unnamed, "a bundle without a name is not tried"


def test_every_guide_is_in_the_list() -> None:
    listed = (ROOT / "docs" / "guides" / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in GUIDES if f"({path.name})" not in listed] == []


@pytest.mark.parametrize(
    ("shown", "printed", "answer"),
    [
        ("a\nb", "a\nb", True),
        ("a\nb", "a\nc", False),
        ("...\nb", "a\nx\nb", True),
        ("a\n...", "a", True),
        ("...", "", True),
        ("a\n...\nc", "a\nb", False),
        ("a.c", "abc", False),
        ("", "", True),
        ("", "a", False),
    ],
)
def test_lines_that_a_guide_leaves_out(shown: str, printed: str, answer: bool) -> None:
    assert agrees(shown, printed) is answer
