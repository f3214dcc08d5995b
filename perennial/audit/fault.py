"""A fault of the data, as data; and how a statement that finds faults is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from perennial.errors import Refused

MOST = 1000
"""So many faults of a rule are told."""
WORDS = {
    # Not taken over: in an order that was, something may have happened that its rows do not tell.
    "ENTERED_HERE": "(not %(as_told)s and p.taken_over_on is null)",
    # A child that was taken over has the other system's amounts and days, as far as they are known.
    "MADE_HERE": "(not %(as_told)s and k.taken_over_on is null)",
    "PAYMENTS": """(select y.* from payments_payment y where %(orders)s::bigint[] is null
                    union all
                    select y.* from continuity_continuityorder c join payments_payment y on y.continuity_order_id = c.id
                     where c.order_id = any(%(orders)s)
                    union all
                    select y.* from orders_salesorder k join payments_payment y on y.order_id = k.id
                     where k.id = any(%(orders)s) or k.parent_id = any(%(orders)s))""",
}
"""What statements say in braces."""
SUBJECT = ("order", "line", "child", "shipment", "payment")
"""What a fault is of: the columns behind its code."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and with what: the parent order, its line, a child, a shipment, a payment (where it is of one).

    ``facts``: what else the sentence of the code says. Amounts (``…_minor``) are minor units, as they are stored.
    """

    code: str
    order: str | None
    line: int | None
    child: str | None
    shipment: int | None
    payment: int | None
    facts: Mapping[str, object]

    @property
    def refusal(self) -> Refused:
        """The fault as a refusal, to be said in words."""
        said: dict[str, Any] = {name: getattr(self, name) for name in SUBJECT} | dict(self.facts)
        return Refused(self.code, "", **said)


def ask(statement: str, values: Mapping[str, Any], most: int = MOST) -> list[Fault]:
    """The faults that a statement finds: code, order, line, child, shipment, payment, then facts by their names."""
    for word, said in WORDS.items():
        statement = statement.replace(f"{{{word}}}", said)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} limit {most}", values)
        names = [column.name for column in cursor.description[6:]]
        return [
            Fault(
                code=code,
                order=order,
                line=line,
                child=child,
                shipment=shipment,
                payment=payment,
                facts=dict(zip(names, facts, strict=True)),
            )
            for code, order, line, child, shipment, payment, *facts in cursor.fetchall()
        ]
