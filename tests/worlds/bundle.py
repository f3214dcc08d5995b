"""Bundles for tests: the contract's example, and how to put one in and get one out."""

from __future__ import annotations

import copy
import io
import json
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command

from perennial.bundle.export.exporter import export_bundle
from perennial.bundle.load.importer import Imported, import_bundle
from perennial.bundle.reading.faults import BundleRefused
from perennial.catalog.actions import initialise
from perennial.db import sql
from perennial.language import phrase, say

ON = date(2026, 3, 10)

EXAMPLE: dict[str, Any] = {
    "currency": "USD",
    "company": {
        "name": "Aurora Books",
        "country": "US",
        "time_zone": "America/New_York",
        "languages": ["en", "it"],
        "from_email": "club@example.com",
        "vat_number": None,
    },
    "parameters": {
        "days_before_delivery": 5,
        "on_account_bill_days": 10,
        "on_account_terms_days": 30,
        "repeat_threshold": 3,
        "number_of_orders_to_create": None,
        "revenue_journal": "CONTREV",
        "continuity_payment_profile": "PREPAY",
        "authorize_child_orders": True,
        "authorize_days_before": 3,
        "reauthorization_limit": 3,
        "delivery_window_days": 5,
        "authorization_renewals": 5,
        "card_link_days": 7,
        "days_to_keep_run_lists": 60,
        "prices_include_tax": False,
    },
    "delivery_modes": [
        {
            "code": "STD",
            "name": "Standard",
            "charge": "4.95",
            "tax_group": None,
            "working_days": [1, 2, 3, 4, 5],
            "holidays": "US-NY",
            "closed_on": ["2026-12-24"],
        }
    ],
    "tax_rates": [{"group": "BOOKS", "country": "US", "region": "NY", "percent": "8.875", "from": "2026-01-01"}],
    "date_intervals": [
        {
            "code": "NM",
            "name": "First of the month",
            "rule": "FREQ=MONTHLY;BYMONTHDAY=1",
            "anchor": "2000-01-01",
        }
    ],
    "payment_schedules": [
        {
            "name": "3X",
            "allocation": "fixed_quantity",
            "number_of_payments": 3,
            "every": 1,
            "unit": "month",
            "after": 0,
        },
        {"name": "50A", "allocation": "fixed_amount", "amount": "50.00", "every": 1, "unit": "month"},
        {
            "name": "50-30-20",
            "allocation": "specified",
            "unit": "day",
            "lines": [
                {"after": 0, "percent": "50"},
                {"after": 30, "percent": "30"},
                {"after": 60, "percent": "20"},
            ],
        },
        {"name": "N14", "allocation": "total", "unit": "day", "after": 14},
    ],
    "products": [
        {"number": "0013", "name": "First book", "price": "19.95", "tax_group": "BOOKS"},
        {
            "number": "0014",
            "name": "Second book",
            "prices": [{"price": "19.95"}, {"price": "21.95", "from": "2026-06-01"}],
        },
        {"number": "0015", "name": "Third book", "price": "24.00"},
        {
            "number": "0016",
            "name": "Book of the month",
            "program": "BOM",
            "event_duration": 0,
            "shipments": None,
        },
    ],
    "programs": [
        {
            "schedule_id": "BOM",
            "name": "Book of the month",
            "active": True,
            "started_on": "2026-01-01",
            "order_start": "first_event",
            "bill_upfront": False,
            "consolidate": False,
            "catch_up": "resume",
            "prompt_for_start_date": True,
            "prompt_for_payment_schedule": False,
            "payment_schedule": None,
            "valid_payment_schedules": [],
            "days_after_order_date": 5,
            "events": [
                {
                    "key": "E1",
                    "event_id": 1,
                    "item_number": "0013",
                    "quantity": 1,
                    "unit": "ea",
                    "price": None,
                    "delivery_mode": "STD",
                    "date_interval": None,
                    "days_from_last": 0,
                    "start_order_date": None,
                    "action": "none",
                    "times_to_repeat": 0,
                    "probability": None,
                    "payment_schedule": None,
                },
                {"event_id": 2, "item_number": "0014", "days_from_last": 30, "delivery_mode": "STD"},
                {
                    "event_id": 3,
                    "item_number": "0015",
                    "days_from_last": 30,
                    "delivery_mode": "STD",
                    "action": "end",
                },
            ],
        }
    ],
    "customers": [
        {
            "account": "C-1",
            "name": "Ada Bianchi",
            "email": "ada@example.com",
            "phone": "+39 02 5550 1234",
            "language": "it",
            "allow_on_account": False,
            "credit_limit": None,
            "addresses": [
                {
                    "code": "home",
                    "purpose": "delivery",
                    "recipient": None,
                    "street": "Via Roma 1",
                    "city": "Milano",
                    "postcode": "20121",
                    "region": "MI",
                    "country": "IT",
                }
            ],
            "cards": [
                {
                    "token": "tok_visa",
                    "brand": "visa",
                    "last4": "4242",
                    "exp_month": 12,
                    "exp_year": 2030,
                    "network_transaction_id": None,
                }
            ],
        }
    ],
    "orders": [
        {
            "number": None,
            "reference": "SHOP-1",
            "customer": "C-1",
            "order_date": "2026-03-10",
            "submit": True,
            "ship_to": "home",
            "acceptance_required": False,
            "lines": [
                {
                    "item_number": "0016",
                    "quantity": 1,
                    "continuity": {
                        "start_date": None,
                        "payment_method": "card",
                        "card": "tok_visa",
                        "payment_schedule": None,
                        "ship_to": None,
                    },
                },
                {"item_number": "0013", "quantity": 2, "delivery_mode": "STD"},
            ],
            "pay": [{"method": "card", "card": "tok_visa", "percent": "100"}],
        }
    ],
}


