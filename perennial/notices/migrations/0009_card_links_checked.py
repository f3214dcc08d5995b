"""The kinds of messages hold of all rows. They are read while messages are queued."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False  # it locks out nobody who writes
    dependencies = [("notices", "0008_card_links")]

    operations = [ValidateConstraint(model_name="notice", name="notice_kind")]
