"""A clerk as a process of its own: one random change after another, until it is told to stop.

``python -m tests.jobs.clerk SEED DATE`` with DATABASE_URL. A refusal is an answer like any other. Anything else that
goes wrong (a deadlock, a broken constraint) ends it with a traceback. Prints how often what was done.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import django


def main(seed: int, on: date) -> None:
    django.setup()
    from perennial.continuity.models import Occurrence
    from perennial.customers.models import StoredCard
    from perennial.errors import Conflict, Refused
    from perennial.orders.models import SalesOrder
    from tests.worlds import actions

    dice = random.Random(seed)
    going = [True]
    signal.signal(signal.SIGTERM, lambda *_: going.clear())
    parents = list(SalesOrder.objects.filter(parent=None).order_by("id").values_list("id", "number"))
    done: Counter[str] = Counter()

    def change() -> None:
        pk, number = dice.choice(parents)
        children = list(SalesOrder.objects.filter(parent_id=pk).order_by("id").values_list("number", flat=True))
        coming = list(
            Occurrence.objects.filter(continuity_order__order_id=pk, status="scheduled")
            .order_by("id")
            .values_list("shipment", flat=True)
        )
        who: dict[str, Any] = {"on": on, "by": "clerk:anna"}
        what = dice.choice(
            ["skip", "move", "follow", "quantity", "hold", "release", "cancel", "child", "again", "ship", "card"]
        )
        if what in ("skip", "move", "follow", "quantity") and coming:
            shipment = dice.choice(coming)
            if what == "skip":
                actions.skip(number=number, shipment=shipment, **who)
            elif what == "quantity":
                actions.quantity(number=number, shipment=shipment, quantity=Decimal(dice.randint(1, 4)), **who)
            else:
                to = on + timedelta(dice.randint(0, 40))
                actions.move(number=number, shipment=shipment, to=to, following=what == "follow", **who)
        elif what == "hold":
            actions.hold(number=number, stops=dice.choice(["both", "shipping", "charging"]), **who)
        elif what == "release":
            actions.release(number=number, **who)
        elif what == "cancel" and dice.random() < 0.2:
            actions.cancel(number=number, **who)
        elif what in ("child", "again") and children:
            actions.cancel(number=dice.choice(children), again=what == "again", **who)
        elif what == "ship" and children:
            child = dice.choice(children)
            actions.ship(number=child, **who)
            actions.invoice(number=child, **who)
        elif what == "card":
            token = StoredCard.objects.filter(customer__orders__pk=pk).order_by("id").values_list("token", flat=True)
            actions.card(number=number, token=dice.choice(list(token)), **who)
        else:
            return
        done[what] += 1

    while going:
        try:
            change()
        except (Refused, Conflict) as refused:
            done[type(refused).__name__.lower()] += 1
        time.sleep(dice.random() * 0.02)
    print(dict(done))


if __name__ == "__main__":
    main(int(sys.argv[1]), date.fromisoformat(sys.argv[2]))