def example(*without: str) -> dict[str, Any]:
    """The contract's example, without some of its keys."""
    return {key: copy.deepcopy(value) for key, value in EXAMPLE.items() if key not in without}


def twelve(**program: Any) -> dict[str, Any]:
    """The example without orders, its program with twelve monthly events."""
    bundle = example("orders")
    items = ["0013", "0014", "0015"]
    bundle["programs"][0]["events"] = [
        {"item_number": items[at % 3], "days_from_last": 30, "delivery_mode": "STD"} for at in range(12)
    ]
    bundle["programs"][0] |= program
    return bundle


def empty() -> None:
    """An empty installation, as it was made."""
    call_command("flush", verbosity=0, interactive=False)
    sql.execute("alter sequence parent_order_number restart")
    initialise()


def put(bundle: Any, *, on: date | None = ON, dry_run: bool = False, only_given: bool = False) -> Imported:
    """Import a bundle: a document, or the text of a file."""
    text = bundle if isinstance(bundle, bytes | str) else json.dumps(bundle)
    data = text if isinstance(text, bytes) else text.encode()
    return import_bundle(file=io.BytesIO(data), by="test", on=on, dry_run=dry_run, only_given=only_given)


def counts(done: Imported) -> dict[str, tuple[int, int, int]]:
    """(new, changed, same) of the kinds that were in the bundle."""
    return {name: tuple(tally) for name, tally in done.tallies.items() if any(tally)}


def faults(bundle: Any, *, on: date = ON) -> dict[str, str]:
    """The faults of a bundle by path; it must have some."""
    with pytest.raises(BundleRefused) as refused:
        put(bundle, on=on)
    found = refused.value.faults
    assert refused.value.count == len(found)
    assert len({fault.field for fault in found}) == len(found), "one fault a path"
    return {fault.field: say(fault) for fault in found}


SLIPS = {
    *("customer_nameless", "address_without_street", "country_without_rate", "card_expired", "card_expires_soon"),
    *("address_without_region", "region_without_rate", "more_places"),
    *("more_nameless", "more_streets", "more_countries", "more_cards"),
    *("events_on_one_day", "events_behind_end", "rate_above_half", "account_differs_in_case"),
}
"""What may be a slip (``kernel.oddities``): the short bundles of tests are full of it."""


def notes(done: Imported) -> list[str]:
    """What an import noted, in words, without what may be a slip."""
    return [phrase("note", one.code, one.facts) or one.code for one in done.notes.all() if one.code not in SLIPS]


def take_out() -> bytes:
    """Export everything."""
    file = io.BytesIO()
    export_bundle(file)
    return file.getvalue()
