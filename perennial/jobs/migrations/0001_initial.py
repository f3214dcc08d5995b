import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="JobRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("job", models.TextField()),
                ("on_date", models.DateField()),
                ("arguments", models.JSONField()),
                ("dry", models.BooleanField(db_default=False)),
                ("status", models.TextField(db_default="open")),
                ("night_id", models.BigIntegerField(null=True)),
                ("by", models.TextField(db_default="")),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
                ("selected", models.BigIntegerField(db_default=0)),
                ("start", models.JSONField(null=True)),
                ("report", models.JSONField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["job", "-id"], name="runs_of_job"),
                    models.Index(fields=["night_id"], name="runs_of_night"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("dry", False), ("status", "open")), fields=("job",), name="one_open_run"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["open", "done", "stopped", "failed"])), name="run_status"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobItem",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id", "seq", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="jobs.jobrun",
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("subject_id", models.BigIntegerField()),
                ("shipment", models.IntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="NightRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on_date", models.DateField()),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at__isnull", True)), fields=("on_date",), name="one_open_night"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="JobChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="jobs.jobrun",
                    ),
                ),
                ("number", models.IntegerField()),
                ("first_seq", models.BigIntegerField()),
                ("last_seq", models.BigIntegerField()),
                ("status", models.TextField(db_default="todo")),
                ("counts", models.JSONField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("status", "todo")), fields=["run", "number"], name="chunk_todo")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "number"), name="one_chunk"),
                    models.CheckConstraint(condition=models.Q(("status__in", ["todo", "done"])), name="chunk_status"),
                ],
            },
        ),
    ]
