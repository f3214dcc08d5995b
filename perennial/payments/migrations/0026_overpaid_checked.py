"""That no more was overpaid than is given back holds of all rows. They are read while payments are made."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False  # it locks out nobody who writes
    dependencies = [("payments", "0025_overpaid")]

    operations = [ValidateConstraint(model_name="payment", name="overpaid_at_most_given_back")]
