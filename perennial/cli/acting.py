"""How the commands that change an order call the desk: with their options, by the name of the action."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from perennial.cli.output import outcome, say
from perennial.cli.parser import (
    Given,
    Run,
    Share,
    how,
    who,
)
from perennial.errors import Refused


def _stays_open(done: Any) -> bool:
    return getattr(done, "status", None) == "open"


def does(name: str, *names: str, line: bool = True, reports: bool = False, **renamed: str) -> Run:
    """Call ``desk.actions.<name>`` with the order's number and these options; ``renamed``: its name for an option;
    ``reports``: it tells what has happened, by today.
    """

    def run(given: Given) -> int:
        from perennial.desk import actions
        from perennial.desk.action import perform

        arguments: dict[str, Any] = {option: getattr(given, option) for option in names}
        arguments |= {argument: getattr(given, option) for argument, option in renamed.items()}
        if arguments.get("quantity") is not None:
            from perennial.kernel.money import quantity

            arguments["quantity"] = quantity(arguments["quantity"], "quantity")
        if arguments.get("pay") is not None:
            arguments["pay"] = _pays(arguments["pay"])
        if arguments.get("pieces"):
            from perennial.desk.orders.short import Pieces

            arguments["pieces"] = [Pieces(line, Decimal(quantity)) for line, quantity in arguments["pieces"]]
        if "without" in arguments:
            arguments["without"] = [option.replace("-", "_") for option in arguments["without"]]
        if reports:
            from perennial.catalog.queries import today

            arguments["today"] = today()
        if line:
            arguments["line"] = given.line
        elif given.line is not None:
            raise Refused("line_of_whole_order", "line", action=name, order=given.number)
        done = perform(getattr(actions, name), how(given), number=given.number, **arguments, **who(given))
        outcome(done, given)
        if name == "cancel" and not given.json and _stays_open(done):
            from perennial.catalog.queries import today as company_today
            from perennial.cli.pages import still_open_line
            from perennial.desk.read.orders import order

            say(still_open_line(order(given.number, on=company_today())))
        return 0

    return run


def _pays(shares: list[Share]) -> list[Any]:
    """How ordinary lines are paid, as the desk wants it."""
    from perennial.catalog.queries import currency
    from perennial.desk.entry import PayEntry
    from perennial.kernel.money import minor

    return [
        PayEntry(
            one.method,
            one.card,
            amount_minor=None if one.amount is None else minor(one.amount, currency(), "pay"),
            percent=one.percent,
        )
        for one in shares
    ]
