"""What does the customer want? Products that can be sold, by their number or by words of their name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from perennial.catalog.queries import currency, prices_on
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.money import Money, line_amount

_SQL = sql.named("perennial.desk.read", "products.sql")
FIRST = 8
LONGEST = 100
MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class FoundProduct:
    """A product that can be sold. ``program``: the one that a continuity product stands for, ``price`` then what its first
    shipment costs before delivery and tax; ``exact``: its number was typed.
    """

    number: str
    name: str
    kind: str
    program: str | None
    price: Money | None
    exact: bool


def products_found(typed: str, *, on: date, most: int = FIRST, to_give: bool = True) -> tuple[FoundProduct, ...]:
    """The products that all the words fit: the one of this number first, then continuity products, then by number.

    ``to_give``: those that may be given; else also those that orders still have, and are not in use any more.
    """
    words = typed.replace("\0", " ")[:LONGEST].split()[:MOST_WORDS]
    if not words:
        return ()
    rows = sql.tuples(_SQL["found"], {"typed": " ".join(words), "words": words, "most": most, "to_give": to_give})
    prices = prices_on([row[0] for row in rows if row[3] == "item"], on)
    prices |= _first_shipments([row[0] for row in rows if row[3] != "item"], on)
    money = currency() if prices else ""
    return tuple(
        FoundProduct(number, name, kind, program, price=Money(prices[pk], money) if pk in prices else None, exact=exact)
        for pk, number, name, kind, program, exact in rows
    )


def _first_shipments(ids: list[int], on: date) -> dict[int, int]:
    """What the first shipment of these continuity products costs; absent where a product of it has no price."""
    sent = sql.tuples(_SQL["first_event"], {"ids": ids}) if ids else []
    known = prices_on({item for _, item, _, _ in sent}, on) if sent else {}
    costs: dict[int, int] = {}
    without = set()
    for pk, item, quantity, own in sent:
        price = known.get(item) if own is None else own
        if price is None:
            without.add(pk)
        else:
            costs[pk] = costs.get(pk, 0) + line_amount(quantity, price)
    return {pk: cost for pk, cost in costs.items() if pk not in without}


def product_meant(typed: str, *, on: date) -> tuple[str, str]:
    """The number and the kind of the one product that was meant. Refused: none, or several."""
    whole = " ".join(typed.split())
    if not whole:
        raise Refused("product_not_typed", "item")
    known = sql.one(_SQL["numbered"], {"typed": whole[:LONGEST]})
    if known is not None:
        return known[0], known[1]
    found = products_found(whole, on=on, most=2)
    if not found:
        raise Refused("product_not_found", "item", words=whole)
    if len(found) > 1:
        raise Refused("products_found_several", "item", words=whole)
    return found[0].number, found[0].kind
