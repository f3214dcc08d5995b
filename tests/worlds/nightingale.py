"""Nightingale Records of Dublin on Tuesday 10 March 2026: a record club with members half way, for pages to be looked at."""

from __future__ import annotations

from datetime import date
from typing import Any

from perennial.desk import actions
from perennial.desk.customers.notes import note_on_customer
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from tests.worlds.bundle import put

ON = date(2026, 3, 10)
RECORDS = (
    "The Long Ferry", "Salt and Cedar", "Night Bus to Trieste", "Lanterns", "Small Hours, 2 LP", "Northern Rooms",
    "Copper Wire Hymns", "A Field in June", "Blue Interval, 2 LP", "Harbour Lights", "Winter Orchard", "The Quiet Mile",
)  # fmt: skip


def set_up() -> dict[str, Any]:
    """A record a month on the 15th, twelve or six of them; a box a quarter, paid for the year; a brush."""
    return {
        "currency": "EUR",
        "company": {
            "name": "Nightingale Records",
            "country": "IE",
            "time_zone": "Europe/Dublin",
            "languages": ["en", "it"],
        },
        "parameters": {"days_before_delivery": 5, "repeat_threshold": 3, "prices_include_tax": True},
        "delivery_modes": [
            {"code": "POST", "name": "An Post", "charge": "4.50", "working_days": [1, 2, 3, 4, 5], "tax_group": "VAT"}
        ],
        "tax_rates": [{"group": "VAT", "country": "IE", "percent": "23"}],
        "date_intervals": [{"code": "15TH", "name": "15th of the month", "rule": "FREQ=MONTHLY;BYMONTHDAY=15"}],
        "payment_schedules": [
            {"name": "3X", "allocation": "fixed_quantity", "number_of_payments": 3, "every": 1, "unit": "month"}
        ],
        "products": [
            *(
                {"number": f"R-{n:02}", "name": name, "price": "29.00" if "2 LP" in name else "24.00", "tax_group": "VAT"}
                for n, name in enumerate(RECORDS, 1)
            ),
            *({"number": f"B-{n}", "name": f"{s} box", "price": "24.00"} for n, s in enumerate(("Autumn", "Winter", "Spring", "Summer"), 1)),
            {"number": "A-014", "name": "Carbon record brush", "price": "22.50", "tax_group": "VAT"},
            {"number": "R-112", "name": "Record of the month, 12 records", "program": "ROM"},
            {"number": "R-106", "name": "Record of the month, 6 records", "program": "ROM", "event_duration": 6},
            {"number": "CFQ", "name": "Crime fiction quarterly", "program": "CFQ"},
            {"number": "TRIO", "name": "Three records, three payments", "program": "TRIO"},
        ],
        "programs": [
            {
                "schedule_id": "ROM",
                "name": "Record of the month",
                "days_after_order_date": 5,
                "events": [
                    {
                        "key": f"E{n}",
                        "item_number": f"R-{n:02}",
                        "delivery_mode": "POST",
                        **({"date_interval": "15TH"} if n > 1 else {}),
                    }
                    for n in range(1, 13)
                ],
            },
            {
                "schedule_id": "CFQ",
                "name": "Crime fiction quarterly",
                "bill_upfront": True,
                "events": [
                    {"key": f"Q{n}", "item_number": f"B-{n}", "delivery_mode": "POST", **({"days_from_last": 91} if n > 1 else {})}
                    for n in range(1, 5)
                ],
            },
            {
                "schedule_id": "TRIO",
                "name": "Three records",
                "bill_upfront": True,
                "payment_schedule": "3X",
                "events": [
                    {"key": f"T{n}", "item_number": f"R-{n:02}", "delivery_mode": "POST", "days_from_last": 30}
                    for n in range(1, 4)
                ],
            },
        ],
        "customers": [
            customer("C-2041", "Nora Fallon", "8 Clanbrassil Terrace", "D08 X2K4", "0134", card("tok_nora", 4, 2026), card("tok_spare", 11, 2028, "mastercard", "0917")),
            customer("C-0877", "Declan Falvey", "3 Meath Street", "D08 PW61", "0177", card("tok_declined", 9, 2027)),
            customer("C-1190", "Siobhán Fallon-Reid", "21 Reuben Street", "D08 E1N7", "0151", card("tok_siobhan", 12, 2029)),
            customer("C-3052", "Matteo Falcone", "5 Donore Avenue", "D08 KH2C", "0119", card("tok_matteo", 6, 2028), language="it"),
            customer("C-1733", "Gerard Fallon", "77 Cork Street", "D08 N4RX", "0188"),
        ],
    }  # fmt: skip


