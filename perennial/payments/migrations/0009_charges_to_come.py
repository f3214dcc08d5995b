"""What cards will be asked for, and what is not authorised anew any more: two views and what they are found by."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

from perennial.db.views import MakeViews
from perennial.kernel import states


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("payments", "0008_days_between_tries"),
        ("continuity", "0008_schedule_chosen"),
        ("catalog", "0004_authorization_renewals"),
    ]

    operations = [
        migrations.AddField("payment", "lapsed", models.IntegerField(db_default=0)),
        AddIndexConcurrently(
            "payment",
            models.Index(fields=["id"], condition=Q(status="due", lapsed__gt=0), name="payment_lapsed"),
        ),
        AddIndexConcurrently(
            "payment",
            models.Index(
                fields=["card"],
                condition=Q(status__in=states.NOT_ASKED) & (Q(at_invoice=False) | Q(purpose="order")),
                name="parts_to_come_of_card",
            ),
        ),
        MakeViews("perennial.payments", "5793490fff0d"),
    ]
