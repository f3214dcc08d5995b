"""A refund that had gone through, and that the bank has sent back since: the money is with the merchant again.

Whether it was, the gateway is asked; an event, or its book, only says that there is something to ask. Then the refund has
failed, as if it had never been taken: it counts as not given back, and a person sees to it.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import F

from perennial.db import sql
from perennial.notices.models import Notice
from perennial.payments import gateways, refused_keys
from perennial.payments.gateways import Answer, Request
from perennial.payments.locking import lock
from perennial.payments.models import Attempt, Payment
from perennial.payments.refund import Why, tell


def was_sent_back(*, key: str, gateway: str, on: date, by: str) -> bool:
    """Ask the gateway whether a refund that it took, by the key of its try, was sent back; record it, once. False: it stands,
    or it is known already. Never inside a transaction. Raised: whatever the gateway raises that does not answer.
    """
    tried = Attempt.objects.select_related("payment__refunds", "payment__customer").filter(key=key, gateway=gateway)
    found = tried.filter(kind="refund", outcome="approved", payment__status="captured").first()
    if found is None or found.payment.refunds is None:
        return False
    with refused_keys.told(gateway):
        answer = gateways.by_name(gateway).find(
            Request(
                kind="refund",
                key=found.key,
                about="",
                amount_minor=found.amount_minor,
                currency=found.payment.currency,
                on=found.on_date,
                customer=found.payment.customer.account,
                reference=found.payment.refunds.gateway_ref,
                own_reference=found.gateway_ref,
            )
        )
    if answer.outcome != "declined":
        return False
    return _record(found.pk, answer, Why(on, by, answer.message or ""))


@transaction.atomic(durable=True)
def _record(attempt: int, answer: Answer, why: Why) -> bool:
    """The refund has failed, and what it gave back of its payment counts no more. False: somebody else has said so."""
    tried = Attempt.objects.select_related("payment").get(pk=attempt)
    back, taken = tried.payment_id, tried.payment.refunds_id
    assert taken is not None
    lock([back, taken])
    if not Attempt.objects.filter(pk=attempt, outcome="approved", payment__status="captured").exists():
        return False
    told = {"outcome": "declined", "category": answer.category, "message": answer.message}
    Attempt.objects.filter(pk=attempt).update(final=True, **told)
    sql.shift(Payment, [back], "captured", "failed", captured_minor=0)
    Payment.objects.filter(pk=taken).update(refunded_minor=F("refunded_minor") - tried.amount_minor)
    Notice.objects.filter(payment_id=back, kind="refunded", status="queued").delete()
    tell(Payment.objects.get(pk=back), "payment_refund_sent_back", why)
    return True
