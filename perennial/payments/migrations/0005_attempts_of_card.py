"""What the gateway said of a card last: found by the card, in the order of what was asked."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_views")]

    operations = [
        migrations.AddField("attempt", "place", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["card", "on_date"], condition=Q(card__isnull=False), name="attempts_of_card"),
        ),
    ]
