"""A small installation, written row by row, for tests of payments; usable from a process that is killed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from perennial.catalog.models import Company, Parameters, Product, Tariff
from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.customers.models import Customer, StoredCard
from perennial.orders.models import Hold, OrderEvent, OrderLine, SalesOrder
from perennial.payments.models import Attempt, Payment
from perennial.programs.models import Program, ProgramRevision

ON = date(2026, 3, 10)


def day(number: int) -> date:
    """So many days after the first business date."""
    return ON + timedelta(days=number)


def install(**parameters: Any) -> None:
    """Company, parameters, one program, one continuity product and one that ships."""
    Company.objects.create(id=1, installation="inst", currency="USD")
    Parameters.objects.create(id=1, **parameters)
    program = Program.objects.create(schedule_id="BOM")
    ProgramRevision.objects.create(program=program, number=1)
    Product.objects.create(number="0016", kind="continuity")
    Product.objects.create(number="0013")


@dataclass
class Member:
    """A customer with one order of the program."""

    customer: Customer
    card: StoredCard
    parent: SalesOrder
    line: OrderLine
    continuity: ContinuityOrder

    def child(self, shipment: int, *, ship_on: date = ON, status: str = "open") -> SalesOrder:
        """A child order, with its occurrence."""
        child = SalesOrder.objects.create(
            number=f"{self.parent.number}-1-{shipment:03}",
            customer=self.customer,
            currency="USD",
            order_date=ON,
            status=status,
            parent=self.parent,
            parent_line=self.line,
            shipment=shipment,
            try_no=1,
            ship_on=ship_on,
            total_minor=1995,
        )
        self.occurrence(shipment, ship_on=ship_on, child=child)
        return child

    def occurrence(self, shipment: int, *, ship_on: date = ON, child: SalesOrder | None = None) -> Occurrence:
        """A shipment of the plan."""
        return Occurrence.objects.create(
            continuity_order=self.continuity,
            event_key=f"E{shipment}",
            repetition=0,
            position=shipment,
            event_on=ship_on,
            ship_on=ship_on,
            shipment=shipment,
            status="ordered" if child else "scheduled",
            child=child,
        )

    def owes(
        self,
        order: SalesOrder | None,
        *,
        amount: int = 1995,
        due_on: date = ON,
        number: int = 1,
        method: str = "card",
        **more: Any,
    ) -> Payment:
        """A payment: of a child, of the parent's ordinary lines, or (no order) of the whole continuity order."""
        purpose = "order" if order is None else "ordinary" if order.parent_id is None else "shipment"
        return Payment.objects.create(
            order=order,
            continuity_order=self.continuity if order is None else None,
            customer=self.customer,
            purpose=purpose,
            number=number,
            method=method,
            card=self.card if method == "card" else None,
            currency="USD",
            amount_minor=amount,
            due_on=due_on,
            status=more.pop("status", "due"),
            at_invoice=more.pop("at_invoice", True),
            **more,
        )


def member(
    token: str = "tok_visa", *, number: int = 1, expires_on: date = date(2030, 12, 31), status: str = "open"
) -> Member:
    """A customer with a card and an order of the program, submitted unless it is a draft."""
    customer = Customer.objects.create(account=f"C-{number}")
    card = StoredCard.objects.create(
        customer=customer, token=token, exp_month=expires_on.month, exp_year=expires_on.year, expires_on=expires_on
    )
    parent = SalesOrder.objects.create(
        number=f"SO-{number:06}", customer=customer, currency="USD", order_date=ON, status=status
    )
    line = OrderLine.objects.create(
        order=parent, line=1, product=Product.objects.get(number="0016"), quantity=1, price_minor=0, amount_minor=0
    )
    revision = ProgramRevision.objects.select_related("program").get()
    Tariff.objects.get_or_create(number=1, defaults={"prices_include_tax": False})
    continuity = ContinuityOrder.objects.create(
        parent_line=line,
        order=parent,
        customer=customer,
        program=revision.program,
        revision=revision,
        status=status,
        order_date=ON,
        quantity=1,
        payment_method="card",
        card=card,
    )
    return Member(customer, card, parent, line, continuity)


def ordinary_line(parent: SalesOrder, *, line: int = 2, status: str = "open") -> OrderLine:
    """A product that ships with the parent itself."""
    return OrderLine.objects.create(
        order=parent,
        line=line,
        product=Product.objects.get(number="0013"),
        quantity=1,
        price_minor=1995,
        amount_minor=1995,
        status=status,
    )


def invoice(order: SalesOrder, *, on: date = ON) -> None:
    """Ship and invoice a child."""
    SalesOrder.objects.filter(pk=order.pk).update(status="invoiced", invoiced_on=on)
    OrderEvent.objects.create(order=order, on_date=on, kind="invoiced")


def hold(order: SalesOrder, stops: str, *, code: str = "person") -> Hold:
    """A person's hold."""
    return Hold.objects.create(order=order, code=code, stops=stops, on_date=ON, by="clerk:anna")


def status(payment: Payment) -> str:
    """Its state now."""
    payment.refresh_from_db()
    return payment.status


def attempts(payment: Payment) -> list[tuple[str, int, str | None]]:
    """Its attempts in their order: kind, number, outcome."""
    return list(Attempt.objects.filter(payment=payment).order_by("id").values_list("kind", "number", "outcome"))
