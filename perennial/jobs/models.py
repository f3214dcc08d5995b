"""A run of a job: its work list, its chunks, its report."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class JobRun(models.Model):
    """(job, business date, arguments); open, then done. One open run a job that is not dry.

    ``selected`` is the length of the work list, ``start`` what was counted together with it.
    """

    job = models.TextField()
    on_date = models.DateField()
    arguments = models.JSONField()
    dry = models.BooleanField(db_default=False)
    status = models.TextField(db_default="open")
    night_id = models.BigIntegerField(null=True)
    by = models.TextField(db_default="")
    started_at = models.DateTimeField(db_default=models.functions.Now())
    ended_at = models.DateTimeField(null=True)
    selected = models.BigIntegerField(db_default=0)
    start = models.JSONField(null=True)
    report = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job"], condition=Q(status="open", dry=False), name="one_open_run"),
            models.CheckConstraint(condition=Q(status__in=["open", "done"]), name="run_status"),
        ]
        indexes = [
            models.Index(fields=["job", "-id"], name="runs_of_job"),
            models.Index(fields=["night_id"], name="runs_of_night"),
        ]


class JobChunk(models.Model):
    """A slice of a run's work list; it goes from todo to done in the transaction of its work."""

    run = models.ForeignKey(JobRun, models.CASCADE, related_name="chunks", db_index=False)
    number = models.IntegerField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    status = models.TextField(db_default="todo")
    counts = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="one_chunk"),
            models.CheckConstraint(condition=Q(status__in=["todo", "done"]), name="chunk_status"),
        ]
        indexes = [models.Index(fields=["run", "number"], condition=Q(status="todo"), name="chunk_todo")]


class JobItem(models.Model):
    """One thing that a run selected, in due order: the subject's id and, of a shipment, its number.

    ``given``: what is asked of this one alone, where the run's arguments do not say it.
    """

    pk = models.CompositePrimaryKey("run_id", "seq")
    run = models.ForeignKey(JobRun, models.CASCADE, related_name="items", db_index=False)
    seq = models.BigIntegerField()
    subject_id = models.BigIntegerField()
    shipment = models.IntegerField(null=True)
    given = models.JSONField(null=True)


class JobTouched(models.Model):
    """What a run did with one thing of its work list: of a dry run all of it, of others what no other row tells.

    ``name``: the order, or the program, by its number. ``before`` and ``after`` as outside programs read them;
    ``because`` a reason.
    """

    pk = models.CompositePrimaryKey("run_id", "seq", "number")
    run = models.ForeignKey(JobRun, models.CASCADE, related_name="touched", db_index=False)
    seq = models.BigIntegerField()
    number = models.IntegerField()
    name = models.TextField()
    line = models.IntegerField(null=True)
    shipment = models.IntegerField(null=True)
    what = models.TextField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    because = models.JSONField(null=True)


class NightRun(models.Model):
    """The six runs of a business date. One that was killed is gone on with: what is done of it is not done again.

    ``report``: what it did, as one document (``night_report``).
    """

    on_date = models.DateField()
    started_at = models.DateTimeField(db_default=models.functions.Now())
    finished_at = models.DateTimeField(null=True)
    report = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["on_date"], condition=Q(finished_at__isnull=True), name="one_open_night")
        ]
