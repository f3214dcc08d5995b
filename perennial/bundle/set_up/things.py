"""What is set up, thing by thing: as a bundle carries it, and how it came to be so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.db.models.expressions import RawSQL

from perennial.bundle.export import setup as export
from perennial.catalog.models import (
    Company,
    DateInterval,
    DeliveryMode,
    HoldCode,
    Parameters,
    PaymentSchedule,
    PaymentScheduleLine,
    Price,
    Product,
    ReasonCode,
    SourceCode,
    TaxRate,
)
from perennial.catalog.queries import company, zone_of
from perennial.db import sql
from perennial.db.pages import Page, page_of
from perennial.errors import Refused
from perennial.programs.models import ContinuityProduct

Document = dict[str, Any]

SQL = sql.named(__package__, "things.sql")
ON_A_PAGE = 50
MOST_WORDS = 8

COMPANY = ("name", "country", "time_zone", "languages", "from_email", "phone", "address", "vat_number")
"""What is told of a company, in the order in which it is asked for; its currency is set once, with the first bundle or on the
first page."""
PARAMETERS = (
    "days_before_delivery",
    "number_of_orders_to_create",
    "repeat_threshold",
    "delivery_window_days",
    "order_dates_within_days",
    "authorize_child_orders",
    "authorize_days_before",
    "reauthorization_limit",
    "days_between_tries",
    "soft_retry_days",
    "expired_retry_days",
    "authentication_retry_days",
    "retry_on_submit",
    "authorization_renewals",
    "refund_limit_minor",
    "card_link_days",
    "on_account_bill_days",
    "on_account_terms_days",
    "prices_include_tax",
    "days_to_keep_run_lists",
    "revenue_journal",
    "continuity_payment_profile",
)
"""The parameters, in the order in which they are asked for."""


@dataclass(frozen=True, slots=True)
class Part:
    """More rows of a thing: their table, the column that names the thing, what is read with them."""

    model: Any
    of: str
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of set-up, called as its section in a bundle.

    ``document``: a thing of its row, those of its parts, and the currency. ``key``: the column that tells one from the
    others, as addresses name it; None: there is one alone. ``order``: the columns by which a list of them is ordered.
    ``other_names``: where a bundle tells them apart otherwise than addresses do.
    """

    model: Any
    document: Callable[[Any, Sequence[Sequence[Any]], str], Document]
    key: str | None = None
    order: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    other_names: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """The values by which a bundle tells one from the others, with their columns."""
        return dict(self.other_names) or ({self.key: self.key} if self.key else {})


def _named(names: tuple[str, ...]) -> Callable[[Any, Sequence[Sequence[Any]], str], Document]:
    return lambda row, parts, currency: {name: getattr(row, name) for name in names}


def _schedule(row: Any, parts: Sequence[Sequence[Any]], currency: str) -> Document:
    return {"amount": None, "lines": [], **export.payment_schedule(row, parts[0], currency)}


def _mode(row: Any, _: Sequence[Sequence[Any]], currency: str) -> Document:
    return {**export.delivery_mode(row, currency), "active": row.active}


def _product(row: Any, parts: Sequence[Sequence[Any]], currency: str) -> Document:
    """A product with a list of prices, be it one, and with what it stands for, be it nothing."""
    prices, sold = parts
    stands_for = next(iter(sold), None)
    return {
        "number": row.number,
        "name": row.name,
        "tax_group": row.tax_group,
        "prices": export.prices_of(((one.valid_from, one.price_minor) for one in prices), currency),
        "program": stands_for.program.schedule_id if stands_for else None,
        "event_duration": stands_for.event_duration if stands_for else 0,
        "shipments": stands_for.shipments if stands_for else None,
        "active": row.active,
    }


_OF_A_RATE = (("group", "group"), ("country", "country"), ("region", "region"), ("from", "valid_from"))

