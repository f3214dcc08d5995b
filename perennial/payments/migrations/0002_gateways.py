"""Which gateway was asked; why it declined; which payment a refund gives back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import perennial.db.models


def fill(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What was asked so far was asked of the gateway that charges here."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "update payments_attempt a set gateway = %s,"
            " category = case when a.outcome = 'declined' then case when a.hard then 'hard' else 'soft' end end"
            " from payments_payment p where p.id = a.payment_id and p.method = 'card'",
            [settings.PERENNIAL_GATEWAY],
        )
        cursor.execute(
            "update payments_payment set gateway = %s where gateway_ref is not null", [settings.PERENNIAL_GATEWAY]
        )


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0003_gateways"),
        ("payments", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="category",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="gateway",
            field=perennial.db.models.Code(null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="network_transaction_id",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="authorised_until",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="gateway",
            field=perennial.db.models.Code(null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="refunds",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.payment",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="attempt",
            name="hard",
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("refunds__isnull", False)), fields=["refunds"], name="payment_given_back"
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("category__isnull", True),
                    ("category__in", ("soft", "hard", "expired", "authentication", "lapsed")),
                    _connector="OR",
                ),
                name="attempt_category",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("refunds__isnull", True), ("purpose", "refund"), _connector="OR"),
                name="only_a_refund_gives_back",
            ),
        ),
    ]
