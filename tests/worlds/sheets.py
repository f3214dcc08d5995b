"""A small club that comes with spreadsheets."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest

from perennial.bundle.load.report import Imported
from perennial.bundle.reading.faults import BundleRefused
from perennial.bundle.sheets.file import Sheet
from perennial.bundle.sheets.load import import_sheet
from perennial.bundle.sheets.mapping import SheetMapping, guess
from perennial.language import say
from tests.worlds.bundle import put

ON = date(2026, 3, 10)

SET_UP: dict[str, Any] = {
    "currency": "EUR",
    "company": {"name": "Aurora", "country": "IT", "time_zone": "Europe/Rome"},
    "products": [
        *({"number": f"B{n}", "name": f"Box {n}", "price": "30.00"} for n in range(1, 5)),
        {"number": "GIFT", "price": "0.00"},
        {"number": "BOX", "program": "BOX"},
        {"number": "TEA", "program": "TEA"},
        {"number": "TEA-6", "program": "TEA", "shipments": 6},
    ],
    "programs": [
        {
            "schedule_id": "BOX",
            "events": [
                {"key": "A", "item_number": "B1"},
                {"key": "B", "item_number": "B2", "days_from_last": 30},
                {"key": "B", "event_id": 2, "item_number": "GIFT"},
                {"key": "C", "item_number": "B3", "days_from_last": 30},
                {"key": "D", "item_number": "B4", "days_from_last": 30},
            ],
        },
        {
            "schedule_id": "TEA",
            "events": [{"key": "T", "item_number": "B1", "days_from_last": 7, "times_to_repeat": "until_stopped"}],
        },
    ],
}

CUSTOMERS = """\
Codice cliente;Nome;E-mail;Indirizzo;CAP;Città;Provincia;Paese;Token carta;Circuito;Ultime 4;Scadenza;Fido;Note
C-1;Ada Bianchi;ada@example.com;Via Roma 1;20121;Milano;MI;it;tok_a;visa;4242;12/2030;1.250,50;buona
C-1;;;Via Po 2;10121;Torino;TO;IT;tok_a2;visa;42;01/31;;
C-2;Marco Verdi;marco@example.com;Via Etna 3;95100;Catania;CT;IT;tok_b;visa;1881;31/12/2030;;
"""

ORDERS = """\
Order,Customer,Product,Ordered on,Sent,Skipped,Next ship date,Price,Card
OLD-88123,C-1,BOX,01/12/2026,2,,03/13/2026,28.00,tok_a
OLD-90417,C-2,BOX,02/20/2026,0,1,03/22/2026,,tok_b
"""


def club() -> None:
    """The set-up, before any sheet."""
    put(SET_UP)


def come(
    text: str | bytes, kind: str, mapping: SheetMapping | None = None, *, on: date = ON, dry_run: bool = False
) -> Imported:
    """A sheet comes in; without a mapping as its head line says."""
    file = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    return import_sheet(file=file, mapping=mapping or guess(Sheet(file), kind), by="test", on=on, dry_run=dry_run)


def faults(text: str | bytes, kind: str, mapping: SheetMapping | None = None) -> list[tuple[str, str]]:
    """The faults of a sheet in their order, each with its row and column; it must have some."""
    with pytest.raises(BundleRefused) as refused:
        come(text, kind, mapping)
    return [(fault.field, say(fault)) for fault in refused.value.faults]
