"""What keeps a child from being sent keeps it from being invoiced; the delivery window is one of the reasons."""

from django.db import migrations

from perennial.db.views import MakeViews


class Migration(migrations.Migration):
    dependencies = [("payments", "0010_cancel_taken_back"), ("catalog", "0006_delivery_window")]

    operations = [MakeViews("perennial.payments", "333a7b61f6f6")]
