"""What was paid or asked for when a tariff was applied follows none any more."""

from django.db import migrations

from perennial.db.views import MakeViews


class Migration(migrations.Migration):
    dependencies = [("payments", "0014_costs_by_tariff"), ("continuity", "0013_keeps_tariff")]

    operations = [MakeViews("perennial.payments", "1a4070dabfe9")]
