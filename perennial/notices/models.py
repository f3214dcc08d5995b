"""The outbox of messages to customers: one row for each thing that is told, so that it is told once."""

from __future__ import annotations

from django.db import models

from perennial.customers.models import Customer
from perennial.db.models import Code

KINDS = ("card_expired", "declined", "bill")
"""All that customers are told: a card will have expired when a shipment goes out; a payment was declined; a bill."""


class Notice(models.Model):
    """A message about one thing. ``off``: notices were not turned on when it came up; it is never sent.

    ``order_id`` … ``card_id`` name what it is about. They are no foreign keys: the tables lie in apps above this one,
    and a card may go. ``facts`` is what it says, as it was when it was queued: words are made of them in ``language``
    when it is sent by ``channel``, after so many ``attempts``; what was sent stays as ``sent_text``.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    kind = Code()
    order_id = models.BigIntegerField(null=True)
    payment_id = models.BigIntegerField(null=True)
    attempt_id = models.BigIntegerField(null=True)
    card_id = models.BigIntegerField(null=True)
    on_date = models.DateField()
    status = models.TextField(db_default="off")
    facts = models.JSONField(db_default=models.Value({}, models.JSONField()))
    language = models.TextField(null=True)
    channel = models.TextField(db_default="email")
    attempts = models.IntegerField(db_default=0)
    sent_text = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "attempt_id", "payment_id", "card_id", "order_id"],
                nulls_distinct=False,
                name="told_once",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["off", "queued", "sent", "failed"]), name="notice_status"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="notice_kind"),
        ]
