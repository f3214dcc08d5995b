"""Members who move in from another system half way: their orders as a bundle tells them."""

from __future__ import annotations

from tests.worlds.bundle import faults, put, twelve


def member(continuity=None, children=None, *, lines=(), **also):
    """An order of the book of the month for Ada."""
    order = {
        "reference": "OLD-1",
        "customer": "C-1",
        "order_date": "2026-03-10",
        "submit": True,
        "lines": [{"item_number": "0016", "continuity": continuity or {}}, *lines],
    }
    if children is not None:
        order["children"] = children
    return {**order, **also}


def invoiced(number: int):
    """So many children of another system, invoiced there."""
    return [
        {"line": 1, "shipment": n, "status": "invoiced", "external": f"OLD-88123-{n}"} for n in range(1, number + 1)
    ]


def moved_in(order, **program):
    """Import the program of twelve events and one order."""
    return put(twelve(**program) | {"orders": [order]})


def wrong(order, **program):
    """The faults of an order, relative to it."""
    return {
        path.removeprefix("orders[0]."): text for path, text in faults(twelve(**program) | {"orders": [order]}).items()
    }
