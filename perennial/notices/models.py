"""Messages to customers: the outbox, one row for each thing that is told, so that it is told once; which kinds are on;
the texts that a company has written itself.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from perennial.customers.models import Customer
from perennial.db.history import tracked
from perennial.db.models import Code
from perennial.db.state_machine import state_machine
from perennial.kernel import states
from perennial.notices.kinds import KINDS


class Notice(models.Model):
    """A message about one thing. ``off``: notices were not turned on when it came up; it is never sent.

    ``order_id`` … ``revision_id`` name what it is about (the latter is of ``charges_changed`` the number of the tariff, of ``card_link`` that of the link). They are no foreign keys: the tables lie in apps above this one,
    and a card may go. ``facts`` is what it says, as it was when it was queued: words are made of them in ``language``
    when it is sent by ``channel``, after so many ``attempts``. What was sent stays: ``subject``, ``sent_text`` and
    ``sent_html``, to whom (``recipient``) and as which ``message_id``. ``because``: why it failed or is unsure.
    ``resends``: the message that a person sent again by this one.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    kind = Code()
    order_id = models.BigIntegerField(null=True)
    payment_id = models.BigIntegerField(null=True)
    attempt_id = models.BigIntegerField(null=True)
    card_id = models.BigIntegerField(null=True)
    child_id = models.BigIntegerField(null=True)
    continuity_order_id = models.BigIntegerField(null=True)
    occurrence_id = models.BigIntegerField(null=True)
    revision_id = models.BigIntegerField(null=True)
    resends = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    on_date = models.DateField()
    status = models.TextField(db_default="off")
    facts = models.JSONField(db_default=models.Value({}, models.JSONField()))
    language = models.TextField(null=True)
    channel = models.TextField(db_default="email")
    attempts = models.IntegerField(db_default=0)
    next_try_at = models.DateTimeField(null=True)
    recipient = models.TextField(null=True)
    subject = models.TextField(null=True)
    sent_text = models.TextField(null=True)
    sent_html = models.TextField(null=True)
    message_id = models.TextField(null=True)
    sent_at = models.DateTimeField(null=True)
    because = models.JSONField(null=True)

    class Meta:
        triggers = (state_machine(states.NOTICE),)
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("kind", "attempt_id", "payment_id", "card_id", "order_id"),
                    *("child_id", "continuity_order_id", "occurrence_id", "revision_id"),
                ],
                condition=Q(resends__isnull=True),
                nulls_distinct=False,
                name="told_once",
            ),
            models.CheckConstraint(condition=Q(status__in=list(states.NOTICE)), name="notice_status"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="notice_kind"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(status__in=["queued", "sending"]), name="notices_to_send"),
            models.Index(fields=["status", "id"], name="notices_by_status"),
            models.Index(fields=["customer", "id"], name="notices_of_customer"),
            models.Index(fields=["order_id", "id"], condition=Q(order_id__isnull=False), name="notices_of_order"),
        ]


@tracked
class NoticeKind(models.Model):
    """Whether a kind of message is on, so many days ahead; who said so last, and when. Without a row: as at first."""

    kind = Code(unique=True)
    is_on = models.BooleanField()
    days = models.IntegerField(null=True)
    by = models.TextField(db_default="")
    changed_on = models.DateField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=KINDS), name="notice_switch_kind")]


@tracked
class NoticeText(models.Model):
    """What a company says instead of the text that comes with Perennial. Every version stays in its history."""

    kind = Code()
    language = Code()
    subject = models.TextField()
    body = models.TextField()
    by = models.TextField(db_default="")
    changed_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "language"], name="one_notice_text"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="notice_text_kind"),
        ]
