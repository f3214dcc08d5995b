"""What every gateway does for us, and how it answers. The suite in tests/payments/gateways holds each of them to it.

A gateway is called outside of any transaction and from several threads; it never touches our
database. What the business has to know comes back as an ``Answer``. An exception (a lost line, a
time-out, a bug) means that nobody knows: the caller takes it as ``unknown`` and asks later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol, runtime_checkable

from perennial.kernel import limits

Kind = Literal["authorise", "capture", "charge", "void", "refund"]
LONGEST_MESSAGE = limits.LINE - 100
Outcome = Literal["approved", "declined", "unknown", "not_found"]


@dataclass(frozen=True)
class Request:
    """One thing asked of the gateway.

    ``key``: the same key again is the same thing, done once. ``about``: the order, purpose, part and
    try that a person would name it by, the same on every installation. ``reference``: the authorisation
    that a capture or void is for; the charge or capture that a refund is for. ``on``: the business date.
    """

    kind: Kind
    key: str
    about: str
    amount_minor: int
    currency: str
    on: date
    customer: str
    token: str | None = None
    card_expires_on: date | None = None
    network_transaction_id: str | None = None
    reference: str | None = None


@dataclass(frozen=True)
class Answer:
    """What the gateway said.

    ``hard``: not again without a new card. ``lapsed``: declined because the authorisation is not
    there any more (it ran out, or was voided), which says nothing about the card. ``message``: whatever
    the gateway sends, cut to what the reason of a hold may be together with the payment that it names.
    """

    outcome: Outcome
    reference: str | None = None
    message: str | None = None
    hard: bool = False
    lapsed: bool = False

    def __post_init__(self) -> None:
        if self.message is not None:
            words = self.message.encode(errors="replace").decode().replace("\0", " ")
            cut = words if len(words) <= LONGEST_MESSAGE else f"{words[: LONGEST_MESSAGE - 1]}…"
            object.__setattr__(self, "message", cut)


class KeyReused(Exception):
    """A key came again with something else in it: a bug of the caller, never done."""


@runtime_checkable
class Gateway(Protocol):
    """A way to take money by card.

    - The same key with the same content gets the same answer and is done once, at least for a day,
      also when both come at the same time. With another content it raises ``KeyReused``.
    - ``charge`` authorises and captures in one. A capture may be for less than was authorised, never
      more, and only once; a declined capture ends its authorisation. Void gives an authorisation back:
      approved too when it is not there any more, declined when it was captured.
    - ``find`` asks what became of a request, by its key, the gateway's own reference or the customer:
      approved or declined as it was answered, ``not_found`` when the gateway does not know it (yet: it
      may lag), unknown when it cannot say. It never makes anything happen.
    """

    name: str
    real: bool
    """Does it take real money?"""
    authorisation_days: int
    """On how many dates, the first included, an authorisation can be captured."""
    connections: int
    """How many requests at once."""
    per_second: float | None
    """How many requests a second at most; None: as many as it takes."""

    def authorise(self, request: Request) -> Answer: ...

    def capture(self, request: Request) -> Answer: ...

    def charge(self, request: Request) -> Answer: ...

    def void(self, request: Request) -> Answer: ...

    def refund(self, request: Request) -> Answer: ...

    def find(self, request: Request) -> Answer: ...


def ask(gateway: Gateway, request: Request) -> Answer:
    """Send a request to the gateway's function for its kind."""
    answer: Answer = getattr(gateway, request.kind)(request)
    return answer
