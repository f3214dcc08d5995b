"""Why for money: why a payment has its amount, its day and its card, and why it is not there yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from perennial.catalog.models import Parameters
from perennial.catalog.queries import parameters
from perennial.db import sql
from perennial.desk.locking import order_by_number
from perennial.desk.read.order import Child, Order
from perennial.desk.read.values import Payment
from perennial.kernel.money import Money
from perennial.kernel.reasons import Reason
from perennial.kernel.states import COUNT_AT_INVOICE, NOT_ANSWERED, NOT_COUNTED, REFUSED
from perennial.payments import gateways
from perennial.payments.next_step import Fact, facts, payments_of_order, rules

_ROWS = """
select p.id, coalesce(o.number, root.number), l.line, p.purpose, p.number, p.not_before_shipped, p.approval_code, p.lapsed,
       f.invoiced, f.delivered, nullif(t.from_on, '-infinity'), t.most, s.name, b.on_date, a.on_date, a.category, a.message, d.brand, d.last4,
       d.id is not null and d.id is distinct from p.card_id, k.expires_on, n.payment_id is not null
  from payments_payment p
  join payment_subject f on f.payment_id = p.id
  join payment_retry t on t.payment_id = p.id
  left join payment_not_renewed n on n.payment_id = p.id
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder c on c.id = f.continuity_id
  left join orders_salesorder root on root.id = c.order_id
  left join orders_orderline l on l.id = c.parent_line_id
  left join lateral (select v.payment_schedule_id from continuity_occurrence v
                      where v.child_id = coalesce((select r.of_id from orders_rest r where r.child_id = p.order_id), p.order_id)
                      order by v.position desc limit 1) v on true
  left join catalog_paymentschedule s
         on s.id = case p.purpose when 'shipment' then coalesce(v.payment_schedule_id, c.payment_schedule_id)
                                  when 'order' then c.payment_schedule_id end
  left join payments_bill b on b.payment_id = p.id
  left join lateral (select x.on_date, x.category, x.message, x.card_id from payments_attempt x
                      where x.payment_id = p.id and x.kind <> 'void' order by x.id desc limit 1) a on true
  left join customers_storedcard d on d.id = a.card_id
  left join customers_storedcard k on k.id = p.card_id
 where p.id = any(%(ids)s)
