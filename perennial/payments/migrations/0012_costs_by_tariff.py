"""What a shipment costs is told by the tariff of its order; which orders keep theirs for good."""

from django.db import migrations

from perennial.db.views import MakeViews


class Migration(migrations.Migration):
    dependencies = [("payments", "0011_stands_in_the_way"), ("continuity", "0011_tariff")]

    operations = [MakeViews("perennial.payments", "fecd57a9aac4")]
