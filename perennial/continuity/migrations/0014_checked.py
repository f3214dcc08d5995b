"""What was let in unread holds of all rows: the kinds of adjustments, the tariffs of orders. Read while orders are entered."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

TARIFF = "alter table continuity_continuityorder validate constraint continuity_order_tariff"


class Migration(migrations.Migration):
    atomic = False  # each is read by itself, and locks out nobody who writes
    dependencies = [("continuity", "0013_keeps_tariff")]

    operations = [
        ValidateConstraint(model_name="adjustment", name="adjustment_kind"),
        migrations.RunSQL(TARIFF, migrations.RunSQL.noop),
    ]
