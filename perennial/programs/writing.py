"""Revisions written: a whole one at a time, never changed once released."""

from __future__ import annotations

from dataclasses import replace

from perennial.catalog.models import DeliveryMode, PaymentSchedule, Product
from perennial.errors import Refused
from perennial.programs.models import (
    Program,
    ProgramEvent,
    ProgramEventProduct,
    ProgramRevision,
    ValidPaymentSchedule,
)
from perennial.programs.values import EventFacts, ProgramFacts


class Ids:
    """The ids of what programs name, read when first asked for."""

    def __init__(self) -> None:
        self._modes: dict[str, int] | None = None
        self._schedules: dict[str, int] | None = None
        self._products: dict[str, int] = {}

    def mode(self, code: str | None, field: str = "delivery_mode") -> int | None:
        """The id of a delivery mode."""
        if code is None:
            return None
        if self._modes is None:
            self._modes = dict(DeliveryMode.objects.values_list("code", "id"))
        if code not in self._modes:
            raise Refused("name_unknown", field, what="delivery_mode", name=code)
        return self._modes[code]

    def schedule(self, name: str | None, field: str = "payment_schedule") -> int | None:
        """The id of a payment schedule."""
        if name is None:
            return None
        if self._schedules is None:
            self._schedules = dict(PaymentSchedule.objects.values_list("name", "id"))
        if name not in self._schedules:
            raise Refused("name_unknown", field, what="payment_schedule", name=name)
        return self._schedules[name]

    def products(self, program: ProgramFacts) -> dict[str, int]:
        """The ids of a program's products by number."""
        wanted = {p.item_number for event in (*program.events, *program.removed) for p in event.products}
        missing = wanted - self._products.keys()
        if missing:
            self._products |= dict(Product.objects.filter(number__in=missing).values_list("number", "id"))
        for event in program.events:
            for product in event.products:
                if product.item_number not in self._products:
                    raise Refused(
                        "name_unknown", f"{product.field}.item_number", what="product", name=product.item_number
                    )
        return self._products


def write_revision(
    program: Program, number: int, facts: ProgramFacts, ids: Ids, *, released: bool, apply: bool
) -> ProgramRevision:
    """Write a revision whole: header, events with their keys, removed events in their places."""
    products = ids.products(facts)
    revision = ProgramRevision.objects.create(
        program=program,
        number=number,
        released=released,
        apply=apply,
        started_on=facts.started_on,
        order_start=facts.order_start,
        bill_upfront=facts.bill_upfront,
        consolidate=facts.consolidate,
        catch_up=facts.catch_up,
        prompt_for_start_date=facts.prompt_for_start_date,
        prompt_for_payment_schedule=facts.prompt_for_payment_schedule,
        payment_schedule_id=ids.schedule(facts.payment_schedule),
        days_after_order_date=facts.days_after_order_date,
    )
    ValidPaymentSchedule.objects.bulk_create(
        ValidPaymentSchedule(revision=revision, schedule_id=ids.schedule(name, f"valid_payment_schedules[{at}]") or 0)
        for at, name in enumerate(facts.valid_payment_schedules)
    )
    by_key = {event.key: event for event in (*facts.events, *facts.removed)}
    walk = facts.walk or tuple(event.key or "" for event in facts.events)
    rows = ProgramEvent.objects.bulk_create(
        _event_row(revision, place, by_key[key], ids) for place, key in enumerate(walk, 1)
    )
    ProgramEventProduct.objects.bulk_create(
        ProgramEventProduct(
            event=row,
            line=line,
            product_id=products[product.item_number],
            quantity=product.quantity,
            unit=product.unit,
            price_minor=product.price_minor,
            product_kind="item",
        )
        for row in rows
        for line, product in enumerate(by_key[row.key].products, 1)
    )
    return revision


def _event_row(revision: ProgramRevision, place: int, event: EventFacts, ids: Ids) -> ProgramEvent:
    interval = event.interval
    return ProgramEvent(
        revision=revision,
        key=event.key or "",
        place=place,
        event_id=event.event_id,
        days_from_last=event.days_from_last,
        interval_code=interval.code if interval else None,
        interval_rule=interval.rule if interval else None,
        interval_anchor=interval.anchor if interval else None,
        start_order_date=event.start_order_date,
        delivery_mode_id=ids.mode(event.delivery_mode, f"{event.field}.delivery_mode"),
        payment_schedule_id=ids.schedule(event.payment_schedule, f"{event.field}.payment_schedule"),
        action=event.action,
        times_to_repeat=event.times_to_repeat,
        probability=event.probability,
    )


def drop_revision(revision: ProgramRevision) -> None:
    """Delete a draft with all that belongs to it."""
    ProgramEventProduct.objects.filter(event__revision=revision).delete()
    ProgramEvent.objects.filter(revision=revision).delete()
    ValidPaymentSchedule.objects.filter(revision=revision).delete()
    ProgramRevision.objects.filter(pk=revision.pk).delete()


def as_removed(event: EventFacts) -> EventFacts:
    """The event as it is kept once it is gone: without a number."""
    return replace(event, event_id=None)
