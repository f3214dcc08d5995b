"""Rows become continuity orders as they stand: what was sent, what was skipped, when the next one goes, at which price.

The program says what its shipments are; the sheet says how far an order is in it. A shipment that was sent has a child that
is invoiced; its date, where the sheet does not say it, is the program's, and never behind what comes after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from perennial.bundle.sheets.places import Places
from perennial.bundle.sheets.rows import Row, Rows
from perennial.bundle.takeover.lookup import Names, Sold
from perennial.bundle.takeover.projection import AHEAD
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel import plan as kernel
from perennial.programs.queries import LoadedRevision


def orders(rows: Rows, places: Places, *, on: date) -> Iterator[dict[str, Any]]:
    """The orders of a sheet, one by one; ``on``: the day of the import, on which everything sent has been sent."""
    reading = _Orders(rows, on)
    for row in rows:
        places.thing(row.number)
        yield reading.order(row)


class _Orders:
    def __init__(self, rows: Rows, on: date) -> None:
        self.rows, self.on = rows, on
        self.names = Names()
        self._schedules = {pk: name for name, pk in self.names.schedules.items()}
        self._sellers: dict[str, list[str]] = {}
        for number, sold in self.names.sold.items():
            self._sellers.setdefault(sold.program, []).append(number)

    def order(self, row: Row) -> dict[str, Any]:
        """An order of the bundle."""
        said = row.values
        for name in ("order_date",):
            if name not in row.said:
                self.rows.wrong(row, name, Refused("required"))
        if "number" not in row.said and "reference" not in row.said:
            self.rows.wrong(row, self._mapped("number", "reference"), Refused("required"))
        made: dict[str, Any] = {
            name: said[name] for name in ("number", "reference", "customer", "source_code") if name in said
        }
        if "order_date" in said:
            made["order_date"] = said["order_date"].isoformat()
        if "ship_to" in said:
            made["ship_to"] = said["ship_to"]
        line: dict[str, Any] = {}
        product = self._product(row)
        if product is not None:
            line["item_number"] = product
        if "quantity" in said:
            line["quantity"] = said["quantity"]
        continuity: dict[str, Any] = {
            name: said[name] for name in ("payment_method", "card", "payment_schedule") if name in said
        }
        if "start_date" in said:
            continuity["start_date"] = said["start_date"].isoformat()
        children, is_over = self._how_far(row, product, continuity)
        made["status"] = "invoiced" if is_over and "hold" not in said else "open"
        if continuity or product in self.names.sold:
            line["continuity"] = continuity
        made["lines"] = [line]
        if children:
            made["children"] = [{"line": 1, "shipment": number, "status": "invoiced"} for number in children]
        if "hold" in said:
            made["holds"] = [{"code": "hold", "reason": said["hold"], "stops": "both", "on": self.on.isoformat()}]
        return made

    def _mapped(self, *names: str) -> str:
        return next((name for name in names if name in self.rows.mapping.columns), names[0])

    def _product(self, row: Row) -> str | None:
        """The continuity product: as it is given, or the only one of the program."""
        product, program = row.values.get("product"), row.values.get("program")
        if product is not None or program is None:
            if product is None and "product" not in row.said:
                self.rows.wrong(row, self._mapped("product", "program"), Refused("required"))
            return product
        sellers = self._sellers.get(program, [])
        if len(sellers) != 1:
            code = "sheet_program_several" if sellers else "sheet_program_unsold"
            self.rows.wrong(row, "program", Refused(code, program=program, products=sorted(sellers) or None))
            return None
        return sellers[0]

    def _how_far(self, row: Row, product: str | None, continuity: dict[str, Any]) -> tuple[list[int], bool]:
        """Put the shipments into the continuity order; the numbers of those that were sent, and whether it is over: the first
        night would close it, and tell the customer. What is billed up front is still asked whether it was paid.
        """
        sold = self.names.sold.get(product or "")
        ordered_on = row.values.get("order_date")
        if sold is None or ordered_on is None:
            return [], False
        number = self.names.newest(sold.program)
        revision = self.names.revision(sold.program, number) if number else None
        if revision is None:
            return [], False
        try:
            shipments, ends = self._shipments(row, sold, revision, ordered_on)
        except Refused:  # the program's own fault: the bundle is told of it
            return [], False
        skipped = set(row.values.get("skipped", ()))
        for one in sorted(skipped - {o.shipment for together in shipments for o in together}):
            self.rows.wrong(row, "skipped", Refused("sheet_shipment_unknown", shipment=one, count=len(shipments)))
        sent = self._sent(row, revision, shipments, skipped)
        if sent is None:
            return [], False
        price = row.values.get("price")
        lines, gone = self._lines(row, shipments, skipped, sent)
        if price is not None:
            self._agreed(lines, shipments, price)
            self._agreed_later(continuity, revision, price)
        continuity["lines"] = [entry for _, entries in lines for entry in entries]
        is_over = (
            ends and bool(gone) and all(entry["status"] != "scheduled" for _, entries in lines for entry in entries)
        )
        return gone, is_over and not revision.bill_upfront

    def _shipments(
        self, row: Row, sold: Sold, revision: LoadedRevision, ordered_on: date
    ) -> tuple[list[list[kernel.Occurrence]], bool]:
        """What the program sends to such an order, what ships together together, and whether that is all of it. Of what
        repeats until stopped it is some more than the sheet tells of.
        """
        first = None
        if revision.order_start == "current_event" and revision.started_on is not None:
            current = kernel.current_event(revision.plan, revision.started_on, ordered_on)
            first = current.key if current else None
        endless = any(event.times_to_repeat is None for event in revision.plan.events)
        told = row.values.get("sent", 0) + max(row.values.get("skipped", (0,)))
        facts = kernel.Facts(
            order_date=ordered_on,
            start_date=row.values.get("start_date"),
            first_event=first,
            duration=sold.event_duration,
            shipments=sold.shipments,
            quantity=Decimal(row.values.get("quantity", 1)),
            threshold=told + AHEAD if endless else None,
            consolidate=revision.consolidate,
            upfront=revision.bill_upfront,
            prices=self.names.prices(revision.products_to_price, ordered_on),
        )
        plan = self.names.plans.of(revision.plan, facts, ())
        return [list(together) for _, together in groupby(plan.occurrences, key=lambda o: o.shipment)], plan.complete

    def _sent(
        self,
        row: Row,
        revision: LoadedRevision,
        shipments: Sequence[Sequence[kernel.Occurrence]],
        skipped: set[int],
    ) -> int | None:
        """How many were sent; None: that cannot be read, or is more than the program sends."""
        if ("sent" in row.said and "sent" not in row.values) or (
            "next_event" in row.said and "next_event" not in row.values
        ):
            return None
        sent, wanted = row.values.get("sent"), row.values.get("next_event")
        if wanted is not None:
            key = next((event.key for event in revision.plan.events if event.event_id == wanted), None)
            places = [at for at, together in enumerate(shipments) if any(o.key == key for o in together)]
            if not places:
                self.rows.wrong(
                    row, "next_event", Refused("sheet_event_unknown", event=wanted, program=revision.program)
                )
                return None
            before = sum(together[0].shipment not in skipped for together in shipments[: places[0]])
            if sent is not None and sent != before:
                self.rows.wrong(
                    row, "next_event", Refused("sheet_sent_differs", event=wanted, before=before, sent=sent)
                )
                return None
            sent = before
        sent = sent or 0
        able = sum(together[0].shipment not in skipped for together in shipments)
        if sent > able:
            self.rows.wrong(row, "sent", Refused("sheet_more_sent", sent=sent, able=able))
            return None
        return sent

    def _lines(
        self, row: Row, shipments: Sequence[Sequence[kernel.Occurrence]], skipped: set[int], sent: int
    ) -> tuple[list[tuple[Sequence[kernel.Occurrence], list[dict[str, Any]]]], list[int]]:
        """The shipments as lines of the bundle, and the numbers of those that were sent."""
        next_on, last_on = row.values.get("next_on"), row.values.get("last_sent_on")
        bound = last_on or min(self.on, next_on or self.on)
        lines: list[tuple[Sequence[kernel.Occurrence], list[dict[str, Any]]]] = []
        gone: list[int] = []
        came = False
        for together in shipments:
            number = together[0].shipment
            status, day = "scheduled", None
            if number in skipped:
                status = "skipped"
                day = min(together[0].event_on, bound) if not came and len(gone) < sent else None
            elif len(gone) < sent:
                gone.append(number)
                status = "ordered"
                is_last = len(gone) == sent
                day = last_on if is_last and last_on else min(together[0].event_on, bound)
            elif not came:
                came, day = True, next_on
            entries = []
            for o in together:
                entry: dict[str, Any] = {"key": o.key, "repetition": o.repetition, "status": status}
                if day is not None and (day != o.event_on or o is together[0]):
                    entry["event_on"] = day.isoformat()
                entries.append(entry)
            lines.append((together, entries))
        return lines, gone

    def _agreed(
        self,
        lines: Sequence[tuple[Sequence[kernel.Occurrence], list[dict[str, Any]]]],
        shipments: Sequence[Sequence[kernel.Occurrence]],
        price: str,
    ) -> None:
        """The price that was agreed is that of the first product of each shipment; the others cost what the program says."""
        for together, entries in lines:
            for o, entry in zip(together, list(entries), strict=True):
                more = [
                    {"key": o.key, "repetition": o.repetition, "line": line.line, "status": entry["status"]}
                    for line in o.lines[1:]
                ]
                entry["line"], entry["price"] = o.lines[0].line, price
                at = entries.index(entry) + 1
                entries[at:at] = more

    def _agreed_later(self, continuity: dict[str, Any], revision: LoadedRevision, price: str) -> None:
        """What is planned later of an order that is repeated until stopped has the price that was agreed, too."""
        firsts = {event.products[0].item for event in revision.plan.events if event.ships and event.products}
        agreed = dict.fromkeys(sorted(firsts & revision.products_to_price), price)
        others = self.names.prices(revision.products_to_price - firsts, self.on)
        currency = self.names.currency
        continuity["facts"] = {"prices": {**{n: money.text(p, currency) for n, p in others.items()}, **agreed}}
        if "payment_schedule" not in continuity and revision.payment_schedule_id is not None:
            continuity["payment_schedule"] = self._schedules.get(revision.payment_schedule_id)
