"""Which open orders stand on an older tariff is found without reading those that do not."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # orders are entered meanwhile
    dependencies = [("continuity", "0011_tariff")]

    operations = [
        AddIndexConcurrently(
            model_name="continuityorder",
            index=models.Index(condition=models.Q(("status", "open")), fields=["tariff", "id"], name="open_by_tariff"),
        ),
    ]
