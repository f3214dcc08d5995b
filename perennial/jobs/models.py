"""A run of a job: its work list, its chunks, its report; what workers are asked for; when jobs run by themselves."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from perennial.db.history import tracked
from perennial.kernel import states
from perennial.programs.models import Program


class JobRun(models.Model):
    """(job, business date, arguments); open, then done. One open run a job that is not dry.

    ``selected`` is the length of the work list, ``start`` what was counted together with it. ``stopped_by``: a person who
    asked it to stop after the chunk that is under way; the next start goes on with it.
    """

    job = models.TextField()
    on_date = models.DateField()
    arguments = models.JSONField()
    dry = models.BooleanField(db_default=False)
    status = models.TextField(db_default="open")
    night_id = models.BigIntegerField(null=True)
    by = models.TextField(db_default="")
    stopped_by = models.TextField(null=True)
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


class ChangePreview(models.Model):
    """What a version of a program would change on its open orders, as a dry run of update-orders has counted it.

    ``runs``: the one that counted it and has its rows, then those by which it was refreshed; it is known by the last one.
    ``revision_id``: the draft that it was counted with; ``seen``: what the draft and the rules were like then,
    ``event``: the last thing that had happened to any order ``at`` that time. ``orders`` of the work list; ``made``: their
    children that are made and not sent. ``rises``: orders of which a price rises, ``silent`` of them have nobody to write to.
    ``to_come_minor``: what is planned of them with delivery and tax, before and after.
    """

    run = models.OneToOneField(JobRun, models.CASCADE, primary_key=True, related_name="preview")
    runs = ArrayField(models.BigIntegerField(), db_default=models.Value("{}"))
    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False)
    revision_id = models.BigIntegerField()
    number = models.IntegerField()
    seen = models.TextField()
    event = models.BigIntegerField()
    at = models.DateTimeField()
    currency = models.TextField()
    orders = models.BigIntegerField()
    changed = models.BigIntegerField()
    made = models.BigIntegerField()
    rises = models.BigIntegerField()
    silent = models.BigIntegerField()
    to_come_minor = models.BigIntegerField()
    new_to_come_minor = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["program", "-run"], name="previews_of_program")]


class ChangeGroup(models.Model):
    """Orders of a preview that have the same in common: who they are (``change_groups.WHO``), or what differs of them.

    ``event_key``, ``event_id``: of which event, and its place in the version; ``before`` and ``after`` say which difference.
    ``amount_minor``: so much more or less is to come of them by it.
    """

    pk = models.CompositePrimaryKey("run_id", "number")
    run = models.ForeignKey(JobRun, models.CASCADE, related_name="change_groups", db_index=False)
    number = models.IntegerField()
    kind = models.TextField()
    event_key = models.TextField(null=True)
    event_id = models.IntegerField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    orders = models.BigIntegerField()
    amount_minor = models.BigIntegerField()


class ChangedOrder(models.Model):
    """An order in a group of a preview: the first of its shipments that is in it, before and after, and how much more or
    less is to come of the order by it. Who it belongs to is read when it is looked at. ``seq``: the id of its line's
    continuity order.
    """

    pk = models.CompositePrimaryKey("run_id", "number", "seq")
    run = models.ForeignKey(JobRun, models.CASCADE, related_name="changed_orders", db_index=False)
    number = models.IntegerField()
    seq = models.BigIntegerField()
    order = models.TextField()
    line = models.IntegerField(null=True)
    shipment = models.IntegerField(null=True)
    ship_on = models.DateField(null=True)
    new_ship_on = models.DateField(null=True)
    amount_minor = models.BigIntegerField(null=True)
    new_amount_minor = models.BigIntegerField(null=True)
    more_minor = models.BigIntegerField()


class PreviewedOrder(models.Model):
    """A continuity order on the work list of a preview. ``stands``: in a word, all that its answer depends on besides the
    draft and the rules (null: somebody was at work on it, it was not counted). ``counts``: what the run's report counts of it.
    """

    pk = models.CompositePrimaryKey("run_id", "subject_id")
    run = models.ForeignKey(JobRun, models.CASCADE, related_name="previewed", db_index=False)
    subject_id = models.BigIntegerField()
    stands = models.UUIDField(null=True)
    counts = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["run"], condition=Q(stands=None), name="previewed_busy")]


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


@tracked
class Recurrence(models.Model):
    """When a job (or ``night``) runs by itself: at a time of day in the company's time zone, on days of the week (1 is Monday).

    ``queued_for``: the day for which it was queued last.
    """

    job = models.TextField()
    at = models.TimeField()
    days = ArrayField(models.IntegerField())
    arguments = models.JSONField(db_default=models.Value({}, models.JSONField()))
    queued_for = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "at"], name="one_recurrence")]


class JobRequest(models.Model):
    """What a person, or a recurrence, asks the workers for: a job (or ``night``) of a business date (none of a night: every
    missed one), real or dry.

    ``for_date``: the date that a worker is at; ``at_job``, and of a dry run ``done`` of ``selected`` chunks: how far it is;
    ``runs``: the runs that were made of it; ``refused``: why it was not done; ``waits``: the nights that want a person; ``signed_by``: who
    has looked at the dry run of a night and stands by it.

    ``confirmed``: what was said twice of many orders (``many.Confirmed``). ``tries``: how often it broke off since it got on last
    (``got_on``: things done by then), ``tries_since`` from when on, ``trouble`` by what; ``told_at``: when managers were told.
    """

    job = models.TextField()
    on_date = models.DateField(null=True)
    meant = models.DateField(null=True)
    arguments = models.JSONField()
    dry = models.BooleanField(db_default=False)
    by = models.TextField()
    recurs = models.BooleanField(db_default=False)
    status = models.TextField(db_default="waiting")
    asked_at = models.DateTimeField(db_default=models.functions.Now())
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    stopped_by = models.TextField(null=True)
    runs = ArrayField(models.BigIntegerField(), db_default=models.Value("{}"))
    for_date = models.DateField(null=True)
    at_job = models.TextField(null=True)
    done = models.BigIntegerField(null=True)
    selected = models.BigIntegerField(null=True)
    signed_by = models.TextField(null=True)
    signed_at = models.DateTimeField(null=True)
    refused = models.JSONField(null=True)
    waits = models.JSONField(null=True)
    confirmed = models.JSONField(null=True)
    tries = models.IntegerField(db_default=0)
    tries_since = models.DateTimeField(null=True)
    got_on = models.BigIntegerField(null=True)
    trouble = models.JSONField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["job", "on_date", "arguments", "dry"],
                condition=Q(status__in=states.REQUEST_GOES_ON),
                nulls_distinct=False,
                name="one_open_request",
            ),
            models.CheckConstraint(condition=Q(status__in=list(states.REQUEST)), name="request_status"),
        ]
        indexes = [models.Index(fields=["job", "-id"], name="requests_of_job")]


class JobFile(models.Model):
    """A file that a request names by its digest, until it is too old to be asked for again."""

    digest = models.TextField(primary_key=True)
    content = models.BinaryField()
    kept_at = models.DateTimeField(db_default=models.functions.Now())
