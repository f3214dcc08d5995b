"""A sheet of products that is too long to be taken in while a page waits: a worker does it, as a bundle that says what the sheet says.

What is left out of a product that is stored stays. What is wrong is told by row and column all the same.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from perennial.moving import folder, transfers

_PATH = re.compile(r"products\[(\d+)\]\.?(\w*)")


def bring_products(
    *, documents: Sequence[Mapping[str, Any]], rows: Sequence[int], name: str, by: str, reason: str | None
) -> int:
    """Leave products to a worker, and the row in which each begins; the number of the transfer."""
    file, stream = folder.new_file()
    with stream:
        stream.write(json.dumps({"products": list(documents)}).encode())
        size = stream.tell()
    sheet = {"reason": reason, "steps": _steps(rows)}
    return transfers.bring(kind="bundle", file=file, name=name, size=size, by=by, sheet_of_products=sheet)


def place(sheet: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The row and column of what stands at a path of the bundle; nothing where it is the whole file."""
    found = _PATH.match(path)
    if found is None:
        return {}
    at, steps = int(found[1]), sheet["steps"]
    _, further = steps[bisect_right(steps, at, key=lambda step: step[0]) - 1]
    return {"row": at + further, "column": "price" if found[2] == "prices" else found[2] or None}


def _steps(rows: Sequence[int]) -> list[tuple[int, int]]:
    """From which product on its row is how many further: where each has one row, it is said once."""
    found: list[tuple[int, int]] = []
    for at, row in enumerate(rows):
        if not found or found[-1][1] != row - at:
            found.append((at, row - at))
    return found
