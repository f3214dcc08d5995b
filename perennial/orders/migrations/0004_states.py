import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0003_references"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="orderline",
            trigger=pgtrigger.compiler.Trigger(
                name="only_known_changes_of_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (old.status is distinct from new.status and ((old.status, new.status) in (('open', 'cancelled'), ('open', 'invoiced'), ('open', 'shipped'), ('shipped', 'invoiced'))) is not true)",
                    func="\n            raise exception '% %: from % to % is no change of state', tg_table_name, new.id, old.status, new.status\n              using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,\n                    column = 'status', constraint = 'only_known_changes_of_state';\n        ",
                    hash="3b77d1cb63c2184c20bca9d908eea45f4339f82c",
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
                    condition="WHEN (old.status is distinct from new.status and ((old.status, new.status) in (('draft', 'cancelled'), ('draft', 'open'), ('open', 'cancelled'), ('open', 'invoiced'), ('open', 'shipped'), ('shipped', 'invoiced'))) is not true)",
                    func="\n            raise exception '% %: from % to % is no change of state', tg_table_name, new.id, old.status, new.status\n              using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,\n                    column = 'status', constraint = 'only_known_changes_of_state';\n        ",
                    hash="08dee936d2220dbbc621f59e5a5c9f19e49f13b4",
                    operation='UPDATE OF "status"',
                    pgid="pgtrigger_only_known_changes_of_state_2ba23",
                    table="orders_salesorder",
                    when="AFTER",
                ),
            ),
        ),
    ]
