"""What a person or an outside program asks about orders, programs and customers.

The documents are those of the contract (``docs/contract.md``); commands, screens and the export show
the same ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Q
from django.db.models.expressions import RawSQL

from perennial.continuity.models import ContinuityOrder, Parked
from perennial.customers.queries import customer_by_account
from perennial.db import sql
from perennial.desk.ahead import preview
from perennial.desk.beside import beside
from perennial.desk.documents import Document, order_documents
from perennial.desk.locking import unknown_order
from perennial.desk.set_up import customer_document, program_document
from perennial.errors import Refused
from perennial.kernel import states
from perennial.kernel.money import text
from perennial.orders.models import Hold, SalesOrder
from perennial.payments.surplus import surplus
from perennial.programs.models import Program, ProgramRevision
from perennial.programs.queries import newest_released, program_by_id

__all__ = [
    "beside", "customer_document", "hold_reasons", "order_document", "order_documents", "order_ids", "orders_to_follow", "parked",
    "parked_reasons", "preview", "program_document", "refunds",
]  # fmt: skip


def order_document(number: str, *, ahead: int = 0) -> Document:
    """The document of one parent order; a child's number shows its parent. Refused when there is none."""
    found = SalesOrder.objects.filter(number=number).values_list("id", "parent_id").first()
    if found is None:
        raise unknown_order(number)
    return next(order_documents([found[1] or found[0]], ahead=ahead))


def order_ids(
    *,
    status: str | None = None,
    program: str | None = None,
    customer: str | None = None,
    since: date | None = None,
    waiting: bool = False,
) -> list[int]:
    """The parent orders that fit all that is given, in the order of their making.

    ``waiting``: of which something waits for a person. A hold, also of a child; a payment that has failed,
    or of which nobody knows what became; a shipment that is blocked; what is parked; money to be given back.

    Refused: a status, program or customer that does not exist.
    """
    if status is not None and status not in states.ORDER:
        raise Refused("status", "status", text=f"{status!r} is not a status of an order: {', '.join(states.ORDER)}")
    found = SalesOrder.objects.filter(parent__isnull=True)
    if status is not None:
        found = found.filter(status=status)
    if program is not None:
        found = found.filter(continuity__program=program_by_id(program)).distinct()
    if customer is not None:
        found = found.filter(customer=customer_by_account(customer, "customer"))
    if since is not None:
        found = found.filter(order_date__gte=since)
    if waiting:
        waits = RawSQL(sql.named("perennial.desk", "sql/documents.sql")["waiting"], ())
        found = found.filter(Q(id__in=waits) | Q(id__in=list(surplus())))
    return list(found.order_by("id").values_list("id", flat=True))


def hold_reasons(order_ids: Iterable[int]) -> dict[str, list[str]]:
    """What ends the holds of parent orders and their children, by the number of what is held; not of what is cancelled.

    What a payment that has failed holds is let go by another card.
    """
    ids = list(order_ids)
    found = Hold.objects.filter(Q(order__in=ids) | Q(order__parent__in=ids), released_on__isnull=True)
    reasons: dict[str, list[str]] = defaultdict(list)
    for number, reason, code in (
        found.exclude(order__status="cancelled").order_by("id").values_list("order__number", "reason", "code")
    ):
        ends = "another card" if code == "payment" else "release of its hold"
        reasons[number].append(f"{ends}: {reason or code}")
    return dict(reasons)


def parked_reasons(number: str | None = None) -> dict[str, list[tuple[int, str]]]:
    """What of an order, or of all, is parked, by order number: the line and why, also where no shipment shows it."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    names = ("continuity_order__order__number", "continuity_order__parent_line__line", "reason")
    open_ = Parked.objects.filter(resolved_on__isnull=True)
    if number is not None:
        open_ = open_.filter(continuity_order__order__number=number)
    for number, line, reason in open_.order_by("id").values_list(*names):
        found[number].append((line, reason))
    return dict(found)


def refunds(order_ids: Iterable[int]) -> dict[str, str]:
    """What is to be given back of parent orders, in money with its currency, by their numbers."""
    found = surplus(list(order_ids))
    orders = SalesOrder.objects.filter(pk__in=found).values_list("pk", "number", "currency")
    return {number: f"{text(found[pk], currency)} {currency}" for pk, number, currency in orders}


def parked(run: int | None = None) -> list[Document]:
    """What jobs could not do and nobody has retried yet; of one run: all that it parked."""
    found = Parked.objects.order_by("id")
    found = found.filter(resolved_on__isnull=True) if run is None else found.filter(run_id=run)
    names = ("run_id", "continuity_order__order__number", "shipment", "reason")
    return [
        {"run": run_id, "order": number, "shipment": shipment, "reason": reason}
        for run_id, number, shipment, reason in found.values_list(*names)
    ]


class Following(NamedTuple):
    """A program with open orders that stand on an older revision than new orders do."""

    program: str
    orders: int
    apply: bool
    """Do they follow in the next night?"""


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
        if orders := open_orders.values("order_id").distinct().count():
            following.append(Following(ids[pk], orders, apply[revision]))
    return sorted(following)
