"""What customers were told, as a bundle carries it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from perennial.customers.models import StoredCard
from perennial.db import sql

Document = dict[str, Any]
AT_ONCE = 2000

_NOTICES = """
select n.id, c.account, n.kind, n.about, n.on_date, n.status
  from notices_notice n join customers_customer c on c.id = n.customer_id
 where n.id > %s order by n.id limit %s
"""
_PAYMENTS = """
select y.id, coalesce(o.number, p.number), case when c.id is not null then l.line end, y.purpose, y.number
  from payments_payment y
  left join orders_salesorder o on o.id = y.order_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  left join orders_orderline l on l.id = c.parent_line_id
  left join orders_salesorder p on p.id = c.order_id
 where y.id = any(%s)
"""


def notices() -> Iterator[Document]:
    """What customers were told, or are going to be: so that nobody is told twice."""
    last = 0
    while batch := sql.tuples(_NOTICES, [last, AT_ONCE]):
        last = batch[-1][0]
        cards = {found for row in batch if (found := _id("card:", row[3]))}
        payments = {found for row in batch if (found := _id("payment ", row[3]))}
        tokens = dict(StoredCard.objects.filter(pk__in=cards).values_list("pk", "token"))
        paid = {pk: rest for pk, *rest in sql.tuples(_PAYMENTS, [list(payments)])}
        for _, account, kind, about, on, status in batch:
            document: Document = {"customer": account, "kind": kind}
            card, payment = _id("card:", about), _id("payment ", about)
            if card in tokens:
                document["card"] = tokens[card]
            elif payment in paid:
                document["payment"] = dict(zip(("order", "line", "purpose", "number"), paid[payment], strict=True))
            else:
                document["about"] = about
            yield {**document, "on": on.isoformat(), "status": status}


def _id(word: str, about: str) -> int | None:
    """The id of the row that a notice is about."""
    found = re.fullmatch(rf"{word}(\d{{1,18}})", about, re.ASCII)
    return int(found[1]) if found else None
