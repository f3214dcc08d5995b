"""Who is on what, and the last count: forgotten by a crash, and so in no one's way while it is written."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import perennial.db.models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0002_access"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Counted",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on_date", models.DateField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("number", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="OnIt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", perennial.db.models.Code()),
                ("about", perennial.db.models.Code()),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("place", "about", "person"), name="once_on_it")],
            },
        ),
        migrations.RunSQL(
            "alter table desk_counted set unlogged; alter table desk_onit set unlogged", migrations.RunSQL.noop
        ),
    ]
