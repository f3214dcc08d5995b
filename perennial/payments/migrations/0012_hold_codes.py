"""A hold may stop new children, sending, invoicing and charging each by itself."""

from django.db import migrations

from perennial.db.views import MakeViews


class Migration(migrations.Migration):
    dependencies = [("payments", "0011_stands_in_the_way"), ("orders", "0018_codes")]

    operations = [MakeViews("perennial.payments", "43f2f67512fe")]
