"""The JSON of messages as ``docs/contract.md`` has it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from perennial.desk.notices.preview import Shown
from perennial.desk.read.messages import Kept, Listed, ShownKind
from perennial.language import Reader
from perennial.language.formats import ENGLISH, fact
from perennial.notices.actions import AllSwitched, Marked, SentAgain, Switched, TextSet
from perennial.notices.sending import Sent
from perennial.notices.texts import Text

Document = dict[str, Any]


def listed_message_json(one: Listed, to: Reader = ENGLISH) -> Document:
    """A message of the outbox."""
    return {
        "notice": one.id,
        "kind": one.kind,
        "status": one.status,
        "on": one.on.isoformat(),
        "sent_at": _moment(one.sent_at),
        "next_try_at": _moment(one.next_try_at),
        "customer": one.account,
        "name": one.customer,
        "recipient": one.recipient,
        "subject": one.subject,
        "order": one.order,
        "language": one.language,
        "attempts": one.attempts,
        "because": fact(one.because, "", to) or None,
        "resends": one.resends,
        "resent_as": one.resent_as,
    }


def message_json(one: Kept, to: Reader = ENGLISH) -> Document:
    """A message whole, as it was sent."""
    return {
        **listed_message_json(one.listed, to),
        "message_id": one.message_id,
        "facts": dict(one.facts),
        "text": one.text,
        "html": one.html,
    }


def kind_json(one: ShownKind) -> Document:
    """A kind of message with its switch."""
    return {
        "kind": one.kind,
        "is_on": one.is_on,
        "goes_out": one.goes_out,
        "days": one.days,
        "by": one.by,
        "changed_on": one.changed_on.isoformat() if one.changed_on else None,
        "waiting": one.waiting,
        "own_texts": [own.language for own in one.own_texts],
    }


def text_json(one: Text) -> Document:
    """What is said of a kind in a language."""
    return {"kind": one.kind, "language": one.language, "subject": one.subject, "own": one.own, "body": one.body}


def preview_json(one: Shown) -> Document:
    """A message that would be sent."""
    return asdict(one)


def done_json(one: AllSwitched | Switched | TextSet | SentAgain | Marked | Sent) -> Document:
    """What was done with messages."""
    return asdict(one)


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at is not None else None
