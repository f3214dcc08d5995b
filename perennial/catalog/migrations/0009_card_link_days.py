"""On how many days a link for a card works."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_tariffs"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="parameters",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="parameters",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="parameters",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="parameters",
            name="card_link_days",
            field=models.IntegerField(db_default=7),
        ),
        migrations.AddField(
            model_name="parametershistory",
            name="card_link_days",
            field=models.IntegerField(db_default=7),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="parameters",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_parametershistory" ("authorization_renewals", "authorize_child_orders", "authorize_days_before", "card_link_days", "continuity_payment_profile", "days_before_delivery", "days_between_tries", "days_to_keep_run_lists", "delivery_window_days", "id", "number_of_orders_to_create", "on_account_bill_days", "on_account_terms_days", "order_dates_within_days", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices_include_tax", "reauthorization_limit", "repeat_threshold", "revenue_journal") SELECT new_values."authorization_renewals", new_values."authorize_child_orders", new_values."authorize_days_before", new_values."card_link_days", new_values."continuity_payment_profile", new_values."days_before_delivery", new_values."days_between_tries", new_values."days_to_keep_run_lists", new_values."delivery_window_days", new_values."id", new_values."number_of_orders_to_create", new_values."on_account_bill_days", new_values."on_account_terms_days", new_values."order_dates_within_days", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."prices_include_tax", new_values."reauthorization_limit", new_values."repeat_threshold", new_values."revenue_journal" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="23971c62fe28658610b6965fd5d31a12d51626c7",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_f8ac1",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="catalog_parameters",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="parameters",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_parametershistory" ("authorization_renewals", "authorize_child_orders", "authorize_days_before", "card_link_days", "continuity_payment_profile", "days_before_delivery", "days_between_tries", "days_to_keep_run_lists", "delivery_window_days", "id", "number_of_orders_to_create", "on_account_bill_days", "on_account_terms_days", "order_dates_within_days", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices_include_tax", "reauthorization_limit", "repeat_threshold", "revenue_journal") SELECT new_values."authorization_renewals", new_values."authorize_child_orders", new_values."authorize_days_before", new_values."card_link_days", new_values."continuity_payment_profile", new_values."days_before_delivery", new_values."days_between_tries", new_values."days_to_keep_run_lists", new_values."delivery_window_days", new_values."id", new_values."number_of_orders_to_create", new_values."on_account_bill_days", new_values."on_account_terms_days", new_values."order_dates_within_days", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."prices_include_tax", new_values."reauthorization_limit", new_values."repeat_threshold", new_values."revenue_journal" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="e046cee31f2ee0000adc5b597b3fa795883d30fd",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_23e5b",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="catalog_parameters",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="parameters",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_parametershistory" ("authorization_renewals", "authorize_child_orders", "authorize_days_before", "card_link_days", "continuity_payment_profile", "days_before_delivery", "days_between_tries", "days_to_keep_run_lists", "delivery_window_days", "id", "number_of_orders_to_create", "on_account_bill_days", "on_account_terms_days", "order_dates_within_days", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices_include_tax", "reauthorization_limit", "repeat_threshold", "revenue_journal") SELECT old_values."authorization_renewals", old_values."authorize_child_orders", old_values."authorize_days_before", old_values."card_link_days", old_values."continuity_payment_profile", old_values."days_before_delivery", old_values."days_between_tries", old_values."days_to_keep_run_lists", old_values."delivery_window_days", old_values."id", old_values."number_of_orders_to_create", old_values."on_account_bill_days", old_values."on_account_terms_days", old_values."order_dates_within_days", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."prices_include_tax", old_values."reauthorization_limit", old_values."repeat_threshold", old_values."revenue_journal" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="bda940ca55a7e28e3e59e2c040dcf10e4fc7a10a",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_6641f",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="catalog_parameters",
                    when="AFTER",
                ),
            ),
        ),
    ]
