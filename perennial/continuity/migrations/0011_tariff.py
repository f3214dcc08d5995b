"""A continuity order keeps the tariff that it was entered under; those that are there stand on the first.

The rows are not read: the column has its value without being written, and the key holds for what is written from now on.
"""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

COLUMNS = """
alter table continuity_continuityorder add column tariff_id integer not null default 1;
alter table continuity_continuityorder add constraint continuity_order_tariff
  foreign key (tariff_id) references catalog_tariff(number) deferrable initially deferred not valid;
alter table continuity_continuityorderhistory add column tariff_id integer not null default 1;
"""
NO_COLUMNS = """
alter table continuity_continuityorder drop column tariff_id;
alter table continuity_continuityorderhistory drop column tariff_id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_tariffs"),
        ("continuity", "0010_what_members_ask"),
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
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(COLUMNS, NO_COLUMNS)],
            state_operations=[
                migrations.AddField(
                    model_name="continuityorder",
                    name="tariff",
                    field=models.ForeignKey(
                        db_default=1,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.tariff",
                    ),
                ),
                migrations.AddField(
                    model_name="continuityorderhistory",
                    name="tariff",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_default=1,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.tariff",
                    ),
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="continuityorder",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "every", "first_event", "id", "last_shipment", "order_date", "order_id", "owed_minor", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "schedule_chosen", "ship_to_id", "shipments", "start_date", "status", "tariff_id", "threshold", "times", "upfront") SELECT new_values."card_id", new_values."complete", new_values."consolidate", new_values."customer_id", new_values."event_duration", new_values."every", new_values."first_event", new_values."id", new_values."last_shipment", new_values."order_date", new_values."order_id", new_values."owed_minor", new_values."parent_line_id", new_values."payment_method", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."prices", new_values."program_id", new_values."quantity", new_values."revision_id", new_values."schedule_chosen", new_values."ship_to_id", new_values."shipments", new_values."start_date", new_values."status", new_values."tariff_id", new_values."threshold", new_values."times", new_values."upfront" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="690478d746e2980157b08e07eb8135b31a2ef5f9",
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
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "every", "first_event", "id", "last_shipment", "order_date", "order_id", "owed_minor", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "schedule_chosen", "ship_to_id", "shipments", "start_date", "status", "tariff_id", "threshold", "times", "upfront") SELECT new_values."card_id", new_values."complete", new_values."consolidate", new_values."customer_id", new_values."event_duration", new_values."every", new_values."first_event", new_values."id", new_values."last_shipment", new_values."order_date", new_values."order_id", new_values."owed_minor", new_values."parent_line_id", new_values."payment_method", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."prices", new_values."program_id", new_values."quantity", new_values."revision_id", new_values."schedule_chosen", new_values."ship_to_id", new_values."shipments", new_values."start_date", new_values."status", new_values."tariff_id", new_values."threshold", new_values."times", new_values."upfront" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="0ff1f6f5c32a7e0703da9f5c177dd1b0f603299d",
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
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "every", "first_event", "id", "last_shipment", "order_date", "order_id", "owed_minor", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "schedule_chosen", "ship_to_id", "shipments", "start_date", "status", "tariff_id", "threshold", "times", "upfront") SELECT old_values."card_id", old_values."complete", old_values."consolidate", old_values."customer_id", old_values."event_duration", old_values."every", old_values."first_event", old_values."id", old_values."last_shipment", old_values."order_date", old_values."order_id", old_values."owed_minor", old_values."parent_line_id", old_values."payment_method", old_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."prices", old_values."program_id", old_values."quantity", old_values."revision_id", old_values."schedule_chosen", old_values."ship_to_id", old_values."shipments", old_values."start_date", old_values."status", old_values."tariff_id", old_values."threshold", old_values."times", old_values."upfront" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="c6b288a92a1963756500dd1070b98d95d1797bdb",
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
