import django.db.models.deletion
from django.db import migrations, models

import perennial.db.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"
                    ),
                ),
                ("kind", perennial.db.models.Code()),
                ("about", perennial.db.models.Code()),
                ("on_date", models.DateField()),
                ("status", models.TextField(db_default="off")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "about"), name="told_once"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["off", "queued", "sent", "failed"])), name="notice_status"
                    ),
                ],
            },
        ),
    ]
