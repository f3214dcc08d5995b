"""Orders are found by their reference however it is spelled."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_numbers"), ("customers", "0002_search")]

    operations = [
        migrations.RunSQL(
            "create index orders_by_reference on orders_salesorder (replace(search_joined(reference), ' ', ''))"
            " where reference is not null",
            "drop index orders_by_reference",
        ),
    ]
