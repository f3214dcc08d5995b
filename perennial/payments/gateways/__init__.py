"""Gateways by name: some are built in, others are plug-ins (entry points of the group ``perennial.gateways``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from importlib.metadata import entry_points

from django.conf import settings

from perennial.catalog.copies import is_copy
from perennial.errors import Refused
from perennial.payments.gateways.contract import (
    Answer,
    Category,
    Gateway,
    KeyReused,
    Kind,
    NotAdmitted,
    Outcome,
    Request,
    TooMany,
    ask,
)
from perennial.payments.gateways.missing import Missing

__all__ = [
    "Answer", "Category", "Gateway", "KeyReused", "Kind", "NotAdmitted", "Outcome", "Request", "TooMany", "ask",
    "by_name", "current", "load", "names", "use",
]  # fmt: skip

GROUP = "perennial.gateways"
BUILT_IN = {
    "sandbox": "perennial.payments.gateways.sandbox:Sandbox",
    "simulator": "perennial.payments.gateways.stripe:Simulator",
    "stripe": "perennial.payments.gateways.stripe:Stripe",
}

_used: ContextVar[Gateway | None] = ContextVar("gateway", default=None)
_loaded: dict[str, Gateway] = {}


def names() -> list[str]:
    """The gateways that can be named in ``PERENNIAL_GATEWAY``."""
    return sorted({*BUILT_IN, *(found.name for found in entry_points(group=GROUP))})


def refuse_unknown(name: str) -> None:
    """Refused when there is no gateway of this name."""
    if name not in (known := names()):
        raise Refused("gateway_unknown", gateway=name, known=known)


def load(name: str) -> Gateway:
    """The gateway of this name, set up from the environment. Refused when there is none."""
    if name not in _loaded:
        make: Callable[[], Gateway]
        if name in BUILT_IN:
            module, _, attribute = BUILT_IN[name].partition(":")
            make = getattr(import_module(module), attribute)
        else:
            refuse_unknown(name)
            make = next(iter(entry_points(group=GROUP, name=name))).load()
        _loaded[name] = make()
    return _loaded[name]


def current() -> Gateway:
    """The gateway that charges cards here."""
    return _used.get() or load(getattr(settings, "PERENNIAL_GATEWAY", "sandbox"))


def by_name(name: str | None) -> Gateway:
    """The gateway that keeps a card, or authorised a payment; where none is said, the one that charges here.

    One that takes no money (the sandbox, in training) is never asked where the present one does; one that takes money is
    never asked by a copy of an installation, nor on an invented day.
    """
    now = current()
    if name is None or name == now.name or is_copy():
        return now
    found = load(name) if name in _loaded or _is_set_up(name) else Missing(name)
    if found.real and settings.PERENNIAL_TODAY is not None:
        return now
    return found if found.real or not now.real else now


def _is_set_up(name: str) -> bool:
    """Is there a gateway of this name, and does it know whom to ask?"""
    needs = {"stripe": settings.PERENNIAL_STRIPE_KEY, "simulator": settings.PERENNIAL_PAYMENT_SERVER}
    return name in names() and bool(needs.get(name, True))


@contextmanager
def use(gateway: Gateway) -> Iterator[Gateway]:
    """Charge by this gateway for a while: ``simulate`` gives the sandbox its share of declines."""
    token = _used.set(gateway)
    try:
        yield gateway
    finally:
        _used.reset(token)
