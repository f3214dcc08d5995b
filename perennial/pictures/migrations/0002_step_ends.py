"""A step of retention says how many had bought no more than came before it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pictures", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="step",
            name="ends",
            field=models.BigIntegerField(db_default=0),
        ),
    ]
