"""What is asked: a request with its parameters, read as Stripe reads them, and how it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from perennial.payment_server.book import Book, Doc

NAMES = {"payment_method": "PaymentMethod"}
"""Kinds that Stripe's sentences call otherwise."""
WHERE = "https://docs.stripe.com/error-codes/"


class Problem(Exception):
    """A refusal, as Stripe words it: status and the fields of the error. ``kept``: the same key is refused again."""

    def __init__(
        self, status: int, message: str, *, type: str = "invalid_request_error", kept: bool = True, **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        self.error: Doc = {
            "message": message,
            "type": type,
            **{name: value for name, value in more.items() if value is not None},
        }
        if "code" in self.error:
            self.error["doc_url"] = WHERE + self.error["code"].replace("_", "-")


def unfit(message: str, param: str, code: str | None = None) -> Problem:
    """Parameters that were refused before anything was begun: the key stays free."""
    return Problem(400, message, kept=False, param=param, code=code)


def missing(kind: str, id: str, param: str) -> Problem:
    return Problem(
        404 if param in ("id", "intent") else 400,
        f"No such {NAMES.get(kind, kind)}: '{id}'",
        kept=False,
        param=param,
        code="resource_missing",
    )


@dataclass
class Asked:
    """A request: ``path`` without its query, ``given`` the parameters, ``of`` the parts of the path that name something."""

    book: Book
    method: str
    path: str
    given: Doc
    live: bool
    base: str
    request: str
    key: str | None = None
    of: tuple[str, ...] = ()
    by: str = "api"

    @property
    def now(self) -> int:
        return self.book.now()

    def object(self, kind: str, id: str, param: str = "id") -> Doc:
        """What is named, if it is of the kind."""
        found = self.book.find(id, self.live)
        if found is None or found["object"] != kind:
            raise missing(kind, id, param)
        return found


def inside(book: Book, *, live: bool, base: str, request: str, by: str) -> Asked:
    """Something that nobody asks by the API: the clock, a page, the merchant in Stripe's own pages."""
    return Asked(book, "POST", "/", {}, live=live, base=base, request=request, by=by)


def parameters(text: str) -> Doc:
    """``a[b][0]=c`` and the like as what they mean: dicts and lists."""
    whole: Doc = {}
    for name, value in parse_qsl(text, keep_blank_values=True, strict_parsing=False, max_num_fields=2000):
        first = name.split("[", 1)[0]
        rest = re.findall(r"\[([^\[\]]*)\]", name[len(first) :])
        inside: Doc = whole
        for part, following in zip([first, *rest], [*rest, None], strict=True):
            at = str(len(inside)) if part == "" else part
            if following is None:
                inside[at] = value
            else:
                deeper = inside.setdefault(at, {})
                if not isinstance(deeper, dict):
                    raise unfit(f"Invalid object: {first}", first)
                inside = deeper
    return {name: _lists(value) for name, value in whole.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inside = {name: _lists(one) for name, one in value.items()}
    if inside and all(re.fullmatch(r"\d+", name) for name in inside):
        return [inside[name] for name in sorted(inside, key=int)]
    return inside


def fit(given: Doc, takes: str) -> Doc:
    """The parameters as values, checked against what an endpoint takes.

    ``takes``: words such as ``amount:int! confirm:bool metadata:map card.moto:bool off_session:any``; ``!``: it has to
    be given. ``id`` of a kind is a text. Whatever else is given is refused, as Stripe refuses it.
    """
    known: dict[str, str] = {}
    for word in [*takes.split(), "expand:list"]:
        name, _, kind = word.partition(":")
        name = name.rstrip("!")
        known[name] = (kind or "str").rstrip("!")
        if word.endswith("!") and not _inside(given, name):
            raise unfit(f"Missing required param: {name}.", name, "parameter_missing")
    return {name: _value(name, value, known) for name, value in given.items()}


def _inside(given: Doc, name: str) -> Any:
    found: Any = given
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _value(name: str, value: Any, known: dict[str, str]) -> Any:
    kind = known.get(name)
    if kind is None:
        inside = [other for other in known if other.startswith(f"{name}.")]
        if not inside:
            shown = re.sub(r"\.([^.]+)", r"[\1]", name)
            raise unfit(f"Received unknown parameter: {shown}", shown, "parameter_unknown")
        if not isinstance(value, dict):
            raise unfit(f"Invalid object: {name}", name)
        return {part: _value(f"{name}.{part}", one, known) for part, one in value.items()}
    if kind == "any":
        return value
    if kind == "map":
        if value == "":
            return {}
        if not isinstance(value, dict):
            raise unfit(f"Invalid object: {name}", name)
        return _metadata(value) if name.endswith("metadata") else value
    if kind == "list":
        return value if isinstance(value, list) else [value]
    if not isinstance(value, str):
        raise unfit(f"Invalid string: {value}", name)
    if kind == "int":
        if not re.fullmatch(r"-?\d{1,15}", value):
            raise unfit(f"Invalid integer: {value}", name, "parameter_invalid_integer")
        return int(value)
    if kind == "bool":
        if value not in ("true", "false"):
            raise unfit(f"Invalid boolean: {value}", name)
        return value == "true"
    if "|" in kind and value not in kind.split("|"):
        raise unfit(f"Invalid {name}: must be one of {kind.replace('|', ', ')}", name)
    return value


def _metadata(given: Doc) -> Doc:
    if len(given) > 50:
        raise unfit("You can have up to 50 keys", "metadata")
    for name, value in given.items():
        if not isinstance(value, str) or len(value) > 500:
            raise unfit("Metadata values can have up to 500 characters", f"metadata[{name}]")
        if len(name) > 40:
            raise unfit("Metadata keys can have up to 40 characters", "metadata")
    return given


def merged(metadata: Doc, more: Doc | None) -> Doc:
    """Metadata with what is new; an empty value takes its key out."""
    return {name: value for name, value in {**metadata, **(more or {})}.items() if value != ""}


def shown(value: Any) -> Any:
    """What is given to whoever asks: without what the book keeps to itself."""
    if isinstance(value, dict):
        return {name: shown(one) for name, one in value.items() if not name.startswith("_")}
    if isinstance(value, list):
        return [shown(one) for one in value]
    return value


def one_of(names: Iterable[str]) -> str:
    return "|".join(names)
