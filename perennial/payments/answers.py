"""What a gateway's answers do: to payments, to the cards that were asked, to what waits for them, to the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from psycopg.types.json import Jsonb

from perennial.catalog.queries import set_up
from perennial.continuity.planning import read_orders
from perennial.db import history, sql
from perennial.errors import Conflict
from perennial.kernel.money import Money, text
from perennial.kernel.reasons import Reason
from perennial.kernel.states import WHILE_ASKED
from perennial.orders.models import OrderEvent
from perennial.payments import blocked, due, gateways, retry
from perennial.payments.collecting import Collecting
from perennial.payments.gateway_calls import Answered, Call, Sent
from perennial.payments.gateways import Answer
from perennial.payments.locking import lock
from perennial.payments.next_step import (
    NO_RECORD,
    SQL,
    Fact,
    GatewayRecord,
    facts,
)

ANSWERS_LOCK = 0x504E04


@dataclass
class Change:
    """How a payment leaves its state by an answer."""

    fact: Fact
    status: str
    kind: str
    message: str | None = None
    more_attempts: int = 0
    lapsed: int = 0
    captured_minor: int = 0
    record: GatewayRecord = NO_RECORD
    tried_on: date | None = None
    amount_minor: int = 0


def record(work: Collecting, found: Sequence[Answered]) -> None:
    """Write down what the gateway said, on what nobody has answered meanwhile."""
    told = [(call.sent, answer) for call, answer in found if answer.outcome != "not_asked"]
    work.answered.update(call.gateway.name for call, answer in found if answer.outcome not in ("not_asked", "unknown"))
    with work.transaction():
        ids = [sent.payment_id for sent, _ in told]
        lock([call.sent.payment_id for call, _ in found])
        _take_back([call for call, answer in found if answer.outcome == "not_asked"])
        now = {f.id: f for f in facts(ids, work.rules)}
        told = sorted(told, key=lambda answer: now[answer[0].payment_id].place)
        changes: dict[int, Change] = {}
        for sent, answer in told:
            fact = now[sent.payment_id]
            if fact.attempt_id != sent.attempt_id:
                continue  # another process asked too, and was faster: the key made it one request
            if fact.status not in WHILE_ASKED[sent.kind]:
                raise Conflict(f"payment {fact.id} is {fact.status} while its {sent.kind} is not answered")
            changes[sent.attempt_id] = _change(work, fact, sent, answer)
        kept = [(sent, answer) for sent, answer in told if sent.attempt_id in changes]
        written = {
            row[0]
            for row in sql.tuples(
                SQL["answer"],
                {
                    "attempts": [sent.attempt_id for sent, _ in kept],
                    "outcomes": ["not_found" if answer.lapsed else answer.outcome for _, answer in kept],
                    "categories": [answer.category for _, answer in kept],
                    "networks": [answer.network_transaction_id for _, answer in kept],
                    "references": [answer.reference for _, answer in kept],
                    "messages": [answer.message for _, answer in kept],
                    "run": work.rules.run,
                },
            )
        }
        if len(written) != len(kept):
            raise Conflict("an attempt was answered by somebody else, though it was locked")
        settle(list(changes.values()))
        _mark_cards(work, kept)
        _keep(work, kept)
        declined = [a for a, change in changes.items() if change.kind in ("payment_declined", "payment_failed")]
        if declined:
            sql.execute(SQL["tell_declined"], {"ids": declined, "on": work.rules.on})
        if given_back := [c.fact.id for c in changes.values() if c.kind == "payment_refunded"]:
            sql.execute(SQL["tell_refunded"], {"ids": given_back, "on": work.rules.on})
        events(work, changes.values())
        _fail(work, {a: change for a, change in changes.items() if change.status == "failed"})
        _wait(list(changes.values()))
        _follow(work, [a for a, change in changes.items() if change.fact.order_id is None])


def _take_back(calls: Sequence[Call]) -> None:
    """What was never sent stands as before. Of what was sent once nobody knows more than before."""
    given = [(call.sent.attempt_id, *call.before) for call in calls if call.before is not None]
    if given:
        attempts, statuses, tried = (list(column) for column in zip(*given, strict=True))
        sql.execute(SQL["take_back"], {"attempts": attempts, "statuses": statuses, "tried": tried})


def _follow(work: Collecting, attempts: list[int]) -> None:
    """What is owed up front follows the changes that were made to the order while nobody knew the answer.

    ``attempts``: those of payments of whole orders, which stood still meanwhile. An event may be a little older than the lock that its change waited for.
    """
    if not attempts:
        return
    found = sql.tuples(
        """
        select distinct c.id from payments_attempt a
          join payments_payment p on p.id = a.payment_id
          join continuity_continuityorder c on c.id = p.continuity_order_id
         where a.id = any(%s) and exists (
           select from orders_orderevent e
            where e.order_id = c.order_id and e.at >= a.sent_at - interval '5 minutes' and e.kind not like 'payment%%')
         order by c.id
        """,
        [attempts],
    )
    if found:
        rules = set_up()
        due.recalculate(rules, read_orders(rules, [row[0] for row in found]), by=work.by, on=work.rules.on)


def _change(work: Collecting, fact: Fact, sent: Sent, answer: Answer) -> Change:
    """What an answer does to the payment."""
    if answer.outcome in ("unknown", "not_found"):
        change = Change(fact, "unknown", "payment_unknown", answer.message)
        # Its authorisation stands while nobody knows what became of the capture or void.
        change.record = fact.record
    elif answer.outcome == "approved":
        change = _approved(fact, sent, answer)
    elif sent.kind == "void":
        change = Change(fact, "authorised", "payment_not_voided", answer.message, record=fact.record)
    elif answer.lapsed:
        # The authorisation ran out, which says nothing about the card: charged anew, from try 1.
        change = Change(fact, "due", "payment_lapsed", answer.message, more_attempts=retry.new_series(fact.attempts))
    else:
        change = _declined(work, fact, sent, answer)
    change.amount_minor = sent.amount_minor
    return change


def _approved(fact: Fact, sent: Sent, answer: Answer) -> Change:
    gateway = gateways.by_name(sent.gateway)
    if sent.kind == "authorise":
        until = sent.on + timedelta(days=gateway.authorisation_days - 1)
        record = GatewayRecord(answer.reference, gateway.name, sent.on, until)
        return Change(fact, "authorised", "payment_authorised", record=record)
    if sent.kind == "void":
        if fact.cancelled:
            return Change(fact, "voided", "payment_voided")
        # Owed still: authorised anew, as often as the parameter says; then a person sees to it.
        return Change(fact, "due", "payment_voided", more_attempts=retry.new_series(fact.attempts), lapsed=1)
    return Change(
        fact,
        "captured",
        "payment_refunded" if sent.kind == "refund" else "payment_captured",
        captured_minor=sent.amount_minor,
        record=replace(fact.record, reference=answer.reference or sent.reference, gateway=gateway.name),
    )


def _declined(work: Collecting, fact: Fact, sent: Sent, answer: Answer) -> Change:
    """A try more, unless that was the last one; a declined capture is a try too, and ends its authorisation."""
    more = 1 if sent.kind == "capture" else 0
    failed = work.rules.retries.ends(fact.attempts + more, answer.category)
    what = "payment_refund" if sent.kind == "refund" else "payment"
    return Change(
        fact,
        "failed" if failed else "declined",
        f"{what}_failed" if failed else f"{what}_declined",
        answer.message,
        more_attempts=more,
        tried_on=work.rules.on if more else None,
    )


def settle(changes: Sequence[Change]) -> None:
    """Take the payments to their new states; each must still be in the old one."""
    if not changes:
        return
    fresh = [c.fact.id for c in changes if c.status == "due"]
    cards: dict[int, int | None] = {}
    if fresh:  # owed still, by the card that pays the order now
        cards = dict(sql.tuples(SQL["present_cards"], {"ids": fresh}))
    found = sql.execute(
        SQL["settle"],
        {
            "ids": [c.fact.id for c in changes],
            "olds": [c.fact.status for c in changes],
            "statuses": [c.status for c in changes],
            "more": [c.more_attempts for c in changes],
            "lapsed": [c.lapsed for c in changes],
            "captured": [c.captured_minor for c in changes],
            "authorised": [c.record.authorised_on for c in changes],
            "until": [c.record.authorised_until for c in changes],
            "gateways": [c.record.gateway for c in changes],
            "references": [c.record.reference for c in changes],
            "tried": [c.tried_on for c in changes],
            "cards": [cards.get(c.fact.id) for c in changes],
        },
    )
    if found != len(changes):
        raise Conflict(f"{len(changes) - found} payments changed though they were locked")
    if given_back := [c.fact.id for c in changes if c.kind == "payment_refunded"]:
        sql.execute(SQL["given_back"], {"ids": given_back})


def _mark_cards(work: Collecting, told: list[tuple[Sent, Answer]]) -> None:
    """A card is refused when a decline was the last that the gateway said of it.

    Found anew from the attempts of the card, behind whoever records others of it, so that it does not matter which
    process is the last to record. The gateway's order of answers is that of what was asked: run after run, and in one
    run the order of its work list.
    """
    attempts = [s.attempt_id for s, a in told if a.outcome in ("approved", "declined")]
    cards = [row[0] for row in sql.tuples(SQL["lock_answers"], {"attempts": attempts, "space": ANSWERS_LOCK})]
    if cards:
        history.context(by=work.by, reason="the gateway's answer", run=work.rules.run)
        sql.execute(SQL["refused_cards"], {"cards": cards})


def _keep(work: Collecting, told: list[tuple[Sent, Answer]]) -> None:
    """What is sent with the next request: what the card's network, and the gateway, gave to card and customer."""
    networks = [sent.attempt_id for sent, answer in told if answer.network_transaction_id]
    if networks:
        history.context(by=work.by, reason="the gateway's answer", run=work.rules.run)
        sql.execute(SQL["keep_networks"], {"attempts": networks})
    named = [(sent, answer.gateway_customer) for sent, answer in told if answer.gateway_customer]
    if named:
        values = {
            "payments": [sent.payment_id for sent, _ in named],
            "gateways": [sent.gateway for sent, _ in named],
            "references": [reference for _, reference in named],
        }
        sql.execute(SQL["keep_customers"], values)


