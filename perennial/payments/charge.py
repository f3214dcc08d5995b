"""The one module that charges. It asks the gateway, bills what is on account, and records what came of it.

For each payment, on a business date (``work`` says which step is next):

1. Lock the continuity orders, orders and payments; read anew what is to be done; write the intent:
   the payment ``sent`` or ``capturing``, an attempt with its key. Commit.
2. Ask the gateway, outside of any transaction, from a few threads that touch no database: for new money the one
   that keeps the card, else the one that authorised it.
3. Record the answers, some 100 at a time, only on attempts that nobody has answered meanwhile. Commit.
4. Look again where that may lead on: what was voided may be authorised anew, what was reconciled captured.

Safe to rerun because an attempt that was written is never written again: whoever comes next finds it
unresolved, asks the gateway what became of it, and sends the same key again while the gateway still
knows keys (20 hours). Older and not found it stays unknown, for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

from django.db import transaction
from psycopg.types.json import Jsonb

from perennial.catalog.queries import company, parameters, set_up
from perennial.continuity.planning import read_orders
from perennial.db import history, sql
from perennial.errors import Conflict
from perennial.kernel.money import Money, text
from perennial.kernel.reasons import Reason
from perennial.kernel.states import WHILE_ASKED
from perennial.orders.models import OrderEvent
from perennial.payments import blocked, due, gateways, retry
from perennial.payments.due import bill_due_on
from perennial.payments.gateway_calls import Answered, Call, Calls, Sent
from perennial.payments.gateways import Answer, Gateway
from perennial.payments.gateways.dry import DryGateway
from perennial.payments.models import Payment
from perennial.payments.next_step import (
    NO_RECORD,
    SQL,
    Fact,
    GatewayRecord,
    Rules,
    facts,
    payments_of_order,
    rules,
)

AT_ONCE = 500
"""Payments whose intent is committed together."""
ANSWERS = 100
"""Answers that are recorded together."""
ANSWERS_LOCK = 0x504E04
ROUNDS = 6
"""More than any payment needs: reconcile, void, authorise or charge, and one to see that nothing is left."""


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


@dataclass(eq=False)
class Batch:
    """Payments whose intents are committed together, round after round: how far they are.

    ``done``: what was done about them; ``missing``: answers; ``again``: there may be a next step on the same date.
    """

    ids: list[int]
    done: set[tuple[int, str]] = field(default_factory=set)
    rounds: int = 0
    missing: int = 0
    again: bool = True


@dataclass
class Collecting:
    """One call of ``collect``: for which date, by whom, and what was already done in it."""

    rules: Rules
    by: str
    dry: bool
    installation: str
    places: Mapping[int, int]

    def gateway(self, name: str | None) -> Gateway:
        """The gateway of this name; in a dry run what answers in its stead."""
        found = gateways.by_name(name)
        return DryGateway(found) if self.dry else found

    def transaction(self) -> AbstractContextManager[object]:
        """A transaction that nothing encloses, so that its end is on disk; in a dry run the caller's."""
        return transaction.atomic(durable=not self.dry)


def collect(
    payment_ids: Iterable[int],
    *,
    on: date,
    by: str,
    run: int | None = None,
    places: Mapping[int, int] | None = None,
    force: bool = False,
    catching_up: bool = False,
    dry: bool = False,
) -> None:
    """Do for these payments what is to be done on a business date. Never inside a transaction, unless ``dry``.

    ``run``: the job run that reports it; ``places``: where each stands in its work list.
    ``force``: a person tries again what was declined that day. ``catching_up``: what was declined is left to a later night.
    ``dry``: the gateway is not asked, the caller rolls everything back.
    """
    with ExitStack() as threads:
        work = Collecting(
            rules=rules(on, gateways.current(), run=run, force=force, catching_up=catching_up),
            by=by,
            dry=dry,
            installation=company().installation,
            places=places or {},
        )
        calls = Calls(threads, here=dry)
        batches = (Batch(ids) for ids in _batches(payment_ids, AT_ONCE))
        more = True
        while more or calls.under_way:
            if more and calls.under_way < AT_ONCE:  # while the gateway is asked, what it is asked next is committed
                batch = next(batches, None)
                if batch is None:
                    more = False
                else:
                    _go_on(work, calls, batch)
            elif found := calls.answers(together=ANSWERS, fewer_than=AT_ONCE if more else 0):
                _record(work, found)
                for batch in _answered(work, found):
                    _go_on(work, calls, batch)


def _go_on(work: Collecting, calls: Calls, batch: Batch) -> None:
    """The next round of a batch: what it asks is under way then."""
    while batch.again and batch.rounds < ROUNDS:
        batch.rounds += 1
        asked, batch.again = _intend(work, batch)
        if asked:
            batch.missing = len(asked)
            batch.again = batch.again or any(call.find for call in asked)
            calls.make(asked)
            return


