"""What the merchant's balance says: a line for each move of money, with its fee."""

from __future__ import annotations

from perennial.payment_server import shapes
from perennial.payment_server.asked import Asked, fit
from perennial.payment_server.book import Doc
from perennial.payment_server.lists import CREATED, PAGE, found_by, page

PER_MILLE, EACH = 15, 25
"""What a charge costs, of its amount and in minor units."""
DISPUTED = 2000


def moved(asked: Asked, of: Doc, kind: str, amount: int) -> Doc:
    """A line of the balance: ``amount`` is below 0 where money leaves."""
    fee = (
        (amount * PER_MILLE + 500) // 1000 + EACH
        if kind == "charge"
        else DISPUTED
        if kind == "adjustment" and amount < 0
        else 0
    )
    return asked.book.add(shapes.balance_transaction(asked, of, kind, amount, fee))


def retrieve(asked: Asked) -> Doc:
    return found_by(asked, "balance_transaction", asked.of[0])


def index(asked: Asked) -> Doc:
    given = fit(asked.given, f"type source currency payout {CREATED} {PAGE}")
    wanted = {name: given[name] for name in ("type", "source", "currency") if name in given}
    return page(
        asked, "balance_transaction", given, only=lambda one: all(one[name] == value for name, value in wanted.items())
    )
