"""A parent order, and its continuity lines, open again when a member comes back who had stopped."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0015_cancel_taken_back"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="orderline",
            name="only_known_changes_of_state",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="salesorder",
            name="only_known_changes_of_state",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="orderline",
            trigger=pgtrigger.compiler.Trigger(
                name="only_known_changes_of_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (old.status is distinct from new.status and ((old.status, new.status) in (('open', 'cancelled'), ('open', 'invoiced'), ('open', 'shipped'), ('shipped', 'invoiced'), ('invoiced', 'open'), ('cancelled', 'open'))) is not true)",
                    func="\n            raise exception '% %: from % to % is no change of state', tg_table_name, new.id, old.status, new.status\n              using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,\n                    column = 'status', constraint = 'only_known_changes_of_state';\n        ",
                    hash="bad2ffa1269457c414a5a1e3d8a335342e3e9a27",
                    operation='UPDATE OF "status"',
                    pgid="pgtrigger_only_known_changes_of_state_285cb",
                    table="orders_orderline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="salesorder",
            trigger=pgtrigger.compiler.Trigger(
                name="only_known_changes_of_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (old.status is distinct from new.status and (((old.status, new.status) in (('draft', 'cancelled'), ('draft', 'open'), ('open', 'cancelled'), ('open', 'invoiced'), ('open', 'shipped'), ('shipped', 'invoiced'), ('cancelled', 'draft'), ('cancelled', 'open')) or new.parent_id is null and (old.status, new.status) in (('invoiced', 'open')))) is not true)",
                    func="\n            raise exception '% %: from % to % is no change of state', tg_table_name, new.id, old.status, new.status\n              using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,\n                    column = 'status', constraint = 'only_known_changes_of_state';\n        ",
                    hash="f2830aa8b5ff8955f173eb162b8c9d2135460e49",
                    operation='UPDATE OF "status"',
                    pgid="pgtrigger_only_known_changes_of_state_2ba23",
                    table="orders_salesorder",
                    when="AFTER",
                ),
            ),
        ),
    ]
