"""What the jobs have in common by which a person changes many orders at once (``desk.many``)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from perennial.catalog.models import Product
from perennial.db import sql
from perennial.desk.many.changing import ManyBy, PassedOver, ShipmentChanged, change_many
from perennial.desk.many.criteria import chosen
from perennial.desk.many.file import File
from perennial.desk.many.wanted import Asked, Wanted
from perennial.jobs import touched
from perennial.jobs.ahead import refuse_other_number
from perennial.jobs.job import Job, Run
from perennial.jobs.models import JobItem
from perennial.jobs.planned import look_alike, told
from perennial.jobs.report import Report
from perennial.kernel.reasons import Reason

SQL = sql.named("perennial.jobs", "sql/change_many.sql")
PASSED_OVER = "passed_over"
"""How a thing is told that stays as it is, with its reason."""


@dataclass
class ChangeMany(Job):
    """Change the shipments of a work list of orders, which is written once: what is asked of each order stands with it.

    1. Lock the chunk's continuity orders, in id order, and the orders.
    2. Do to each shipment what would be done to it by hand; what cannot be done is passed over, with its reason.
    3. Keep what was changed of each order with the run, so that it can be taken back.

    Safe to rerun because all of it commits together with the chunk. An order whose data is at fault stays as it is: it is
    passed over, not parked, so that nothing of it waits because somebody wanted to change it.

    ``meant``: days that are meant though they are years away; ``orders``: their number once more, where it is large;
    ``again``: also what a run has done already; ``file``: orders, shipments and days, instead of criteria.
    """

    meant: Collection[date] = ()
    orders: int | None = None
    again: bool = False
    file: File | None = field(default=None, repr=False)

    counts = ("orders", "shipments", "following", "passed_over")
    chunk_size = 250
    any_day = True
    finish_first = False
    names = SQL["names"]
    every_shipment = False

    def wanted(self, run: Run) -> Wanted:
        """What is done to each shipment, by the run's arguments. Refused: they name what there is not."""
        raise NotImplementedError

    def arguments(self, run: Run) -> None:
        """What is asked of each shipment, and of which. Refused: no criterion, what there is not, faults of the file."""
        run.cache["wanted"] = self.wanted(run)
        if self.file is None:
            run.cache["chosen"] = chosen(run.arguments, every_shipment=self.every_shipment)
        else:
            run.cache["asked"] = self.asked_in_file(run, self.file)

    def select(self, run: Run) -> tuple[int, Report]:
        """Write the work list: an order each, with its shipments. Refused: more orders than were meant."""
        if self.file is None:
            statement, values = run.cache["chosen"]
            selected = sql.execute(SQL["select"].replace("{chosen}", statement), {**values, "run": run.id})
        else:
            selected = _write_asked(run, run.cache["asked"])
        self.check(run)
        if not run.dry:
            refuse_other_number(run, selected, self.orders)
        return selected, Report()

    def asked_in_file(self, run: Run, file: File) -> Sequence[Asked]:
        """What the file asks, of a job that takes one. Refused: it has faults."""
        raise NotImplementedError

    def check(self, run: Run) -> None:
        """Refused: what was selected may not be done as a whole."""

    def work(self, run: Run, first: int, last: int) -> Report:
        """Change the orders ``first`` to ``last``."""
        if "wanted" not in run.cache:
            run.cache["wanted"] = self.wanted(run)
        asked = list(_asked(run, first, last))
        many = ManyBy(
            by=run.started_by,
            on=run.on,
            reason=run.arguments.get("reason"),
            run=run.id,
            also_adjusted=run.arguments.get("also_adjusted", False),
        )
        revisions = run.cache.setdefault("revisions", {})
        found = change_many(asked, run.cache["wanted"], many, set_up=run.read_set_up(), revisions=revisions)
        touched.write(run, list(_rows(run, first, last, run.cache["wanted"].what, found)))
        return _counted(found)

    def park(self, run: Run, seq: int, reason: Reason, sqlstate: str | None) -> Report:
        """Leave the order as it is, with the reason."""
        order, _ = self.named(run, seq)
        found = [PassedOver(asked, order, reason) for asked in _asked(run, seq, seq)]
        touched.write(run, list(_rows(run, seq, seq, "", found)))
        return _counted(found)


def _asked(run: Run, first: int, last: int) -> Iterator[Asked]:
    """What is asked of these orders of the work list, in its order."""
    for order, given in sql.tuples(SQL["asked"], {"run": run.id, "first": first, "last": last}):
        for one in json.loads(given):
            to = one.get("to")
            yield Asked(order, one["line"], one["shipment"], None if to is None else date.fromisoformat(to))


def _write_asked(run: Run, asked: Sequence[Asked]) -> int:
    """Write a work list of what a file asks, an order in the place of its first shipment; how many orders."""
    of_order: dict[int, list[dict[str, Any]]] = {}
    for one in asked:
        to = None if one.to is None else one.to.isoformat()
        of_order.setdefault(one.order_id, []).append({"line": one.line, "shipment": one.shipment, "to": to})
    return sql.copy(
        JobItem,
        ("run_id", "seq", "subject_id", "given"),
        ((run.id, seq, order, json.dumps(given)) for seq, (order, given) in enumerate(of_order.items(), 1)),
    )


def _counted(found: Iterable[ShipmentChanged | PassedOver]) -> Report:
    """How many orders and shipments were changed, how many others have another day with them, how many stay."""
    report = Report()
    orders = set()
    for one in found:
        if isinstance(one, PassedOver):
            report.count(PASSED_OVER)
            report.because(one.order, one.asked.shipment, None, one.reason)
        else:
            orders.add(one.asked.order_id)
            report.count("shipments")
            report.count("following", len(one.follows))
    report.count("orders", len(orders))
    return report


def _rows(
    run: Run, first: int, last: int, what: str, found: Sequence[ShipmentChanged | PassedOver]
) -> Iterator[touched.Row]:
    """What a chunk did, thing by thing: each shipment that was changed, those that follow it, and what stays."""
    places = touched.places(run, first, last)
    changed = [one for one in found if isinstance(one, ShipmentChanged)]
    products = {
        line.product_id for one in changed for pair in (*one.pairs, *one.follows) for o in pair for line in o.lines
    }
    items = dict(Product.objects.filter(pk__in=products).values_list("pk", "number"))
    numbers: dict[int, int] = {}

    def row(asked: Asked, name: str, what: str, **more: Any) -> touched.Row:
        seq = places[asked.order_id]
        numbers[seq] = numbers.get(seq, 0) + 1
        rest = {"line": asked.line, "shipment": asked.shipment, "before": None, "after": None, "because": None, **more}
        return touched.Row(seq=seq, number=numbers[seq], name=name, what=what, **rest)

    for one in found:
        if isinstance(one, PassedOver):
            yield row(one.asked, one.order, PASSED_OVER, because=touched.stored(one.reason.stored()))
            continue
        name = one.state.row.order.number
        for word, pairs in ((what, one.pairs), ("follows", one.follows)):
            for pair in pairs:
                before, after = (told(o, items, one.state.currency, one.state.revision) for o in pair)
                if word == what or not look_alike(before, after):
                    facts = {"before": touched.stored(before), "after": touched.stored(after)}
                    yield row(one.asked, name, word, line=one.line, shipment=pair[1].shipment, **facts)
