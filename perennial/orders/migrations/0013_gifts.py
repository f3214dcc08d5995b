"""An order may be a gift: a message in its parcels, and no prices."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("orders", "0012_waiting_by_day")]

    operations = [
        migrations.AddField("salesorder", "gift_message", models.TextField(null=True)),
        migrations.AddField("salesorder", "hide_prices", models.BooleanField(db_default=False)),
        migrations.AddConstraint(
            "salesorder",
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | Q(gift_message__isnull=True, hide_prices=False),
                name="gift_of_parent",
            ),
        ),
    ]
