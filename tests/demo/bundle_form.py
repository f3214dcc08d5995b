"""The form of a bundle as its contract writes it: which keys there are, of what kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

Form = dict[str, Any]


def one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: value in words


def money(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d+\.\d\d", value) is not None


def percent(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value) is not None


def day(value: Any) -> bool:
    return isinstance(value, str) and date.fromisoformat(value).isoformat() == value


def text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def days_of_week(value: Any) -> bool:
    return set(value) <= set(range(1, 8))


def repeats(value: Any) -> bool:
    return value == "until_stopped" or (whole(value) and value <= 999)


ADDRESS: Form = {
    "code": text,
    "purpose": text,
    "recipient": text,
    "street": text,
    "city": text,
    "postcode": text,
    "region": text,
    "country": re.compile(r"[A-Z]{2}").fullmatch,
}

BUNDLE: Form = {
    "currency": text,
    "company": {
        "name": text,
        "country": text,
        "time_zone": text,
        "languages": [text],
        "from_email": text,
        "vat_number": text,
    },
    "parameters": {
        "days_before_delivery": whole,
        "on_account_bill_days": whole,
        "on_account_terms_days": whole,
        "repeat_threshold": whole,
        "number_of_orders_to_create": whole,
        "revenue_journal": text,
        "continuity_payment_profile": text,
        "authorize_child_orders": flag,
        "authorize_days_before": whole,
        "reauthorization_limit": whole,
        "delivery_window_days": whole,
        "authorization_renewals": whole,
        "card_link_days": whole,
        "days_to_keep_run_lists": whole,
        "prices_include_tax": flag,
    },
    "delivery_modes": [
        {
            "code": text,
            "name": text,
            "charge": money,
            "tax_group": text,
            "working_days": days_of_week,
            "holidays": text,
            "closed_on": [day],
        }
    ],
    "tax_rates": [{"group": text, "country": text, "region": text, "percent": percent, "from": day}],
    "date_intervals": [
        {"code": text, "name": text, "rule": text, "anchor": lambda value: value == "order" or day(value)}
    ],
    "payment_schedules": [
        {
            "name": text,
            "allocation": one_of("total", "fixed_amount", "fixed_quantity", "specified"),
            "number_of_payments": whole,
            "amount": money,
            "every": whole,
            "unit": one_of("day", "month", "year"),
            "after": whole,
            "lines": [{"after": whole, "percent": percent}],
        }
    ],
    "source_codes": [{"code": text, "description": text, "from": day, "until": day, "active": flag}],
    "reason_codes": [{"code": text, "description": text, "actions": [text], "active": flag}],
    "hold_codes": [{"code": text, "description": text, "stops": text, "released_by": [text], "active": flag}],
    "products": [
        {
            "number": text,
            "name": text,
            "price": money,
            "prices": [{"price": money, "from": day}],
            "tax_group": text,
            "program": text,
            "event_duration": whole,
            "shipments": whole,
        }
    ],
    "programs": [
        {
            "schedule_id": text,
            "name": text,
            "active": flag,
            "started_on": day,
            "order_start": one_of("first_event", "current_event"),
            "bill_upfront": flag,
            "consolidate": flag,
            "catch_up": one_of("resume", "skip", "send", "merge"),
            "prompt_for_start_date": flag,
            "prompt_for_payment_schedule": flag,
            "payment_schedule": text,
            "valid_payment_schedules": [text],
            "days_after_order_date": whole,
            "release": flag,
            "apply": flag,
            "events": [
                {
                    "key": text,
                    "event_id": whole,
                    "item_number": text,
                    "quantity": whole,
                    "unit": text,
                    "price": money,
                    "delivery_mode": text,
                    "date_interval": text,
                    "days_from_last": whole,
                    "start_order_date": day,
                    "action": one_of("none", "skip", "end"),
                    "times_to_repeat": repeats,
                    "probability": whole,
                    "payment_schedule": text,
                }
            ],
        }
    ],
    "customers": [
        {
            "account": text,
            "name": text,
            "email": re.compile(r"[a-z0-9.]+@example\.com").fullmatch,
            "phone": re.compile(r"\+1 \d{3} 555 01\d\d").fullmatch,
            "language": one_of("en", "it"),
            "allow_on_account": flag,
            "credit_limit": money,
            "addresses": [ADDRESS],
            "cards": [
                {
                    "token": text,
                    "brand": text,
                    "last4": re.compile(r"\d{4}").fullmatch,
                    "exp_month": range(1, 13).__contains__,
                    "exp_year": whole,
                    "network_transaction_id": text,
                }
            ],
        }
    ],
    "orders": [
        {
            "number": text,
            "reference": text,
            "customer": text,
            "order_date": day,
            "submit": flag,
            "ship_to": text,
            "acceptance_required": flag,
            "source_code": text,
            "lines": [
                {
                    "item_number": text,
                    "quantity": whole,
                    "delivery_mode": text,
                    "continuity": {
                        "start_date": day,
                        "payment_method": one_of("card", "on_account", "check", "cash", "gift_card"),
                        "card": text,
                        "payment_schedule": text,
                        "ship_to": ADDRESS,
                    },
                }
            ],
            "pay": [{"method": text, "card": text, "percent": percent, "amount": money}],
        }
    ],
}


def faults(value: Any, form: Any = None, path: str = "") -> list[str]:
    """Every place where a value is not of its form. Null means "left out" and is always good."""
    form = BUNDLE if form is None else form
    if value is None:
        return []
    if isinstance(form, dict):
        if not isinstance(value, dict):
            return [f"{path}: not an object"]
        wrong = [f"{path}.{key}: unknown key" for key in value.keys() - form.keys()]
        return wrong + [
            fault for key in value.keys() & form.keys() for fault in faults(value[key], form[key], f"{path}.{key}")
        ]
    if isinstance(form, list):
        if not isinstance(value, list):
            return [f"{path}: not a list"]
        return [fault for place, entry in enumerate(value) for fault in faults(entry, form[0], f"{path}[{place}]")]
    return [] if form(value) else [f"{path}: {value!r}"]
