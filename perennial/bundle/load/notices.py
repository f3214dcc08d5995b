"""What customers were told already, of a bundle: so that nobody is told twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.values import Given, keys
from perennial.customers.models import Customer, StoredCard
from perennial.db import sql
from perennial.kernel import limits
from perennial.notices.models import Notice

NOTICE = keys("customer kind about card payment on status")
PAYMENT = keys("order line purpose number")
STATUS = ("off", "queued", "sent", "failed")

_PAYMENT = """
select y.id from payments_payment y
  left join orders_salesorder o on o.id = y.order_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  left join orders_orderline l on l.id = c.parent_line_id
  left join orders_salesorder p on p.id = c.order_id
 where coalesce(o.number, p.number) = %s and y.purpose = %s and y.number = %s
   and (c.id is null or l.line = %s)
"""


def notices(reading: Reading, things: Sequence[tuple[int, Any]]) -> None:
    """Note what customers were told. What is noted already stays as it is."""
    given = [Given(value, f"notices[{at}]", reading.faults, NOTICE) for at, value in things]
    accounts = {thing.get("customer") for thing in given if isinstance(thing.get("customer"), str)}
    customers = dict(Customer.objects.filter(account__in=accounts).values_list("account", "id"))
    rows = []
    for thing in given:
        account = thing.code("customer", "", required=True)
        customer = customers.get(account)
        if customer is None and account:
            thing.fault("customer", "name_unknown", what="customer", name=account)
        kind, about = thing.code("kind", "", required=True), thing.text("about")
        on, status = thing.day("on", reading.on), thing.word("status", STATUS, "off")
        if thing.given("card") and customer is not None:
            card = StoredCard.objects.filter(
                customer_id=customer, token=thing.code("card", longest=limits.LONG_CODE)
            ).first()
            about = f"card:{card.pk}" if card else None
        elif thing.given("payment"):
            about = _payment(thing)
        if not thing.bad and customer is not None and about is not None:
            rows.append(Notice(customer_id=customer, kind=kind, about=about, on_date=on, status=status))
    Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def _payment(thing: Given) -> str | None:
    inner = thing.inner("payment", PAYMENT)
    if inner is None:
        return None
    values = [
        inner.code("order", "", longest=limits.LONG_CODE),
        inner.code("purpose", ""),
        inner.whole("number", 1, 1),
        inner.whole("line", 0),
    ]
    thing.spoil(inner)
    found = None if inner.bad else sql.value(_PAYMENT, values)
    return None if found is None else f"payment {found}"
