import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("continuity", "0003_reasons_as_data"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="continuityorder",
            trigger=pgtrigger.compiler.Trigger(
                name="only_known_changes_of_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (old.status is distinct from new.status and ((old.status, new.status) in (('draft', 'cancelled'), ('draft', 'open'), ('open', 'cancelled'), ('open', 'closed'))) is not true)",
                    func="\n            raise exception '% %: from % to % is no change of state', tg_table_name, new.id, old.status, new.status\n              using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,\n                    column = 'status', constraint = 'only_known_changes_of_state';\n        ",
                    hash="719750049835b0c0c688b43acc272e3d0105219b",
                    operation='UPDATE OF "status"',
                    pgid="pgtrigger_only_known_changes_of_state_ef843",
                    table="continuity_continuityorder",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="occurrence",
            trigger=pgtrigger.compiler.Trigger(
                name="only_known_changes_of_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (old.status is distinct from new.status and ((old.status, new.status) in (('planned', 'cancelled'), ('planned', 'scheduled'), ('planned', 'skipped'), ('scheduled', 'cancelled'), ('scheduled', 'ordered'), ('scheduled', 'skipped'), ('ordered', 'cancelled'), ('ordered', 'scheduled'), ('skipped', 'cancelled'), ('skipped', 'planned'), ('skipped', 'scheduled'), ('cancelled', 'planned'), ('cancelled', 'scheduled'), ('cancelled', 'skipped'))) is not true)",
                    func="\n            raise exception '% %: from % to % is no change of state', tg_table_name, new.id, old.status, new.status\n              using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,\n                    column = 'status', constraint = 'only_known_changes_of_state';\n        ",
                    hash="0f0492611a7eb9dfee413b51e63b1f771178bd2a",
                    operation='UPDATE OF "status"',
                    pgid="pgtrigger_only_known_changes_of_state_6c568",
                    table="continuity_occurrence",
                    when="AFTER",
                ),
            ),
        ),
    ]
