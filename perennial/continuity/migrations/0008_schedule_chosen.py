"""Orders know whether a person chose their payment schedule, and what they cost in all where they are billed up front.

Of orders of the past a schedule is taken for chosen where it is not the program's, or the program asks for one.
"""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

CHOSEN = """
update continuity_continuityorder c set schedule_chosen = true
  from programs_programrevision r
 where r.id = c.revision_id and c.status in ('draft', 'open')
   and (r.prompt_for_payment_schedule or c.payment_schedule_id is distinct from r.payment_schedule_id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("continuity", "0007_lists"),
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
        migrations.AddField(
            model_name="continuityorder",
            name="owed_minor",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="continuityorder",
            name="schedule_chosen",
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name="continuityorderhistory",
            name="owed_minor",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="continuityorderhistory",
            name="schedule_chosen",
            field=models.BooleanField(db_default=False),
        ),
        migrations.RunSQL(CHOSEN, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="continuityorder",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "first_event", "id", "last_shipment", "order_date", "order_id", "owed_minor", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "schedule_chosen", "ship_to_id", "shipments", "start_date", "status", "threshold", "upfront") SELECT new_values."card_id", new_values."complete", new_values."consolidate", new_values."customer_id", new_values."event_duration", new_values."first_event", new_values."id", new_values."last_shipment", new_values."order_date", new_values."order_id", new_values."owed_minor", new_values."parent_line_id", new_values."payment_method", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."prices", new_values."program_id", new_values."quantity", new_values."revision_id", new_values."schedule_chosen", new_values."ship_to_id", new_values."shipments", new_values."start_date", new_values."status", new_values."threshold", new_values."upfront" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="a0f390dd31cbfa5a8ad46113afd224b3fb2e47e2",
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
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "first_event", "id", "last_shipment", "order_date", "order_id", "owed_minor", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "schedule_chosen", "ship_to_id", "shipments", "start_date", "status", "threshold", "upfront") SELECT new_values."card_id", new_values."complete", new_values."consolidate", new_values."customer_id", new_values."event_duration", new_values."first_event", new_values."id", new_values."last_shipment", new_values."order_date", new_values."order_id", new_values."owed_minor", new_values."parent_line_id", new_values."payment_method", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."prices", new_values."program_id", new_values."quantity", new_values."revision_id", new_values."schedule_chosen", new_values."ship_to_id", new_values."shipments", new_values."start_date", new_values."status", new_values."threshold", new_values."upfront" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="38cd22d0ca63dfd690a46cd4846ed800fb43cbc1",
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
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "first_event", "id", "last_shipment", "order_date", "order_id", "owed_minor", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "schedule_chosen", "ship_to_id", "shipments", "start_date", "status", "threshold", "upfront") SELECT old_values."card_id", old_values."complete", old_values."consolidate", old_values."customer_id", old_values."event_duration", old_values."first_event", old_values."id", old_values."last_shipment", old_values."order_date", old_values."order_id", old_values."owed_minor", old_values."parent_line_id", old_values."payment_method", old_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."prices", old_values."program_id", old_values."quantity", old_values."revision_id", old_values."schedule_chosen", old_values."ship_to_id", old_values."shipments", old_values."start_date", old_values."status", old_values."threshold", old_values."upfront" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="ad631cf1b7436a1f5d25bdb6f20c290b1b1b2beb",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_87e76",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="continuity_continuityorder",
                    when="AFTER",
                ),
            ),
        ),
    ]
