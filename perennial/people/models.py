"""How somebody likes the pages; and the permissions, which Django keeps for a model."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from perennial.people.roles import PERMISSIONS

THEMES = ("system", "light", "dark")
DENSITIES = ("normal", "roomy")


class Preferences(models.Model):
    """The language that somebody reads, and how they like the pages. ``letter_keys``: letters work as keys;
    ``day_first``: 3/4 is the third of April.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    language = models.TextField(db_default="en")
    theme = models.TextField(db_default="system")
    density = models.TextField(db_default="normal")
    letter_keys = models.BooleanField(db_default=True)
    day_first = models.BooleanField(db_default=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(theme__in=THEMES), name="preferences_theme"),
            models.CheckConstraint(condition=Q(density__in=DENSITIES), name="preferences_density"),
        ]


class Permissions(models.Model):
    """No table: what may be done here (``roles.PERMISSIONS``), for Django to keep."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [(name, name.replace("_", " ")) for name in PERMISSIONS]
