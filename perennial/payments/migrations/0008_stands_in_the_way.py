"""What keeps a child from being sent keeps it from being invoiced; the delivery window is one of the reasons."""

from django.db import migrations

from perennial.db.views import MakeViews


class Migration(migrations.Migration):
    dependencies = [("payments", "0007_lists"), ("catalog", "0003_delivery_window"), ("orders", "0013_gifts")]

    operations = [MakeViews("perennial.payments", "9caabfec1015")]
