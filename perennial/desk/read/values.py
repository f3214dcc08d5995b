"""The small parts that are told of several things: products, addresses, cards, holds, events, payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from perennial.kernel.money import Money
from perennial.kernel.reasons import Said
from perennial.kernel.states import GIVEN_UP, NOT_ANSWERED, STOPS_SHIPPING


@dataclass(frozen=True, slots=True)
class Product:
    """What is sold or sent."""

    number: str
    name: str

    @property
    def called(self) -> str:
        """Its name; its number where it has none."""
        return self.name or self.number


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parcel goes; ``code`` None: it was written into one order."""

    id: int
    code: str | None
    purpose: str
    recipient: str | None
    street: str
    city: str
    postcode: str
    region: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """A stored card; ``expires_on`` is the last day of its month."""

    token: str
    brand: str | None
    last4: str | None
    expires_on: date
    refused: bool

    @property
    def words(self) -> str:
        """Brand and last four digits, as far as they are known: visa 4242."""
        return " ".join(part for part in (self.brand, self.last4) if part)


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an order waits; ``stops`` is shipping, charging or both. Open until it is released; ``until``: the business
    date that releases it by itself; ``may_release``: the roles that may at the desk.
    """

    code: str
    reason: Said
    stops: str
    on: date
    by: str
    released_on: date | None
    until: date | None
    reason_code: str | None
    may_release: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Is it not released yet?"""
        return self.released_on is None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: the day, who did it, why."""

    on: date
    kind: str
    by: str
    reason: Said | None
    data: dict[str, object] | None


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote down of a customer or an order."""

    on: date
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What the warehouse sent: the day, the carrier, the carrier's number."""

    on: date
    carrier: str | None
    tracking: str | None


@dataclass(frozen=True, slots=True)
class Substitute:
    """Another product; ``price`` None: at the price that the line has."""

    product: str
    price: Money | None


@dataclass(frozen=True, slots=True)
class Added:
    """A product that comes besides those of the program."""

    product: str
    quantity: Decimal
    price: Money


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What a person changed on one event of an order; ``line`` None: on all its products.

    ``value`` by kind: skip True, move and redate a date, substitute, price money, quantity a number, address, merge the
    number that those share that ship as one, add the product with quantity and price, remove the number of the product.
    """

    key: str
    repetition: int
    line: int | None
    kind: str
    value: bool | date | Substitute | Money | Decimal | Address | Added | str | int | None
    by: str
    on: date
    reason: str | None


@dataclass(frozen=True, slots=True)
class Payment:
    """Money owed: order, line, purpose and number tell it apart. ``card``: the one that was charged, else that pays.

    ``order`` is the number of the order or child that is paid. ``line`` is the order's line, of ordinary lines None:
    they are paid together. ``shipment`` is that of a child. ``disputed``: a dispute about it goes on; ``lost``: what of
    it was lost in disputes. ``gives_back``: of a refund, ``which`` payment it is of.
    """

    order: str
    line: int | None
    shipment: int | None
    purpose: str
    number: int
    method: str
    amount: Money
    due_on: date
    status: str
    attempts: int
    captured: Money
    refunded: Money
    card: Card | None
    captured_on: date | None
    disputed: bool = False
    lost: Money | None = None
    gives_back: str | None = None

    @property
    def which(self) -> str:
        """What tells it from all other payments, as an address carries it."""
        return f"{self.order}:{self.line or 0}:{self.purpose}:{self.number}"

    @property
    def refundable(self) -> bool:
        """May something of it be given back: did a card pay it, is it not all given back or lost already, and not disputed?"""
        return self.may_be_disputed and not self.disputed

    @property
    def may_be_disputed(self) -> bool:
        """Did a card pay it, and is not all of it given back, or lost in a dispute, already?"""
        return self.method == "card" and self.purpose != "refund" and self.kept.minor > 0

    @property
    def kept(self) -> Money:
        """What was taken of it, and neither given back nor lost in a dispute."""
        gone = self.refunded.minor + (self.lost.minor if self.lost is not None else 0)
        return Money(self.captured.minor - gone, self.captured.currency)

    @property
    def ends(self) -> tuple[str, ...]:
        """What a person may say of it: how the try ended that nobody knows of, that the bank has approved it by a code, that it
        is declined for good, or that it is given up.
        """
        by_card = self.method == "card" and self.purpose != "refund"
        approved = ("approved",) if by_card and self.status in STOPS_SHIPPING else ()
        if self.status == "unknown":
            return ("taken", "not-taken", *approved)
        declined = ("declined",) if by_card and self.status == "declined" else ()
        return (*approved, *declined, "written-off") if self.status in GIVEN_UP else ()

    @property
    def reprocessable(self) -> bool:
        """May its card be asked again from the beginning?"""
        return self.method == "card" and self.status == "failed"

    @property
    def awaits_check(self) -> bool:
        """Is a check to come for it?"""
        return self.method == "check" and self.status == "due"

    @property
    def collectable(self) -> bool:
        """May the card be asked for it now?"""
        return self._may_be_asked and self.purpose != "refund"

    @property
    def returnable(self) -> bool:
        """May its gateway be asked now to give it back?"""
        return self._may_be_asked and self.purpose == "refund"

    @property
    def _may_be_asked(self) -> bool:
        return self.method == "card" and self.status in ("due", "declined", *NOT_ANSWERED)
