"""Gateways that do not accept our key."""

import django.db.models.functions.datetime
from django.db import migrations, models

import perennial.db.models


class Migration(migrations.Migration):
    dependencies = [("payments", "0022_refunds_checked")]

    operations = [
        migrations.CreateModel(
            name="RefusedKey",
            fields=[
                ("gateway", perennial.db.models.Code(primary_key=True, serialize=False)),
                ("setting", models.TextField()),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
    ]
