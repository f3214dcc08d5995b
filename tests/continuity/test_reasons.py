"""Reasons are stored as PostgreSQL prints them, so that an update that changes nothing a person sees writes no row."""

from __future__ import annotations

from datetime import date

import pytest

from perennial.db import sql
from perennial.kernel.reasons import DateReason, IntervalReason, LineReason

MONTHLY = IntervalReason("NM", 'FREQ=MONTHLY;X="1\\2"', date(2000, 1, 1))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "reason",
    [
        DateReason("first", days=5, base=date(2026, 3, 10), mode="STD"),
        DateReason("interval", previous=date(2026, 3, 10), interval=MONTHLY),
        DateReason("interval", grid=date(2026, 3, 1), interval=IntervalReason("M", "FREQ=MONTHLY", None)),
        DateReason("redate", fixed=date(2026, 3, 1), previous=date(2026, 3, 2), ship="move", wanted=date(2026, 3, 3)),
        DateReason("words", words='già "presa" \\ in carico\n\t€'),
        LineReason("substitute", "given", "0013"),
        LineReason("words", "words", product_words="ripreso", price_words="19.95 concordato"),
    ],
    ids=lambda reason: f"{type(reason).__name__}-{getattr(reason, 'rule', '')}",
)
def test_a_reason_is_written_as_it_is_read(reason: DateReason | LineReason) -> None:
    stored = reason.stored()
    assert sql.value("select %s::jsonb::text", [stored]) == stored
    assert type(reason).read(stored or "") == reason
