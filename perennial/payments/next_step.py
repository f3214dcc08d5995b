"""What is to be done about a payment on a business date: one rule, asked by the job's selection and by ``collect``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from perennial.catalog.models import Parameters
from perennial.catalog.queries import parameters
from perennial.db import sql
from perennial.payments.gateways import Gateway
from perennial.payments.retry import Schedule, schedule_of

SQL = sql.named("perennial.payments", "charge.sql")


@dataclass(frozen=True)
class Rules:
    """The parameters that say when something is due, for one business date.

    ``lives``: on how many dates an authorisation of which nothing else is known can be captured. ``catching_up``: what was
    declined is left to a later night.
    """

    on: date
    force: bool
    authorise: bool
    authorise_days: int
    bill_days: int
    terms_days: int
    retries: Schedule
    renewals: int | None
    lives: int
    run: int | None
    catching_up: bool = False

    def as_params(self) -> dict[str, Any]:
        """The parameters of the statement ``facts``."""
        return {
            "on": self.on,
            "force": self.force,
            "authorise": self.authorise,
            "authorise_days": self.authorise_days,
            "bill_days": self.bill_days,
            "lives": self.lives,
            "renewals": self.renewals,
            "run": self.run,
            "catching_up": self.catching_up,
        }


def rules(
    on: date,
    gateway: Gateway,
    *,
    run: int | None = None,
    force: bool = False,
    catching_up: bool = False,
    given: Parameters | None = None,
) -> Rules:
    """The rules of a date, from the parameters of the call center and the gateway."""
    found = given or parameters()
    return Rules(
        on=on,
        force=force,
        authorise=found.authorize_child_orders,
        authorise_days=found.authorize_days_before,
        bill_days=found.on_account_bill_days,
        terms_days=found.on_account_terms_days,
        retries=schedule_of(found),
        renewals=found.authorization_renewals,
        lives=gateway.authorisation_days,
        run=run,
        catching_up=catching_up,
    )


@dataclass(frozen=True, slots=True)
class GatewayRecord:
    """By which reference a gateway knows a payment, since when, and up to when it can be captured there."""

    reference: str | None = None
    gateway: str | None = None
    authorised_on: date | None = None
    authorised_until: date | None = None


NO_RECORD = GatewayRecord()


@dataclass(frozen=True)
class Fact:
    """A payment, the state of what it pays, and the next step about it (None: nothing to do).

    ``reconcile``: nobody knows what became of an attempt, so the gateway is asked. ``void``: the order
    is cancelled, or the authorisation would lapse, or is for less than what is owed. ``forget``: an
    authorisation of which no reference is known (moved in from elsewhere). ``receive``: cash, a
    gift card, or what the bank has approved on the telephone (``approval_code``). ``refund``: a part of another payment is given back, by the gateway that took it. ``root_id``: the parent order, in whose history all that happens to
    the payment stands, with the number of the ``child`` that it pays.
    """

    id: int
    order_id: int | None
    root_id: int
    continuity_id: int | None
    purpose: str
    number: int
    method: str
    currency: str
    amount_minor: int
    due_on: date
    status: str
    at_invoice: bool
    attempts: int
    authorised_on: date | None
    gateway_ref: str | None
    card_id: int | None
    cancelled: bool
    held: bool
    entered: bool
    attempt_id: int | None
    attempt_kind: str | None
    attempt_is_fresh: bool
    step: str | None
    child: str | None
    gateway: str | None
    authorised_until: date | None
    approval_code: str | None
    tried_on: date | None

    @property
    def record(self) -> GatewayRecord:
        """What its gateway knows of it."""
        return GatewayRecord(self.gateway_ref, self.gateway, self.authorised_on, self.authorised_until)

    @property
    def place(self) -> tuple[int, date, str, int, str, int]:
        """Where it stands among the payments of its parent order, in whatever order their rows were made."""
        return self.root_id, self.due_on, self.purpose, self.continuity_id or 0, self.child or "", self.number

    @property
    def may_be_sent_again(self) -> bool:
        """May a request that the gateway does not know be sent once more, with the same key?

        Not when it is 20 hours old (gateways forget keys after a day), and not when meanwhile the
        order was cancelled or its charging held.
        """
        stopped = self.cancelled or self.held or not self.entered
        return self.attempt_is_fresh and (self.attempt_kind in ("void", "refund") or not stopped)


def statement(scope: str, where: str = "") -> str:
    """The statement ``facts`` for the payments that another statement selects."""
    return SQL["facts"].replace("$scope", SQL[scope]).replace("$where", where)


def facts(payment_ids: Sequence[int], rules: Rules) -> list[Fact]:
    """The facts of these payments, each in its place."""
    found = sql.prepared(statement("by_ids"), {"ids": list(payment_ids), **rules.as_params()})
    return sorted((Fact(*row) for row in found), key=lambda fact: fact.place)


def payments_of_order(order_id: int) -> list[int]:
    """The payments of an order: its own, its children's, and of its parent's continuity orders billed up front."""
    return [row[0] for row in sql.tuples(SQL["of_order"], {"order": order_id})]
