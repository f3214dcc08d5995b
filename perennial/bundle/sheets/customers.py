"""Rows become customers of a bundle. Rows that follow each other with one account are one customer: more addresses, more cards."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from perennial.bundle.sheets.places import Places
from perennial.bundle.sheets.rows import Row, Rows
from perennial.errors import Refused

OWN = ("name", "email", "phone", "language", "source_code", "allow_on_account", "credit_limit")
ADDRESS = {
    "address_code": "code",
    **{one: one for one in ("recipient", "street", "city", "postcode", "region", "country")},
}


def customers(rows: Rows, places: Places) -> Iterator[dict[str, Any]]:
    """The customers of a sheet, one by one; what a row leaves out is left out."""
    for _, together in groupby(rows, key=lambda row: row.said.get("account") or f"\0{row.number}"):
        yield _customer(rows, places, list(together))


def _customer(rows: Rows, places: Places, together: list[Row]) -> dict[str, Any]:
    first = together[0]
    places.thing(first.number)
    made: dict[str, Any] = {"account": first.values["account"]} if "account" in first.values else {}
    addresses: list[dict[str, Any]] = []
    cards: list[dict[str, Any]] = []
    for row in together:
        for name in OWN:
            if name not in row.values:
                continue
            value = row.values[name]
            value = value.casefold() if name == "language" and len(value) == 2 else value
            if made.setdefault(name, value) != value:
                rows.wrong(row, name, Refused("sheet_rows_differ", row=first.number, value=str(made[name])))
        address = {key: row.values[name] for name, key in ADDRESS.items() if name in row.values}
        if "country" in address and len(address["country"]) == 2:
            address["country"] = address["country"].upper()
        if address and address not in addresses:
            places.part("addresses", len(addresses), row.number)
            addresses.append(address)
        card = _card(row)
        if card and card not in cards:
            places.part("cards", len(cards), row.number)
            cards.append(card)
    return {**made, **({"addresses": addresses} if addresses else {}), **({"cards": cards} if cards else {})}


def _card(row: Row) -> dict[str, Any]:
    """A stored card. A spreadsheet takes zeros away from the front of the last four digits."""
    card: dict[str, Any] = {name: row.values[name] for name in ("token", "brand") if name in row.values}
    if "last4" in row.values:
        last4 = row.values["last4"]
        card["last4"] = last4.zfill(4) if last4.isdecimal() else last4
    if "expiry" in row.values:
        card["exp_month"], card["exp_year"] = row.values["expiry"]
    for name in ("exp_month", "exp_year"):
        if name in row.values:
            card[name] = row.values[name]
    if card.get("exp_year", 100) < 100:
        card["exp_year"] += 2000
    return card
