"""The stylesheet: enough contrast in both themes, every colour a token, and small enough to be there at once."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parent.parent.parent / "perennial/web"
CSS = (WEB / "static/web/desk.css").read_text()
JS = (WEB / "static/web/desk.js").read_text()
ICONS = (WEB / "templates/web/icons.html").read_text()

TOKEN = re.compile(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);")
TOKENS = {name: {"light": light, "dark": dark} for name, light, dark in TOKEN.findall(CSS)}
SURFACES = ("canvas", "paper", "tint", "hover", "select")

#: Text asks 4.5 (WCAG 2.2, 1.4.3).
TEXT = [
    *((word, ground) for word in ("ink", "ink-2", "accent") for ground in SURFACES),
    *((word, ground) for word in ("act", "fail", "done") for ground in ("paper", "tint", "hover", "select")),
    *((word, "act-bg") for word in ("ink", "act", "accent")),
    *((word, "fail-bg") for word in ("ink", "fail", "accent")),
    ("on-accent", "accent"),
    ("on-accent", "accent-2"),
    ("on-toast", "toast"),
    ("toast-link", "toast"),
    ("on-train", "train"),
]
#: Edges of fields, shapes of states and the ring of the focus ask 3 (1.4.11).
SHAPES = [
    *(("edge", ground) for ground in SURFACES),
    *(
        (shape, ground)
        for shape in ("accent", "done", "act", "fail")
        for ground in ("canvas", "paper", "tint", "select")
    ),
    ("toast-link", "toast"),
    ("on-train", "train"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_of_colours_in_use_has_its_contrast(theme: str) -> None:
    faults = []
    for least, pairs in ((4.5, TEXT), (3.0, SHAPES)):
        for word, ground in pairs:
            ratio = contrast(TOKENS[word][theme], TOKENS[ground][theme])
            if ratio < least:
                faults.append(f"{word} on {ground}: {ratio:.1f} of {least}")
    assert not faults


def test_the_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def test_a_colour_stands_in_a_token_and_a_token_is_used() -> None:
    outside = re.sub(r"/\*.*?\*/", "", TOKEN.sub("", CSS), flags=re.S)
    assert re.findall(r"#[0-9a-f]{3,8}\b(?=[^{}]*[;}])", outside) == []
    assert re.findall(r"(?<![\w-])(?:rgb|hsl|oklch)a?\((?!0 0 0 /)", outside) == []  # shadows alone are black
    assert [name for name in TOKENS if f"var(--{name})" not in CSS] == []
    assert [name for name in set(re.findall(r"var\(--([\w-]+)", CSS)) if f"--{name}:" not in CSS] == []


def test_both_are_small() -> None:
    assert len(gzip.compress(CSS.encode())) < 10 * 1024
    assert len(gzip.compress(JS.encode())) < 12 * 1024


def test_they_do_what_the_content_security_policy_allows() -> None:
    assert not re.search(r"url\(|@import", CSS)
    assert not re.search(
        r"\beval\(|new Function|innerHTML\s*=|insertAdjacentHTML|\.style\.cssText|(local|session)Storage", JS
    )
    assert not re.search(r"\sstyle=|<style|<script", ICONS)


def test_the_script_has_no_words_of_its_own() -> None:
    """What a clerk reads or hears comes from the page, in the language of the page."""
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", JS, flags=re.S)
    sentences = [text for text in re.findall(r'"([^"\n]*)"', code) if re.search(r"[A-Z][a-z]+ [a-z]+ [a-z]+", text)]
    assert sentences == []
    assert re.findall(r"textContent = [\"`]([^\"`]*[A-Za-z]{3,}[^\"`]*)[\"`]", re.sub(r"\$\{[^}]*\}", "", code)) == []


def test_every_state_has_its_shape() -> None:
    drawn = set(re.findall(r'<symbol id="i-([\w-]+)"', ICONS))
    assert {"wait", "live", "done", "act", "fail", "off", "open", "find", "grip", "mark"} <= drawn
    for tone in ("wait", "live", "done", "act", "fail", "off"):
        assert re.search(rf"&\.{tone}\b", CSS)
