"""What people do to payments: another card, no more of it, written off, looked up. None of it charges.

Each makes rows due, or ends them, or says what became of them; the charging is ``collect``'s, by the job
or for one order at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

from django.db import transaction
from django.db.models import Max
from psycopg.types.json import Jsonb

from perennial.catalog.queries import company
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.money import text
from perennial.kernel.shares import Share, method_of
from perennial.kernel.states import CHANGEABLE, GIVEN_UP, REFUSED, STOPS_SHIPPING
from perennial.payments import blocked, gateways, retry
from perennial.payments.answers import hold_for_failed
from perennial.payments.locking import lock
from perennial.payments.models import Attempt, Payment
from perennial.payments.next_step import SQL, facts, rules


@transaction.atomic
def use_card(
    *,
    continuity_orders: Sequence[int],
    orders: Sequence[int],
    card: int,
    by: str,
    on: date,
    replaces: int | None = None,
) -> list[int]:
    """Pay these orders by another card from now on: what is open is due again, its tries counted from 0.
    By the card that they have already it is another try.

    ``orders`` are parents whose ordinary lines it pays too; with ``replaces`` only those that this card
    pays. What was authorised on the old card stays;
    when that lapses the new card is asked. Gives the payments that are due again; their holds are
    released and what waited for them does not wait any more (D30).
    """
    ids = _ids(
        """
        select id from payments_payment
         where method = 'card' and status = any(%(open)s) and purpose <> 'refund'
           and (order_id = any(%(orders)s) and coalesce(card_id = %(replaces)s, %(replaces)s is null)
                or continuity_order_id = any(%(continuity)s)
                or order_id in (select k.id from orders_salesorder k
                                  join continuity_continuityorder c on c.parent_line_id = k.parent_line_id
                                 where c.id = any(%(continuity)s)))
         order by id
        """,
        {
            "orders": list(orders),
            "continuity": list(continuity_orders),
            "open": list(CHANGEABLE),
            "replaces": replaces,
        },
    )
    if not ids:
        return []
    lock(ids)
    now = dict(Payment.objects.filter(pk__in=ids, status__in=CHANGEABLE).values_list("pk", "status"))
    Payment.objects.filter(pk__in=list(now)).update(card=card)
    again = [pk for pk, status in now.items() if status in REFUSED]
    _make_due(again, by=by, on=on)
    return again


@transaction.atomic
def use_method(
    *,
    continuity_orders: Sequence[int],
    orders: Sequence[int],
    method: str,
    card: int | None,
    payer: int,
    by: str,
    on: date,
) -> list[int]:
    """Let a customer pay these orders another way from now on: what nobody was asked for yet, or was declined, is due so.

    ``orders`` are parents whose ordinary lines it pays too. What is authorised, on its way, billed or paid stays as it
    is. Parts of a child are billed on their days, or wait for its invoice and its parcel, as the method wants it
    (``due.child_parts``). Gives the payments that are due again.
    """
    ids = _ids(
        """
        select id from payments_payment
         where status = any(%(open)s) and purpose <> 'refund'
           and (order_id = any(%(orders)s) or continuity_order_id = any(%(continuity)s)
                or order_id in (select k.id from orders_salesorder k
                                  join continuity_continuityorder c on c.parent_line_id = k.parent_line_id
                                 where c.id = any(%(continuity)s)))
         order by id
        """,
        {"orders": list(orders), "continuity": list(continuity_orders), "open": list(CHANGEABLE)},
    )
    if not ids:
        return []
    lock(ids)
    now = dict(Payment.objects.filter(pk__in=ids, status__in=CHANGEABLE).values_list("pk", "status"))
    sql.execute(
        """
        with parts as (
          select p.id, p.due_on = k.ship_on as first
            from payments_payment p join orders_salesorder k on k.id = p.order_id
           where p.id = any(%(ids)s) and p.purpose = 'shipment'
             and exists (select from continuity_occurrence o
                           join continuity_continuityorder c on c.id = o.continuity_order_id
                          where o.child_id = coalesce((select r.of_id from orders_rest r where r.child_id = k.id), k.id)
                            and coalesce(o.payment_schedule_id, c.payment_schedule_id) is not null))
        update payments_payment p
           set method = %(method)s, card_id = %(card)s, customer_id = %(payer)s,
               at_invoice = case when t.id is null then p.at_invoice else %(waits)s and t.first end,
               not_before_shipped = case when t.id is null then p.not_before_shipped else %(waits)s and not t.first end
          from unnest(%(ids)s::bigint[]) n(id) left join parts t on t.id = n.id
         where p.id = n.id
        """,
        {"ids": list(now), "method": method, "card": card, "payer": payer, "waits": method != "on_account"},
    )
    again = [pk for pk, status in now.items() if status in REFUSED]
    _make_due(again, by=by, on=on)
    return again


@transaction.atomic
def use_shares(*, continuity_order: int, shares: Sequence[Share], card: int | None, by: str, on: date) -> None:
    """Let the open payments of an order that is billed up front be paid as its shares say, share by share. Their amounts follow
    (``due.recalculate``).
    """
    ids = _ids(
        "select id from payments_payment where continuity_order_id = %(id)s and purpose = 'order' and status = any(%(open)s)"
        " order by id",
        {"id": continuity_order, "open": list(CHANGEABLE)},
    )
    if not ids:
        return
    lock(ids)
    again = []
    for one in Payment.objects.filter(pk__in=ids).order_by("pk"):
        method = method_of(shares, one.number)
        Payment.objects.filter(pk=one.pk).update(method=method, card=card if method == "card" else None)
        if one.status in REFUSED:
            again.append(one.pk)
    _make_due(again, by=by, on=on)


@transaction.atomic
def cancel(*, payments: Sequence[int], by: str, on: date) -> list[int]:
    """End the payments of what will not come. Gives those that were ended.

    A bill that is not paid ends too (D27). What is authorised is voided by the next run, what is on its way
    is first waited for; what was captured stays, and is refunded by a person.
    """
    ids = sorted(set(payments))
    if not ids:
        return []
    lock(ids)
    end = (*CHANGEABLE, "billed")
    stopped = list(Payment.objects.filter(pk__in=ids, status__in=end).order_by("pk").values_list("pk", flat=True))
    sql.shift(Payment, stopped, end, "cancelled")
    blocked.payments_settled(stopped, by=by, on=on)
    return stopped


def cancel_of(*, orders: Sequence[int], by: str, on: date) -> list[int]:
    """End what is not paid of cancelled children, or of a parent's ordinary lines (see ``cancel``)."""
    ids = _ids(
        "select id from payments_payment where order_id = any(%(orders)s) and purpose <> 'refund'",
        {"orders": list(orders)},
    )
    return cancel(payments=ids, by=by, on=on)


