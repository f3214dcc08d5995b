"""The codes of a club: where its orders come from, why things are done, what its holds stop."""

from __future__ import annotations

from typing import Any

CODES: dict[str, Any] = {
    "source_codes": [
        {"code": "MAIL-3", "description": "Spring letter", "from": "2026-03-01", "until": "2026-04-30", "active": True},
        {"code": "OLD", "description": "Last year's catalogue", "from": None, "until": None, "active": False},
        {"code": "WEB", "description": "The shop", "from": None, "until": None, "active": True},
    ],
    "reason_codes": [
        {"code": "DEAR", "description": "Too dear", "actions": ["cancel", "price"], "active": True},
        {"code": "GONE", "description": "Not used any more", "actions": ["cancel"], "active": False},
        {"code": "TRAVEL", "description": "Away", "actions": ["hold", "skip", "move"], "active": True},
    ],
    "hold_codes": [
        {"code": "BILL", "description": "Amount in question", "stops": "charging", "released_by": [], "active": True},
        {"code": "DOOR", "description": "Parcel stays here", "stops": "sending", "released_by": [], "active": True},
        {
            "code": "FRAUD", "description": "Fraud suspected", "stops": "both", "released_by": ["finance", "manager"],
            "active": True,
        },
        {"code": "NEW", "description": "No new parcels", "stops": "children", "released_by": [], "active": True},
        {"code": "PAPER", "description": "Invoice asked back", "stops": "invoicing", "released_by": [], "active": True},
    ],
}  # fmt: skip
