"""What a person does with messages: all or a kind on and off, own texts, a message again, how one ended.

Performed with a request key (``desk.action.perform``) each is done once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from perennial.catalog.actions import change_company
from perennial.catalog.queries import parameters
from perennial.db import history, sql
from perennial.errors import Refused, refuse_all
from perennial.kernel.reasons import Reason, Who
from perennial.kernel.states import NOTICE_ENDED, NOTICE_MARKED
from perennial.notices.kinds import kind_of
from perennial.notices.models import Notice, NoticeKind, NoticeText
from perennial.notices.queue import SQL, is_on
from perennial.notices.texts import faults, text_of

MOST_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """A kind is on or off. ``dropped``: so many messages that were queued are not sent any more."""

    kind: str
    is_on: bool
    days: int | None
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AllSwitched:
    """Messages as a whole are on or off. ``waiting``: so many are queued."""

    is_on: bool
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSet:
    """What is said of a kind in a language now; ``own`` False: the text that comes with Perennial."""

    kind: str
    language: str
    subject: str
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAgain:
    """A new message that says the same; ``resends``: the old one."""

    notice: int
    resends: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A message ended so."""

    notice: int
    status: str


@transaction.atomic
def switch_messages(*, is_on: bool, on: date, by: str, reason: str | None = None) -> AllSwitched:
    """Tell customers anything at all, or nothing. Off: nothing is queued or sent; what is queued waits until it is on."""
    change_company(given={"notices_on": is_on}, by=by, reason=reason)
    waiting, _ = sql.tuples(SQL["waiting"])[0]
    return AllSwitched(is_on=is_on, waiting=waiting)


@transaction.atomic
def set_kind(
    *, kind: str, is_on: bool, on: date, by: str, days: int | None = None, reason: str | None = None
) -> Switched:
    """Turn a kind on or off. Off: what is queued of it is not sent. ``days``: so many days ahead, where it is told ahead.

    Refused: an unknown kind; days of a kind that is not told ahead, or too few to change anything still.
    """
    known = kind_of(kind)
    row = NoticeKind.objects.select_for_update(no_key=True).filter(kind=kind).first()
    ahead = days if days is not None else (row.days if row is not None and row.days is not None else known.days)
    if days is not None and known.days is None:
        raise Refused("message_without_days", "days", kind=kind)
    if is_on and kind == "shipment_ahead" and ahead is not None:
        earliest = parameters().days_before_delivery + 1
        if not earliest <= ahead <= MOST_DAYS:
            raise Refused("number_not_within", "days", value=ahead, low=earliest, high=MOST_DAYS)
    elif days is not None and not 1 <= days <= MOST_DAYS:
        raise Refused("number_not_within", "days", value=days, low=1, high=MOST_DAYS)
    history.context(by=by, reason=reason)
    if row is None:
        NoticeKind.objects.create(kind=kind, is_on=is_on, days=days, by=by, changed_on=on)
    elif row.is_on != is_on or (days is not None and row.days != days):
        kept = row.days if days is None else days
        NoticeKind.objects.filter(pk=row.pk).update(is_on=is_on, days=kept, by=by, changed_on=on)
    dropped = 0 if is_on else sql.execute(SQL["drop_queued"], {"kind": kind})
    return Switched(kind=kind, is_on=is_on, days=ahead, dropped=dropped)


@transaction.atomic
def set_text(
    *, kind: str, language: str, subject: str, body: str, on: date, by: str, reason: str | None = None
) -> TextSet:
    """Say it in the company's own words. Refused: a placeholder that this kind does not have, or one that is missing; all
    faults at once.
    """
    known = kind_of(kind)
    refuse_all(faults(known, language, subject, body))
    values = {"subject": subject.strip(), "body": body.strip()}
    history.context(by=by, reason=reason)
    row = NoticeText.objects.select_for_update(no_key=True).filter(kind=kind, language=language).first()
    if row is None:
        NoticeText.objects.create(kind=kind, language=language, by=by, changed_on=on, **values)
    elif (row.subject, row.body) != (values["subject"], values["body"]):
        NoticeText.objects.filter(pk=row.pk).update(by=by, changed_on=on, **values)
    return TextSet(kind=kind, language=language, subject=values["subject"], own=True)


@transaction.atomic
def forget_text(*, kind: str, language: str, on: date, by: str, reason: str | None = None) -> TextSet:
    """Say it in the words that come with Perennial again. Refused: the company has no text of its own."""
    known = kind_of(kind)
    history.context(by=by, reason=reason)
    if not NoticeText.objects.filter(kind=known.name, language=language).delete()[0]:
        raise Refused("message_text_not_own", "language", kind=kind, language=language)
    found = text_of(kind, language)
    return TextSet(kind=kind, language=language, subject=found.subject, own=False)


@transaction.atomic
def send_again(*, notice: int, on: date, by: str, reason: str | None = None) -> SentAgain:
    """Send a message again: a new one with the same facts, to the address that the customer has now. Refused: it was
    not sent yet, or its kind is off.
    """
    old = _locked(notice)
    if old.status not in NOTICE_ENDED:
        raise Refused("message_not_ended", "notice", notice=notice, status=old.status)
    if not is_on(old.kind):
        raise Refused("message_kind_off", "notice", kind=old.kind)
    history.context(by=by, reason=reason)
    new = int(sql.value(SQL["copy"], {"id": old.pk, "on": on}))
    return SentAgain(notice=new, resends=old.pk, kind=old.kind)


@transaction.atomic
def mark_bounced(*, notice: int, on: date, by: str, reason: str | None = None) -> Marked:
    """The message came back. Refused: it was not sent."""
    return _mark(notice, "bounced", by=by, on=on, reason=reason)


@transaction.atomic
def mark_arrived(*, notice: int, on: date, by: str, reason: str | None = None) -> Marked:
    """The customer has the message of which nobody knew. Refused: it is not unsure."""
    return _mark(notice, "sent", by=by, on=on, reason=reason)


def _mark(notice: int, status: str, *, by: str, on: date, reason: str | None) -> Marked:
    row = _locked(notice)
    if row.status not in NOTICE_MARKED[status]:
        raise Refused("message_not_marked", "notice", notice=notice, status=row.status, mark=status)
    who = {"who": Who(by, on, reason)}
    because = Reason("message_bounced", who) if status == "bounced" else Reason("message_arrived", who)
    Notice.objects.filter(pk=row.pk).update(status=status, because=because.stored())
    return Marked(notice=notice, status=status)


def _locked(notice: int) -> Notice:
    found = Notice.objects.select_for_update(no_key=True).filter(pk=notice).first()
    if found is None:
        raise Refused("message_unknown", "notice", notice=notice)
    return found
