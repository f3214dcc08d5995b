"""That only a refund is asked for holds of all rows. They are read while payments are made."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False  # it locks out nobody who writes
    dependencies = [("payments", "0021_refunds_by_request")]

    operations = [ValidateConstraint(model_name="payment", name="only_a_refund_is_asked_for")]
