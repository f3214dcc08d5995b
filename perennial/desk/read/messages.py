"""Messages to customers: the outbox in pages by key, one whole as it was sent, the kinds with their switches, how they leave."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from perennial.catalog.queries import company
from perennial.customers.queries import customer_by_account
from perennial.db import sql
from perennial.db.pages import Page, key_of, page
from perennial.desk.locking import order_by_number
from perennial.desk.read.exceptions import MOST_COUNTED
from perennial.errors import Refused
from perennial.kernel.reasons import Reason
from perennial.kernel.states import NOTICE, NOTICE_ENDED, NOTICE_MARKED
from perennial.notices import mail
from perennial.notices.kinds import ALL, KINDS, kind_of
from perennial.notices.queue import which_are_on

_SQL = sql.named("perennial.desk.read", "messages.sql")
SIZE = 50
LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A message. ``recipient``: where it went, else where it would go now. ``order``: the order or child that it tells of.

    ``because``: why it failed, waits or is unsure. ``resends``: the older message that it says again; ``resent_as``: the
    newest that says it again.
    """

    id: int
    kind: str
    status: str
    on: date
    sent_at: datetime | None
    next_try_at: datetime | None
    account: str
    customer: str
    recipient: str | None
    subject: str | None
    order: str | None
    language: str | None
    attempts: int
    because: Reason | None
    resends: int | None
    resent_as: int | None

    @property
    def goes_again(self) -> bool:
        """May it be sent again, as a new one?"""
        return self.status in NOTICE_ENDED

    @property
    def may_have_come_back(self) -> bool:
        """Can somebody say that it came back?"""
        return self.status in NOTICE_MARKED["bounced"]

    @property
    def may_have_arrived(self) -> bool:
        """Can somebody say that the customer has it?"""
        return self.status in NOTICE_MARKED["sent"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A message whole: the text and the HTML as they were sent (None: it was not), and the facts that it tells."""

    listed: Listed
    text: str | None
    html: str | None
    message_id: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Post:
    """Whether and how messages leave. ``folder``: in training they are written there; ``server``: the mail server.

    ``faults``: why nothing can leave, even where messages are on.
    """

    is_on: bool
    sender: str | None
    folder: str | None
    server: str | None
    faults: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class OwnText:
    """A language in which the company says a kind in its own words; who wrote that, and when."""

    language: str
    by: str
    changed_on: date


@dataclass(frozen=True, slots=True)
class ShownKind:
    """A kind of message. ``goes_out``: it is on, and so are messages of the company. ``by``, ``changed_on``: the last who
    turned it on or off; None: it is as at first. ``waiting``: so many are queued.
    """

    kind: str
    is_on: bool
    goes_out: bool
    days: int | None
    by: str | None
    changed_on: date | None
    waiting: int
    own_texts: tuple[OwnText, ...]


def messages(
    *,
    customer: str | None = None,
    order: str | None = None,
    kind: str | None = None,
    status: str | None = None,
    size: int = SIZE,
    after: str | None = None,
) -> Page[Listed]:
    """A page of the messages that fit, the newest first: of a customer, of an order (its children's too), of a kind.

    Refused: a customer, order, kind or status that there is not.
    """
    where: list[str] = []
    given: dict[str, Any] = {"before": LAST if after is None else int(key_of(after, 1)[0]), "most": size + 1}
    if customer is not None:
        where.append("and n.customer_id = %(customer)s")
        given["customer"] = customer_by_account(customer, "customer").pk
    if order is not None:
        found = order_by_number(order)
        where.append("and n.order_id = %(order)s" + (" and n.child_id = %(child)s" if found.parent_id else ""))
        given |= {"order": found.parent_id or found.pk, "child": found.pk}
    if kind is not None:
        where.append("and n.kind = %(kind)s")
        given["kind"] = kind_of(kind).name
    if status is not None:
        if status not in NOTICE:
            raise Refused("unknown_word", "status", word=status, known=tuple(NOTICE))
        where.append("and n.status = %(status)s")
        given["status"] = status
    return page(_listed(" ".join(where), given), size, lambda one: (one.id,))


def message(number: int) -> Kept:
    """One message whole. Refused: there is none with this number."""
    found = _listed("and n.id = %(id)s", {"before": LAST, "most": 1, "id": number})
    if not found:
        raise Refused("message_unknown", "notice", notice=number)
    kept = sql.one(_SQL["message"], {"id": number})
    assert kept is not None
    text, html, message_id, facts = kept
    return Kept(found[0], text, html, message_id, json.loads(facts))


def counts() -> dict[str, int]:
    """How many messages have each status. More than ``MOST_COUNTED`` are not counted: it is one more then."""
    return dict(sql.tuples(_SQL["counts"], {"statuses": list(NOTICE), "most": MOST_COUNTED + 1}))


def post() -> Post:
    """How messages leave this installation."""
    from_us = company()
    sender = folder = server = None
    faults = []
    try:
        sender = mail.sender(from_us)
    except Refused as fault:
        faults.append(fault)
    try:
        found = mail.transport()
        if isinstance(found, mail.Folder):
            folder = str(found.path)
        else:
            server = found.server.host
    except Refused as fault:
        faults.append(fault)
    return Post(from_us.notices_on, sender, folder, server, tuple(faults))


def kinds() -> tuple[ShownKind, ...]:
    """All kinds, on or off, with who changed them last and the company's own texts."""
    switches = {kind: row for kind, *row in sql.tuples(_SQL["kinds"])}
    own: dict[str, list[OwnText]] = {}
    for kind, language, by, changed_on in sql.tuples(_SQL["own_texts"]):
        own.setdefault(kind, []).append(OwnText(language, by, changed_on))
    waiting = dict(sql.tuples(_SQL["queued"]))
    going_out = which_are_on(*KINDS)
    made = []
    for kind in ALL:
        set_on, days, by, changed_on = switches.get(kind.name, (kind.at_first, None, None, None))
        made.append(
            ShownKind(
                kind=kind.name,
                is_on=set_on,
                goes_out=kind.name in going_out,
                days=days if days is not None else kind.days,
                by=by,
                changed_on=changed_on,
                waiting=waiting.get(kind.name, 0),
                own_texts=tuple(own.get(kind.name, ())),
            )
        )
    return tuple(made)


def _listed(where: str, given: Mapping[str, Any]) -> list[Listed]:
    return [
        Listed(**dict(zip(_COLUMNS, row, strict=True)) | {"because": Reason.read(json.loads(row[_BECAUSE] or "null"))})
        for row in sql.tuples(_SQL["messages"].replace("$where", where), given)
    ]


_COLUMNS = tuple(field.name for field in fields(Listed))
_BECAUSE = _COLUMNS.index("because")
