"""The outbox of messages to customers: one row for each thing that is told, so that it is told once."""

from __future__ import annotations

from django.db import models

from perennial.customers.models import Customer
from perennial.db.models import Code


class Notice(models.Model):
    """A message about one thing. ``off``: notices were not turned on when it came up; it is never sent."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    kind = Code()
    about = Code()
    on_date = models.DateField()
    status = models.TextField(db_default="off")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "about"], name="told_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=["off", "queued", "sent", "failed"]), name="notice_status"
            ),
        ]
