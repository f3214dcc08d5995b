"""Aurora Books as the manual sets it up, piece by piece: what each procedure types in, and what it finds there already."""

from __future__ import annotations

from typing import Any

Piece = dict[str, Any]

COMPANY: Piece = {
    "currency": "USD",
    "company": {"name": "Aurora Books", "country": "US", "time_zone": "America/New_York", "languages": ["en"]},
    "delivery_modes": [{"code": "STD", "name": "Standard", "charge": "4.95", "working_days": [1, 2, 3, 4, 5]}],
    "products": [
        {"number": "0013", "name": "First book", "price": "19.95"},
        {"number": "0014", "name": "Second book", "price": "21.95"},
        {"number": "0015", "name": "Third book", "price": "24.00"},
    ],
}
PROGRAM: Piece = {
    "schedule_id": "BOM",
    "name": "Book of the month",
    "days_after_order_date": 5,
    "events": [
        {"key": "A", "item_number": "0013", "delivery_mode": "STD"},
        {"key": "B", "item_number": "0014", "delivery_mode": "STD", "days_from_last": 30},
        {"key": "C", "item_number": "0015", "delivery_mode": "STD", "days_from_last": 30, "times_to_repeat": 3},
    ],
}
PARENT: Piece = {"number": "0016", "name": "Book of the month", "program": "BOM"}
ADA: Piece = {
    "account": "C-1",
    "name": "Ada Bianchi",
    "addresses": [{"code": "home", "street": "1 Elm Street", "city": "Albany", "region": "NY", "country": "US"}],
    "cards": [{"token": "tok_visa", "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030}],
}
ORDER: Piece = {
    "reference": "PHONE-1",
    "customer": "C-1",
    "order_date": "2026-03-10",
    "submit": True,
    "lines": [{"item_number": "0016", "continuity": {"payment_method": "card"}}],
}
CLUB: Piece = {**COMPANY, "products": [*COMPANY["products"], PARENT], "programs": [PROGRAM], "customers": [ADA]}
