from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="jobrun",
            name="run_status",
        ),
        migrations.AddConstraint(
            model_name="jobrun",
            constraint=models.CheckConstraint(condition=models.Q(("status__in", ["open", "done"])), name="run_status"),
        ),
    ]
