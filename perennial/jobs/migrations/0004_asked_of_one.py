"""A thing on a work list may have something asked of it alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0003_touched"),
    ]

    operations = [
        migrations.AddField(
            model_name="jobitem",
            name="given",
            field=models.JSONField(null=True),
        ),
    ]
