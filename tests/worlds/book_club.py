"""The book club of the contract (``docs/contract.md``), as rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from perennial.catalog.actions import initialise
from perennial.catalog.models import Company, DeliveryMode, Parameters, Price, Product, TaxRate
from perennial.catalog.tariffs import follow_set_up
from perennial.continuity.models import Occurrence
from perennial.customers.models import Address, Customer, StoredCard
from perennial.desk.entry import ContinuityEntry, EnteredOrder, LineEntry, OrderEntry, enter
from perennial.orders.models import OrderLine, SalesOrder
from perennial.programs.models import (
    ContinuityProduct,
    Program,
    ProgramEvent,
    ProgramEventProduct,
    ProgramRevision,
)

ORDERED = date(2026, 3, 10)


def club(**parameters: Any) -> ProgramRevision:
    """Aurora Books with its book of the month: three events, thirty days apart. Its released revision."""
    initialise()
    Company.objects.update(currency="USD", name="Aurora Books", country="US", time_zone="America/New_York")
    Parameters.objects.update(**parameters)
    mode = DeliveryMode.objects.create(
        code="STD", name="Standard", charge_minor=495, working_days=[1, 2, 3, 4, 5], holidays="US-NY"
    )
    TaxRate.objects.create(group="BOOKS", country="US", percent=Decimal("8.875"))
    follow_set_up(on=None, by="test", unused=True)
    program = Program.objects.create(schedule_id="BOM", name="Book of the month")
    revision = ProgramRevision.objects.create(
        program=program, number=1, started_on=date(2026, 1, 1), days_after_order_date=5
    )
    for place, (number, price) in enumerate((("0013", 1995), ("0014", 1995), ("0015", 2400)), 1):
        book = Product.objects.create(number=number, name=f"Book {place}", tax_group="BOOKS")
        Price.objects.create(product=book, price_minor=price)
        add_event(revision, place, book, mode, action="end" if place == 3 else "none")
    sold = Product.objects.create(number="0016", name="Book of the month", kind="continuity")
    ContinuityProduct.objects.create(product=sold, program=program)
    customer = Customer.objects.create(account="C-1", name="Ada Bianchi", email="ada@example.com")
    Address.objects.create(customer=customer, code="home", city="Milano", country="IT")
    StoredCard.objects.create(
        customer=customer,
        token="tok_visa",
        brand="visa",
        last4="4242",
        exp_month=12,
        exp_year=2030,
        expires_on=date(2030, 12, 31),
    )
    return revision


def add_event(
    revision: ProgramRevision, place: int, book: Product, mode: DeliveryMode | None = None, **fields: Any
) -> ProgramEvent:
    """One event with one product, thirty days after the one before it."""
    fields = {"days_from_last": 0 if place == 1 else 30, **fields}
    event = ProgramEvent.objects.create(
        revision=revision, key=f"E{place}", place=place, event_id=place, delivery_mode=mode, **fields
    )
    ProgramEventProduct.objects.create(event=event, line=1, product=book, quantity=1)
    return event


def order(**fields: Any) -> EnteredOrder:
    """Ada's order of 10 March: the club, and two copies of the first book as ordinary ones."""
    entry = OrderEntry(
        **{
            "customer": "C-1",
            "number": f"SO-{SalesOrder.objects.filter(parent=None).count() + 1:06d}",
            "lines": (
                LineEntry("0016", continuity=ContinuityEntry(card="tok_visa")),
                LineEntry("0013", Decimal(2), "STD"),
            ),
            "order_date": ORDERED,
            "submit": True,
            **fields,
        }
    )
    (entered,) = enter([entry], on=ORDERED, by="clerk:anna")
    assert isinstance(entered, EnteredOrder), entered
    return entered


def child(entered: EnteredOrder, shipment: int, **fields: Any) -> SalesOrder:
    """The child of a shipment, as create-child-orders would make it."""
    occurrence = Occurrence.objects.get(continuity_order_id=entered.continuity_order_ids[0], shipment=shipment)
    parent = SalesOrder.objects.get(pk=entered.id)
    made = SalesOrder.objects.create(
        number=f"{parent.number}-1-{shipment:03d}",
        customer=parent.customer,
        currency="USD",
        order_date=ORDERED,
        parent=parent,
        parent_line=occurrence.continuity_order.parent_line,
        shipment=shipment,
        try_no=1,
        ship_on=occurrence.ship_on,
        delivery_minor=495,
        **{"status": "open", "total_minor": 2490, **fields},
    )
    line = occurrence.lines.get()
    OrderLine.objects.create(
        order=made,
        line=1,
        product=line.product,
        quantity=1,
        price_minor=line.price_minor,
        amount_minor=line.price_minor,
    )
    Occurrence.objects.filter(pk=occurrence.pk).update(status="ordered", child=made)
    return made
