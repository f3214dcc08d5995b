"""Told once is a key of what it is about. What is about nothing that there is, is gone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_keys"), ("payments", "0006_notices")]

    operations = [
        migrations.RunSQL(
            "delete from notices_notice where kind not in ('card_expired', 'declined', 'bill')"
            " or card_id is null and payment_id is null",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveConstraint("notice", "told_once"),
        migrations.RemoveField("notice", "about"),
        migrations.AddConstraint(
            "notice",
            models.UniqueConstraint(
                fields=["kind", "attempt_id", "payment_id", "card_id", "order_id"],
                name="told_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            "notice",
            models.CheckConstraint(
                condition=models.Q(("kind__in", ("card_expired", "declined", "bill"))), name="notice_kind"
            ),
        ),
    ]
