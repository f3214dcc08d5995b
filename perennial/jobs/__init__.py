"""The jobs: a runner, one module for each of the six, and what runs them together.

``runner``                the run protocol: killed at any instant, started again, shared by processes
``job``, ``report``       what a job is; what a run has done, as numbers
``touched``, ``planned``  what a run has done, thing by thing: before and after
``ahead``                 dates and nights that want a person first
``dry_run``, ``parking``  the same, rolled back (``kept_rows``: what is kept of it); an order put aside that could not be done
``update_current_event``  where each program stands today
``extend_lines``          plan on where repetitions were planned only up to the threshold
``update_orders``         open orders follow what was released of their programs
``change_preview``        what a version would change on them, counted by a dry run (``change_groups``, ``change_list``)
``change_refresh``        the same counted anew of the orders that have changed since
``move_orders``           for a person: the first open shipment of many orders goes on another day
``substitute_orders``     for a person: another product in the open shipments of many orders
``take_back``             for a person: what such a run has changed is put back
``many``                  these three: started, given up, told
``many_runs``             what was made of them: what was asked, what came of it, what may follow
``files``                 what persons hand in for them
``create_child_orders``   what is due becomes child orders
``process_payments``      authorise, capture, charge, bill
``close_orders``          what is finished is closed
``night``, ``simulate``   the six in their order; and with a warehouse's work before them
``requests``              what workers are asked for; ``request_status`` how far it is
``recurrences``           when jobs, and the night, run by themselves
``night_report``          what a night did, as one document
``status``                when each ran last, how far it is, what is due now
``check``, ``watch``      the invariants of the data; what somebody should look at
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perennial.jobs.job import Job

NIGHTLY = (
    "update-current-event",
    "extend-lines",
    "update-orders",
    "create-child-orders",
    "process-payments",
    "close-orders",
)


CRITERIA = {
    "create-child-orders": ("through", "limit", "program", "product", "customer", "order"),
    "process-payments": ("product",),
    "update-orders": ("program", "revision", "keep", "refresh"),
}
"""By job, what it may be restricted to."""

WHOSE = ("program", "event", "product", "ships_from", "ships_to", "customer", "source_code")
"""By what the orders are chosen that a person changes at once."""

MANY = {
    "move-orders": (*WHOSE, "to", "by_days", "following", "file", "also_adjusted", "reason"),
    "substitute-orders": (*WHOSE, "item", "price", "also_adjusted", "reason"),
    "take-back-orders": ("run", "send_late", "reason"),
}
"""What a person alone starts, and no night runs: by job, the arguments of its run."""

BY_PERSONS = tuple(MANY)


class _Jobs:
    """The six jobs of a night, and those that a person alone starts, by name; a module is imported when its job is asked
    for.
    """

    _classes = {
        "update-current-event": ("update_current_event", "UpdateCurrentEvent"),
        "extend-lines": ("extend_lines", "ExtendLines"),
        "update-orders": ("update_orders", "UpdateOrders"),
        "create-child-orders": ("create_child_orders", "CreateChildOrders"),
        "process-payments": ("process_payments", "ProcessPayments"),
        "close-orders": ("close_orders", "CloseOrders"),
        "move-orders": ("move_orders", "MoveOrders"),
        "substitute-orders": ("substitute_orders", "SubstituteOrders"),
        "take-back-orders": ("take_back", "TakeBackOrders"),
    }

    def __getitem__(self, name: str) -> type[Job]:
        from importlib import import_module

        module, kind = self._classes[name]
        found: type[Job] = getattr(import_module(f"perennial.jobs.{module}"), kind)
        return found

    def __iter__(self) -> Any:
        return iter(NIGHTLY)


JOBS = _Jobs()
