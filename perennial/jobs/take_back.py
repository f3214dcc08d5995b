"""Take back what a run of a person's has changed of many orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from perennial.catalog.models import Product
from perennial.desk.many.back import Back, take_back
from perennial.jobs import touched
from perennial.jobs.ahead import refuse_other_number
from perennial.jobs.change_many import PASSED_OVER, SQL
from perennial.jobs.job import Job, Run
from perennial.jobs.planned import look_alike, told
from perennial.jobs.report import Report
from perennial.kernel.reasons import Reason


class TakeBackOrders(Job):
    """Put back, order by order, what a run has changed, where nothing has used or changed it since.

    1. Lock the chunk's continuity orders, in id order, and the orders.
    2. Compare each with what the run left; what stands otherwise stays, with its reason.
    3. Put the rows of the others back, derive anew what waits and what is owed, write the history.

    Safe to rerun because all of it commits together with the chunk, and what is taken back is not selected again.
    ``orders``: their number once more, where it is large.
    """

    name = "take-back-orders"
    counts = ("orders", "passed_over")
    chunk_size = 250
    any_day = True
    names = SQL["names"]

    def __init__(self, orders: int | None = None) -> None:
        self.orders = orders

    def due(self, run: Run) -> tuple[str, Mapping[str, Any]]:
        """The orders that the run has changed and nobody has put back, by id."""
        return SQL["changed_by"], {"of_run": run.arguments["run"]}

    def select(self, run: Run) -> tuple[int, Report]:
        """Write the work list. Refused: more orders than were meant."""
        selected, report = super().select(run)
        if not run.dry:
            refuse_other_number(run, selected, self.orders)
        return selected, report

    def work(self, run: Run, first: int, last: int) -> Report:
        """Take back the change of the orders ``first`` to ``last``."""
        places = touched.places(run, first, last)
        found = take_back(
            sorted(places),
            run=run.arguments["run"],
            set_up=run.read_set_up(),
            on=run.on,
            by=run.started_by,
            reason=run.arguments.get("reason"),
            send_late=run.arguments.get("send_late", False),
            back_in=run.id,
            revisions=run.cache.setdefault("revisions", {}),
        )
        touched.write(run, list(_rows(places, found)))
        return _counted(found)

    def park(self, run: Run, seq: int, reason: Reason, sqlstate: str | None) -> Report:
        """Leave the order as it is, with the reason."""
        order, _ = self.named(run, seq)
        places = touched.places(run, seq, seq)
        found = [Back(order_id, order, reason) for order_id in places]
        touched.write(run, list(_rows(places, found)))
        return _counted(found)


def _counted(found: Sequence[Back]) -> Report:
    report = Report()
    for one in found:
        report.count("orders" if one.why_not is None else PASSED_OVER)
        if one.why_not is not None:
            report.because(one.order, None, None, one.why_not)
    return report


def _rows(places: Mapping[int, int], found: Sequence[Back]) -> Iterator[touched.Row]:
    """Each shipment that is as it was again, and each order that stays, with the reason."""
    products = {
        line.product_id
        for one in found
        for back in one.shipments
        for o in (back.before, back.after)
        for line in o.lines
    }
    items = dict(Product.objects.filter(pk__in=products).values_list("pk", "number"))
    for one in found:
        seq = places[one.order_id]
        plain = touched.Row(
            seq, 1, one.order, line=None, shipment=None, what="taken_back", before=None, after=None, because=None
        )
        if one.why_not is not None:
            yield plain._replace(what=PASSED_OVER, because=touched.stored(one.why_not.stored()))
            continue
        pairs = []
        for back in one.shipments:
            before, after = (
                told(o, items, back.state.currency, back.state.revision) for o in (back.before, back.after)
            )
            pairs.append((back, before, after))
        seen = [pair for pair in pairs if not look_alike(pair[1], pair[2])]
        if not seen:
            yield plain
        for number, (back, before, after) in enumerate(seen, 1):
            yield plain._replace(
                number=number,
                line=back.line,
                shipment=back.after.shipment,
                before=touched.stored(before),
                after=touched.stored(after),
            )
