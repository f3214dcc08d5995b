"""One line of an order on its way in: what every line must be, and then what its kind asks."""

from __future__ import annotations

from perennial.catalog.models import Product
from perennial.continuity.planning import OrderState
from perennial.desk.entry.continuity import add_continuity
from perennial.desk.entry.incoming import Incoming
from perennial.desk.entry.ordinary import OrdinaryLine, priced
from perennial.desk.entry.values import LineEntry
from perennial.errors import Refused


def add_line(
    order: Incoming, at: int, line: LineEntry, *, line_id: int, continuity_id: int, again: OrderState | None = None
) -> OrdinaryLine | None:
    """Add the line in place ``at`` (from 0) to the rows of the order: an ordinary line with what it costs, a continuity
    line with its planned shipments. What is at fault is noted, its field relative to the order.

    ``again``: the continuity order as it stands that is entered anew; what a person changed of it applies again.
    """
    path = f"lines[{at}]"
    product = order.known.products.get(line.item_number)
    if product is None:
        order.fault("product", f"unknown product {line.item_number!r}", f"{path}.item_number")
        return None
    if not 0 < line.quantity < 10**9 or line.quantity != round(line.quantity, 3):
        order.fault("quantity", f"{line.quantity:f} is not a quantity above 0", f"{path}.quantity")
        return None
    mode_id = _delivery_mode(order, path, line, product)
    found = None
    if product.kind == "continuity":
        try:
            add_continuity(order, continuity_id, line_id, at, line, product=product, again=again)
        except Refused as refused:
            own = {"order_date": "order_date", "start_date": f"{path}.continuity.start_date"}
            order.faults.append(refused.at(own.get(refused.field, f"{path}.{refused.field or 'item_number'}")))
    else:
        found = priced(order, path, line, product, mode_id)
        if found is None:
            return None
    price, amount = (found.price_minor, found.amount_minor) if found else (0, 0)
    order.rows.lines.append((line_id, order.id, at + 1, product.pk, line.quantity, price, amount, mode_id, "open"))
    return found


def _delivery_mode(order: Incoming, path: str, line: LineEntry, product: Product) -> int | None:
    """The delivery mode that was named for a line; noted as a fault where there is none, or it can have none."""
    if line.delivery_mode is None:
        return None
    if product.kind == "continuity":
        order.fault(
            "delivery_mode",
            "a continuity product ships nothing itself: its events have delivery modes",
            f"{path}.delivery_mode",
        )
    mode = order.known.set_up.modes_by_code.get(line.delivery_mode)
    if mode is None:
        order.fault("delivery_mode", f"unknown delivery mode {line.delivery_mode!r}", f"{path}.delivery_mode")
        return None
    return mode.id