def customer(
    account: str, name: str, street: str, postcode: str, phone: str, *cards: Any, **more: Any
) -> dict[str, Any]:
    """Somebody of Dublin 8."""
    mail = name.lower().replace(" ", ".").replace("á", "a")
    return {
        "account": account,
        "name": name,
        "email": f"{mail}@example.com",
        "phone": f"+353 20 915 {phone}",
        "language": "en",
        "addresses": [{"code": "home", "street": street, "city": "Dublin 8", "postcode": postcode, "country": "IE"}],
        "cards": list(cards),
        **more,
    }


def card(token: str, month: int, year: int, brand: str = "visa", last4: str = "4242") -> dict[str, Any]:
    """A stored card."""
    return {"token": token, "brand": brand, "last4": last4, "exp_month": month, "exp_year": year}


def orders() -> list[dict[str, Any]]:
    """Members half way: Nora has three of twelve, Declan's card is declined, Siobhán paid for the year, Matteo is new."""
    return [
        moved_in("SO-000731", "C-2041", "2025-12-10", "tok_nora", 3),
        moved_in("SO-000645", "C-0877", "2025-12-10", "tok_declined", 2),
        {
            "number": "SO-000688",
            "customer": "C-1190",
            "order_date": "2026-03-05",
            "submit": True,
            "ship_to": "home",
            "lines": [{"item_number": "CFQ", "continuity": {"card": "tok_siobhan"}}],
        },
        {
            "number": "SO-000801",
            "customer": "C-3052",
            "order_date": "2026-03-09",
            "submit": True,
            "ship_to": "home",
            "acceptance_required": True,
            "lines": [{"item_number": "R-106", "continuity": {"card": "tok_matteo"}}],
        },
    ]


def moved_in(number: str, account: str, ordered: str, token: str, sent: int) -> dict[str, Any]:
    """A member who has had so many of twelve records elsewhere."""
    first = date.fromisoformat(ordered)
    days = [date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 15) for n in range(12)]
    return {
        "number": number,
        "customer": account,
        "order_date": ordered,
        "status": "open",
        "ship_to": "home",
        "lines": [
            {
                "item_number": "R-112",
                "continuity": {
                    "card": token,
                    "lines": [
                        {
                            "key": f"E{n}",
                            "item_number": f"R-{n:02}",
                            "event_on": day.isoformat(),
                            "status": "ordered" if n <= sent else "scheduled",
                        }
                        for n, day in enumerate(days, 1)
                    ],
                },
            }
        ],
        "children": [{"line": 1, "shipment": n, "status": "invoiced", "external": f"{number}-{n}"} for n in range(1, sent + 1)],
    }  # fmt: skip


def nightingale() -> None:
    """The club with its members; the night of the 10th has made what is due, and Declan's card was declined."""
    put(set_up() | {"orders": orders()}, on=ON)
    actions.skip(number="SO-000731", shipment=6, line=1, on=ON, by="marco", reason="on holiday")
    note_on_customer(account="C-2041", text="Neighbour at no. 10 takes parcels.", on=ON, by="marco")
    run_job(CreateChildOrders(), on=date(2026, 3, 9), arguments={}, by="test")
    run_job(ProcessPayments(), on=ON, arguments={}, by="test")
