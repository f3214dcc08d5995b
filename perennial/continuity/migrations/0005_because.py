"""Why a job put an order aside is data; ``reason`` is what an older version wrote, or a bundle."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("continuity", "0004_states")]

    operations = [
        migrations.AddField("parked", "because", models.JSONField(null=True)),
        migrations.AlterField("parked", "reason", models.TextField(db_default="")),
    ]