"""


class _Row(NamedTuple):
    id: int
    order: str
    line: int | None
    purpose: str
    number: int
    not_before_shipped: bool
    approval_code: str | None
    lapsed: int
    invoiced: bool
    delivered: bool
    from_on: date | None
    most: int | None
    schedule: str | None
    billed_on: date | None
    tried_on: date | None
    category: str | None
    message: str | None
    brand: str | None
    last4: str | None
    other_card: bool
    card_ends_on: date | None
    not_renewed: bool


@dataclass(frozen=True, slots=True)
class PaymentWhy:
    """Why a payment is as it is: reasons for its ``amount``, its ``day``, by what it is paid (``by``), and how it stands (``now``)."""

    payment: Payment
    amount: tuple[Reason, ...]
    day: tuple[Reason, ...]
    by: tuple[Reason, ...]
    now: tuple[Reason, ...]


@dataclass(slots=True)
class _Asked:
    """What is asked of one order on a date."""

    order: Order
    on: date
    given: Parameters
    parts: dict[tuple[str, int | None, str], int] = field(default_factory=dict)


def payment_whys(order: Order, on: date) -> tuple[PaymentWhy, ...]:
    """Why each payment of an order is as it is on a date, in the order of its payments."""
    ids = payments_of_order(order_by_number(order.number).pk)
    given = parameters()
    found = {(row.order, row.line, row.purpose, row.number): row for row in sql.rows(_Row, _ROWS, {"ids": ids})}
    known = {fact.id: fact for fact in facts(ids, rules(on, gateways.current(), given=given))}
    asked = _Asked(order, on, given)
    for one in order.payments:
        if _counts(one, one.purpose) and one.purpose != "refund":
            kind = (one.order, one.line, one.purpose)
            asked.parts[kind] = asked.parts.get(kind, 0) + 1
    whys = []
    for one in order.payments:
        row = found[one.order, one.line, one.purpose, one.number]
        whys.append(_why(asked, one, row, known.get(row.id)))
    return tuple(whys)


def _why(asked: _Asked, one: Payment, row: _Row, fact: Fact | None) -> PaymentWhy:
    if fact is None:  # given back elsewhere, before it moved in
        return PaymentWhy(one, (Reason("given_back"),), (), (), (Reason("is_over", {"status": one.status}),))
    return PaymentWhy(
        payment=one,
        amount=tuple(_amount(asked, one, row)),
        day=tuple(_day(asked, one, row, fact)),
        by=tuple(_by(asked, one, row)),
        now=tuple(_now(asked, one, row, fact)),
    )


def _amount(asked: _Asked, one: Payment, row: _Row) -> Iterator[Reason]:
    """What it is made of; of a part, how many parts there are, and of what."""
    if one.purpose == "refund":
        yield Reason("given_back")
        return
    child = next((each for each in asked.order.children if each.number == one.order), None)
    whole: Money | None = None
    if child is not None:
        whole = child.total
        yield _made_of("child_costs", child.number, child)
    elif one.purpose == "ordinary":
        whole = asked.order.total
        yield _made_of("lines_cost", asked.order.number, asked.order)
    else:
        alike = [each for each in asked.order.payments if each.line == one.line and _counts(each, one.purpose)]
        whole = Money(sum(each.amount.minor for each in alike), one.amount.currency)
        yield Reason("whole_order", {"line": one.line, "total": whole})
    many = asked.parts.get((one.order, one.line, one.purpose), 0)
    if many > 1 and row.schedule is not None:
        yield Reason("part_of_schedule", {"number": one.number, "parts": many, "schedule": row.schedule})
    elif whole is not None and whole != one.amount:
        yield Reason("part_of", {"number": one.number, "amount": one.amount, "whole": whole})


def _counts(one: Payment, purpose: str) -> bool:
    """Is it a part of what is paid so?"""
    return one.purpose == purpose and one.status not in NOT_COUNTED


def _made_of(code: str, number: str, priced: Child | Order) -> Reason:
    lines = sum(line.amount.minor for line in priced.lines if line.amount is not None)
    about = {"order": number, "lines": Money(lines, priced.total.currency), "total": priced.total}
    delivery = priced.delivery if priced.delivery.minor else None
    tax = priced.tax if priced.tax.minor and not priced.tax_included else None
    inside = priced.tax if priced.tax.minor and priced.tax_included else None
    return Reason(code, {**about, "delivery": delivery, "tax": tax, "tax_inside": inside})


def _day(asked: _Asked, one: Payment, row: _Row, fact: Fact) -> Iterator[Reason]:
    """When it is due, and when somebody is asked for it."""
    if one.purpose == "refund":
        yield Reason("given_back_on", {"on": one.due_on})
    elif one.method == "on_account":
        if row.billed_on is not None:
            yield Reason("billed_on", {"on": row.billed_on, "due_on": one.due_on})
        elif fact.at_invoice:
            yield Reason("bill_at_invoice", _days(asked.given.on_account_terms_days))
        else:
            yield Reason("bill_ahead", {"due_on": one.due_on, **_days(asked.given.on_account_bill_days)})
    elif one.method == "check":
        yield Reason("check_due", {"due_on": one.due_on})
    elif fact.at_invoice:
        yield Reason("at_first_invoice" if one.purpose == "order" else "at_invoice", {"due_on": one.due_on})
        if one.method == "card" and asked.given.authorize_child_orders:
            days = asked.given.authorize_days_before
            yield Reason("authorised_ahead", {**_days(days), "on": one.due_on - timedelta(days=days)})
    else:
        yield Reason("on_its_day", {"due_on": one.due_on, "schedule": row.schedule})
        if row.not_before_shipped:
            yield Reason("not_before_it_ships", {"order": one.order})


def _days(days: int) -> dict[str, object]:
    return {"days": days, "count": days}


def _by(asked: _Asked, one: Payment, row: _Row) -> Iterator[Reason]:
    """By what it is paid, and by whom."""
    if row.approval_code is not None:
        yield Reason("by_code", {"code": row.approval_code})
    elif one.method == "card" and one.card is not None:
        card = one.card.words or one.card.token
        yield Reason("by_card", {"card": card, "on": one.card.expires_on, "line": row.line})
    elif one.method != "card":
        yield Reason(f"by_{one.method}")
    if row.other_card:
        yield Reason("other_card_was_asked", {"card": " ".join(word for word in (row.brand, row.last4) if word) or "?"})
    if asked.order.payer is not None:
        yield Reason("payer_pays", {"payer": asked.order.payer.name or asked.order.payer.account})


def _now(asked: _Asked, one: Payment, row: _Row, fact: Fact) -> Iterator[Reason]:
    """How it stands; of what is not paid, what it waits for."""
    last = {"on": row.tried_on, "message": row.message, "category": row.category}
    match one.status:
        case "captured":
            yield Reason(
                "is_given_back" if one.purpose == "refund" else "is_captured", {"on": one.captured_on or row.tried_on}
            )
        case "authorised":
            yield Reason("is_authorised", {"on": fact.authorised_on, "until": fact.authorised_until})
        case "billed":
            yield Reason("is_billed", {"on": row.billed_on, "due_on": one.due_on})
        case "declined":
            yield Reason("is_declined", {**last, "tries": one.attempts, "most": row.most})
            if row.from_on is not None and not (fact.held or fact.cancelled):
                yield Reason("asked_again", {"on": max(row.from_on, asked.on)})
        case "failed":
            yield Reason("is_failed", {**last, "tries": one.attempts})
            yield Reason("no_more_tries")
        case _ if one.status in NOT_ANSWERED:
            yield Reason("is_unknown", {"on": row.tried_on, "message": row.message})
        case "due":
            yield from _not_yet(asked, one, row, fact)
        case _:
            yield Reason("is_over" if one.status != "draft" else "is_draft", {"status": one.status})
    if one.status in ("due", *REFUSED) and one.method == "card" and fact.step is None:
        if fact.held:
            yield Reason("charging_is_held")
        if row.card_ends_on is not None and row.card_ends_on < max(one.due_on, asked.on):
            code = "card_has_ended" if row.card_ends_on < asked.on else "card_ends_before"
            yield Reason(code, {"on": row.card_ends_on})


def _not_yet(asked: _Asked, one: Payment, row: _Row, fact: Fact) -> Iterator[Reason]:
    """Why what is due is not asked for on this date."""
    if fact.step is not None:
        yield Reason("next_run")
    elif not fact.entered:
        yield Reason("is_draft", {"status": "draft"} if asked.order.status == "draft" else {"status": "awaited"})
    elif one.method == "check":
        yield Reason("awaits_check")
    elif row.not_renewed:
        yield Reason("not_renewed", {"times": row.lapsed, "count": row.lapsed})
    elif row.not_before_shipped and not row.delivered:
        yield Reason("awaits_parcel", {"order": one.order})
    elif one.method in COUNT_AT_INVOICE or (fact.at_invoice and one.method == "on_account"):
        yield Reason("awaits_invoice")
    elif fact.held:
        return
    elif one.method == "card":
        ahead = asked.given.authorize_days_before if fact.at_invoice else 0
        first = one.due_on - timedelta(days=ahead)
        if fact.at_invoice and not asked.given.authorize_child_orders:
            yield Reason("awaits_invoice")
        elif first > asked.on:
            yield Reason("asked_from", {"on": first})
    else:
        first = one.due_on - timedelta(days=asked.given.on_account_bill_days)
        yield Reason("asked_from", {"on": max(first, asked.on)})
