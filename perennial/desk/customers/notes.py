"""Notes: what whoever answers the telephone next should know of a customer or of an order. They are never changed."""

from __future__ import annotations

from datetime import date

from perennial.customers.queries import customer_by_account
from perennial.desk.action import action
from perennial.desk.customers.values import Noted
from perennial.desk.locking import order_by_number
from perennial.errors import Refused
from perennial.kernel import limits
from perennial.orders.models import Note


@action()
def note_on_customer(*, account: str, text: str, on: date, by: str) -> Noted:
    """Write a note on a customer. Refused: nothing is written, or too much."""
    customer = customer_by_account(account)
    Note.objects.create(customer=customer, on_date=on, by=by, text=_written(text))
    return Noted(account=account, text=text)


@action()
def note_on_order(*, number: str, text: str, on: date, by: str) -> Noted:
    """Write a note on an order; one on a child stands with its parent. Refused: nothing is written, or too much."""
    order = order_by_number(number)
    parent = order.parent or order
    Note.objects.create(customer=parent.customer, order=parent, on_date=on, by=by, text=_written(text))
    return Noted(account=parent.customer.account, order=parent.number, text=text)


def _written(text: str) -> str:
    if not text.strip():
        raise Refused("note_empty", "text")
    if fault := limits.text_fault(text):
        raise fault.at("text")
    return text
