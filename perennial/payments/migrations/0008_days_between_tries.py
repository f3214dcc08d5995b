from django.db import migrations

from perennial.db.views import MakeViews


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0007_lists"),
        ("catalog", "0003_tries_and_dates"),
        ("customers", "0004_cards_by_end"),
        ("orders", "0013_gifts"),
        ("continuity", "0007_lists"),
    ]

    operations = [MakeViews("perennial.payments", "d4cbdc6abb87")]
