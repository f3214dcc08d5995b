"""An action of a person: once for its key, on what they saw, only tried, and taken back by one call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from threading import Thread

import pytest
from django.db import connection

from perennial.continuity.models import ContinuityLine, Occurrence
from perennial.desk import actions
from perennial.desk.action import How, perform, version_of
from perennial.desk.models import Answer, Change
from perennial.desk.outcome import Outcome
from perennial.desk.stored import digest, read, stored
from perennial.desk.undo import undo
from perennial.errors import Conflict, Refused
from perennial.kernel.money import Money
from perennial.orders.models import OrderEvent, SalesOrder
from tests.worlds.desk import ANNA, ON, make_children, order, unchanged

pytestmark = pytest.mark.django_db


def rows(number: str) -> list[tuple[object, ...]]:
    """What a person sees of the shipments."""
    found = Occurrence.objects.filter(continuity_order__order__number=number).order_by("pk")
    lines = ContinuityLine.objects.filter(occurrence__in=found).order_by("occurrence", "line")
    return [
        *found.values_list("event_on", "ship_on", "shipment", "status", "ship_to", "why"),
        *lines.values_list("product__number", "quantity", "price_minor", "why"),
    ]
