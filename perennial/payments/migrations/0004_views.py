from django.db import migrations

from perennial.db.views import MakeViews


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_states"),
        ("continuity", "0004_states"),
        ("orders", "0004_states"),
        ("customers", "0001_initial"),
        ("catalog", "0001_initial"),
    ]

    operations = [MakeViews("perennial.payments", "778983756758")]
