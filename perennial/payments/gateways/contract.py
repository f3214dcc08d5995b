"""What every gateway does for us, and how it answers. The suite in tests/payments/gateways holds each of them to it.

A gateway is called outside of any transaction and from several threads; it never touches our
database. What the business has to know comes back as an ``Answer``. An exception (a lost line, a
time-out, a bug) means that nobody knows: the caller takes it as ``unknown`` and asks later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from perennial.kernel import limits

Kind = Literal["authorise", "capture", "charge", "void", "refund"]
LONGEST_MESSAGE = limits.LINE - 100
Outcome = Literal["approved", "declined", "requires_customer", "pending", "unknown", "not_found", "not_asked"]
"""``requires_customer``: declined, until the customer has agreed to it at the bank, which nobody can do for them.
``pending``: the gateway has it, and will know later: ``find`` tells, and it is not sent again. ``not_asked`` says no gateway:
it has refused our key (``NotAdmitted``), and nothing has begun."""
Category = Literal["soft", "hard", "expired", "authentication", "lapsed"]
"""Why it was declined. ``soft``: it may be asked again another day (no money, a limit, the bank did not answer).
``hard``: never again without a new card (stolen, closed, no such card). ``expired``: the card has expired.
``authentication``: the customer has to agree to it at the bank. ``lapsed``: the authorisation is not there any
more (it ran out, or was voided), which says nothing about the card."""
CATEGORIES: tuple[Category, ...] = ("soft", "hard", "expired", "authentication", "lapsed")
NOT_AGAIN: tuple[Category, ...] = ("hard", "authentication")
"""Declines that another day does not mend."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked of the gateway.

    ``key``: the same key again is the same thing, done once. ``about``: the order, purpose, part and
    try that a person would name it by, the same on every installation. ``reference``: the authorisation
    that a capture or void is for; the charge or capture that a refund is for. ``own_reference``: how the gateway
    called this very request when it was pending. ``gateway_customer``: how the gateway calls the customer.
    ``network_transaction_id``: what the card's network gave to its first charge. ``on``: the business date.
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
    own_reference: str | None = None
    gateway_customer: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said.

    ``category``: why it was declined (left out: soft), None of everything else. ``network_transaction_id`` and
    ``gateway_customer``: kept, and sent with what is asked next. ``message``: whatever
    the gateway sends, cut to what the reason of a hold may be together with the payment that it names.
    """

    outcome: Outcome
    reference: str | None = None
    message: str | None = None
    category: Category | None = None
    network_transaction_id: str | None = None
    gateway_customer: str | None = None

    @property
    def hard(self) -> bool:
        """Is the same card not to be asked again?"""
        return self.category in NOT_AGAIN

    @property
    def lapsed(self) -> bool:
        """Was it declined because the authorisation is not there any more?"""
        return self.category == "lapsed"

    def __post_init__(self) -> None:
        category = {"declined": self.category or "soft", "requires_customer": "authentication"}.get(self.outcome)
        object.__setattr__(self, "category", category)
        if self.message is not None:
            words = self.message.encode(errors="replace").decode().replace("\0", " ")
            cut = words if len(words) <= LONGEST_MESSAGE else f"{words[: LONGEST_MESSAGE - 1]}…"
            object.__setattr__(self, "message", cut)


class KeyReused(Exception):
    """A key came again with something else in it: a bug of the caller, never done."""


class TooMany(Exception):
    """The gateway has too much to do at the moment, and has done nothing of it: the same may be asked a moment later."""


class NotAdmitted(Exception):
    """The gateway does not accept our key (revoked, of another account or mode, not allowed to do this), and has done nothing.

    ``setting``: where an operator gives the key, such as ``PERENNIAL_STRIPE_KEY``.
    """

    def __init__(self, setting: str) -> None:
        self.setting = setting
        super().__init__(f"the gateway does not accept the key in {setting}")


@runtime_checkable
class Gateway(Protocol):
    """A way to take money by card.

    - The same key with the same content gets the same answer and is done once, at least for a day,
      also when both come at the same time. With another content it raises ``KeyReused``.
    - ``charge`` authorises and captures in one. A capture may be for less than was authorised (the rest is
      given back), never more, and only once; a declined capture ends its authorisation. Void gives an
      authorisation back: approved too when it is not there any more, declined when it was captured.
    - ``refund`` gives a charge or capture back, whole or in parts, never more in all than was taken.
    - A gateway that had too much to do, and surely did nothing, raises ``TooMany``; one that does not accept our key
      ``NotAdmitted``.
    - ``find`` asks what became of a request, by its key, the gateway's own reference or the customer:
      approved, declined or ``requires_customer`` as it was answered, ``pending`` while the gateway does not know
      the end itself, ``not_found`` when it does not know the request (yet: it may lag), unknown when it cannot
      say. It never makes anything happen.
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


