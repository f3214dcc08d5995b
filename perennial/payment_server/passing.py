"""What happens by itself as the clock goes on: authorisations lapse, pages expire, banks answer at last."""

from __future__ import annotations

from collections.abc import Callable

from perennial.payment_server import disputes, payments, refunds, setups
from perennial.payment_server.asked import Asked, inside
from perennial.payment_server.book import Book, Doc, new_id
from perennial.payment_server.events import tell


def authorisation_ends(asked: Asked, intent: Doc) -> None:
    if intent["status"] == "requires_capture":
        charge = asked.book.get(intent["latest_charge"], asked.live)
        payments.released(
            asked, intent, charge, intent["amount_capturable"], kind="expire", reason="expired_uncaptured_charge"
        )
        tell(asked, "charge.expired", charge)
        payments.cancelled(asked, intent, "automatic")


def processing_ends(asked: Asked, intent: Doc) -> None:
    if intent["status"] != "processing":
        return
    charge = asked.book.get(intent["latest_charge"], asked.live)
    method = asked.book.get(intent["payment_method"], asked.live)
    intent["processing"] = None
    if method["_does"] == "processing_declined":
        payments.refused(asked, intent, method, "insufficient_funds", charge)
    else:
        payments.approved(asked, intent, method, charge)


def refund_ends(asked: Asked, made: Doc) -> None:
    if made["status"] in ("pending", "succeeded") and made["_does"] in ("refund_failed", "refund_failed_late"):
        refunds.failed(asked, made)
    elif made["status"] == "pending":
        refunds.ended(asked, made)


def session_ends(asked: Asked, session: Doc) -> None:
    if session["status"] == "open":
        setups.expired(asked, session)


def disputed(asked: Asked, charge: Doc, what: str) -> None:
    kind = what.removeprefix("dispute_")
    disputes.opened(asked, charge, disputes.REASONS[kind], charge["amount_captured"], inquiry=kind == "inquiry")


def dispute_ends(asked: Asked, dispute: Doc) -> None:
    """Nobody has answered in time."""
    if dispute["status"] in disputes.OPEN:
        dispute["evidence_details"]["past_due"] = True
        disputes.closed(asked, dispute, won=False)


ENDS: dict[str, Callable[[Asked, Doc], None]] = {
    "authorisation_ends": authorisation_ends,
    "processing_ends": processing_ends,
    "refund_ends": refund_ends,
    "session_ends": session_ends,
    "dispute_ends": dispute_ends,
}


def pass_time(book: Book, base: str) -> bool:
    """Do what is due by the clock; was there anything? Inside a change of the book."""
    due = book.take_due()
    for what, id, _ in due:
        for live in (False, True):
            found = book.find(id, live)
            if found is not None:
                asked = inside(book, live=live, base=base, request=new_id("req", 14), by="clock")
                if what in ENDS:
                    ENDS[what](asked, found)
                else:
                    disputed(asked, found, what)
    return bool(due)
