"""What customers were told, as a bundle carries it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from perennial.db import sql

Document = dict[str, Any]
AT_ONCE = 2000
SQL = sql.named("perennial.bundle.export", "export.sql")


class Told(NamedTuple):
    """A notice, and what it is about by the names that another installation knows."""

    id: int
    account: str
    kind: str
    card: str | None
    attempt: str | None
    order: str | None
    line: int | None
    purpose: str | None
    number: int | None
    on: date
    status: str
    facts: str
    language: str | None
    channel: str
    attempts: int
    sent_text: str | None
    root: str | None
    child: str | None
    told_line: int | None
    event: str | None
    repetition: int | None
    revision: int | None
    recipient: str | None
    subject: str | None
    sent_html: str | None
    message_id: str | None


def notices() -> Iterator[Document]:
    """What customers were told, or are going to be: so that nobody is told twice. Of what is gone nothing is said."""
    last = 0
    while batch := sql.rows(Told, SQL["notices"], {"last": last, "most": AT_ONCE}):
        last = batch[-1].id
        for told in batch:
            document: Document = {"customer": told.account, "kind": told.kind}
            if told.attempt is not None:
                document["about"] = told.attempt
            elif told.purpose is not None:
                document["payment"] = {
                    "order": told.order,
                    "line": told.line,
                    "purpose": told.purpose,
                    "number": told.number,
                }
            elif told.card is not None:
                document["card"] = told.card
            elif told.root is not None:
                document["order"] = told.root
                about = {"child": told.child, "line": told.told_line, "event": told.event}
                about |= {"repetition": told.repetition, "revision": told.revision}
                document |= {name: value for name, value in about.items() if value is not None}
            else:
                continue
            document |= {"on": told.on.isoformat(), "status": told.status, "facts": json.loads(told.facts)}
            document |= {"language": told.language, "channel": told.channel}
            if told.attempts:
                document["attempts"] = told.attempts
            for name in ("recipient", "subject", "sent_text", "sent_html", "message_id"):
                if (kept := getattr(told, name)) is not None:
                    document[name] = kept
            yield document