def events(work: Collecting, changes: Iterable[Change]) -> None:
    """One line in the order's history for each answer; that nobody knows yet is told once."""
    sql.copy(
        OrderEvent,
        ("order_id", "on_date", "kind", "by", "reason", "data", "place"),
        [
            (
                c.fact.root_id,
                work.rules.on,
                c.kind,
                work.by,
                c.message,
                Jsonb(_data(c.fact, c.amount_minor)),
                work.places.get(c.fact.id),
            )
            for c in changes
            if not (c.status == c.fact.status == "unknown")
        ],
    )


def _data(fact: Fact, amount: int) -> dict[str, object]:
    return {
        **({"child": fact.child} if fact.child else {}),
        "purpose": fact.purpose,
        "number": fact.number,
        "amount": text(amount, fact.currency),
        "currency": fact.currency,
    }


def _fail(work: Collecting, changes: dict[int, Change]) -> None:
    """No more tries (``hold_for_failed``). Money that could not be given back holds nothing: a person sees to it."""
    if not changes:
        return
    sql.execute(SQL["finals"], {"ids": list(changes)})
    found = [change for change in changes.values() if change.fact.purpose != "refund"]
    hold_for_failed(
        [change.fact for change in found],
        by=work.by,
        on=work.rules.on,
        messages={change.fact.id: change.message for change in found},
    )


