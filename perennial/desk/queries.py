"""Which orders there are, what is parked, what is to be given back or credited, which orders follow a program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from perennial.catalog.codes import known_source
from perennial.catalog.queries import set_up, today
from perennial.continuity.models import ContinuityOrder, Parked
from perennial.customers.queries import customer_by_account
from perennial.db.pages import Page, page_of
from perennial.desk.contract import Document
from perennial.desk.read.waiting import check_by, orders_that_wait
from perennial.errors import Refused
from perennial.kernel import states
from perennial.kernel.billing import billing_kept
from perennial.kernel.money import Money
from perennial.kernel.reasons import Reason
from perennial.language.formats import ENGLISH, Reader
from perennial.language.reasons import reason_words
from perennial.orders.models import SalesOrder
from perennial.payments.models import Surplus
from perennial.payments.surplus import beyond_of
from perennial.programs.models import Program, ProgramRevision
from perennial.programs.queries import load_revisions, newest_released, program_by_id


@dataclass(frozen=True, slots=True)
class Fitting:
    """Which parent orders are asked for: all that fit all that is given.

    ``waiting``: of which something waits for a person. A hold, also of a child; a payment that has failed,
    or of which nobody knows what became; a check that has not come; a shipment that is blocked; what is parked; money to be given back.
    """

    status: str | None = None
    program: str | None = None
    customer: str | None = None
    since: date | None = None
    waiting: bool = False
    source_code: str | None = None

    def rows(self) -> QuerySet[SalesOrder]:
        """The orders. Refused: a status, program, customer or source code that does not exist."""
        if self.status is not None and self.status not in states.ORDER:
            raise Refused("order_status_unknown", "status", status=self.status, known=tuple(states.ORDER))
        found = SalesOrder.objects.filter(parent__isnull=True)
        if self.status is not None:
            found = found.filter(status=self.status)
        if self.program is not None:
            lines = ContinuityOrder.objects.filter(program=program_by_id(self.program), order=OuterRef("pk"))
            found = found.filter(Exists(lines))
        if self.customer is not None:
            found = found.filter(customer=customer_by_account(self.customer, "customer"))
        if self.since is not None:
            found = found.filter(order_date__gte=self.since)
        if self.source_code is not None:
            found = found.filter(source_code=known_source(self.source_code).code)
        if self.waiting:
            waits = RawSQL(orders_that_wait(), (check_by(today()),))
            found = found.filter(Q(id__in=waits) | Q(id__in=Surplus.objects.values("order")))
        return found


def order_page(fitting: Fitting, *, size: int, after: str | None = None) -> Page[int]:
    """A page of the parent orders that fit, by id, in the order of their making."""
    found = page_of(fitting.rows().only("pk"), "pk", size=size, after=after)
    return Page(tuple(row.pk for row in found.rows), found.next)


def order_ids(fitting: Fitting | None = None) -> list[int]:
    """All the parent orders that fit, by id, in the order of their making."""
    return list((fitting or Fitting()).rows().order_by("id").values_list("id", flat=True))


def to_give_back(number: str) -> Money | None:
    """What is to be given back of a parent order; None: nothing, or the number is a child's."""
    return _beyond(number)[0]


def to_credit(number: str) -> Money | None:
    """What was billed of a parent order for what does not come, and is to be credited; None: nothing."""
    return _beyond(number)[1]


def _beyond(number: str) -> tuple[Money | None, Money | None]:
    pk = SalesOrder.objects.filter(number=number, parent=None).values_list("pk", flat=True).first()
    return (None, None) if pk is None else beyond([pk]).get(number, (None, None))


def refunds(order_ids: Iterable[int]) -> dict[str, Money]:
    """What is to be given back of parent orders, by their numbers."""
    return {number: back for number, (back, _) in beyond(order_ids).items() if back is not None}


def beyond(order_ids: Iterable[int]) -> dict[str, tuple[Money | None, Money | None]]:
    """What is to be given back of parent orders, and what is to be credited, by their numbers."""
    found = beyond_of(list(order_ids))
    orders = SalesOrder.objects.filter(pk__in=found).values_list("pk", "number", "currency")
    return {
        number: (
            Money(found[pk].back, of) if found[pk].back else None,
            Money(found[pk].credit, of) if found[pk].credit else None,
        )
        for pk, number, of in orders
    }


def parked(run: int | None = None, to: Reader = ENGLISH) -> list[Document]:
    """What jobs could not do and nobody has retried yet; of one run: all that it parked."""
    found = Parked.objects.order_by("id")
    found = found.filter(resolved_on__isnull=True) if run is None else found.filter(run_id=run)
    names = ("run_id", "continuity_order__order__number", "shipment", "because", "reason")
    return [
        {
            "run": run_id,
            "order": number,
            "shipment": shipment,
            "reason": reason_words(Reason.read(because) or words, to),
        }
        for run_id, number, shipment, because, words in found.values_list(*names)
    ]


class Following(NamedTuple):
    """A program with open orders that stand on an older revision than new orders do."""

    program: str
    orders: int
    apply: bool
    """Do they follow in the next night?"""
    billing_kept: int = 0
    """How many of them keep how they are billed, though the program is billed otherwise now."""


def orders_to_follow(programs: Iterable[str]) -> list[Following]:
    """Of these programs (schedule ids) those that have open orders for update-orders."""
    found = (
        Program.objects.filter(schedule_id__in=list(programs)).order_by("schedule_id").values_list("pk", "schedule_id")
    )
    ids = dict(found)
    newest = newest_released(ids)
    apply = dict(ProgramRevision.objects.filter(pk__in=newest.values()).values_list("pk", "apply"))
    following = []
    for pk, revision in newest.items():
        open_orders = ContinuityOrder.objects.filter(program_id=pk, status="open").exclude(revision_id=revision)
        if orders := _orders(open_orders):
            following.append(Following(ids[pk], orders, apply[revision], _keep_their_billing(open_orders, revision)))
    return sorted(following)


def _keep_their_billing(open_orders: QuerySet[ContinuityOrder], newest: int) -> int:
    """How many of these orders keep how they are billed, of those that another billing would reach."""
    kinds = list(open_orders.values("revision_id", "schedule_chosen", "upfront", "payment_method").distinct())
    revisions = load_revisions(set_up(), {newest, *(kind["revision_id"] for kind in kinds)})
    now = revisions[newest]
    kept = Q()
    for kind in kinds:
        if not now.billed_as(revisions[kind["revision_id"]]) and billing_kept(
            chosen=kind["schedule_chosen"],
            upfront=kind["upfront"],
            method=kind["payment_method"],
            program_upfront=now.bill_upfront,
            program_in_parts=now.payment_schedule_id is not None,
        ):
            kept |= Q(**kind)
    return _orders(open_orders.filter(kept)) if kept else 0


def _orders(found: QuerySet[ContinuityOrder]) -> int:
    return found.values("order_id").distinct().count()
