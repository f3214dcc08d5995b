"""A hold knows its last day, and why in a code."""

from django.db import migrations, models
from django.db.models import Q

import perennial.db.models


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_because")]

    operations = [
        migrations.AddField("hold", "reason_code", perennial.db.models.Code(null=True)),
        migrations.AddField("hold", "until", models.DateField(null=True)),
        migrations.AddIndex(
            "hold",
            models.Index(
                fields=["until"],
                condition=Q(released_on__isnull=True, until__isnull=False),
                name="holds_that_end",
            ),
        ),
    ]
