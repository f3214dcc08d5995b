"""The gateway that keeps a card, and how it calls the customer."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import perennial.db.models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="GatewayCustomer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gateway", perennial.db.models.Code()),
                ("reference", models.TextField()),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="storedcard",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="storedcard",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="storedcard",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="storedcard",
            name="gateway",
            field=perennial.db.models.Code(null=True),
        ),
        migrations.AddField(
            model_name="storedcardhistory",
            name="gateway",
            field=perennial.db.models.Code(null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="storedcard",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_storedcardhistory" ("brand", "customer_id", "exp_month", "exp_year", "expires_on", "gateway", "id", "last4", "network_transaction_id", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "refused", "token") SELECT new_values."brand", new_values."customer_id", new_values."exp_month", new_values."exp_year", new_values."expires_on", new_values."gateway", new_values."id", new_values."last4", new_values."network_transaction_id", new_values."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."refused", new_values."token" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="52cfebc0a290749b7b47aa8c7064fec891029160",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_fcc7e",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="customers_storedcard",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="storedcard",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_storedcardhistory" ("brand", "customer_id", "exp_month", "exp_year", "expires_on", "gateway", "id", "last4", "network_transaction_id", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "refused", "token") SELECT new_values."brand", new_values."customer_id", new_values."exp_month", new_values."exp_year", new_values."expires_on", new_values."gateway", new_values."id", new_values."last4", new_values."network_transaction_id", new_values."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."refused", new_values."token" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="db2cbbc842ce79ed9af60900b025a9b1943adc72",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_c204c",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="customers_storedcard",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="storedcard",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_storedcardhistory" ("brand", "customer_id", "exp_month", "exp_year", "expires_on", "gateway", "id", "last4", "network_transaction_id", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "refused", "token") SELECT old_values."brand", old_values."customer_id", old_values."exp_month", old_values."exp_year", old_values."expires_on", old_values."gateway", old_values."id", old_values."last4", old_values."network_transaction_id", old_values."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."refused", old_values."token" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="1ffbf481d453394d67342ca551869263a1ec42a2",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_f0eb2",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="customers_storedcard",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="gatewaycustomer",
            name="customer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="gateway_customers",
                to="customers.customer",
            ),
        ),
        migrations.AddConstraint(
            model_name="gatewaycustomer",
            constraint=models.UniqueConstraint(fields=("customer", "gateway"), name="one_gateway_customer"),
        ),
    ]