@transaction.atomic
def write_off(
    *, payments: Sequence[int], by: str, on: date, reason: str, more: Mapping[str, object] | None = None
) -> None:
    """Give up what a customer owes. ``more``: what the history says of it besides.

    Refused for what was captured, and while nobody knows whether it was.
    """
    lock(payments)
    open_ = _ids(
        "select payment_id from payments_attempt where payment_id = any(%(ids)s)"
        " and (outcome is null or outcome = 'unknown')",
        {"ids": list(payments)},
    )
    if open_:
        raise Refused("payment_unsettled")
    _expect(payments, *GIVEN_UP, "unknown")
    sql.shift(Payment, payments, (*GIVEN_UP, "unknown"), "written_off")
    _tell(
        payments,
        "payment_written_off",
        by=by,
        on=on,
        reason=reason,
        more={pk: {**amount, **(more or {})} for pk, amount in _amounts(payments).items()},
    )
    blocked.payments_settled(payments, by=by, on=on)


@transaction.atomic
def credit(*, parts: Mapping[int, int], by: str, on: date, reason: str) -> None:
    """Take so many minor units off these bills, for what was billed and does not come; one of which nothing stays is over."""
    ids = sorted(parts)
    lock(ids)
    _expect(ids, "billed")
    found = Payment.objects.in_bulk(ids)
    for pk in ids:
        left = found[pk].amount_minor - parts[pk]
        if left:
            sql.shift(Payment, [pk], "billed", "billed", amount_minor=left)
        else:
            sql.shift(Payment, [pk], "billed", "cancelled")
    said = {
        pk: {"amount": text(parts[pk], one.currency), "currency": one.currency, "left": text(left, one.currency)}
        for pk, one in found.items()
        for left in [one.amount_minor - parts[pk]]
    }
    _tell(ids, "payment_credited", by=by, on=on, reason=reason, more=said)


