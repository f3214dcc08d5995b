"""What the invented club sells: albums, five programs and how they are delivered, taxed and paid.

All names are invented. Every date hangs on the first night, so the club looks the same in any year.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from perennial.demo.history import DAY, Calendar

ALBUMS = (
    "Porch Light Waltzes",
    "Seven Slow Trains",
    "Salt and Cedar",
    "The Clockmaker's Daughter",
    "Night Ferry Songs",
    "A Field Guide to Rain",
    "Winter Concert at Tallgate",
    "Paper Lanterns",
    "Brass in the Orchard",
    "Low Tide Ledger",
    "Letters from Quarry Road",
    "The Long Table",
)
BOX_VOLUMES = ("Beginnings", "The Road Years", "The Lost Sessions", "Last Concerts")

YEAR, HALF_YEAR, SAMPLER, TRIAL, BOX, SEASON, GIFT = "C-12", "C-06", "C-SA", "C-TR", "C-BX", "C-SE", "C-GI"
CLEANING_KIT = "X-01"
TIME_ZONE = "America/New_York"

RATES = (
    ("NY", "4"),
    ("CA", "7.25"),
    ("TX", "6.25"),
    ("PA", "6"),
    ("IL", "6.25"),
    ("FL", "6"),
    ("WA", "6.5"),
    ("MA", "6.25"),
    ("CO", "2.9"),
    ("VT", "6"),
)


def setup(calendar: Calendar) -> dict[str, Any]:
    """The set-up part of the bundle: everything but customers and orders."""
    return {
        "currency": "USD",
        "company": {
            "name": "Tall Grass Music Club",
            "country": "US",
            "time_zone": TIME_ZONE,
            "languages": ["en", "it"],
            "from_email": "club@example.com",
        },
        "parameters": {
            "days_before_delivery": 5,
            "on_account_bill_days": 10,
            "on_account_terms_days": 30,
            "repeat_threshold": 3,
            "authorize_child_orders": True,
            "authorize_days_before": 3,
            "reauthorization_limit": 3,
            "delivery_window_days": 5,
        },
        "delivery_modes": delivery_modes(calendar),
        "tax_rates": tax_rates(calendar),
        "date_intervals": [
            {
                "code": "MONTHLY",
                "name": "Every month, counted from the first record",
                "rule": "FREQ=MONTHLY",
                "anchor": "order",
            },
            {
                "code": "SEASON",
                "name": "10th of every third month",
                "rule": "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=10",
            },
        ],
        "payment_schedules": [
            {
                "name": "3X",
                "allocation": "fixed_quantity",
                "number_of_payments": 3,
                "every": 1,
                "unit": "month",
            },
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
        **codes(calendar),
        "products": products(calendar),
        "programs": [
            album_program(calendar),
            sampler_program(calendar),
            box_program(calendar),
            season_program(calendar),
            gift_program(calendar),
        ],
    }


SOURCES = ("CATALOG", "FRIEND", "LETTER", "WEB")
"""Where members say that they come from; some do not say."""
WHY_STOPPED = {
    "does not listen to discs any more": "NO-DISCS",
    "too dear": "TOO-DEAR",
    "has what they wanted": "ENOUGH",
    "moved away": "MOVED",
}
"""What members say who stop, with its code; some do not say."""
WHY_HELD = {"a letter came back, address in question": "ADDRESS"}
"""What holds are of a kind."""


def codes(calendar: Calendar) -> dict[str, Any]:
    """Where orders come from, why members stop, and kinds of holds."""
    return {
        "source_codes": [
            {"code": "CATALOG", "description": "The yearly catalogue"},
            {"code": "FRIEND", "description": "A member told a friend"},
            {"code": "LETTER", "description": "A letter to former members"},
            {"code": "RADIO", "description": "The radio years", "until": (calendar.first_night - DAY).isoformat()},
            {"code": "WEB", "description": "The shop"},
        ],
        "reason_codes": [
            {"code": "ENOUGH", "description": "Has what they wanted", "actions": ["cancel", "skip"]},
            {"code": "MOVED", "description": "Moved away", "actions": ["cancel"]},
            {"code": "NO-DISCS", "description": "Listens to no discs any more", "actions": ["cancel"]},
            {"code": "OTHER", "description": "Something else", "actions": ["cancel", "skip"]},
            {"code": "TOO-DEAR", "description": "Too dear", "actions": ["cancel", "skip", "price"]},
        ],
        "hold_codes": [
            {"code": "ADDRESS", "description": "Address in question", "stops": "both"},
            {"code": "DISPUTE", "description": "Amount in question", "stops": "charging"},
            {
                "code": "FRAUD",
                "description": "Fraud suspected",
                "stops": "both",
                "released_by": ["finance", "manager"],
            },
            {"code": "PARCEL", "description": "Keep the parcel here", "stops": "sending"},
        ],
    }


def delivery_modes(calendar: Calendar) -> list[dict[str, Any]]:
    """Standard mail rests on weekends, holidays and at stock-taking; the courier also drives on Saturdays."""
    years = range(calendar.first_night.year, calendar.last_night.year + 2)
    closed = [date(year, month, day).isoformat() for year in years for month, day in ((6, 30), (12, 24), (12, 31))]
    return [
        {
            "code": "STD",
            "name": "Standard mail",
            "charge": "2.95",
            "tax_group": "SHIPPING",
            "working_days": [1, 2, 3, 4, 5],
            "holidays": "US",
            "closed_on": closed,
        },
        {
            "code": "EXP",
            "name": "Courier",
            "charge": "6.95",
            "tax_group": "SHIPPING",
            "working_days": [1, 2, 3, 4, 5, 6],
            "holidays": "US",
        },
        {
            "code": "GIFT",
            "name": "Gift wrapped, sent free",
            "working_days": [1, 2, 3, 4, 5],
            "holidays": "US-NY",
            "closed_on": closed,
        },
    ]


def tax_rates(calendar: Calendar) -> list[dict[str, Any]]:
    """A rate for each region that asks for one; Vermont's rises on the way. Two also tax delivery."""
    since = days(calendar, -365)
    rates = [
        {"group": "MUSIC", "country": "US", "region": region, "percent": percent, "from": since}
        for region, percent in RATES
    ]
    rates.append({"group": "MUSIC", "country": "US", "region": "VT", "percent": "7", "from": days(calendar, 240)})
    rates.append({"group": "MUSIC", "country": "CA", "percent": "5", "from": since})
    rates += [
        {"group": "SHIPPING", "country": "US", "region": region, "percent": percent, "from": since}
        for region, percent in (("NY", "4"), ("TX", "6.25"))
    ]
    return rates


