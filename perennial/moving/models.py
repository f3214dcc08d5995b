"""A file that comes in or goes out, what was asked of it, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from perennial.kernel import states


class Transfer(models.Model):
    """A bundle or a sheet that somebody brought (``bundle``, ``customers``, ``orders``), or a bundle that goes out (``export``).

    ``file``: its name in the folder of transfers, empty when it is gone; ``name``: what it was called where it comes from.
    ``mapping``: of a sheet, how it is read, with what its page shows of it; of a bundle that was made of a sheet of products, where each stands in it. ``dry``: what was asked last; ``part``, ``done``, ``selected``: how far a worker
    is. ``report``: what came in, or would; ``faults`` the first thousand of ``fault_count``; ``refused``: why it was not done.
    ``key``: of the request that brought it.
    """

    kind = models.TextField()
    file = models.TextField()
    name = models.TextField()
    bytes = models.BigIntegerField(db_default=0)
    mapping = models.JSONField(null=True)
    status = models.TextField(db_default="brought")
    dry = models.BooleanField(db_default=False)
    by = models.TextField()
    brought_at = models.DateTimeField(db_default=models.functions.Now())
    asked_by = models.TextField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    stopped_by = models.TextField(null=True)
    part = models.TextField(null=True)
    done = models.BigIntegerField(null=True)
    selected = models.BigIntegerField(null=True)
    report = models.JSONField(null=True)
    faults = models.JSONField(null=True)
    fault_count = models.BigIntegerField(db_default=0)
    refused = models.JSONField(null=True)
    key = models.TextField(null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=states.TRANSFER_KINDS), name="transfer_kind"),
            models.CheckConstraint(condition=Q(status__in=list(states.TRANSFER)), name="transfer_status"),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(kind="export", status__in=states.REQUEST_GOES_ON), name="one_open_export"
            ),
        ]
