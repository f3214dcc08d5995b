"""The outbox is sent: each message once, whoever sends at the same time, and whatever dies meanwhile.

1. Claim the oldest message that is due and that nobody else is at; commit it as ``sending``, with its text.
2. Hand it over, outside of any transaction.
3. Commit what came of it: ``sent``, ``failed`` with the server's words, ``queued`` for a later try, or ``unsure``.

Who sends holds a lock of the message that dies with the process. What is ``sending`` without it becomes ``unsure``: it
may have arrived, so it is never sent again by itself (docs/decisions/messages.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from perennial.catalog.models import Company
from perennial.catalog.queries import company as read_company
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.reasons import Reason
from perennial.notices import mail
from perennial.notices.links import card_link, hidden_link
from perennial.notices.queue import SQL
from perennial.notices.rendering import Message, render
from perennial.notices.texts import names, text_of
from perennial.notices.words import words

MOST_TRIES = 10
LOCK_SPACE = 0x504E05


@dataclass(slots=True)
class Sent:
    """What came of sending. ``again``: to be tried later; ``left``: still queued. ``folder``: training, they are files
    there. ``off``: messages are off, nothing was done.
    """

    sent: int = 0
    failed: int = 0
    again: int = 0
    unsure: int = 0
    left: int = 0
    folder: str | None = None
    off: bool = False


class Asks(NamedTuple):
    """Whom a message asks for a card, for which order, instead of which card; ``link``: by the link of this number."""

    customer: int
    order: int | None
    card: int | None
    link: int | None


Links = Callable[[Asks], int | None]
"""Gives the number of a link by which a customer gives a card; None: none is to be had, or it works no more."""


class _Claimed(NamedTuple):
    id: int
    kind: str
    facts: str
    language: str | None
    on: date
    message_id: str | None
    attempts: int
    customer: str
    email: str | None
    until: date | None
    customer_id: int
    order_id: int | None
    card_id: int | None
    link: int | None


@dataclass
class _Round:
    company: Company
    sender: str
    on: date
    carrier: mail.Transport
    done: Sent
    links: Links


def no_links(asks: Asks) -> int | None:
    """No message holds a link."""
    return None


def send_due(
    *, on: date, limit: int | None = None, carrier: mail.Transport | None = None, links: Links = no_links
) -> Sent:
    """Send what is due, the oldest first, at most ``limit``. Never inside a transaction. ``links`` gives the links that
    messages hold.

    Refused: no mail server is set or none answers, the sender is not set or not taken; what is queued stays queued.
    """
    company = read_company()
    done = Sent(off=not company.notices_on)
    because = Jsonb(Reason("message_sender_died").stored())
    done.unsure = len(sql.tuples(SQL["dead"], {"space": LOCK_SPACE, "because": because}))
    if not done.off:
        carrier = carrier or mail.transport()
        done.folder = str(carrier.path) if isinstance(carrier, mail.Folder) else None
        if sql.value(SQL["due"]):
            _send(_Round(company, mail.sender(company), on, carrier, done, links=links), limit)
    done.left = int(sql.value(SQL["waiting"]) or 0)
    return done


def _send(work: _Round, limit: int | None) -> None:
    work.carrier.open()
    handled = 0
    try:
        while limit is None or handled < limit:
            if not work.carrier.is_open:
                work.carrier.open()
            if not _send_next(work):
                return
            handled += 1
    finally:
        work.carrier.close()


def _send_next(work: _Round) -> bool:
    """Send the next message that is due; False: there is none."""
    with transaction.atomic(durable=True):
        found = sql.rows(_Claimed, SQL["claim"])
        if not found:
            return False
        claimed = found[0]
        refusal, recipient = _not_sent(claimed, work.on)
        if refusal is not None:
            _ended(claimed.id, refusal)
            work.done.failed += 1
            return True
        link = _link(work, claimed)
        if link is None and claimed.kind == "card_link":
            _ended(claimed.id, Reason("message_link_over"))
            work.done.failed += 1
            return True
        message = _message(work, claimed, card_link(link) if link else "")
        kept = _message(work, claimed, hidden_link()) if link else message
        if message is None or kept is None:
            _ended(claimed.id, Reason("message_facts_wrong"))
            work.done.failed += 1
            return True
        sql.value(SQL["hold"], {"space": LOCK_SPACE, "id": claimed.id})
        message_id = claimed.message_id or _message_id(work, claimed.id)
        sql.execute(
            SQL["sending"],
            {
                "id": claimed.id,
                "message_id": message_id,
                "recipient": recipient,
                "subject": kept.subject,
                "text": kept.text,
                "html": kept.html,
            },
        )
    try:
        _hand_over(work, claimed, message, message_id, recipient)
    finally:
        sql.value(SQL["let_go"], {"space": LOCK_SPACE, "id": claimed.id})
    return True


def _hand_over(work: _Round, claimed: _Claimed, message: Message, message_id: str, recipient: str) -> None:
    """Give a claimed message away, and write down what came of it."""
    content = mail.content(
        message,
        message_id=message_id,
        sender=work.sender,
        company=work.company.name,
        recipient=recipient,
        customer=claimed.customer,
        language=claimed.language or "en",
        at=timezone.now(),
    )
    try:
        work.carrier.hand_over(claimed.id, work.sender, recipient, content)
    except mail.Permanent as problem:
        _ended(claimed.id, Reason("message_refused", {"said": str(problem)}))
        work.done.failed += 1
    except mail.Temporary as problem:
        _later(work, claimed, str(problem))
    except mail.Gone as problem:
        work.carrier.close()
        _later(work, claimed, str(problem))
    except mail.Unsure as problem:
        work.carrier.close()
        because = Jsonb(Reason("message_answer_lost", {"said": str(problem)}).stored())
        sql.execute(SQL["unsure"], {"id": claimed.id, "because": because})
        work.done.unsure += 1
    except mail.Stopped as problem:
        _later(work, claimed, str(problem))
        raise Refused("mail_sender_refused", address=work.sender, said=str(problem)) from None
    else:
        sql.execute(SQL["sent"], {"id": claimed.id})
        work.done.sent += 1


def _later(work: _Round, claimed: _Claimed, said: str) -> None:
    """Try again later, or give it up after so many tries."""
    if claimed.attempts + 1 >= MOST_TRIES:
        _ended(claimed.id, Reason("message_given_up", {"tries": MOST_TRIES, "said": said}))
        work.done.failed += 1
        return
    because = Jsonb(Reason("message_not_taken", {"said": said}).stored())
    sql.execute(SQL["again"], {"id": claimed.id, "because": because})
    work.done.again += 1


def _ended(number: int, because: Reason) -> None:
    sql.execute(SQL["ended"], {"id": number, "status": "failed", "because": Jsonb(because.stored())})


def _not_sent(claimed: _Claimed, on: date) -> tuple[Reason | None, str]:
    """Why a message cannot go at all, and the address that it goes to."""
    if not claimed.email:
        return Reason("message_no_address"), ""
    recipient = mail.deliverable(claimed.email)
    if recipient is None:
        return Reason("message_wrong_address", {"address": claimed.email}), ""
    if claimed.until is not None and claimed.until < on:
        return Reason("message_too_late", {"until": claimed.until}), ""
    return None, recipient


def _link(work: _Round, claimed: _Claimed) -> int | None:
    """The number of the link that a message holds; None: its text has none, or there is none to be had."""
    text = text_of(claimed.kind, claimed.language)
    if "link" not in {*names(text.subject), *names(text.body)}:
        return None
    return work.links(Asks(claimed.customer_id, claimed.order_id, claimed.card_id, claimed.link))


def _message(work: _Round, claimed: _Claimed, link: str) -> Message | None:
    """The words of a message; None: its facts, which may come out of a bundle, are no facts of such a message."""
    text = text_of(claimed.kind, claimed.language)
    try:
        said = words(
            json.loads(claimed.facts),
            company=work.company,
            sender=work.sender,
            customer=claimed.customer,
            language=text.language,
            told_on=claimed.on,
            link=link,
        )
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError):
        return None
    return render(text, said)


def _message_id(work: _Round, number: int) -> str:
    """By what a message is known everywhere: the same at every try, so that mail programs show it once."""
    return f"<{work.company.installation}.notice.{number}@{work.sender.rpartition('@')[2]}>"
