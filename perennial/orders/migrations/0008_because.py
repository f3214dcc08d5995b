"""Why a job put an order on hold is data; ``reason`` is what a person wrote, or an older version."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_notes")]

    operations = [migrations.AddField("hold", "because", models.JSONField(null=True))]