KINDS: dict[str, Kind] = {
    "company": Kind(Company, _named(COMPANY)),
    "parameters": Kind(Parameters, lambda row, _, currency: export.parameters(row, PARAMETERS, currency)),
    "delivery_modes": Kind(DeliveryMode, _mode, "code", ("code",)),
    "date_intervals": Kind(DateInterval, lambda row, *_: export.date_interval(row), "code", ("code",)),
    "payment_schedules": Kind(
        PaymentSchedule, _schedule, "name", ("name",), parts=(Part(PaymentScheduleLine, "schedule_id"),)
    ),
    "tax_rates": Kind(
        TaxRate, lambda row, *_: export.tax_rate(row), "id", ("group", "country", "id"), other_names=_OF_A_RATE
    ),
    "products": Kind(
        Product,
        _product,
        "number",
        ("number",),
        parts=(Part(Price, "product_id"), Part(ContinuityProduct, "product_id", ("program",))),
    ),
    "source_codes": Kind(SourceCode, lambda row, *_: export.source_code(row), "code", ("code",)),
    "reason_codes": Kind(ReasonCode, lambda row, *_: export.reason_code(row), "code", ("code",)),
    "hold_codes": Kind(HoldCode, lambda row, *_: export.hold_code(row), "code", ("code",)),
}


