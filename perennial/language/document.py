"""The page of all problems, made from the catalogue: ``python -m perennial.language.document > docs/problems.md``."""

from __future__ import annotations

import sys

from perennial.language.catalogue import catalogue

HEAD = """# Problems

What Perennial refuses, by its code. A code is permanent and means one thing; its sentence may change. With `--json` a
command prints `{"refused": {"code", "field", "text"}}`. Made from the catalogue by `python -m perennial.language.document`.

| code | sentence | when | what to do |
|---|---|---|---|
"""


def page() -> str:
    """The page, in English."""
    lines = []
    for (context, code), entry in sorted(catalogue("en").entries.items()):
        if context == "problem":
            words = " ".join(entry.comments)
            when, _, do = words.partition("Do:")
            cells = (f"`{code}`", entry.forms[-1], when.replace("When:", "").strip(), do.strip())
            lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
