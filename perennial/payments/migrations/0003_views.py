from django.db import migrations

from perennial.db.views import MakeViews


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0002_states"),
        ("continuity", "0003_states"),
        ("orders", "0003_states"),
        ("customers", "0001_initial"),
        ("catalog", "0001_initial"),
    ]

    operations = [MakeViews("perennial.payments", "64f22a1ff3b7")]
