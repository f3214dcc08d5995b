"""Answers to requests with a key, and what people changed: by the rows it is taken back."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import perennial.db.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orders", "0005_history"),
    ]

    operations = [
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", perennial.db.models.Code(unique=True)),
                ("action", models.TextField()),
                ("request", models.TextField()),
                ("answer", models.JSONField(null=True)),
                ("by", models.TextField(db_default="")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("action", models.TextField()),
                ("event", models.BigIntegerField()),
                ("by", models.TextField(db_default="")),
                ("on_date", models.DateField()),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("undone_on", models.DateField(null=True)),
                ("undone_by", models.TextField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="orders.salesorder",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["order", "-id"], name="last_change_of")],
            },
        ),
    ]
