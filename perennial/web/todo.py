"""What a list of things that need a person shows: its columns, what an opened row tells, the steps as buttons."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from perennial.desk.cards.link import keeper
from perennial.desk.read.exceptions import Exceptional
from perennial.language import Reader, phrase
from perennial.language.formats import fact
from perennial.web.history import by_words
from perennial.web.presence import Peer
from perennial.web.visit import Visitor
from perennial.web.words import said


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a row, or one line of what it opens to."""

    code: str
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A way on: it is done at once (``post``), or asks for more in the row."""

    code: str
    permission: str
    address: str
    post: bool = False
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One thing, as it is drawn. ``passed_on``: what its forms send along, so that the answer knows in which row it was done."""

    id: str
    one: Exceptional
    cells: tuple[Cell, ...]
    told: tuple[Cell, ...]
    steps: tuple[Step, ...]
    peers: tuple[Peer, ...]
    passed_on: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A row about which something was done, and which is not on its list any more."""

    id: str
    day: str
    number: str
    customer: str

    @property
    def place(self) -> tuple[str, int]:
        """Where it stood."""
        return self.day, int(self.id.rpartition("-")[2])


def row_id(one: Exceptional) -> str:
    """The id of its row."""
    return f"x-{one.kind}-{one.id}"


def place(one: Exceptional) -> tuple[str, int]:
    """Where it stands in its list."""
    return one.day.isoformat(), one.id


def row(one: Exceptional, visitor: Visitor, peers: tuple[Peer, ...] = ()) -> Row:
    """One thing as its reader sees it, with the steps that they may take."""
    passed_on = {
        "from_row": row_id(one), "from_day": one.day.isoformat(), "from_number": one.number, "from_name": one.customer,
    }  # fmt: skip
    steps, to = (step(code, one) for code in one.steps), visitor.reader
    return Row(
        id=row_id(one),
        one=one,
        cells=tuple(
            Cell(code, text, kind)
            for (code, kind), text in zip(COLUMNS[one.kind], _TEXTS[one.kind](one, to), strict=True)
        ),
        told=tuple(cell for cell in _told(one, to) if cell.text),
        steps=tuple(each for each in steps if _may(each, one, visitor)),
        peers=peers,
        passed_on=json.dumps(passed_on),
    )


def _may(way: Step, one: Exceptional, visitor: Visitor) -> bool:
    """May the visitor take a step? A hold is released by the roles of its kind, too."""
    theirs = one.facts.get("may_release", ())
    assert isinstance(theirs, tuple)
    return visitor.may_release(theirs) if way.code == "release" else way.permission in visitor.may


def gone(given: Mapping[str, str], kind: str) -> Gone | None:
    """The row in which something was done, as its form says; None: it was not done in a row of this list."""
    found = given.get("from_row", "")
    if not found.startswith(f"x-{kind}-") or not found.rpartition("-")[2].isdecimal():
        return None
    return Gone(found, given.get("from_day", ""), given.get("from_number", ""), given.get("from_name", ""))


def step(code: str, one: Exceptional) -> Step:
    """What a step asks for, and where."""
    order, of_order = _order(one.number), _order(one.order)
    match code:
        case "new_card":
            asks = "new_card" if keeper() is None else "send_link"
            return Step(asks, "change_orders", f"/customers/{quote(one.account, safe='')}/card")
        case "try_now" | "refund_now" | "ask":
            return Step(code, "change_orders", f"{order}/collect", post=True)
        case "reprocess":
            return Step(code, "change_orders", f"{order}/reprocess", post=True)
        case "settle":
            return Step(code, "settle_payments", f"{order}/settle", danger=True)
        case "receive":
            return Step(code, "settle_payments", f"{order}/receive")
        case "accept" | "retry":
            return Step(code, "change_orders", f"{of_order}/{code}", post=True)
        case "release":
            return Step(code, "change_orders", f"{order}/release")
        case "cancel":
            return Step(code, "change_orders", f"{order}/cancel", danger=True)
        case "ship":
            return Step(code, "ship_orders", f"{order}/ship")
        case "invoice":
            return Step(code, "ship_orders", f"{order}/invoice")
        case "refund_again":
            return Step(code, "refund_payments", f"{order}/refund/again")
        case "approve_refund":
            return Step(code, "approve_refunds", f"{of_order}/refund/approve", post=True)
        case "decline_refund":
            return Step(code, "approve_refunds", f"{of_order}/refund/decline", post=True, danger=True)
        case "dispute":
            return Step(code, "settle_payments", f"{of_order}/dispute?dispute={one.facts['dispute']}")
        case "credit":
            return Step(code, "settle_payments", f"{of_order}/credit")
        case "refund":
            return Step(code, "refund_payments", f"{of_order}/refund")
    raise KeyError(f"no such step: {code}")


def _order(number: str) -> str:
    return f"/orders/{quote(number, safe='')}"


def _payment(one: Exceptional, to: Reader) -> tuple[str, ...]:
    return fact(one.facts["amount"], "", to), str(one.facts["said"] or ""), _tries(one.facts, to)


def _tries(facts: Mapping[str, object], to: Reader) -> str:
    """``2 of 3, next Wed 11 Mar``; of one that is not tried again: a new card is needed."""
    if facts["status"] == "failed" or facts["final"]:
        return said(to, "todo_no_more_tries", attempts=facts["attempts"])
    code = "todo_tries_of" if facts["most"] else "todo_tries_so_far"
    tries = said(to, code, attempts=facts["attempts"], most=facts["most"])
    return said(to, "todo_next_try", tries=tries, on=facts["next_on"]) if facts["next_on"] else tries


def _expiring(one: Exceptional, to: Reader) -> tuple[str, ...]:
    facts = one.facts
    ends = said(to, "todo_has_ended" if facts["ended"] else "todo_will_end", on=facts["expires_on"])
    counted = (fact(value, "n", to) for value in (one.day, facts["shipments"], facts["parts"]))
    return str(facts["card"]), ends, *counted, fact(facts["amount"], "", to)


def _parked(one: Exceptional, to: Reader) -> tuple[str, ...]:
    job = str(one.facts["job"])
    return fact(one.day, "", to), phrase("web job", job, None, to) or job, fact(one.facts["reason"], "", to)


def _held(one: Exceptional, to: Reader) -> tuple[str, ...]:
    return fact(one.day, "", to), fact(one.facts["reason"], "", to), fact(one.facts["stops"], "stops", to)


def _awaiting(one: Exceptional, to: Reader) -> tuple[str, ...]:
    return (fact(one.day, "", to),)


def _late(one: Exceptional, to: Reader) -> tuple[str, ...]:
    reasons = one.facts["reasons"]
    assert isinstance(reasons, tuple)
    return fact(one.day, "", to), fact(reasons or ("warehouse",), "web late", to)


def _uninvoiced(one: Exceptional, to: Reader) -> tuple[str, ...]:
    facts = one.facts
    carrier = " ".join(str(word) for word in (facts["carrier"], facts["tracking"]) if word)
    lapsed = said(to, "todo_not_renewed") if facts["lapsed"] else ""
    return fact(facts["amount"], "", to), fact(facts["sent_on"], "", to), carrier, lapsed


def _approval(one: Exceptional, to: Reader) -> tuple[str, ...]:
    facts = one.facts
    return (
        fact(facts["amount"], "", to),
        by_words(str(facts["asked_by"]), to),
        str(facts["reason"]),
        fact(one.day, "", to),
    )


def _dispute(one: Exceptional, to: Reader) -> tuple[str, ...]:
    facts = one.facts
    status = phrase("dispute", str(facts["status"]), None, to) or ""
    return (
        fact(facts["amount"], "", to),
        reason_of_bank(str(facts["reason"]), to),
        status,
        fact(facts["answer_by"], "", to),
    )


def reason_of_bank(reason: str, to: Reader) -> str:
    """Why a customer disputes a charge, as the bank says it."""
    return phrase("dispute reason", reason, None, to) or reason.replace("_", " ")


def _refund(one: Exceptional, to: Reader) -> tuple[str, ...]:
    return fact(one.facts["amount"], "", to), fact(one.facts["credit"], "", to), fact(one.day, "", to)


def _check(one: Exceptional, to: Reader) -> tuple[str, ...]:
    sent = said(to, "todo_check_invoiced") if one.facts["invoiced"] else ""
    return fact(one.facts["amount"], "", to), fact(one.day, "", to), sent


COLUMNS = {
    "declined": (("todo_amount", "n"), ("todo_said", ""), ("todo_tries", "")),
    "expiring": (
        ("todo_card", ""),
        ("todo_expiry", "d"),
        ("todo_first_after", "d"),
        ("todo_shipments", "n"),
        ("todo_parts", "n"),
        ("todo_at_stake", "n"),
    ),
    "parked": (("todo_since", "d"), ("todo_job", ""), ("todo_why", "")),
    "held": (("todo_since", "d"), ("todo_why", ""), ("todo_stops", "")),
    "awaiting": (("todo_offered_on", "d"),),
    "late": (("todo_should_ship", "d"), ("todo_waits_for", "")),
    "unknown": (("todo_amount", "n"), ("todo_said", ""), ("todo_tries", "")),
    "uninvoiced": (("todo_amount", "n"), ("todo_sent_on", "d"), ("todo_carrier", ""), ("todo_authorised", "")),
    "refund": (("todo_to_give_back", "n"), ("todo_to_credit", "n"), ("todo_ordered_on", "d")),
    "approval": (("todo_amount", "n"), ("todo_by", ""), ("todo_why", ""), ("todo_asked_on", "d")),
    "dispute": (("todo_amount", "n"), ("todo_why", ""), ("state", ""), ("todo_answer_by", "d")),
    "check": (("todo_amount", "n"), ("todo_due_on", "d"), ("state", "")),
}
"""By kind: what its columns are called, behind the order and the customer, and how they are set."""
_TEXTS: Mapping[str, Callable[[Exceptional, Reader], tuple[str, ...]]] = {
    "declined": _payment,
    "expiring": _expiring,
    "parked": _parked,
    "held": _held,
    "awaiting": _awaiting,
    "late": _late,
    "unknown": _payment,
    "uninvoiced": _uninvoiced,
    "refund": _refund,
    "approval": _approval,
    "dispute": _dispute,
    "check": _check,
}


def _told(one: Exceptional, to: Reader) -> tuple[Cell, ...]:
    """What an opened row tells besides."""
    facts = one.facts
    about = said(to, "todo_line_shipment", line=one.line, shipment=one.shipment) if one.line and one.shipment else ""
    more: tuple[Cell, ...] = ()
    if one.kind in ("declined", "unknown"):
        more = (
            Cell("todo_due_on", fact(one.day, "", to)),
            Cell("todo_tried_on", fact(facts["tried_on"], "", to)),
            Cell("todo_ships", said(to, "todo_ships_if_paid", on=facts["ship_on"]) if facts["ship_on"] else ""),
        )
    if one.kind == "expiring":
        told = said(to, "todo_told_on", on=facts["told_on"]) if facts["told_on"] else said(to, "todo_not_told")
        more = (Cell("todo_told", told),)
    if one.kind == "held" and facts["by"]:
        more = (Cell("todo_by", str(facts["by"])),)
    return (Cell("todo_about", about), *more)