class Moved(NamedTuple):
    """Money that a gateway has moved: taken, or given back (below 0).

    ``key``: of our request; of what was done there by somebody else, the gateway's own name of it. ``reference``: the charge or
    capture, as the gateway calls it; of what was given back, the one that it was taken by. ``on``: our business date, else the
    gateway's day.
    """

    key: str
    minor: int
    currency: str
    on: date
    reference: str | None = None


@runtime_checkable
class KeepsBook(Protocol):
    """A gateway that can be asked for what it has moved, so that it is compared with what is known here."""

    def moved(self, since: date | None = None, through: date | None = None) -> Iterable[Moved]:
        """What was moved on these days, by the gateway's own clock; more around them does no harm."""


class KeptCard(NamedTuple):
    """A card that a gateway keeps, as it may be shown; ``exp_month`` of ``exp_year`` is the last in which it pays."""

    token: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True, slots=True)
class CardPageRequest:
    """A page of the gateway's own is wanted, on which a customer stores a card for what is charged later without them.

    ``key``: the same key again is the same page. ``done_url``, ``back_url``: where the gateway sends them when it is stored,
    and when they turn back. ``gateway_customer``: how the gateway calls the customer; ``token``: where that is not known, a card of
    theirs that it may keep already, whose customer they are there.
    """

    key: str
    account: str
    name: str
    email: str | None
    language: str
    done_url: str
    back_url: str
    on: date
    gateway_customer: str | None = None
    token: str | None = None


class CardPage(NamedTuple):
    """A page that is open. ``reference``: how the gateway calls it."""

    url: str
    reference: str
    gateway_customer: str


@dataclass(frozen=True, slots=True)
class CardPageEnd:
    """How such a page stands: ``open``, ``stored`` with its card, or ``expired`` (nobody can use it any more)."""

    state: Literal["open", "stored", "expired"]
    card: KeptCard | None = None
    gateway_customer: str | None = None


@runtime_checkable
class KeepsCards(Protocol):
    """A gateway with a page of its own on which a customer stores a card, so that no number comes to us."""

    def card_page(self, request: CardPageRequest) -> CardPage: ...

    def card_page_end(self, reference: str) -> CardPageEnd:
        """How the page stands now. LookupError: there is none."""

    def cards(self, gateway_customer: str) -> Iterable[KeptCard]:
        """The cards that it keeps of a customer. LookupError: it knows none by that name."""


class CustomerThere(NamedTuple):
    """Whom a gateway calls by a name of its own, so far as it knows."""

    name: str | None = None
    email: str | None = None


@runtime_checkable
class KnowsCustomers(Protocol):
    """A gateway that can say who a customer of its is, so that a person sees that it is the same one."""

    def customer(self, gateway_customer: str) -> CustomerThere:
        """LookupError: it knows none by that name."""


DisputeStatus = Literal["open", "answered", "won", "lost"]


class DisputeFacts(NamedTuple):
    """A customer has told their bank that they do not accept a charge.

    ``open``: it waits for an answer, until ``answer_by``; ``answered``: the bank decides. ``payment_reference``: the charge or capture.
    """

    reference: str
    payment_reference: str
    minor: int
    currency: str
    reason: str
    status: DisputeStatus
    answer_by: date | None = None


class KeptDispute(NamedTuple):
    """How a dispute stands at a gateway: opened there ``on`` a day, as it says at ``asked`` (its own time, in seconds)."""

    facts: DisputeFacts
    on: date
    asked: int


@runtime_checkable
class KeepsDisputes(Protocol):
    """A gateway that can be asked for what customers do not accept, so that nothing is missed that it has told in vain."""

    def disputes(self, since: date | None = None, through: date | None = None) -> Iterable[KeptDispute]:
        """The disputes that were opened on these days, by the gateway's own clock; more around them does no harm."""


EventKind = Literal["payment", "refund", "card", "card_page", "dispute", "other"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the gateway tells of itself. It may come twice, late, or behind a later one.

    ``reference``: the event's own, by which it is taken in once. ``key``: of our request that it is about. ``page``: of a card page.
    ``card``: a card as it is now (the network has renewed it). ``happened``: the gateway's own time, in seconds.
    """

    reference: str
    kind: EventKind
    happened: int
    key: str | None = None
    card: KeptCard | None = None
    page: str | None = None
    dispute: DisputeFacts | None = None


class NotGenuine(Exception):
    """An event that the gateway has not signed, or too long ago."""


@runtime_checkable
class SendsEvents(Protocol):
    """A gateway that tells of what happens there."""

    def event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """What was sent, once its signature was checked. NotGenuine: it was not, or is old."""


def ask(gateway: Gateway, request: Request) -> Answer:
    """Send a request to the gateway's function for its kind."""
    answer: Answer = getattr(gateway, request.kind)(request)
    return answer
