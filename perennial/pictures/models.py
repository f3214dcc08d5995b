"""Figures that are kept, so that a picture of a million customers is read and not counted. None of them decides anything."""

from __future__ import annotations

from django.db import models

from perennial.catalog.models import Product
from perennial.db.models import Code
from perennial.programs.models import Program


class Figures(models.Model):
    """When all of them were worked out: one row. ``on_date``: the business date that they stand on."""

    on_date = models.DateField()
    worked_out_at = models.DateTimeField(db_default=models.functions.Now())
    seconds = models.FloatField()


class Step(models.Model):
    """Members of a program who joined in a month, and one event of their walk (``position`` from 1).

    ``came``: had the event before it, and its day is over. ``stayed``: had not stopped by then; ``got``: it was sent.
    ``ahead``: it is still to come. ``ends``: it is the last that they bought, and they have not stopped before it.
    """

    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False)
    joined = models.DateField()
    position = models.IntegerField()
    event_key = Code()
    repetition = models.IntegerField()
    came = models.BigIntegerField()
    stayed = models.BigIntegerField()
    got = models.BigIntegerField()
    ahead = models.BigIntegerField()
    ends = models.BigIntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "joined", "position", "event_key", "repetition"], name="one_step"
            )
        ]


class Cohort(models.Model):
    """How many joined a program in a month (its first day)."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False)
    joined = models.DateField()
    members = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["program", "joined"], name="one_cohort")]


class Demand(models.Model):
    """What ships of a program in a week (its Monday): pieces of a product or, without one, parcels.

    ``planned`` are lines that exist, ``projected`` those that will; ``expected`` is both, times the chance. They are worked
    out anew until the week is over. ``foreseen`` is what was expected, and ``foreseen_planned`` planned and projected, when no
    parcel of the week was made yet: null where no figures were kept then. ``happened``: sent, once the week is over.
    ``by_history`` and ``by_program``: what the chance was taken from, of both.
    """

    week = models.DateField()
    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, null=True, related_name="+", db_index=False)
    planned = models.DecimalField(max_digits=18, decimal_places=3, db_default=0)
    projected = models.DecimalField(max_digits=18, decimal_places=3, db_default=0)
    expected = models.DecimalField(max_digits=18, decimal_places=3, db_default=0)
    by_history = models.BooleanField(db_default=False)
    by_program = models.BooleanField(db_default=False)
    foreseen_planned = models.DecimalField(max_digits=18, decimal_places=3, null=True)
    foreseen = models.DecimalField(max_digits=18, decimal_places=3, null=True)
    foreseen_by_history = models.BooleanField(db_default=False)
    foreseen_by_program = models.BooleanField(db_default=False)
    happened = models.DecimalField(max_digits=18, decimal_places=3, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["week", "program", "product"], nulls_distinct=False, name="one_demand")
        ]


class MoneyOfWeek(models.Model):
    """Money of a week (its Monday) by method and purpose: taken, billed on account, given back, still to come."""

    week = models.DateField()
    method = models.TextField()
    purpose = models.TextField()
    currency = models.TextField()
    taken_minor = models.BigIntegerField()
    billed_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField()
    to_come_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["week", "method", "purpose", "currency"], name="one_money_of_week")
        ]