def hold_for_failed(found: Sequence[Fact], *, by: str, on: date, messages: Mapping[int, str | None]) -> None:
    """What failed payments are for is held, and what would come later of that order waits (D30). ``messages``: why, by payment.

    Of a child: the child. Of an order billed up front: its children that have not shipped. Ordinary lines do not
    ship while their payment has failed, which holds nothing else of their order.
    """
    reasons: dict[int, Jsonb] = {}
    whole: dict[int, Jsonb] = {}
    for fact in found:
        about = {"number": fact.number, "amount": Money(fact.amount_minor, fact.currency)}
        why = Jsonb(Reason("payment_failed", {**about, "message": messages.get(fact.id) or None}).stored())
        if fact.order_id is not None:
            if fact.child and not fact.cancelled:
                reasons[fact.order_id] = why
        else:
            whole[fact.id] = why
    if whole:
        for child, payment in sql.tuples(SQL["children_to_hold"], {"ids": list(whole)}):
            reasons.setdefault(child, whole[payment])
    if reasons:
        sql.execute(SQL["hold"], {"orders": list(reasons), "because": list(reasons.values()), "on": on, "by": by})
    blocked.recompute(blocked.continuity_orders([fact.id for fact in found]))


def _wait(changes: Sequence[Change]) -> None:
    """As long as nobody knows what became of a payment no later child of its order is made, as after a failed one."""
    turned = [c.fact.id for c in changes if (c.status == "unknown") != (c.fact.status == "unknown")]
    if turned:
        blocked.recompute(blocked.continuity_orders(turned))
