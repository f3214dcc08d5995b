"""One line of an order on its way in: what every line must be, and then what its kind asks."""

from __future__ import annotations

from perennial.catalog.models import Product
from perennial.catalog.on_offer import mode_off, product_off
from perennial.continuity.planning import OrderState
from perennial.desk.entry.continuity import add_continuity
from perennial.desk.entry.incoming import Incoming
from perennial.desk.entry.ordinary import OrdinaryLine, priced
from perennial.desk.entry.rows import LineRow
from perennial.desk.entry.values import LineEntry
from perennial.errors import Refused
from perennial.kernel.money import MOST_PIECES
from perennial.orders.models import OrderLine


def add_line(
    order: Incoming, at: int, line: LineEntry, *, stood: OrderLine | None = None, again: OrderState | None = None
) -> OrdinaryLine | None:
    """Add the line in place ``at`` (from 0) to the rows of the order: an ordinary line with what it costs, a continuity
    line with its planned shipments. What is at fault is noted, its field relative to the order.

    ``stood``: the row of a line that is entered anew; what it names it keeps, though it may not be given any more.
    ``again``: its continuity order as it stands; what a person changed of it applies again.
    """
    path = f"lines[{at}]"
    product = order.known.products.get(line.item_number)
    if product is None:
        order.fault("product_unknown", f"{path}.item_number", product=line.item_number)
        return None
    if not product.active and stood is None:
        order.faults.append(product_off(product.number, f"{path}.item_number"))
        return None
    if not 0 < line.quantity < MOST_PIECES or line.quantity != round(line.quantity, 3):
        order.fault("quantity_not_positive", f"{path}.quantity", quantity=line.quantity)
        return None
    mode_id = _delivery_mode(order, path, line, product, stood)
    row = LineRow(
        line=at + 1,
        product_id=product.pk,
        quantity=line.quantity,
        price_minor=0,
        amount_minor=0,
        delivery_mode_id=mode_id,
        status="open",
        id=stood.pk if stood else 0,
    )
    found = None
    if product.kind == "continuity":
        try:
            add_continuity(order, row, line, product, again)
        except Refused as refused:
            own = {"order_date": "order_date", "start_date": f"{path}.continuity.start_date"}
            order.faults.append(refused.at(own.get(refused.field, f"{path}.{refused.field or 'item_number'}")))
    else:
        found = priced(order, path, line, product, mode_id)
        if found is None:
            return None
        row.price_minor, row.amount_minor = found.price_minor, found.amount_minor
    order.order.lines.append(row)
    return found


def _delivery_mode(
    order: Incoming, path: str, line: LineEntry, product: Product, stood: OrderLine | None
) -> int | None:
    """The delivery mode that was named for a line; noted as a fault where there is none, it can have none, or none that is
    not in use.
    """
    if line.delivery_mode is None:
        return None
    if product.kind == "continuity":
        order.fault("continuity_delivery_mode", f"{path}.delivery_mode")
    mode = order.known.set_up.modes_by_code.get(line.delivery_mode)
    if mode is None:
        order.fault("delivery_mode_unknown", f"{path}.delivery_mode", mode=line.delivery_mode)
        return None
    if not mode.active and (stood is None or stood.delivery_mode_id != mode.id):
        order.faults.append(mode_off(mode.code, f"{path}.delivery_mode"))
    return mode.id
