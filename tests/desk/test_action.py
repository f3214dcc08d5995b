"""An action of a person: once for its key, on what they saw, only tried, and taken back by one call."""

from __future__ import annotations

import pytest

from perennial.continuity.models import ContinuityLine, Occurrence

pytestmark = pytest.mark.django_db


def rows(number: str) -> list[tuple[object, ...]]:
    """What a person sees of the shipments."""
    found = Occurrence.objects.filter(continuity_order__order__number=number).order_by("pk")
    lines = ContinuityLine.objects.filter(occurrence__in=found).order_by("occurrence", "line")
    return [
        *found.values_list("event_on", "ship_on", "shipment", "status", "ship_to", "why"),
        *lines.values_list("product__number", "quantity", "price_minor", "why"),
    ]
