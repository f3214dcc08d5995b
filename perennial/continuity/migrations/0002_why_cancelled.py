from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("continuity", "0001_initial")]

    operations = [
        migrations.AddField("occurrence", "why_cancelled", models.TextField(db_default="")),
    ]
