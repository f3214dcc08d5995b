"""Disputes: a customer has told their bank that they do not accept a charge."""

from __future__ import annotations

from perennial.payment_server import shapes
from perennial.payment_server.asked import Asked, Problem, fit, merged
from perennial.payment_server.balance import moved
from perennial.payment_server.book import Doc
from perennial.payment_server.events import tell
from perennial.payment_server.lists import CREATED, PAGE, found_by, page

DAY = 24 * 3600
ANSWER_WITHIN = 9 * DAY
OPEN = ("needs_response", "warning_needs_response")
REASONS = {"fraudulent": "fraudulent", "product_not_received": "product_not_received", "inquiry": "fraudulent"}
"""What a test card's dispute says for its reason."""
WORDS = {"winning_evidence": True, "losing_evidence": False}
"""Stripe's words for tests: an evidence of these decides at once."""
TEXTS = " ".join(f"evidence.{name}" for name in (*shapes.EVIDENCE_TEXTS, *shapes.EVIDENCE_FILES))


def opened(asked: Asked, charge: Doc, reason: str, amount: int, *, inquiry: bool = False) -> Doc:
    """The bank tells of it, and (but for an inquiry) takes the money."""
    made = shapes.dispute(asked, charge, reason, amount, inquiry=inquiry, due_by=asked.now + ANSWER_WITHIN)
    asked.book.add(made)
    if not inquiry:
        made["balance_transactions"] = [{**moved(asked, made, "adjustment", -amount)}]
        asked.book.put(made)
    charge["disputed"] = True
    asked.book.put(charge)
    asked.book.enter("dispute", made, amount, by=asked.by)
    asked.book.later("dispute_ends", made["id"], made["evidence_details"]["due_by"])
    tell(asked, "charge.dispute.created", made)
    return made


def retrieve(asked: Asked) -> Doc:
    return found_by(asked, "dispute", asked.of[0])


def index(asked: Asked) -> Doc:
    given = fit(asked.given, f"charge payment_intent {CREATED} {PAGE}")
    intent, charge = given.get("payment_intent"), given.get("charge")
    if charge:
        intent = asked.object("charge", charge, "charge")["payment_intent"]
    return page(asked, "dispute", given, intent=intent)


def update(asked: Asked) -> Doc:
    """Evidence is written down; with ``submit`` (which is true where nothing is said) it goes to the bank, once."""
    given = fit(asked.given, f"{TEXTS} metadata:map submit:bool")
    found = found_by(asked, "dispute", asked.of[0])
    if found["status"] not in OPEN:
        raise Problem(400, f"This dispute has a status of {found['status']}: evidence cannot be given any more.")
    found["metadata"] = merged(found["metadata"], given.get("metadata"))
    evidence = given.get("evidence", {})
    found["evidence"].update({name: value or None for name, value in evidence.items()})
    details = found["evidence_details"]
    details["has_evidence"] = any(value for name, value in found["evidence"].items() if name != "enhanced_evidence")
    if evidence and given.get("submit", True):
        details.update(submission_count=details["submission_count"] + 1, submission_method="manual")
        found["status"] = "warning_under_review" if found["status"].startswith("warning") else "under_review"
    asked.book.put(found)
    tell(asked, "charge.dispute.updated", found)
    decided = WORDS.get(evidence.get("uncategorized_text", ""))
    if decided is not None and found["status"] in ("under_review", "warning_under_review"):
        return closed(asked, found, won=decided)
    return found


def close(asked: Asked) -> Doc:
    """The merchant gives in."""
    fit(asked.given, "")
    found = found_by(asked, "dispute", asked.of[0])
    if found["status"] not in OPEN:
        raise Problem(400, "This dispute is already closed.")
    return closed(asked, found, won=False)


def closed(asked: Asked, found: Doc, *, won: bool) -> Doc:
    """The bank has decided; of an inquiry nothing more comes."""
    inquiry = found["status"].startswith("warning")
    found["status"] = "warning_closed" if inquiry else "won" if won else "lost"
    if won and not inquiry:
        charge = asked.book.get(found["charge"], asked.live)
        asked.book.put({**charge, "disputed": True})
        found["balance_transactions"].append(moved(asked, found, "adjustment", found["amount"]))
        asked.book.enter("dispute_won", found, found["amount"], by=asked.by)
    asked.book.put(found)
    tell(asked, "charge.dispute.closed", found)
    return found
