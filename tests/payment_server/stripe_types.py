"""Holds what the payment server answers against the types of Stripe's own SDK.

Every response that the tests get goes through here: no field that Stripe does not know, none missing that it always gives,
each of the type that it has, words among those that it has.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from typing import Any, Literal, Union

import stripe
from stripe._object_classes import OBJECT_CLASSES, get_object_class

LESS = {"customer": {"test_clock"}}
"""Fields that Stripe gives, and that the SDK does not name."""


def faults(value: Any, path: str = "") -> Iterator[str]:
    """What is wrong with an answer."""
    if "error" in value and "object" not in value:
        yield from _object(value["error"], stripe.ErrorObject, "error")
        return
    yield from _by_kind(value, path or str(value.get("object")))


def _by_kind(value: dict[str, Any], path: str) -> Iterator[str]:
    kind = value.get("object")
    if kind in ("list", "search_result"):
        wanted = {"object", "data", "has_more", "url"} | ({"next_page"} if kind == "search_result" else set())
        if set(value) != wanted:
            yield f"{path}: a list has {sorted(wanted)}, not {sorted(value)}"
        for number, one in enumerate(value["data"]):
            yield from _by_kind(one, f"{path}[{number}]")
    elif kind not in OBJECT_CLASSES:
        yield f"{path}: no kind {kind!r}"
    else:
        yield from _object(value, get_object_class("V1", kind), path)
        if kind == "event":
            yield from _by_kind(value["data"]["object"], f"{path}.data.object")


def _object(value: dict[str, Any], of: type, path: str) -> Iterator[str]:
    hints = {name: hint for name, hint in of.__annotations__.items() if name != "OBJECT_NAME"}
    unknown = set(value) - set(hints) - {"object"} - LESS.get(str(value.get("object")), set())
    for name in sorted(unknown):
        yield f"{path}.{name}: Stripe knows no such field"
    for name, hint in hints.items():
        if name in value:
            yield from _value(value[name], hint, f"{path}.{name}")
        elif type(None) not in typing.get_args(hint):
            yield f"{path}.{name} is missing"


def _value(value: Any, hint: Any, path: str) -> Iterator[str]:
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is Union:
        if value is None:
            if type(None) not in inside:
                yield f"{path}: null"
            return
        words = [word for one in inside if typing.get_origin(one) is Literal for word in typing.get_args(one)]
        if words and isinstance(value, str) and not any(isinstance(one, typing.ForwardRef) for one in inside):
            if value not in words:
                yield f"{path}: {value!r} is none of {words}"
            return
        others = [one for one in inside if one is not type(None)]
        said = [list(_value(value, one, path)) for one in others]
        if all(said):
            yield from min(said, key=len)
    elif origin is Literal:
        if value not in inside:
            yield f"{path}: {value!r} is none of {inside}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{path}: not a list"
            return
        for number, one in enumerate(value):
            yield from _value(one, inside[0], f"{path}[{number}]")
    elif isinstance(hint, typing.ForwardRef) or (origin is not None and issubclass(origin, stripe.ListObject)):
        if isinstance(value, dict) and "object" in value:
            yield from _by_kind(value, path)
        else:
            yield f"{path}: {value!r} is no object"
    elif origin is not None or hint is typing.Any:  # metadata and the like
        if hint is not typing.Any and not isinstance(value, dict):
            yield f"{path}: {value!r} is no map"
    elif isinstance(hint, type) and issubclass(hint, stripe.StripeObject):
        if isinstance(value, dict):
            yield from _by_kind(value, path) if isinstance(value.get("object"), str) else _object(value, hint, path)
        else:
            yield f"{path}: {value!r} is no object"
    elif value is None or not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        yield f"{path}: {value!r} is no {hint}"


class Checked(stripe.RequestsClient):
    """The SDK's own client, which looks at every answer on its way."""

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **more: Any) -> Any:
        body, status, heads = super().request(method, url, headers, post_data, **more)
        found = list(faults(json.loads(body)))
        assert not found, "\n".join([f"{method} {url}", *found])
        return body, status, heads
