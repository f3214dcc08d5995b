"""The club as a whole: the sample, its enrolments as they come, and the bundles that carry them.

Everything follows from the purchases, the seed and the day; nothing else is drawn. Entries are made and
written one by one, so that the bundle of all 23,570 is never in memory.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TextIO

from perennial.demo import assortment, members
from perennial.demo.conduct import Act, acts
from perennial.demo.enrolments import Enrolment, World, joins
from perennial.demo.history import DAY, calendar, choose, open_transactions, read_histories

DEFAULT_SAMPLE = 200
DEFAULT_SEED = 1997


class Club:
    """The members, orders and calls of the demo, for one sample, seed and day."""

    def __init__(
        self,
        *,
        today: date,
        sample: int | None = DEFAULT_SAMPLE,
        seed: int = DEFAULT_SEED,
        real_dates: bool = False,
    ) -> None:
        with open_transactions() as lines:
            histories = list(read_histories(lines))
        first = min(history.purchases[0].on for history in histories)
        last = max(history.purchases[-1].on for history in histories)
        self.calendar = calendar(first, last, today=today, real_dates=real_dates)
        self.world = World(seed, self.calendar)
        chosen = choose((history.customer for history in histories), sample=sample, seed=seed)
        self.members = len(chosen)
        self.enrolments: list[Enrolment] = [
            enrolment
            for history in histories
            if history.customer in chosen
            for enrolment in joins(self.world, self.calendar.moved(history))
        ]
        self.enrolments.sort(key=lambda enrolment: (enrolment.on, enrolment.customer, enrolment.nth))

    def by_day(self, *, every: int = 1) -> dict[date, list[Enrolment]]:
        """The enrolments by the day on which they are entered.

        With ``every`` above 1 those of so many days are entered together on the last of them: fewer
        imports, and never an order of a day that has not come.
        """
        days: dict[date, list[Enrolment]] = defaultdict(list)
        for enrolment in self.enrolments:
            wait = every - 1 - (enrolment.on - self.calendar.first_night).days % every
            days[min(enrolment.on + wait * DAY, self.calendar.last_night)].append(enrolment)
        return dict(days)

    def acts(self, enrolment: Enrolment) -> list[Act]:
        """What clerks do for this order, oldest first."""
        return acts(self.world, enrolment)

    def card(self, act: Act) -> dict[str, Any]:
        """The card that a member gives with a call."""
        return members.card(self.world, act.enrolment, act.nth_card)

    def write_setup(self, out: TextIO) -> None:
        """The bundle with what the club sells, and nobody in it."""
        write_bundle(out, assortment.setup(self.calendar))

    def write_orders(self, out: TextIO, enrolments: Sequence[Enrolment]) -> None:
        """A bundle with these orders and the members who are new with them."""
        write_bundle(out, {"currency": "USD"}, self._entries(enrolments))

    def write_all(self, out: TextIO) -> None:
        """One bundle with everything, as it would be for moving in."""
        write_bundle(out, assortment.setup(self.calendar), self._entries(self.enrolments))

    def _entries(self, enrolments: Sequence[Enrolment]) -> dict[str, Iterable[dict[str, Any]]]:
        return {
            "customers": (members.member(self.world, one) for one in enrolments if one.nth == 1),
            "orders": (members.order(self.world, one) for one in enrolments),
        }


def write_bundle(out: TextIO, head: dict[str, Any], entries: dict[str, Iterable[dict[str, Any]]] | None = None) -> None:
    """Write one JSON document, an entry a line; an empty list is left out."""
    parts = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    out.write("{\n" + ",\n".join(parts))
    for key, rows in (entries or {}).items():
        opening = f",\n{json.dumps(key)}: [\n"
        for row in rows:
            out.write(opening + json.dumps(row, ensure_ascii=False))
            opening = ",\n"
        if opening == ",\n":
            out.write("\n]")
    out.write("\n}\n")
