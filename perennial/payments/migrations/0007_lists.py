from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("continuity", "0007_lists"),
        ("customers", "0003_gateways"),
        ("orders", "0011_lists"),
        ("payments", "0006_notices"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["status", "due_on", "id"], name="payment_by_status"),
        ),
    ]
