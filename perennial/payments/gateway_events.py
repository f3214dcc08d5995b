"""What gateways tell of themselves: taken in once, in the transaction that also asks for it to be dealt with (``desk.gateway_events``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django.db import DataError
from django.db.models.functions import Now

from perennial.payments import gateways
from perennial.payments.gateways.contract import DisputeFacts, Event, KeptCard, NotGenuine, SendsEvents
from perennial.payments.models import GatewayEvent

PUT_ASIDE = "put_aside"
"""What became of an event that could not be dealt with, and is not tried again."""
SHOWN_FOR = timedelta(days=7)


def take_in(gateway: str, body: bytes, headers: Mapping[str, str]) -> int | None:
    """Note what was sent, once; its number, None where it is known. LookupError: no such gateway tells anything here.
    NotGenuine: the gateway has not sent it.
    """
    if gateway not in gateways.names():
        raise LookupError(gateway)
    found = gateways.load(gateway)
    if not isinstance(found, SendsEvents):
        raise LookupError(gateway)
    event = found.event(body, headers)
    if not 0 < len(event.reference) <= 200:
        raise NotGenuine("an event without a name")
    try:
        row, is_new = GatewayEvent.objects.get_or_create(
            gateway=gateway, reference=event.reference, defaults={"kind": event.kind, "facts": _stored(event)}
        )
    except DataError:
        raise NotGenuine("with what cannot be kept") from None
    return row.pk if is_new else None


def put_aside() -> tuple[int, GatewayEvent | None]:
    """How many events were put aside in the last days, and the first of them."""
    found = GatewayEvent.objects.filter(handled_at=None, outcome=PUT_ASIDE, received_at__gt=Now() - SHOWN_FOR)
    return found.count(), found.order_by("pk").first()


def event_of(row: GatewayEvent) -> Event:
    """The event as it was told."""
    facts: dict[str, Any] = {**row.facts, "reference": row.reference, "kind": row.kind}
    if facts["card"] is not None:
        facts["card"] = KeptCard(**facts["card"])
    if facts["dispute"] is not None:
        until = facts["dispute"]["answer_by"]
        facts["dispute"] = DisputeFacts(
            **{**facts["dispute"], "answer_by": None if until is None else date.fromisoformat(until)}
        )
    return Event(**facts)


def _stored(event: Event) -> dict[str, Any]:
    facts = {name: value for name, value in asdict(event).items() if name not in ("reference", "kind")}
    facts["card"] = None if event.card is None else event.card._asdict()
    if event.dispute is not None:
        until = event.dispute.answer_by
        facts["dispute"] = {**event.dispute._asdict(), "answer_by": None if until is None else until.isoformat()}
    return facts
