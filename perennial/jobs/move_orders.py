"""Move orders: the first open shipment of many orders goes on another day, or each as a file says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from psycopg.types.json import Jsonb

from perennial.db import sql
from perennial.desk.entry.far import far_away
from perennial.desk.many.file import File, asked_in
from perennial.desk.many.wanted import Asked, MoveTo
from perennial.errors import Refused
from perennial.jobs.change_many import SQL, ChangeMany
from perennial.jobs.job import Run
from perennial.kernel.calendar import add_days


class MoveOrders(ChangeMany):
    """Move the first open shipment of each order that fits the criteria, to a day or by days; or the shipments of a file."""

    name = "move-orders"

    def wanted(self, run: Run) -> MoveTo:
        """The new day."""
        given = run.arguments
        to = given.get("to")
        return MoveTo(
            to=None if to is None else date.fromisoformat(to),
            by_days=given.get("by_days"),
            following=given.get("following", False),
        )

    def asked_in_file(self, run: Run, file: File) -> Sequence[Asked]:
        """Each shipment with its own day."""
        return asked_in(file, on=run.on, most=run.parameters.order_dates_within_days, meant=self.meant)

    def arguments(self, run: Run) -> None:
        """Refused, too: a day that is past, or years away; so many days that even what ships today would; by so many days what a run
        has moved by as many already.
        """
        super().arguments(run)
        wanted: MoveTo = run.cache["wanted"]
        if wanted.to is not None:
            if wanted.to < run.on:
                raise Refused("date_past", "to", date=wanted.to, earliest=run.on)
            self._refuse_far(run, wanted.to, "to")
        if wanted.by_days is None:
            return
        later = add_days(run.on, wanted.by_days, "by_days")
        if wanted.by_days > 0:
            self._refuse_far(run, later, "by_days")
        if self.again or run.dry:
            return
        done = sql.one(SQL["done_already"], {"job": self.name, "arguments": Jsonb(run.arguments)})
        if done is not None:
            raise Refused("run_done_already", "again", run=done[0], on=done[1])

    def check(self, run: Run) -> None:
        """Refused: a number of days by which shipments would be years away."""
        wanted: MoveTo = run.cache["wanted"]
        if wanted.by_days is None:
            return
        statement = SQL["days"].replace("{day}", "event_on" if wanted.following else "ship_on")
        found = sql.one(statement, {"run": run.id})
        last = None if found is None else found[1]
        if last is not None:
            self._refuse_far(run, add_days(last, wanted.by_days, "by_days"), "by_days")

    def _refuse_far(self, run: Run, day: date, name: str) -> None:
        if far := far_away(day, name, on=run.on, most=run.parameters.order_dates_within_days, meant=self.meant):
            raise far