def products(calendar: Calendar) -> list[dict[str, Any]]:
    """Twelve albums that grow dearer once, what goes with them, four boxes, seven things to join."""
    dearer = days(calendar, 200)
    rows: list[dict[str, Any]] = [
        {
            "number": f"A-{place:02}",
            "name": title,
            "prices": [{"price": "13.95"}, {"price": "14.95", "from": dearer}],
            "tax_group": "MUSIC",
        }
        for place, title in enumerate(ALBUMS, start=1)
    ]
    rows += [
        {
            "number": f"B-{place:02}",
            "name": f"The Tallgate Archive {place}: {title}",
            "price": "44.00",
            "tax_group": "MUSIC",
        }
        for place, title in enumerate(BOX_VOLUMES, start=1)
    ]
    rows += [
        {"number": "S-01", "name": "Welcome disc", "price": "9.95", "tax_group": "MUSIC"},
        {"number": "S-02", "name": "Sampler of the month", "price": "8.95", "tax_group": "MUSIC"},
        {
            "number": "S-03",
            "name": "Sampler in surround sound (withdrawn)",
            "price": "10.95",
            "tax_group": "MUSIC",
        },
        {"number": "N-01", "name": "Bookmark of the club", "price": "1.50"},
        {"number": CLEANING_KIT, "name": "Disc cleaning kit", "price": "7.50", "tax_group": "MUSIC"},
        {"number": YEAR, "name": "Album of the Month, a year", "program": "ALBUM"},
        {
            "number": HALF_YEAR,
            "name": "Album of the Month, half a year",
            "program": "ALBUM",
            "event_duration": 6,
        },
        {"number": SAMPLER, "name": "Sampler Club", "program": "SAMPLER"},
        {"number": TRIAL, "name": "Sampler Club, three to try", "program": "SAMPLER", "shipments": 3},
        {"number": BOX, "name": "The Tallgate Archive, four boxes", "program": "ARCHIVE"},
        {"number": SEASON, "name": "Record of the Season", "program": "SEASON"},
        {"number": GIFT, "name": "Six Albums as a Gift", "program": "GIFT"},
    ]
    return rows


