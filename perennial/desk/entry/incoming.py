"""One order on its way in: where it goes, which card pays, what is at fault with it."""

from __future__ import annotations

from datetime import date

from perennial.desk.entry.customers import Buyer
from perennial.desk.entry.far import far_away
from perennial.desk.entry.known import Known
from perennial.desk.entry.rows import NewOrder, OrderRow, PaymentRow, ShipTo, stored_json
from perennial.desk.entry.values import OrderEntry, Place
from perennial.errors import Refused


class Incoming:
    """One order on its way in: what is at fault with it, and its rows.

    ``first_method`` (method and card of the first continuity line) is what ordinary lines fall back on.
    """

    def __init__(self, known: Known, entry: OrderEntry, buyer: Buyer, on: date) -> None:
        self.known = known
        self.entry = entry
        self.on = on
        self.buyer = buyer
        self.faults: list[Refused] = []
        self.first_method: tuple[str, int | None] | None = None
        self.order = OrderRow(
            number=entry.number or "",
            customer_id=buyer.pk,
            payer_id=buyer.payer.pk if buyer.payer else None,
            order_date=entry.order_date or on,
            status="open" if entry.submit else "draft",
            currency=known.set_up.currency,
            reference=entry.reference,
            acceptance="awaited" if entry.acceptance_required else "none",
            ship_to=self.place(entry.ship_to, "ship_to", default=None),
            entry=stored_json(entry.as_given),
            gift_message=entry.gift_message,
            hide_prices=entry.hide_prices,
        )
        self.rows = NewOrder(self.order, addresses=buyer.written)

    @property
    def payment_status(self) -> str:
        """Of its payments, once it is entered: nothing of a draft is due."""
        return "due" if self.entry.submit else "draft"

    def far_away(self, day: date | None, field: str) -> Refused | None:
        """What is said of a day that is years away from the business date, unless it is meant."""
        most = self.known.set_up.parameters.order_dates_within_days
        return far_away(day, field, on=self.on, most=most, meant=self.entry.meant)

    def fault(self, code: str, field: str, /, **facts: object) -> None:
        """Note what is at fault; ``field`` relative to the order."""
        self.faults.append(Refused(code, field, **facts))

    def place(self, given: Place, field: str, default: ShipTo) -> ShipTo:
        """The address that was meant: its code, one in place, or the delivery address."""
        if given is None:
            return self.buyer.delivery if default is None else default
        found = given if isinstance(given, int) else self.buyer.address(given)
        if found is None:
            self.fault("customer_address_unknown", field, customer=self.buyer.account, address=given)
        return found

    def card(self, token: str | None, field: str) -> int:
        """The stored card that was meant: by its token, or the only one of who pays."""
        cards, account = self.buyer.cards, self.buyer.pays.account
        if token is not None:
            if token in cards:
                return cards[token]
            raise Refused("customer_card_unknown", field, customer=account, token=token)
        if not cards:
            raise Refused("customer_without_card", field, customer=account)
        found = self.buyer.only_card()
        if found is None:
            raise Refused("customer_which_card", field, customer=account, count=len(cards))
        return found

    def owes(self, payment: PaymentRow) -> None:
        """Money becomes due with it."""
        self.rows.payments.append(payment)
