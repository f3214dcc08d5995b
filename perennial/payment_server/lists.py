"""Pages of a list (``limit``, ``starting_after``, ``ending_before``), and what is given whole (``expand``)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from perennial.payment_server.asked import Asked, missing, unfit
from perennial.payment_server.book import Doc

PAGE = "limit:int starting_after ending_before"
CREATED = "created:any"
DEEPEST = 4


def page(
    asked: Asked, kind: str, given: Doc, *, only: Callable[[Doc], bool] | None = None, older: float = 0, **where: Any
) -> Doc:
    """A page of the objects of a kind, the newest first; ``where`` as the book takes it, ``only`` for the rest,
    ``older`` than as many seconds of the real clock."""
    limit = given.get("limit", 10)
    if not 1 <= limit <= 100:
        raise unfit("This value must be between 1 and 100 (inclusive).", "limit")
    cursors = {name: given.get(name) for name in ("starting_after", "ending_before")}
    if all(cursors.values()):
        raise unfit("You cannot parameterize both of starting_after and ending_before.", "ending_before")
    for name, id in cursors.items():
        if id:
            asked.object(kind, id, name)
    since, until = between(given.get("created"))
    lag = max(older, asked.book.setting("list_lag"))
    found: Iterable[Doc] = asked.book.each(
        kind,
        asked.live,
        newest=not cursors["ending_before"],
        since=since,
        until=until,
        seen=time.time() - lag if lag else None,
        **cursors,
        **where,
    )
    shown = list(islice((one for one in found if only is None or only(one)), limit + 1))
    more = len(shown) > limit
    shown = shown[:limit]
    if cursors["ending_before"]:
        shown.reverse()
    return {"object": "list", "data": shown, "has_more": more, "url": asked.path}


def between(created: Any) -> tuple[int | None, int | None]:
    """The first and last second that ``created`` asks for."""
    if created is None:
        return None, None
    try:
        if isinstance(created, str):
            return int(created), int(created)
        known = {"gt": 1, "gte": 0, "lt": -1, "lte": 0}
        edges = {name: int(value) + known[name] for name, value in created.items()}
    except (KeyError, ValueError, TypeError, AttributeError):
        raise unfit("Invalid timestamp: created", "created") from None
    since = [edges[name] for name in ("gt", "gte") if name in edges]
    until = [edges[name] for name in ("lt", "lte") if name in edges]
    return max(since, default=None), min(until, default=None)


def expanded(asked: Asked, answer: Doc, paths: list[Any]) -> Doc:
    """The answer with the objects that were asked for in the place of their ids."""
    for path in paths:
        parts = str(path).split(".")
        if len(parts) > DEEPEST:
            raise unfit("You cannot expand more than 4 levels of a property.", "expand")
        if answer.get("object") in ("list", "search_result"):
            if parts[0] != "data" or len(parts) == 1:
                raise unfit(f"This property cannot be expanded ({path}).", "expand")
            for one in answer["data"]:
                _expand(asked, one, parts[1:], str(path))
        else:
            _expand(asked, answer, parts, str(path))
    return answer


def _expand(asked: Asked, inside: Doc, parts: list[str], path: str) -> None:
    name = parts[0]
    if inside.get("object") == "charge" and name == "refunds" and name not in inside:
        of = Asked(**{**vars(asked), "path": f"/v1/charges/{inside['id']}/refunds"})
        inside[name] = page(of, "refund", {}, intent=inside["payment_intent"])
    if name not in inside:
        raise unfit(f"This property cannot be expanded ({path}).", "expand")
    value = inside[name]
    if isinstance(value, str):
        whole = asked.book.find(value, asked.live)
        if whole is None:
            raise unfit(f"This property cannot be expanded ({path}).", "expand")
        inside[name] = value = whole
    if len(parts) > 1 and value is not None:
        for one in (
            value["data"]
            if isinstance(value, dict) and value.get("object") == "list" and parts[1] == "data"
            else [value]
        ):
            rest = parts[2:] if one is not value else parts[1:]
            if not isinstance(one, dict):
                raise unfit(f"This property cannot be expanded ({path}).", "expand")
            if rest:
                _expand(asked, one, rest, path)


def found_by(asked: Asked, kind: str, id: str) -> Doc:
    """An object whose id stands in the path."""
    found = asked.book.find(id, asked.live)
    if found is None or found["object"] != kind:
        raise missing(kind, id, "id" if kind != "payment_intent" else "intent")
    return found
