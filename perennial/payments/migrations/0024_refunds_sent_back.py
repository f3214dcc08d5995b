"""A refund that had gone through may fail: the bank has sent it back."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0023_refused_keys")]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="payment",
            name="only_known_changes_of_state",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payment",
            trigger=pgtrigger.compiler.Trigger(
                name="only_known_changes_of_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (old.status is distinct from new.status and (((old.status, new.status) in (('draft', 'cancelled'), ('draft', 'due'), ('due', 'billed'), ('due', 'cancelled'), ('due', 'captured'), ('due', 'failed'), ('due', 'sent'), ('due', 'written_off'), ('sent', 'authorised'), ('sent', 'captured'), ('sent', 'declined'), ('sent', 'due'), ('sent', 'failed'), ('sent', 'unknown'), ('authorised', 'cancelled'), ('authorised', 'captured'), ('authorised', 'capturing'), ('authorised', 'due'), ('authorised', 'expired'), ('authorised', 'unknown'), ('authorised', 'voided'), ('capturing', 'authorised'), ('capturing', 'captured'), ('capturing', 'declined'), ('capturing', 'due'), ('capturing', 'failed'), ('capturing', 'unknown'), ('declined', 'authorised'), ('declined', 'cancelled'), ('declined', 'due'), ('declined', 'failed'), ('declined', 'sent'), ('declined', 'written_off'), ('failed', 'authorised'), ('failed', 'cancelled'), ('failed', 'due'), ('failed', 'written_off'), ('unknown', 'authorised'), ('unknown', 'cancelled'), ('unknown', 'captured'), ('unknown', 'declined'), ('unknown', 'due'), ('unknown', 'failed'), ('unknown', 'voided'), ('unknown', 'written_off'), ('voided', 'cancelled'), ('voided', 'due'), ('expired', 'cancelled'), ('expired', 'due'), ('cancelled', 'billed'), ('cancelled', 'declined'), ('cancelled', 'draft'), ('cancelled', 'due'), ('cancelled', 'failed'), ('billed', 'cancelled'), ('billed', 'paid'), ('billed', 'written_off')) or new.purpose = 'refund' and (old.status, new.status) in (('captured', 'failed')))) is not true)",
                    func="\n            raise exception '% %: from % to % is no change of state', tg_table_name, new.id, old.status, new.status\n              using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,\n                    column = 'status', constraint = 'only_known_changes_of_state';\n        ",
                    hash="f0b394f396e95d23ceb6143b52bdd9dd462dfb8c",
                    operation='UPDATE OF "status"',
                    pgid="pgtrigger_only_known_changes_of_state_894d9",
                    table="payments_payment",
                    when="AFTER",
                ),
            ),
        ),
    ]
