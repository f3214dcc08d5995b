"""How often and how many times a member wants it; products that a person adds to a box or takes out of it; members who
come back. Adjustments are not read for the new constraint: all that are there fit it.
"""

import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("continuity", "0009_cancel_taken_back"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="continuityorder",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="continuityorder",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="continuityorder",
            name="delete_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="continuityorder",
            name="only_known_changes_of_state",
        ),
        migrations.RemoveConstraint(
            model_name="adjustment",
            name="adjustment_kind",
        ),
        migrations.AddField(
            model_name="continuityorder",
            name="every",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="continuityorder",
            name="times",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="continuityorderhistory",
            name="every",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="continuityorderhistory",
            name="times",
            field=models.IntegerField(null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="continuityorder",
            trigger=pgtrigger.compiler.Trigger(
                name="only_known_changes_of_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (old.status is distinct from new.status and ((old.status, new.status) in (('draft', 'cancelled'), ('draft', 'open'), ('open', 'cancelled'), ('open', 'closed'), ('closed', 'open'), ('cancelled', 'draft'), ('cancelled', 'open'))) is not true)",
                    func="\n            raise exception '% %: from % to % is no change of state', tg_table_name, new.id, old.status, new.status\n              using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,\n                    column = 'status', constraint = 'only_known_changes_of_state';\n        ",
                    hash="3b24ddef7f36369431e0d86a8c7fb3aeca4d3248",
                    operation='UPDATE OF "status"',
                    pgid="pgtrigger_only_known_changes_of_state_ef843",
                    table="continuity_continuityorder",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="continuityorder",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "every", "first_event", "id", "last_shipment", "order_date", "order_id", "owed_minor", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "schedule_chosen", "ship_to_id", "shipments", "start_date", "status", "threshold", "times", "upfront") SELECT new_values."card_id", new_values."complete", new_values."consolidate", new_values."customer_id", new_values."event_duration", new_values."every", new_values."first_event", new_values."id", new_values."last_shipment", new_values."order_date", new_values."order_id", new_values."owed_minor", new_values."parent_line_id", new_values."payment_method", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."prices", new_values."program_id", new_values."quantity", new_values."revision_id", new_values."schedule_chosen", new_values."ship_to_id", new_values."shipments", new_values."start_date", new_values."status", new_values."threshold", new_values."times", new_values."upfront" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="f379fb7144cf37ba8df0e308a97da34031e30b80",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_d28dc",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="continuity_continuityorder",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="continuityorder",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "every", "first_event", "id", "last_shipment", "order_date", "order_id", "owed_minor", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "schedule_chosen", "ship_to_id", "shipments", "start_date", "status", "threshold", "times", "upfront") SELECT new_values."card_id", new_values."complete", new_values."consolidate", new_values."customer_id", new_values."event_duration", new_values."every", new_values."first_event", new_values."id", new_values."last_shipment", new_values."order_date", new_values."order_id", new_values."owed_minor", new_values."parent_line_id", new_values."payment_method", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."prices", new_values."program_id", new_values."quantity", new_values."revision_id", new_values."schedule_chosen", new_values."ship_to_id", new_values."shipments", new_values."start_date", new_values."status", new_values."threshold", new_values."times", new_values."upfront" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="0cdd0a56f5f95fa2270502f74af454764041355b",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_b7b2a",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="continuity_continuityorder",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="continuityorder",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "every", "first_event", "id", "last_shipment", "order_date", "order_id", "owed_minor", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "schedule_chosen", "ship_to_id", "shipments", "start_date", "status", "threshold", "times", "upfront") SELECT old_values."card_id", old_values."complete", old_values."consolidate", old_values."customer_id", old_values."event_duration", old_values."every", old_values."first_event", old_values."id", old_values."last_shipment", old_values."order_date", old_values."order_id", old_values."owed_minor", old_values."parent_line_id", old_values."payment_method", old_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."prices", old_values."program_id", old_values."quantity", old_values."revision_id", old_values."schedule_chosen", old_values."ship_to_id", old_values."shipments", old_values."start_date", old_values."status", old_values."threshold", old_values."times", old_values."upfront" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="a8d4db83a6fc2986621cb85900cbedabc61e69ee",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_87e76",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="continuity_continuityorder",
                    when="AFTER",
                ),
            ),
        ),
        AddConstraintNotValid(
            model_name="adjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "skip",
                            "move",
                            "redate",
                            "substitute",
                            "price",
                            "quantity",
                            "address",
                            "merge",
                            "add",
                            "remove",
                        ],
                    )
                ),
                name="adjustment_kind",
            ),
        ),
    ]