def _answered(work: Collecting, found: Sequence[Answered]) -> list[Batch]:
    """The batches of which all answers are there now."""
    whole = []
    for call, answer in found:
        batch, _ = call.told_with
        batch.missing -= 1
        batch.again = batch.again or _may_go_on(work, call.sent, answer)
        if not batch.missing:
            whole.append(batch)
    return whole


def _may_go_on(work: Collecting, sent: Sent, answer: Answer) -> bool:
    """May there be a next step on the same date? What is voided is authorised anew, what had lapsed is charged,
    what a person tries again is charged when it cannot be captured.
    """
    return sent.kind == "void" or answer.lapsed or work.rules.force


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a payment when it was processed at once.

    ``order``: the number of the order or child that it pays. ``before`` is None where it was not there before. ``message``
    and ``category``: what the gateway said, None where it was not asked or says nothing.
    """

    order: str
    purpose: str
    number: int
    amount: Money
    before: str | None
    after: str
    message: str | None
    category: str | None


class _Standing(NamedTuple):
    """A payment as it stands, with the last call about it."""

    id: int
    order: str
    purpose: str
    number: int
    amount_minor: int
    currency: str
    status: str
    attempt_id: int | None
    outcome: str | None
    message: str | None
    category: str | None


def collect_for_order(
    order_id: int, *, on: date, by: str, force: bool = False, submitted: bool = False, dry: bool = False
) -> tuple[Became, ...]:
    """Process the payments of one order at once, while a clerk waits; what became of each. The same code and keys as
    the night's. Never inside a transaction, unless ``dry``: the gateway is not asked, the caller rolls everything back.

    ``force``: a person asks again on the same date for what was declined. ``submitted``: the order was opened just now.
    """
    ids = payments_of_order(order_id)
    before = {one.id: one for one in sql.rows(_Standing, SQL["standing"], {"ids": ids})}
    collect(ids, on=on, by=by, force=force, dry=dry)
    if submitted and not dry and parameters().retry_on_submit:
        softly = [row[0] for row in sql.tuples(SQL["declined_softly"], {"ids": ids, "on": on})]
        collect(softly, on=on, by=by, force=True)
    now = sql.rows(_Standing, SQL["standing"], {"ids": payments_of_order(order_id)})
    return tuple(_became(one, before.get(one.id)) for one in now)


def _became(now: _Standing, was: _Standing | None) -> Became:
    asked = was is None or (was.attempt_id, was.outcome) != (now.attempt_id, now.outcome)
    return Became(
        order=now.order,
        purpose=now.purpose,
        number=now.number,
        amount=Money(now.amount_minor, now.currency),
        before=was.status if was else None,
        after=now.status,
        message=now.message if asked else None,
        category=now.category if asked else None,
    )


def _batches(ids: Iterable[int], size: int) -> Iterator[list[int]]:
    stream = iter(ids)
    while batch := list(islice(stream, size)):
        yield batch


def lock(payment_ids: Sequence[int]) -> None:
    """Lock what these payments belong to, then them: continuity orders, orders, payments, each by id."""
    for name in ("lock_continuity", "lock_orders", "lock_payments"):
        sql.prepared(SQL[name].replace("$continuity_orders", blocked.CONTINUITY_ORDERS), {"ids": list(payment_ids)})


def _intend(work: Collecting, batch: Batch) -> tuple[list[Call], bool]:
    """Commit what will be asked of the gateway. Bill, receive and forget need no gateway: they are done here.

    Returns the calls, and whether a payment is to be looked at again though nobody is called.
    """
    with work.transaction():
        lock(batch.ids)
        todo: dict[str, list[Fact]] = {}
        for fact in facts(batch.ids, work.rules):
            # Once a step in one call: what was unknown or declined just now waits for the next run.
            mark = (fact.id, fact.step or "")
            if fact.step and mark not in batch.done:
                batch.done.add(mark)
                todo.setdefault(fact.step, []).append(fact)
        _bill(work, todo.pop("bill", []))
        _receive(work, todo.pop("receive", []))
        again = _forget(work, todo.pop("forget", []))
        if not todo:
            return [], again
        asked = [f for kind in ("authorise", "charge", "refund") for f in todo.get(kind, [])]
        retry.count_try([f.id for f in asked], sorted({f.status for f in asked}), on=work.rules.on)
        sql.shift(Payment, [f.id for f in todo.get("capture", [])], "authorised", "capturing")
        fresh = [(kind, f) for kind in ("authorise", "charge", "capture", "void", "refund") for f in todo.get(kind, [])]
        if fresh:
            cards = [f.card_id for kind, f in fresh if kind in ("authorise", "charge")]
            kept_by = dict(sql.tuples(SQL["card_gateways"], {"ids": cards}))
            sql.execute(
                SQL["intend"],
                {
                    "payments": [f.id for _, f in fresh],
                    "kinds": [kind for kind, _ in fresh],
                    "amounts": [f.amount_minor for _, f in fresh],
                    "cards": [f.card_id if kind in ("authorise", "charge") else None for kind, f in fresh],
                    "gateways": [
                        gateways.by_name(kept_by.get(f.card_id) if kind in ("authorise", "charge") else f.gateway).name
                        for kind, f in fresh
                    ],
                    "installation": work.installation,
                    "places": [work.places.get(f.id) for _, f in fresh],
                    "on": work.rules.on,
                    "run": work.rules.run,
                },
            )
            # What is asked now is not asked again in this call when the answer is lost.
            batch.done.update((f.id, "reconcile") for _, f in fresh)
        open_ = {f.id: f for f in todo.get("reconcile", [])}
        histories = {f.id: f.root_id for found in todo.values() for f in found}
        wanted = [f.id for _, f in fresh] + list(open_)
        calls = []
        for row in sql.prepared(SQL["requests"], {"ids": wanted}):
            sent = Sent(*row)
            old = open_.get(sent.payment_id)
            may_send = old is None or (old.may_be_sent_again and not work.dry)
            gateway = work.gateway(sent.gateway)
            calls.append(Call(sent, gateway, (batch, histories[sent.payment_id]), old is not None, may_send))
        return calls, again


def _record(work: Collecting, found: Sequence[Answered]) -> None:
    """Write down what the gateway said, on what nobody has answered meanwhile."""
    told = [(call.sent, answer) for call, answer in found]
    with work.transaction():
        ids = [sent.payment_id for sent, _ in told]
        lock(ids)
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
        _settle(list(changes.values()))
        _mark_cards(work, kept)
        _keep(work, kept)
        declined = [a for a, change in changes.items() if change.kind in ("payment_declined", "payment_failed")]
        if declined:
            sql.execute(SQL["tell_declined"], {"ids": declined, "on": work.rules.on})
        if given_back := [c.fact.id for c in changes.values() if c.kind == "payment_refunded"]:
            sql.execute(SQL["tell_refunded"], {"ids": given_back, "on": work.rules.on})
        _events(work, changes.values())
        _fail(work, {a: change for a, change in changes.items() if change.status == "failed"})
        _wait(list(changes.values()))
        _follow(work, [a for a, change in changes.items() if change.fact.order_id is None])


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


def _settle(changes: Sequence[Change]) -> None:
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


def _events(work: Collecting, changes: Iterable[Change]) -> None:
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


def _after_terms(work: Collecting, invoiced_on: date | None) -> date:
    """The day on which a bill is due, the last of the calendar at the latest."""
    day = (invoiced_on or work.rules.on).toordinal() + work.rules.terms_days
    return date.fromordinal(min(day, date.max.toordinal()))


def _bill(work: Collecting, found: Sequence[Fact]) -> None:
    """Send the bills of what is on account: at the invoice, or some days before a date of its schedule. Nobody gets fewer
    days to pay: of a child's first part, which is made later than that, the date moves.
    """
    if not found:
        return
    ids = [f.id for f in found]
    invoiced: dict[int, date | None] = {}
    if any(f.at_invoice for f in found):
        invoiced = dict(sql.tuples(SQL["invoiced_on"], {"ids": [f.id for f in found if f.at_invoice]}))
    due_ons = [
        _after_terms(work, invoiced.get(f.id))
        if f.at_invoice
        else bill_due_on(f.due_on, work.rules.on, work.rules.bill_days)
        for f in found
    ]
    _expect(
        sql.execute(SQL["bill"], {"payments": ids, "due_ons": due_ons, "on": work.rules.on, "run": work.rules.run}),
        found,
    )
    sql.execute(SQL["tell_billed"], {"ids": ids, "on": work.rules.on})
    _events(work, [Change(f, "billed", "payment_billed", amount_minor=f.amount_minor) for f in found])


def _receive(work: Collecting, found: Sequence[Fact]) -> None:
    """Record what no gateway is asked for: the cash or gift card that paid what is invoiced, or the card that was approved by
    a code.
    """
    if not found:
        return
    params = {
        "ids": [f.id for f in found],
        "installation": work.installation,
        "on": work.rules.on,
        "run": work.rules.run,
    }
    _expect(sql.execute(SQL["receive"], params), found)
    _events(work, [Change(f, "captured", "payment_captured", amount_minor=f.amount_minor) for f in found])


def _forget(work: Collecting, found: Sequence[Fact]) -> bool:
    """An authorisation made elsewhere cannot be captured here: it is owed as before, and will lapse by itself. So does a code
    of what was cancelled, or that is for less than is owed by now.
    """
    changes = [
        Change(
            f,
            "voided" if f.cancelled else "due",
            "payment_lapsed",
            "no reference of the gateway is known" if f.approval_code is None else "the code is not used",
        )
        for f in found
    ]
    _settle(changes)
    _events(work, changes)
    return bool(changes)


def _expect(number: int, found: Sequence[Fact]) -> None:
    if number != len(found):
        raise Conflict(f"{len(found) - number} payments changed though they were locked")
