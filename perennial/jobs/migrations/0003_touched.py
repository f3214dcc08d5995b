import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0002_run_status"),
    ]

    operations = [
        migrations.AddField(
            model_name="nightrun",
            name="report",
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name="JobTouched",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id", "seq", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("number", models.IntegerField()),
                ("name", models.TextField()),
                ("line", models.IntegerField(null=True)),
                ("shipment", models.IntegerField(null=True)),
                ("what", models.TextField()),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("because", models.JSONField(null=True)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="touched",
                        to="jobs.jobrun",
                    ),
                ),
            ],
        ),
    ]
