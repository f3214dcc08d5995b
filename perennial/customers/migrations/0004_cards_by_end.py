from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0003_gateways"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="storedcard",
            index=models.Index(fields=["expires_on"], name="cards_by_end"),
        ),
    ]
