"""Refunds: whole or in parts, never more than was taken; some are pending first, and some fail afterwards."""

from __future__ import annotations

from perennial.payment_server import shapes
from perennial.payment_server.asked import Asked, Problem, fit, merged, unfit
from perennial.payment_server.balance import moved
from perennial.payment_server.book import Doc
from perennial.payment_server.events import tell
from perennial.payment_server.lists import CREATED, PAGE, found_by, page

REASONS = "duplicate|fraudulent|requested_by_customer"


def create(asked: Asked) -> Doc:
    given = fit(asked.given, f"payment_intent charge amount:int metadata:map reason:{REASONS} instructions_email")
    charge = _charge(asked, given)
    left = charge["amount"] - charge["amount_refunded"]
    amount = given.get("amount", left)
    if not charge["captured"]:
        raise Problem(
            400,
            f"Charge {charge['id']} was not captured: cancel its PaymentIntent instead.",
            code="charge_not_refundable",
            param="charge",
        )
    if charge["disputed"] and not _refundable(asked, charge):
        raise Problem(
            400, f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if left <= 0:
        raise Problem(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise unfit("This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer")
    if amount > left:
        raise Problem(
            400, f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left}).", param="amount"
        )
    method = asked.book.get(charge["payment_method"], asked.live)
    return given_back(asked, charge, amount, does=method["_does"], given=given)


def _charge(asked: Asked, given: Doc) -> Doc:
    if ("payment_intent" in given) == ("charge" in given):
        raise unfit(
            "One of the following params should be provided for this request: payment_intent or charge.", "charge"
        )
    if "charge" in given:
        return asked.object("charge", given["charge"], "charge")
    intent = asked.object("payment_intent", given["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        raise Problem(
            400,
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            param="payment_intent",
            code="payment_intent_unexpected_state" if intent["latest_charge"] else None,
        )
    return asked.book.get(intent["latest_charge"], asked.live)


def _refundable(asked: Asked, charge: Doc) -> bool:
    found = asked.book.each("dispute", asked.live, intent=charge["payment_intent"])
    return all(one["is_charge_refundable"] for one in found)


def given_back(asked: Asked, charge: Doc, amount: int, *, does: str = "approve", given: Doc) -> Doc:
    """The money goes back: at once, after a moment, or (the bank refuses it) not at all."""
    status = {"refund_declined": "failed", "refund_pending": "pending", "refund_failed": "pending"}.get(
        does, "succeeded"
    )
    made = shapes.refund(
        asked, charge, amount, reason=given.get("reason"), status=status, metadata=merged({}, given.get("metadata")), _does=does
    )  # fmt: skip
    if status == "pending":
        made["pending_reason"] = "processing"
    asked.book.add(made)
    asked.book.enter("refund", made, amount, key=asked.key, by=asked.by)
    charge["amount_refunded"] += amount
    made["balance_transaction"] = moved(asked, made, "refund", -amount)["id"]
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    asked.book.put(charge)
    asked.book.put(made)
    tell(asked, "refund.created", made)
    tell(asked, "charge.refunded", charge)
    if status == "failed":
        return failed(asked, made)
    if does in ("refund_pending", "refund_failed", "refund_failed_late"):
        asked.book.later("refund_ends", made["id"], asked.now + int(asked.book.setting("moment")))
    return made


def failed(asked: Asked, made: Doc) -> Doc:
    """The bank does not take it: the money is with the merchant again."""
    charge = asked.book.get(made["charge"], asked.live)
    charge["amount_refunded"] -= made["amount"]
    charge["refunded"] = False
    asked.book.put(charge)
    before = {"status": made["status"]}
    made.pop("pending_reason", None)
    made.update(status="failed", failure_reason="expired_or_canceled_card")
    made["failure_balance_transaction"] = moved(asked, made, "refund_failure", made["amount"])["id"]
    asked.book.put(made)
    asked.book.enter("refund_failed", made, made["amount"], by=asked.by)
    tell(asked, "refund.updated", made, before)
    tell(asked, "refund.failed", made)
    return made


def ended(asked: Asked, made: Doc) -> None:
    """A refund that was pending has gone through."""
    before = {"status": made["status"]}
    made.pop("pending_reason", None)
    made["status"] = "succeeded"
    asked.book.put(made)
    tell(asked, "refund.updated", made, before)


def retrieve(asked: Asked) -> Doc:
    return found_by(asked, "refund", asked.of[0])


def update(asked: Asked) -> Doc:
    given = fit(asked.given, "metadata:map")
    found = found_by(asked, "refund", asked.of[0])
    return asked.book.put({**found, "metadata": merged(found["metadata"], given.get("metadata"))})


def index(asked: Asked) -> Doc:
    given = fit(asked.given, f"payment_intent charge {CREATED} {PAGE}")
    intent, charge = given.get("payment_intent"), given.get("charge")
    if charge:
        intent = asked.object("charge", charge, "charge")["payment_intent"]
    return page(asked, "refund", given, intent=intent)


def of_charge(asked: Asked) -> Doc:
    given = fit(asked.given, PAGE)
    return page(asked, "refund", given, intent=found_by(asked, "charge", asked.of[0])["payment_intent"])
