"""What is changed of the set-up as a whole."""

from __future__ import annotations

import uuid

from django.db import transaction

from perennial.catalog.models import Company, Parameters


@transaction.atomic
def initialise() -> bool:
    """Make the rows that every installation has: its company and its parameters. False: they were there.

    ``installation`` names this installation for ever; it is part of every key that a gateway sees.
    """
    made = Company.objects.get_or_create(id=1, defaults={"installation": uuid.uuid4().hex})[1]
    return Parameters.objects.get_or_create(id=1)[1] or made
