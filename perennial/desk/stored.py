"""Outcomes as JSON and back: what a request was answered is answered again, the same values, not words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any

from perennial.kernel.money import Money


def stored(value: Any) -> Any:
    """A value as JSON can hold it, with its type where JSON has none."""
    match value:
        case None | bool() | int() | str():
            return value
        case Money():
            return {"type": "money", "minor": value.minor, "currency": value.currency}
        case date():
            return {"type": "date", "value": value.isoformat()}
        case Decimal():
            return {"type": "decimal", "value": f"{value:f}"}
        case Mapping():
            return {"type": "mapping", "value": [[stored(key), stored(one)] for key, one in value.items()]}
        case list() | tuple():
            return {"type": type(value).__name__, "value": [stored(one) for one in value]}
    if is_dataclass(value):
        kind = type(value)
        return {
            "type": f"{kind.__module__}:{kind.__qualname__}",
            "value": {one.name: stored(getattr(value, one.name)) for one in fields(value)},
        }
    raise TypeError(f"{type(value).__name__} cannot be stored")


def read(value: Any) -> Any:
    """The value that was stored."""
    if not isinstance(value, dict):
        return value
    kind = value["type"]
    match kind:
        case "money":
            return Money(value["minor"], value["currency"])
        case "date":
            return date.fromisoformat(value["value"])
        case "decimal":
            return Decimal(value["value"])
        case "mapping":
            return {read(key): read(one) for key, one in value["value"]}
        case "list":
            return [read(one) for one in value["value"]]
        case "tuple":
            return tuple(read(one) for one in value["value"])
    module, _, name = kind.partition(":")
    if not module.startswith("perennial."):
        raise ValueError(f"{kind} was not stored by Perennial")
    return getattr(import_module(module), name)(**{name: read(one) for name, one in value["value"].items()})


def digest(action: str, asked: Mapping[str, Any]) -> str:
    """What was asked, in a few letters."""
    text = json.dumps([action, stored(dict(sorted(asked.items())))], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
