"""What the desk remembers: answers to requests that may come twice, what a change was before, who is on what."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from perennial.db.models import Code
from perennial.orders.models import SalesOrder


class Answer(models.Model):
    """The answer to a request with a key: the same request again gets it, and does nothing a second time."""

    key = Code(unique=True)
    action = models.TextField()
    request = models.TextField()
    """A digest of what was asked."""
    answer = models.JSONField(null=True)
    by = models.TextField(db_default="")
    at = models.DateTimeField(db_default=models.functions.Now())


class Change(models.Model):
    """What an action changed of one order, row by row, before and after: by it the change is taken back.

    ``run_id``: the run in which it was done to many orders; null: a person did it to this one.
    """

    order = models.ForeignKey(SalesOrder, models.CASCADE, related_name="changes", db_index=False)
    action = models.TextField()
    event = models.BigIntegerField()
    """The last event of the order when the action was done."""
    by = models.TextField(db_default="")
    on_date = models.DateField()
    before = models.JSONField()
    after = models.JSONField()
    undone_on = models.DateField(null=True)
    undone_by = models.TextField(null=True)
    run_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["order", "-id"], name="last_change_of"),
            models.Index(fields=["run_id", "order"], condition=models.Q(run_id__isnull=False), name="changes_of_run"),
        ]


class Visits(models.Model):
    """How often somebody who is not signed in came ``since`` then (``desk.visits``)."""

    who = models.TextField(primary_key=True)
    since = models.DateTimeField()
    count = models.IntegerField()


class Access(models.Model):
    """Who looked at whose data: a customer was opened (``opened``), the caller was checked (``checked``), a list was
    taken away (``exported``).
    """

    at = models.DateTimeField(db_default=models.functions.Now())
    by = models.TextField()
    kind = models.TextField()
    account = models.TextField(db_default="")
    what = models.TextField(db_default="")

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="access_to")]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["opened", "checked", "exported"]), name="access_kind")
        ]


class OnIt(models.Model):
    """Somebody looks at a customer, or at something that needs a person. The table is unlogged: a crash forgets it.

    ``place``: where (``customers``, a kind of ``read.exceptions``); ``about``: at which one. ``at``: seen there last.
    """

    place = Code()
    about = Code()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    since = models.DateTimeField(db_default=models.functions.Now())
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "about", "person"], name="once_on_it")]


class Counted(models.Model):
    """How many things needed a person when they were counted last: a row a number, of an unlogged table."""

    on_date = models.DateField()
    at = models.DateTimeField(db_default=models.functions.Now())
    number = models.IntegerField()
