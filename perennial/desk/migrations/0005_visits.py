"""How often strangers come."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0004_changes_of_many"),
    ]

    operations = [
        migrations.CreateModel(
            name="Visits",
            fields=[
                ("who", models.TextField(primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
                ("count", models.IntegerField()),
            ],
        ),
    ]