@transaction.atomic
def receive_check(*, payment: int, check: str, received_on: date, by: str, on: date, reason: str | None) -> None:
    """A check for what is owed has come: it is paid. Refused: what is not paid by check, or is not due."""
    lock([payment])
    found = Payment.objects.get(pk=payment)
    if found.method != "check":
        raise Refused("not_paid_by_check", method=found.method)
    _expect([payment], "due")
    sql.shift(Payment, [payment], "due", "captured", captured_minor=found.amount_minor)
    number = 1 + Attempt.objects.filter(payment=payment, kind="charge").count()
    Attempt.objects.create(
        payment=found,
        kind="charge",
        number=number,
        key=f"{company().installation}-{payment}-charge-{number}",
        amount_minor=found.amount_minor,
        on_date=received_on,
        outcome="approved",
        gateway_ref=check,
        message="received by check",
    )
    more = {**_amounts([payment])[payment], "check": check, "received_on": received_on.isoformat()}
    _tell([payment], "payment_captured", by=by, on=on, reason=reason, more={payment: more})


@transaction.atomic
def approve(*, payment: int, code: str, by: str, on: date, reason: str) -> None:
    """The bank has approved a card on the telephone: the payment is authorised by that code, at no gateway. It counts as
    captured when it would be captured. Of one that is unknown: nothing was taken at the gateway.

    Refused: what is not paid by card, or is not declined, failed or unknown; while the gateway is being asked.
    """
    lock([payment])
    found = Payment.objects.get(pk=payment)
    if found.method != "card":
        raise Refused("payment_not_by_card", "number", method=found.method)
    _expect([payment], *STOPS_SHIPPING)
    sql.execute(
        "update payments_attempt set outcome = 'not_found', message = %s where payment_id = %s and outcome = 'unknown'",
        [f"settled by {by}: {reason}", payment],
    )
    if sql.value("select count(*) from payments_attempt where payment_id = %s and outcome is null", [payment]):
        raise Refused("payment_unsettled")
    sql.shift(
        Payment, [payment], STOPS_SHIPPING, "authorised",
        approval_code=code, authorised_on=on, authorised_until=None, gateway=None, gateway_ref=None,
    )  # fmt: skip
    number = 1 + (Attempt.objects.filter(payment=payment, kind="authorise").aggregate(last=Max("number"))["last"] or 0)
    Attempt.objects.create(
        payment=found,
        kind="authorise",
        number=number,
        key=f"{company().installation}-{payment}-authorise-{number}",
        amount_minor=found.amount_minor,
        on_date=on,
        outcome="approved",
        gateway_ref=code,
        message=f"approved by code {code}, said {by}",
    )
    told = {**_amounts([payment])[payment], "code": code}
    _tell([payment], "payment_approved_by_code", by=by, on=on, reason=reason, more={payment: told})
    blocked.payments_settled([payment], by=by, on=on)


@transaction.atomic
def try_again(*, payments: Sequence[int], by: str, on: date) -> None:
    """Declined or failed payments are due again by the same card. Refused: the bank has forbidden another try."""
    lock(payments)
    _expect(payments, *REFUSED)
    if sql.value(SQL["forbidden"], {"ids": list(payments)}):
        raise Refused("bank_forbids_try", "number")
    _make_due(payments, by=by, on=on)


@transaction.atomic
def give_up_trying(*, payment: int, by: str, on: date, reason: str) -> None:
    """A person says that a payment is declined for good: it has failed, and what it is for waits, as after a last try (D30).

    Refused: what is not paid by card, or was not declined and is not waiting for a try.
    """
    lock([payment])
    found = Payment.objects.get(pk=payment)
    if found.method != "card":
        raise Refused("payment_not_by_card", "number", method=found.method)
    _expect([payment], "due", "declined")
    sql.shift(Payment, [payment], ("due", "declined"), "failed")
    _tell([payment], "payment_declined_for_good", by=by, on=on, reason=reason, more=_amounts([payment]))
    (fact,) = facts([payment], rules(on, gateways.current()))
    hold_for_failed([fact], by=by, on=on, messages={payment: reason})


