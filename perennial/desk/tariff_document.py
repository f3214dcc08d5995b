"""The JSON of tariffs as ``docs/contract.md`` has it."""

from __future__ import annotations

from datetime import date
from typing import Any

from perennial.desk.contract import amount
from perennial.desk.read.tariffs import ListedTariff, TariffPreview

Document = dict[str, Any]


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def tariff_json(one: ListedTariff) -> Document:
    """A tariff."""
    return {
        "tariff": one.number,
        "orders": one.orders,
        "prices_include_tax": one.prices_include_tax,
        "made_on": _day(one.made_on),
        "made_by": one.made_by,
        "made_because": one.made_because,
        "applied_on": _day(one.applied_on),
        "applied_by": one.applied_by,
        "applied_because": one.applied_because,
    }


def tariff_preview_json(one: TariffPreview) -> Document:
    """What a tariff would mean for open orders."""
    return {
        "tariff": one.tariff,
        "orders": one.orders,
        "more": one.more,
        "less": one.less,
        "same": one.same,
        "kept": one.kept,
        "first_on": _day(one.first_on),
        "amount": amount(one.amount),
        "new_amount": amount(one.new_amount),
        "to_come": amount(one.to_come),
        "new_to_come": amount(one.new_to_come),
        "examples": [
            {
                "order": example.order,
                "line": example.line,
                "customer": example.account,
                "name": example.customer,
                "shipment": example.shipment,
                "on": _day(example.on),
                "amount": amount(example.amount),
                "new_amount": amount(example.new_amount),
            }
            for example in one.examples
        ],
    }
