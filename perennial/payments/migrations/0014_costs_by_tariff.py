"""What a shipment costs is told by the tariff of its order; which orders keep theirs for good."""

from django.db import migrations

from perennial.db.views import MakeViews


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_noted"), ("continuity", "0011_tariff")]

    operations = [MakeViews("perennial.payments", "439887dd81dd")]
