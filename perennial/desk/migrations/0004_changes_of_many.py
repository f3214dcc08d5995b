"""A change knows the run in which it was done to many orders."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0003_on_it"),
        ("orders", "0016_back_again"),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="run_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("run_id__isnull", False)), fields=["run_id", "order"], name="changes_of_run"
            ),
        ),
    ]