@transaction.atomic
def settle_unknown(
    *, payment: int, happened: bool, by: str, on: date, reason: str, reason_code: str | None = None
) -> None:
    """Say what became of an attempt that the gateway does not know: a person looked it up there.

    It happened: the payment is authorised, captured, voided or given back as was asked. It did not: it is due
    again (a void: still authorised; what was cancelled meanwhile: it ends), and the next try has a key of its own.
    """
    lock([payment])
    found = sql.one(
        "select a.id, a.kind, a.amount_minor, a.on_date from payments_attempt a"
        " join payments_payment p on p.id = a.payment_id"
        " where p.id = %s and p.status = 'unknown' and (a.outcome is null or a.outcome = 'unknown')",
        [payment],
    )
    if found is None:
        raise Refused("payment_not_unknown")
    attempt, kind, amount, sent_on = found
    sql.execute(
        "update payments_attempt set outcome = %s, message = %s where id = %s",
        ["approved" if happened else "not_found", f"settled by {by}: {reason}", attempt],
    )
    become = partial(sql.shift, Payment, [payment], "unknown")
    if not happened:
        (fact,) = facts([payment], rules(on, gateways.current()))
        ends = fact.cancelled and kind != "refund"
        become("authorised" if kind in ("capture", "void") else "cancelled" if ends else "due")
    elif kind in ("charge", "capture", "refund"):
        become("captured", captured_minor=amount)
        if kind == "refund":
            sql.execute(SQL["given_back"], {"ids": [payment]})
    elif kind == "authorise":
        become("authorised", authorised_on=sent_on)
    else:
        (fact,) = facts([payment], rules(on, gateways.current()))
        become("voided" if fact.cancelled else "due", authorised_on=None, gateway_ref=None)
    how = {"as": "taken" if happened else "not-taken", **_amounts([payment])[payment]}
    if reason_code is not None:
        how["reason_code"] = reason_code
    _tell([payment], "payment_settled", by=by, on=on, reason=reason, more={payment: how})
    blocked.recompute(blocked.continuity_orders([payment]))


def _make_due(payments: Sequence[int], *, by: str, on: date) -> None:
    retry.from_zero(payments)
    _tell(payments, "payment_due_again", by=by, on=on, reason=None)
    blocked.payments_settled(payments, by=by, on=on)


def _amounts(payments: Sequence[int]) -> dict[int, dict[str, str]]:
    """What each of them is about, as history tells it."""
    found = Payment.objects.filter(pk__in=list(payments)).values_list("pk", "amount_minor", "currency")
    return {pk: {"amount": text(amount, currency), "currency": currency} for pk, amount, currency in found}


def _tell(
    payments: Sequence[int],
    kind: str,
    *,
    by: str,
    on: date,
    reason: str | None,
    more: Mapping[int, Mapping[str, object]] | None = None,
) -> None:
    """One line in the order's history for each payment. ``more``: what it says of each besides."""
    said = [Jsonb((more or {}).get(payment, {})) for payment in payments]
    sql.execute(
        """
        insert into orders_orderevent(order_id, on_date, kind, by, reason, data)
        select coalesce(o.parent_id, o.id, c.order_id), %(on)s, %(kind)s, %(by)s, %(reason)s,
               jsonb_build_object('purpose', p.purpose, 'number', p.number) || x.more
               || case when o.parent_id is not null then jsonb_build_object('child', o.number) else '{}' end
          from unnest(%(ids)s::bigint[], %(more)s::jsonb[]) x(id, more)
          join payments_payment p on p.id = x.id
          left join orders_salesorder o on o.id = p.order_id
          left join continuity_continuityorder c on c.id = p.continuity_order_id
         order by coalesce(o.parent_id, o.id, c.order_id), p.due_on, p.purpose, p.continuity_order_id, o.number, p.number
        """,
        {"ids": list(payments), "more": said, "kind": kind, "by": by, "on": on, "reason": reason},
    )


def _expect(payments: Sequence[int], *statuses: str) -> None:
    wrong = Payment.objects.filter(pk__in=list(payments)).exclude(status__in=statuses).order_by("pk").first()
    if wrong is not None:
        raise Refused("payment_wrong_state", status=wrong.status, statuses=statuses)


def _ids(query: str, params: dict[str, object]) -> list[int]:
    return [row[0] for row in sql.tuples(query, params)]
