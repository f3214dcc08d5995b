"""The desk's actions, answering as the contract prints it: what was done, without what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perennial.desk import actions
from perennial.desk.outcome_document import outcome_json

GENERAL = ("follows", "version", "can_undo")


def __getattr__(name: str) -> Callable[..., dict[str, Any]]:
    act = getattr(actions, name)

    def answered(**asked: Any) -> dict[str, Any]:
        done = outcome_json(act(**asked))
        return {key: value for key, value in done.items() if key not in GENERAL}

    return answered