@dataclass(frozen=True, slots=True)
class Version:
    """A thing as it was from a moment on, and who made it so, when (by the company's clock), why."""

    document: Document
    by: str | None
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """How a value came to be what it is: before, after, by whom, when, why."""

    name: str
    before: Any
    after: Any
    by: str | None
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is set up, as a bundle carries it, with its past. ``address``: how pages name it."""

    address: str
    document: Document
    versions: tuple[Version, ...]
    version: str

    @property
    def changes(self) -> list[Change]:
        """Every change of a value, the newest first; those made together in the order of the values."""
        return [
            Change(name, before.document[name], value, by=after.by, at=after.at, reason=after.reason)
            for after, before in pairwise(reversed(self.versions))
            for name, value in after.document.items()
            if value != before.document[name]
        ]

    @property
    def set_by(self) -> dict[str, str | None]:
        """Who changed each value last."""
        return {one.name: one.by for one in reversed(self.changes)}

    @property
    def made(self) -> Version | None:
        """How it was at first, and who made it."""
        return self.versions[0] if self.versions else None

    @property
    def may_undo(self) -> bool:
        """Was it ever changed?"""
        return len(self.versions) > 1


@dataclass(frozen=True, slots=True)
class Listed:
    """Something that is set up, in a list."""

    address: str
    document: Document


def thing(kind: str, address: str = "") -> Thing:
    """One thing of a kind, with its past. Refused: there is none of this address."""
    found, row = KINDS[kind], row_of(kind, address)
    currency = _currency()
    (parts,) = _parts(found, [row.pk])
    past = list(_events(found, row.pk))
    versions = tuple(_versions(found, past, currency))
    return Thing(_address(found, row), found.document(row, parts, currency), versions, _newest(past))


def things(kind: str, *, words: str = "", after: str | None = None, size: int = ON_A_PAGE) -> Page[Listed]:
    """A page of what is set up of a kind. ``words``: products alone, those that all the words fit."""
    found = KINDS[kind]
    rows = found.model.objects.all()
    if typed := words.replace("\0", " ").split()[:MOST_WORDS]:
        rows = rows.filter(pk__in=RawSQL(SQL["fitting_products"], [typed]))
    page = page_of(rows, *found.order, size=size, after=after)
    currency = _currency()
    parts = _parts(found, [row.pk for row in page.rows])
    return Page(
        tuple(
            Listed(_address(found, row), found.document(row, its, currency))
            for row, its in zip(page.rows, parts, strict=True)
        ),
        page.next,
    )


def counts() -> dict[str, int]:
    """How many things of each kind are set up."""
    return dict(sql.tuples(SQL["counts"]))


def newest_change(kind: str) -> list[int | None]:
    """The numbers of the last change of anything of a kind."""
    found = KINDS[kind]
    models = [found.model, *(part.model for part in found.parts)]
    return [_history(one).order_by("-pgh_id").values_list("pgh_id", flat=True).first() for one in models]


def row_of(kind: str, address: str) -> Any:
    """The row of a thing. Refused: there is none."""
    found = KINDS[kind]
    if found.key is None:
        return found.model.objects.get(pk=1)
    is_number = found.key == "id"
    row = None
    if not is_number or (address.isascii() and address.isdecimal() and len(address) < 10):
        row = found.model.objects.filter(**{found.key: address}).first()
    if row is None:
        raise Refused("name_unknown", what=kind.removesuffix("s"), name=address, meant=None)
    return row


def address_named(kind: str, document: Mapping[str, Any]) -> str | None:
    """The address of the thing that a document names; None: there is none."""
    found = KINDS[kind]
    given = {column: document.get(name) for name, column in found.names.items()}
    wanted = {
        f"{column}__isnull" if value is None else column: value is None or value for column, value in given.items()
    }
    row = found.model.objects.filter(**wanted).first()
    return None if row is None else _address(found, row)


def _currency() -> str:
    return Company.objects.values_list("currency", flat=True).get(pk=1) or "USD"


def _address(found: Kind, row: Any) -> str:
    return str(getattr(row, found.key)) if found.key else ""


def _parts(found: Kind, ids: Sequence[int]) -> Iterator[list[list[Any]]]:
    """The rows of the parts of each of these things."""
    read = []
    for part in found.parts:
        mine: dict[int, list[Any]] = {}
        for row in part.model.objects.filter(**{f"{part.of}__in": ids}).select_related(*part.related).order_by("pk"):
            mine.setdefault(getattr(row, part.of), []).append(row)
        read.append(mine)
    for pk in ids:
        yield [mine.get(pk, []) for mine in read]


@dataclass(frozen=True, slots=True)
class _Event:
    """What became of a row: of the thing (``part`` None), or of one of its parts."""

    part: int | None
    row: Any


def _history(model: Any) -> Any:
    return apps.get_model(model._meta.app_label, f"{model.__name__}History").objects


def _events(found: Kind, pk: int) -> Iterator[_Event]:
    for row in _history(found.model).filter(id=pk).order_by("pgh_id"):
        yield _Event(None, row)
    for at, part in enumerate(found.parts):
        rows = _history(part.model).filter(**{part.of: pk}).select_related(*part.related)
        for row in rows.order_by("pgh_id"):
            yield _Event(at, row)


def _versions(found: Kind, events: Sequence[_Event], currency: str) -> Iterator[Version]:
    """What the thing was, from change to change. Of one that has parts a change is all that bears one time: that of its
    transaction. What a document does not carry (whether messages go out) makes no version.
    """
    zone = zone_of(company())
    moments: dict[tuple[datetime, int], list[_Event]] = {}
    for event in events:
        row = event.row
        moments.setdefault((row.pgh_created_at, 0 if found.parts else row.pgh_id), []).append(event)
    root: Any = None
    parts: list[dict[int, Any]] = [{} for _ in found.parts]
    before: Document | None = None
    for at in sorted(moments):
        for event in moments[at]:
            if event.part is None:
                root = event.row
            elif event.row.pgh_label == "delete":
                parts[event.part].pop(event.row.id, None)
            else:
                parts[event.part][event.row.id] = event.row
        if root is None:
            continue
        document = found.document(root, [list(rows.values()) for rows in parts], currency)
        if document != before:
            told: Mapping[str, Any] = moments[at][-1].row.pgh_context or {}
            yield Version(document, told.get("by"), at[0].astimezone(zone), told.get("reason"))
        before = document


def _newest(events: Sequence[_Event]) -> str:
    """The numbers of the last change of the thing and of each of its parts."""
    newest: dict[int | None, int] = {}
    for event in events:
        newest[event.part] = event.row.pgh_id
    return "-".join(f"{-1 if part is None else part}.{number}" for part, number in sorted(newest.items(), key=str))
