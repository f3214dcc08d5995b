"""What is billed up front may be paid in several ways."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("continuity", "0014_checked"),
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
            name="shares",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="continuityorderhistory",
            name="shares",
            field=models.JSONField(null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="continuityorder",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "every", "first_event", "id", "keeps_tariff", "last_shipment", "order_date", "order_id", "owed_minor", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "schedule_chosen", "shares", "ship_to_id", "shipments", "start_date", "status", "tariff_id", "threshold", "times", "upfront") SELECT new_values."card_id", new_values."complete", new_values."consolidate", new_values."customer_id", new_values."event_duration", new_values."every", new_values."first_event", new_values."id", new_values."keeps_tariff", new_values."last_shipment", new_values."order_date", new_values."order_id", new_values."owed_minor", new_values."parent_line_id", new_values."payment_method", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."prices", new_values."program_id", new_values."quantity", new_values."revision_id", new_values."schedule_chosen", new_values."shares", new_values."ship_to_id", new_values."shipments", new_values."start_date", new_values."status", new_values."tariff_id", new_values."threshold", new_values."times", new_values."upfront" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="af802b8894dd345e884e5c65267d03cca4656230",
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
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "every", "first_event", "id", "keeps_tariff", "last_shipment", "order_date", "order_id", "owed_minor", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "schedule_chosen", "shares", "ship_to_id", "shipments", "start_date", "status", "tariff_id", "threshold", "times", "upfront") SELECT new_values."card_id", new_values."complete", new_values."consolidate", new_values."customer_id", new_values."event_duration", new_values."every", new_values."first_event", new_values."id", new_values."keeps_tariff", new_values."last_shipment", new_values."order_date", new_values."order_id", new_values."owed_minor", new_values."parent_line_id", new_values."payment_method", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."prices", new_values."program_id", new_values."quantity", new_values."revision_id", new_values."schedule_chosen", new_values."shares", new_values."ship_to_id", new_values."shipments", new_values."start_date", new_values."status", new_values."tariff_id", new_values."threshold", new_values."times", new_values."upfront" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="4b08593c2fd16dc408529fd049a4f9b5494f1a7e",
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
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "every", "first_event", "id", "keeps_tariff", "last_shipment", "order_date", "order_id", "owed_minor", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "schedule_chosen", "shares", "ship_to_id", "shipments", "start_date", "status", "tariff_id", "threshold", "times", "upfront") SELECT old_values."card_id", old_values."complete", old_values."consolidate", old_values."customer_id", old_values."event_duration", old_values."every", old_values."first_event", old_values."id", old_values."keeps_tariff", old_values."last_shipment", old_values."order_date", old_values."order_id", old_values."owed_minor", old_values."parent_line_id", old_values."payment_method", old_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."prices", old_values."program_id", old_values."quantity", old_values."revision_id", old_values."schedule_chosen", old_values."shares", old_values."ship_to_id", old_values."shipments", old_values."start_date", old_values."status", old_values."tariff_id", old_values."threshold", old_values."times", old_values."upfront" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="e40b8905c9b60ae0def33f23c687cd568844e8c0",
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
