"""Substitute orders: another product comes in the open shipments of many orders."""

from __future__ import annotations

from perennial.catalog.queries import product_by_number
from perennial.desk.many.wanted import Replace
from perennial.desk.shipments.products import Substitute, given_price, product_that_ships, product_to_give
from perennial.errors import Refused
from perennial.jobs.change_many import ChangeMany
from perennial.jobs.job import Run


class SubstituteOrders(ChangeMany):
    """Send another product instead of one, in every open shipment that brings it and fits the criteria."""

    name = "substitute-orders"
    every_shipment = True

    def arguments(self, run: Run) -> None:
        """As of any change of many. Refused too: a product that is not in use. A run that has begun ends all the same."""
        super().arguments(run)
        product_to_give(run.arguments["item"])

    def wanted(self, run: Run) -> Replace:
        """The product that comes, instead of which, at which price. Refused: it is the same one."""
        given = run.arguments
        if given.get("product") is None:
            raise Refused("no_criteria", "product")
        old, new = product_by_number(given["product"], "product"), product_that_ships(given["item"])
        if old.kind == "continuity":
            raise Refused("continuity_product", "product", item=old.number)
        if old.pk == new.pk:
            raise Refused("same_product", "item", item=new.number)
        price = given.get("price")
        minor = None if price is None else given_price(run.set_up.currency, price)
        return Replace(Substitute(new, old.number, minor))
