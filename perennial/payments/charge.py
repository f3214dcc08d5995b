"""The one module that charges. It asks the gateway; what the answers do is told by ``answers``, what needs no gateway by
``without_gateway``.

For each payment, on a business date (``work`` says which step is next):

1. Lock the continuity orders, orders and payments; read anew what is to be done; write the intent:
   the payment ``sent`` or ``capturing``, an attempt with its key. Commit.
2. Ask the gateway, outside of any transaction, from a few threads that touch no database: for new money the one
   that keeps the card, else the one that authorised it.
3. Record the answers, some 100 at a time, only on attempts that nobody has answered meanwhile. Commit. A gateway that does
   not accept our key is asked no more: what was going to be asked of it is taken back, as if it had not been intended.
4. Look again where that may lead on: what was voided may be authorised anew, what was reconciled captured.

Safe to rerun because an attempt that was written is never written again: whoever comes next finds it
unresolved, asks the gateway what became of it, and sends the same key again while the gateway still
knows keys (20 hours). Older and not found it stays unknown, for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import NamedTuple

from perennial.catalog.queries import company, parameters
from perennial.db import sql
from perennial.kernel.money import Money
from perennial.payments import gateways, refused_keys, retry
from perennial.payments.answers import record
from perennial.payments.collecting import Collecting
from perennial.payments.gateway_calls import Answered, Before, Call, Calls, Sent
from perennial.payments.gateways import Answer
from perennial.payments.locking import lock
from perennial.payments.models import Payment
from perennial.payments.next_step import (
    SQL,
    Fact,
    facts,
    payments_of_order,
    rules,
)
from perennial.payments.without_gateway import bill, forget, receive

AT_ONCE = 500
"""Payments whose intent is committed together."""
ANSWERS = 100
"""Answers that are recorded together."""
BY_CARD = ("authorise", "charge")
"""What is asked of the gateway that keeps the card."""
ROUNDS = 6
"""More than any payment needs: reconcile, void, authorise or charge, and one to see that nothing is left."""


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
    shut: dict[str, str] | None = None,
) -> None:
    """Do for these payments what is to be done on a business date. Never inside a transaction, unless ``dry``.

    ``run``: the job run that reports it; ``places``: where each stands in its work list.
    ``force``: a person tries again what was declined that day. ``catching_up``: what was declined is left to a later night.
    ``dry``: the gateway is not asked, the caller rolls everything back.
    ``shut``: gateways that have refused our key, by name, with its setting; they are not asked. One that does now is added.
    """
    shut = {} if shut is None else shut
    with ExitStack() as threads:
        work = Collecting(
            rules=rules(on, gateways.current(), run=run, force=force, catching_up=catching_up),
            by=by,
            dry=dry,
            installation=company().installation,
            places=places or {},
            shut=shut,
        )
        calls = Calls(threads, shut=shut, here=dry)
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
                record(work, found)
                for batch in _answered(work, found):
                    _go_on(work, calls, batch)
    if not dry:
        refused_keys.forget(work.answered - set(shut))
        refused_keys.note(shut)


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
    order_id: int,
    *,
    on: date,
    by: str,
    force: bool = False,
    submitted: bool = False,
    only_refunds: bool = False,
    dry: bool = False,
) -> tuple[Became, ...]:
    """Process the payments of one order at once, while a clerk waits; what became of each. The same code and keys as
    the night's. Never inside a transaction, unless ``dry``: the gateway is not asked, the caller rolls everything back.

    ``force``: a person asks again on the same date for what was declined. ``submitted``: the order was opened just now.
    ``only_refunds``: nothing is taken, only given back. Refused: a gateway does not accept our key; what needs no gateway, or another one, is done.
    """
    ids = payments_of_order(order_id)
    before = {one.id: one for one in sql.rows(_Standing, SQL["standing"], {"ids": ids})}
    if only_refunds:
        ids = [pk for pk in ids if pk in before and before[pk].purpose == "refund"]
    shut: dict[str, str] = {}
    collect(ids, on=on, by=by, force=force, dry=dry, shut=shut)
    if submitted and not dry and parameters().retry_on_submit:
        softly = [row[0] for row in sql.tuples(SQL["declined_softly"], {"ids": ids, "on": on})]
        collect(softly, on=on, by=by, force=True, shut=shut)
    if shut:
        raise refused_keys.refusal(shut)
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
        bill(work, todo.pop("bill", []))
        receive(work, todo.pop("receive", []))
        again = forget(work, todo.pop("forget", []))
        if not todo:
            return [], again
        fresh = _named(
            work,
            [(kind, f) for kind in ("authorise", "charge", "capture", "void", "refund") for f in todo.get(kind, [])],
        )
        asked = [f for kind, f, _ in fresh if kind in ("authorise", "charge", "refund")]
        retry.count_try([f.id for f in asked], sorted({f.status for f in asked}), on=work.rules.on)
        sql.shift(Payment, [f.id for kind, f, _ in fresh if kind == "capture"], "authorised", "capturing")
        if fresh:
            sql.execute(
                SQL["intend"],
                {
                    "payments": [f.id for _, f, _ in fresh],
                    "kinds": [kind for kind, _, _ in fresh],
                    "amounts": [f.amount_minor for _, f, _ in fresh],
                    "cards": [f.card_id if kind in BY_CARD else None for kind, f, _ in fresh],
                    "gateways": [gateway for _, _, gateway in fresh],
                    "installation": work.installation,
                    "places": [work.places.get(f.id) for _, f, _ in fresh],
                    "on": work.rules.on,
                    "run": work.rules.run,
                },
            )
            # What is asked now is not asked again in this call when the answer is lost.
            batch.done.update((f.id, "reconcile") for _, f, _ in fresh)
        open_ = {f.id: f for f in todo.get("reconcile", [])}
        histories = {f.id: f.root_id for found in todo.values() for f in found}
        before = {f.id: Before(f.status, f.tried_on) for _, f, _ in fresh}
        wanted = [*before, *open_]
        calls = []
        for row in sql.prepared(SQL["requests"], {"ids": wanted}):
            sent = Sent(*row)
            old = open_.get(sent.payment_id)
            may_send = old is None or (old.may_be_sent_again and not work.dry)
            gateway = work.gateway(sent.gateway)
            # What is intended is called in any case: it is taken back when the gateway has been shut meanwhile.
            if old is None or gateway.name not in work.shut:
                told_with = (batch, histories[sent.payment_id])
                calls.append(
                    Call(sent, gateway, told_with, old is not None, may_send, before=before.get(sent.payment_id))
                )
        return calls, again


def _named(work: Collecting, found: Sequence[tuple[str, Fact]]) -> list[tuple[str, Fact, str]]:
    """What is to be asked for the first time, with the gateway of each; not of one that has refused our key."""
    cards = [f.card_id for kind, f in found if kind in BY_CARD]
    kept_by = dict(sql.tuples(SQL["card_gateways"], {"ids": cards})) if cards else {}
    named = [
        (kind, f, gateways.by_name(kept_by.get(f.card_id) if kind in BY_CARD else f.gateway).name) for kind, f in found
    ]
    return [one for one in named if one[2] not in work.shut]
