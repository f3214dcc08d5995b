"""When a declined card is asked again, by why it was declined; a payment that the bank approves by a code."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from perennial.db.views import MakeViews


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0017_gateway_pace"),
        ("catalog", "0009_retry_days"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="payment",
            name="only_known_changes_of_state",
        ),
        migrations.AddField(
            model_name="payment",
            name="approval_code",
            field=models.TextField(null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payment",
            trigger=pgtrigger.compiler.Trigger(
                name="only_known_changes_of_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (old.status is distinct from new.status and ((old.status, new.status) in (('draft', 'cancelled'), ('draft', 'due'), ('due', 'billed'), ('due', 'cancelled'), ('due', 'captured'), ('due', 'failed'), ('due', 'sent'), ('due', 'written_off'), ('sent', 'authorised'), ('sent', 'captured'), ('sent', 'declined'), ('sent', 'due'), ('sent', 'failed'), ('sent', 'unknown'), ('authorised', 'cancelled'), ('authorised', 'captured'), ('authorised', 'capturing'), ('authorised', 'due'), ('authorised', 'expired'), ('authorised', 'unknown'), ('authorised', 'voided'), ('capturing', 'authorised'), ('capturing', 'captured'), ('capturing', 'declined'), ('capturing', 'due'), ('capturing', 'failed'), ('capturing', 'unknown'), ('declined', 'authorised'), ('declined', 'cancelled'), ('declined', 'due'), ('declined', 'failed'), ('declined', 'sent'), ('declined', 'written_off'), ('failed', 'authorised'), ('failed', 'cancelled'), ('failed', 'due'), ('failed', 'written_off'), ('unknown', 'authorised'), ('unknown', 'cancelled'), ('unknown', 'captured'), ('unknown', 'declined'), ('unknown', 'due'), ('unknown', 'failed'), ('unknown', 'voided'), ('unknown', 'written_off'), ('voided', 'cancelled'), ('voided', 'due'), ('expired', 'cancelled'), ('expired', 'due'), ('cancelled', 'billed'), ('cancelled', 'declined'), ('cancelled', 'draft'), ('cancelled', 'due'), ('cancelled', 'failed'), ('billed', 'cancelled'), ('billed', 'paid'), ('billed', 'written_off'))) is not true)",
                    func="\n            raise exception '% %: from % to % is no change of state', tg_table_name, new.id, old.status, new.status\n              using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,\n                    column = 'status', constraint = 'only_known_changes_of_state';\n        ",
                    hash="25af6f754508b1b923bfabf61b90cef690912e24",
                    operation='UPDATE OF "status"',
                    pgid="pgtrigger_only_known_changes_of_state_894d9",
                    table="payments_payment",
                    when="AFTER",
                ),
            ),
        ),
        MakeViews("perennial.payments", "abf484b963c9"),
    ]