def album_program(calendar: Calendar) -> dict[str, Any]:
    """Twelve different albums, one a month.

    The first at a price to start with, the third with a bookmark, the last one the end.
    Who joins with a past start date gets the missed albums in one parcel.
    """
    events: list[dict[str, Any]] = []
    for place in range(1, 13):
        event: dict[str, Any] = {
            "key": f"ALB{place:02}",
            "event_id": place,
            "item_number": f"A-{place:02}",
            "delivery_mode": "STD",
        }
        if place > 1:
            event["date_interval"] = "MONTHLY"
        events.append(event)
    events[0]["price"] = "6.95"
    events[11]["action"] = "end"
    events.insert(3, {"key": "ALB03", "event_id": 3, "item_number": "N-01", "price": "0.00"})
    return {
        "schedule_id": "ALBUM",
        "name": "Album of the Month",
        "started_on": days(calendar, 0),
        "consolidate": True,
        "prompt_for_start_date": True,
        "valid_payment_schedules": ["N14"],
        "days_after_order_date": 7,
        "events": events,
    }


def sampler_program(calendar: Calendar) -> dict[str, Any]:
    """Open-ended: a welcome disc, then the sampler every four weeks until the member stops.

    The one in surround sound was withdrawn: its event is skipped.
    """
    return {
        "schedule_id": "SAMPLER",
        "name": "Sampler Club",
        "started_on": days(calendar, 0),
        "days_after_order_date": 6,
        "events": [
            {"key": "WELCOME", "event_id": 1, "item_number": "S-01", "price": "4.95", "delivery_mode": "STD"},
            {
                "key": "SURROUND",
                "event_id": 2,
                "item_number": "S-03",
                "days_from_last": 28,
                "delivery_mode": "STD",
                "action": "skip",
            },
            {
                "key": "SAMPLER",
                "event_id": 3,
                "item_number": "S-02",
                "days_from_last": 28,
                "delivery_mode": "STD",
                "times_to_repeat": "until_stopped",
                "probability": 80,
            },
        ],
    }


def box_program(calendar: Calendar) -> dict[str, Any]:
    """Billed up front in parts, 3 equal ones or 50, 30 and 20 percent: four boxes, six weeks apart."""
    events: list[dict[str, Any]] = [
        {
            "key": f"BOX{place}",
            "event_id": place,
            "item_number": f"B-{place:02}",
            "delivery_mode": "EXP",
            "days_from_last": 42 if place > 1 else 0,
        }
        for place in range(1, 5)
    ]
    events[3]["action"] = "end"
    return {
        "schedule_id": "ARCHIVE",
        "name": "The Tallgate Archive",
        "started_on": days(calendar, 0),
        "bill_upfront": True,
        "prompt_for_payment_schedule": True,
        "payment_schedule": "3X",
        "valid_payment_schedules": ["3X", "50-30-20"],
        "days_after_order_date": 8,
        "events": events,
    }


def season_program(calendar: Calendar) -> dict[str, Any]:
    """Runs by its own calendar: who joins starts with the record of the season, the next ones follow.

    The fourth does not come before its release.
    """
    events: list[dict[str, Any]] = [
        {
            "key": f"SEA{place:02}",
            "event_id": place,
            "item_number": f"A-{13 - place:02}",
            "price": "16.00",
            "delivery_mode": "EXP",
            "date_interval": "SEASON",
        }
        for place in range(1, 13)
    ]
    events[3]["start_order_date"] = days(calendar, 120)
    return {
        "schedule_id": "SEASON",
        "name": "Record of the Season",
        "started_on": days(calendar, -180),
        "order_start": "current_event",
        "catch_up": "send",
        "days_after_order_date": 9,
        "events": events,
    }


def gift_program(calendar: Calendar) -> dict[str, Any]:
    """Billed up front in one sum, so that a gift card or a check can pay it; sent to somebody else."""
    events: list[dict[str, Any]] = [
        {
            "key": f"GFT{place}",
            "event_id": place,
            "item_number": f"A-{place * 2:02}",
            "price": "12.50",
            "delivery_mode": "GIFT",
        }
        for place in range(1, 7)
    ]
    for event in events[1:]:
        event["date_interval"] = "MONTHLY"
    events[5]["action"] = "end"
    return {
        "schedule_id": "GIFT",
        "name": "Six Albums as a Gift",
        "started_on": days(calendar, 0),
        "bill_upfront": True,
        "catch_up": "merge",
        "days_after_order_date": 10,
        "events": events,
    }


def days(calendar: Calendar, count: int) -> str:
    """So many days after the first night, as the bundle writes a date."""
    return (calendar.first_night + timedelta(days=count)).isoformat()
