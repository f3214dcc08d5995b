"""What a notice is about, as keys; what it says, fixed; how it is sent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]

    operations = [
        migrations.AddField("notice", "order_id", models.BigIntegerField(null=True)),
        migrations.AddField("notice", "payment_id", models.BigIntegerField(null=True)),
        migrations.AddField("notice", "attempt_id", models.BigIntegerField(null=True)),
        migrations.AddField("notice", "card_id", models.BigIntegerField(null=True)),
        migrations.AddField("notice", "facts", models.JSONField(db_default=models.Value({}, models.JSONField()))),
        migrations.AddField("notice", "language", models.TextField(null=True)),
        migrations.AddField("notice", "channel", models.TextField(db_default="email")),
        migrations.AddField("notice", "attempts", models.IntegerField(db_default=0)),
        migrations.AddField("notice", "sent_text", models.TextField(null=True)),
    ]
