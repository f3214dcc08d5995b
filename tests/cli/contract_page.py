"""The page that the program is compared with, and the commands that other pages tell of."""

from __future__ import annotations

from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "contract.md").read_text(encoding="utf-8")
ELSEWHERE = {"demo", "bench", "serve", "worker"}
