"""Evidence in a dispute: what was ordered and agreed, what was charged, what was sent and where, what the customer was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from perennial.catalog.models import Company
from perennial.catalog.queries import company
from perennial.db.pages import Page
from perennial.desk.read.disputes import ShownDispute, consents, dispute
from perennial.desk.read.messages import Listed, messages
from perennial.desk.read.order import Child, Order
from perennial.desk.read.orders import order as read
from perennial.desk.read.values import Payment, Sent
from perennial.kernel.states import WITH_MONEY
from perennial.language.formats import Reader, fact, phrase
from perennial.papers.values import Fact, Head, address_lines, facts, head
from perennial.papers.words import of, reader_of, say

WORDS = ("page", "evidence_nothing")
LABELS = ("ordered_on", "customer", "evidence_disputed", "evidence_reason", "evidence_answer_by", "evidence_charge")
CHARGED = ("evidence_day", "what_for", "paid_by", "amount", "evidence_back")
SENT = ("parcel", "evidence_day", "product", "delivery", "evidence_tracking")
TOLD = ("sent", "unsure", "bounced")
"""The messages that have left."""


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the paper: what stands above it, above each column, and in its rows; none: ``evidence_nothing``."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a charge that is disputed. ``agreed``: the words that the customer has agreed to."""

    head: Head
    customer: tuple[str, ...]
    facts: tuple[Fact, ...]
    agreed: tuple[Fact, ...]
    sections: tuple[Section, ...]
    words: Mapping[str, str]
    form: str = "evidence"


def evidence(number: int, *, on: date, language: str | None = None) -> Evidence:
    """The evidence in a dispute, for the bank that decides; in the company's first language unless another is asked for.
    Refused: there is no such dispute.
    """
    about = dispute(number)
    order = read(about.order, on=on)
    to, sender = reader_of(language), company()
    return Evidence(
        head=head(to, "evidence", about.reference or about.number, sender),
        customer=address_lines(order.ship_to, order.customer, to),
        facts=tuple(_facts(about, order, to)),
        agreed=tuple(
            Fact(
                say("evidence_agreed_on", to, at=_moment(one.at, sender, to), card=one.card or None, agent=one.agent,
                    channel=phrase("card channel", one.channel, None, to)),
                one.words,
            )
            for one in consents(number)
        ),
        sections=(
            _ordered(order, to),
            _charged(order, to),
            _sent(order, to),
            _told(order, sender, to),
        ),
        words=of(to, *WORDS),
    )  # fmt: skip


def _facts(about: ShownDispute, order: Order, to: Reader) -> Iterator[Fact]:
    words = of(to, *LABELS)
    reason = phrase("dispute reason", about.reason, None, to) or about.reason
    told = (
        (words["customer"], f"{order.account}, {order.customer}"),
        (words["ordered_on"], fact(order.order_date, "", to)),
        (words["evidence_disputed"], fact(about.amount, "", to)),
        (words["evidence_reason"], reason),
        (words["evidence_charge"], about.payment_reference),
        (words["evidence_answer_by"], fact(about.answer_by, "", to) if about.answer_by else None),
    )
    yield from facts(*told)


def _ordered(order: Order, to: Reader) -> Section:
    return Section(
        say("evidence_ordered", to),
        tuple(of(to, "product", "name", "pieces", "price").values()),
        tuple(
            (
                one.product.number,
                one.product.name,
                fact(one.quantity, "", to),
                fact(one.price, "", to) if one.price else "",
            )
            for one in order.lines
        ),
    )


def _charged(order: Order, to: Reader) -> Section:
    taken = [one for one in order.payments if one.status in WITH_MONEY and one.captured.minor]
    return Section(
        say("evidence_charged", to),
        tuple(of(to, *CHARGED).values()),
        tuple(_payment(one, to) for one in taken if one.purpose != "refund"),
    )


def _payment(one: Payment, to: Reader) -> tuple[str, ...]:
    card = one.card.words.capitalize() if one.card else (phrase("method", one.method, None, to) or one.method)
    back = fact(one.refunded, "", to) if one.refunded.minor else ""
    return fact(one.captured_on or one.due_on, "", to), one.order, card, fact(one.captured, "", to), back


def _sent(order: Order, to: Reader) -> Section:
    parcels = [
        (child.number, child.sent, _products(child, to), child.ship_to) for child in order.children if child.sent
    ]
    rows = [
        _parcel(number, sent, what, "; ".join(address_lines(where, order.customer, to)), to)
        for number, sent, what, where in parcels
    ]
    if order.sent is not None:
        products = ", ".join(f"{fact(one.quantity, '', to)} × {one.product.called}" for one in order.lines if one.price)
        rows.append(
            _parcel(order.number, order.sent, products, "; ".join(address_lines(order.ship_to, order.customer, to)), to)
        )
    return Section(
        say("evidence_sent", to),
        tuple(of(to, *SENT).values()),
        tuple(rows),
    )


def _products(child: Child, to: Reader) -> str:
    return ", ".join(f"{fact(one.quantity, '', to)} × {one.product.called}" for one in child.lines)


def _parcel(number: str, sent: Sent, products: str, where: str, to: Reader) -> tuple[str, ...]:
    carried = " ".join(word for word in (sent.carrier, sent.tracking) if word)
    return number, fact(sent.on, "", to), products, where, carried


def _told(order: Order, sender: Company, to: Reader) -> Section:
    found: list[Listed] = []
    page: Page[Listed] = messages(order=order.number)
    while True:
        found += [one for one in page.rows if one.status in TOLD and one.sent_at is not None]
        if page.next is None:
            break
        page = messages(order=order.number, after=page.next)
    return Section(
        say("evidence_told", to),
        tuple(of(to, "evidence_day", "evidence_message", "evidence_recipient", "evidence_state").values()),
        tuple(
            (
                _moment(one.sent_at, sender, to),
                one.subject or phrase("notice_kind", one.kind, None, to) or one.kind,
                one.recipient or "",
                phrase("notice", one.status, None, to) or one.status,
            )
            for one in reversed(found)
            if one.sent_at is not None
        ),
    )


def _moment(at: datetime, sender: Company, to: Reader) -> str:
    there = at.astimezone(ZoneInfo(sender.time_zone))
    return f"{fact(there.date(), '', to)} {there:%H:%M}"
