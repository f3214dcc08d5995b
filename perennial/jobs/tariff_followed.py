"""Update orders: what is still to come follows the tariff that a person has applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from perennial.catalog.queries import SetUp
from perennial.continuity.planning import OrderState
from perennial.db import sql
from perennial.desk.notices.queue import tell_charge_changes
from perennial.jobs.job import Run
from perennial.jobs.planned import Planned
from perennial.kernel import money
from perennial.orders.history import Happened
from perennial.payments.tariff_change import TariffChange, tariff_changes


@dataclass
class Followed:
    """Of a chunk, by the ids of continuity orders: which stand on the tariff now, and of which something costs
    something else.
    """

    moved: set[int] = field(default_factory=set)
    differ: set[int] = field(default_factory=set)
    events: list[Happened] = field(default_factory=list)


def tariff_followed(run: Run, set_up: SetUp, states: Sequence[OrderState], planned: Planned) -> Followed:
    """Move the orders of a chunk to the tariff that was applied, those that have something left to follow it.

    What they cost before and after goes into the list of the run and into their history; who pays more is told.
    """
    target = run.cache["tariff"]
    by_id = {state.row.pk: state for state in states if state.row.tariff_id < target}
    followed = Followed()
    if not by_id:
        return followed
    changes = list(tariff_changes(set_up, target, sorted(by_id)))
    for change in changes:
        state = by_id[change.continuity_order]
        state.row.tariff_id = target
        followed.moved.add(change.continuity_order)
        if change.differs:
            followed.differ.add(change.continuity_order)
            before, after = told(change, target, state.currency)
            planned.charged(state, change.shipment, before, after)
            data = {"tariff": target, "old": before["total"], "new": after["total"], "ship_on": after["on"]}
            if change.shipment is not None:
                data |= {"line": change.line, "shipment": change.shipment}
            followed.events.append(Happened(change.order, "tariff_followed", data, state.row.parent_line_id))
    sql.execute(
        "update continuity_continuityorder set tariff_id = %s where id = any(%s)", [target, sorted(followed.moved)]
    )
    tell_charge_changes([change for change in changes if change.new > change.old], tariff=target, on=run.on)
    return followed


def told(change: TariffChange, target: int, currency: str) -> tuple[dict[str, object], dict[str, object]]:
    """What it was and what it is: the tariff, from when, and what the shipment (or all that is to come) costs."""
    on = change.on.isoformat() if change.on else None
    return (
        {"tariff": change.tariff, "on": on, "total": money.text(change.old, currency)},
        {"tariff": target, "on": on, "total": money.text(change.new, currency)},
    )
