"""What cards will be asked for: a view, and an index of the parts that are owed already by their cards."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

from perennial.db.views import MakeViews
from perennial.kernel import states


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("payments", "0007_lists"), ("continuity", "0008_schedule_chosen")]

    operations = [
        AddIndexConcurrently(
            "payment",
            models.Index(
                fields=["card"],
                condition=Q(status__in=states.NOT_ASKED) & (Q(at_invoice=False) | Q(purpose="order")),
                name="parts_to_come_of_card",
            ),
        ),
        MakeViews("perennial.payments", "c894d0e86cd6"),
    ]
