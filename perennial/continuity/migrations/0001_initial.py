import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import perennial.db.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        ("customers", "0001_initial"),
        ("orders", "0001_initial"),
        ("programs", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContinuityOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "parent_line",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="continuity", to="orders.orderline"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="continuity", to="orders.salesorder"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.program",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.programrevision",
                    ),
                ),
                ("status", models.TextField()),
                ("complete", models.BooleanField(db_default=False)),
                ("order_date", models.DateField()),
                ("start_date", models.DateField(null=True)),
                ("first_event", perennial.db.models.Code(null=True)),
                ("event_duration", models.IntegerField(db_default=0)),
                ("shipments", models.IntegerField(null=True)),
                ("last_shipment", models.IntegerField(null=True)),
                ("quantity", models.DecimalField(decimal_places=3, max_digits=12)),
                ("threshold", models.IntegerField(null=True)),
                ("consolidate", models.BooleanField(db_default=False)),
                ("upfront", models.BooleanField(db_default=False)),
                ("prices", models.JSONField(db_default=models.Value("{}", output_field=models.JSONField()))),
                ("payment_method", models.TextField()),
                (
                    "card",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.storedcard",
                    ),
                ),
                (
                    "payment_schedule",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.paymentschedule",
                    ),
                ),
                (
                    "ship_to",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.address",
                    ),
                ),
                ("version", models.IntegerField(db_default=1)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "open")),
                        fields=["program", "revision", "id"],
                        name="open_by_revision",
                    ),
                    models.Index(
                        condition=models.Q(("complete", False), ("status", "open")),
                        fields=["id"],
                        name="open_incomplete",
                    ),
                    models.Index(
                        condition=models.Q(("complete", True), ("status", "open")), fields=["id"], name="open_complete"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["draft", "open", "closed", "cancelled"])),
                        name="continuity_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("payment_method__in", ["card", "on_account", "check", "cash", "gift_card"])
                        ),
                        name="continuity_method",
                    ),
                    models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="continuity_quantity_above_0"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Adjustment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "continuity_order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="adjustments",
                        to="continuity.continuityorder",
                    ),
                ),
                ("event_key", perennial.db.models.Code()),
                ("repetition", models.IntegerField()),
                ("line", models.IntegerField(db_default=0)),
                ("kind", models.TextField()),
                ("value", models.JSONField(null=True)),
                ("by", models.TextField(db_default="")),
                ("on_date", models.DateField()),
                ("reason", models.TextField(null=True)),
                ("undone_on", models.DateField(null=True)),
                ("undone_by", models.TextField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_on__isnull", True)),
                        fields=("continuity_order", "event_key", "repetition", "line", "kind"),
                        name="one_adjustment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["skip", "move", "redate", "substitute", "price", "quantity", "address", "merge"],
                            )
                        ),
                        name="adjustment_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AdjustmentHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="continuity.adjustment",
                    ),
                ),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.BigIntegerField()),
                (
                    "continuity_order",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="continuity.continuityorder",
                    ),
                ),
                ("event_key", perennial.db.models.Code()),
                ("repetition", models.IntegerField()),
                ("line", models.IntegerField(db_default=0)),
                ("kind", models.TextField()),
                ("value", models.JSONField(null=True)),
                ("by", models.TextField(db_default="")),
                ("on_date", models.DateField()),
                ("reason", models.TextField(null=True)),
                ("undone_on", models.DateField(null=True)),
                ("undone_by", models.TextField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ContinuityOrderHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="continuity.continuityorder",
                    ),
                ),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.BigIntegerField()),
                (
                    "parent_line",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="orders.orderline",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="orders.salesorder",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="programs.program",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="programs.programrevision",
                    ),
                ),
                ("status", models.TextField()),
                ("complete", models.BooleanField(db_default=False)),
                ("order_date", models.DateField()),
                ("start_date", models.DateField(null=True)),
                ("first_event", perennial.db.models.Code(null=True)),
                ("event_duration", models.IntegerField(db_default=0)),
                ("shipments", models.IntegerField(null=True)),
                ("last_shipment", models.IntegerField(null=True)),
                ("quantity", models.DecimalField(decimal_places=3, max_digits=12)),
                ("threshold", models.IntegerField(null=True)),
                ("consolidate", models.BooleanField(db_default=False)),
                ("upfront", models.BooleanField(db_default=False)),
                ("prices", models.JSONField(db_default=models.Value("{}", output_field=models.JSONField()))),
                ("payment_method", models.TextField()),
                (
                    "card",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="customers.storedcard",
                    ),
                ),
                (
                    "payment_schedule",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.paymentschedule",
                    ),
                ),
                (
                    "ship_to",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="customers.address",
                    ),
                ),
                ("version", models.IntegerField(db_default=1)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Occurrence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "continuity_order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="occurrences",
                        to="continuity.continuityorder",
                    ),
                ),
                ("event_key", perennial.db.models.Code()),
                ("repetition", models.IntegerField()),
                ("position", models.IntegerField()),
                ("event_on", models.DateField()),
                ("ship_on", models.DateField()),
                ("shipment", models.IntegerField(null=True)),
                ("status", models.TextField()),
                ("blocked", models.TextField(null=True)),
                (
                    "child",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.salesorder",
                    ),
                ),
                (
                    "delivery_mode",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.deliverymode",
                    ),
                ),
                (
                    "payment_schedule",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.paymentschedule",
                    ),
                ),
                (
                    "ship_to",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.address",
                    ),
                ),
                ("why_date", models.TextField(db_default="")),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("blocked__isnull", True), ("status", "scheduled")),
                        fields=["ship_on", "id"],
                        name="due",
                    ),
                    models.Index(
                        condition=models.Q(("blocked__isnull", False)), fields=["blocked", "ship_on"], name="waiting"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("continuity_order", "event_key", "repetition"), name="once_occurrence"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["planned", "scheduled", "ordered", "skipped", "cancelled"])),
                        name="occurrence_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("blocked__isnull", True),
                            models.Q(
                                ("blocked__in", ["acceptance", "hold", "card", "payment", "parked"]),
                                ("status", "scheduled"),
                            ),
                            _connector="OR",
                        ),
                        name="occurrence_blocked",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("child__isnull", False), ("status", "ordered")),
                            models.Q(models.Q(("status", "ordered"), _negated=True), ("child__isnull", True)),
                            _connector="OR",
                        ),
                        name="ordered_has_child",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("shipment__isnull", True), ("status", "cancelled")),
                            models.Q(models.Q(("status", "cancelled"), _negated=True), ("shipment__gte", 1)),
                            _connector="OR",
                        ),
                        name="shipment_unless_cancelled",
                    ),
                    models.CheckConstraint(condition=models.Q(("repetition__gte", 0)), name="repetition_from_0"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContinuityLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "occurrence",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="continuity.occurrence",
                    ),
                ),
                ("line", models.IntegerField()),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
                ("quantity", models.DecimalField(decimal_places=3, max_digits=12)),
                ("price_minor", models.BigIntegerField()),
                ("why_product", models.TextField(db_default="")),
                ("why_price", models.TextField(db_default="")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("occurrence", "line"), name="one_continuity_line"),
                    models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="continuity_line_quantity"),
                    models.CheckConstraint(condition=models.Q(("price_minor__gte", 0)), name="continuity_line_price"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Parked",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "continuity_order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parked",
                        to="continuity.continuityorder",
                    ),
                ),
                ("shipment", models.IntegerField(null=True)),
                ("job", models.TextField()),
                ("run_id", models.BigIntegerField(null=True)),
                ("sqlstate", models.TextField(null=True)),
                ("reason", models.TextField()),
                ("on_date", models.DateField()),
                ("resolved_on", models.DateField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_on__isnull", True)),
                        fields=("continuity_order", "job"),
                        name="one_open_parked",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="continuityorder",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "first_event", "id", "last_shipment", "order_date", "order_id", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "ship_to_id", "shipments", "start_date", "status", "threshold", "upfront", "version") SELECT new_values."card_id", new_values."complete", new_values."consolidate", new_values."customer_id", new_values."event_duration", new_values."first_event", new_values."id", new_values."last_shipment", new_values."order_date", new_values."order_id", new_values."parent_line_id", new_values."payment_method", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."prices", new_values."program_id", new_values."quantity", new_values."revision_id", new_values."ship_to_id", new_values."shipments", new_values."start_date", new_values."status", new_values."threshold", new_values."upfront", new_values."version" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="443c60ddcdd92ce156cb304e8a7255adf89007b3",
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
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "first_event", "id", "last_shipment", "order_date", "order_id", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "ship_to_id", "shipments", "start_date", "status", "threshold", "upfront", "version") SELECT new_values."card_id", new_values."complete", new_values."consolidate", new_values."customer_id", new_values."event_duration", new_values."first_event", new_values."id", new_values."last_shipment", new_values."order_date", new_values."order_id", new_values."parent_line_id", new_values."payment_method", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."prices", new_values."program_id", new_values."quantity", new_values."revision_id", new_values."ship_to_id", new_values."shipments", new_values."start_date", new_values."status", new_values."threshold", new_values."upfront", new_values."version" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="66782d4d1d3e0164722739d4d3f620bf4781dafb",
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
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_continuityorderhistory" ("card_id", "complete", "consolidate", "customer_id", "event_duration", "first_event", "id", "last_shipment", "order_date", "order_id", "parent_line_id", "payment_method", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prices", "program_id", "quantity", "revision_id", "ship_to_id", "shipments", "start_date", "status", "threshold", "upfront", "version") SELECT old_values."card_id", old_values."complete", old_values."consolidate", old_values."customer_id", old_values."event_duration", old_values."first_event", old_values."id", old_values."last_shipment", old_values."order_date", old_values."order_id", old_values."parent_line_id", old_values."payment_method", old_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."prices", old_values."program_id", old_values."quantity", old_values."revision_id", old_values."ship_to_id", old_values."shipments", old_values."start_date", old_values."status", old_values."threshold", old_values."upfront", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="1add98e475dd719f19daf1118fda94703c2758e3",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_87e76",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="continuity_continuityorder",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="adjustment",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_adjustmenthistory" ("by", "continuity_order_id", "event_key", "id", "kind", "line", "on_date", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "repetition", "undone_by", "undone_on", "value") SELECT new_values."by", new_values."continuity_order_id", new_values."event_key", new_values."id", new_values."kind", new_values."line", new_values."on_date", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."reason", new_values."repetition", new_values."undone_by", new_values."undone_on", new_values."value" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="5682cab1e030fa0ea555d27a761667f810b4da3d",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_7c585",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="continuity_adjustment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="adjustment",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_adjustmenthistory" ("by", "continuity_order_id", "event_key", "id", "kind", "line", "on_date", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "repetition", "undone_by", "undone_on", "value") SELECT new_values."by", new_values."continuity_order_id", new_values."event_key", new_values."id", new_values."kind", new_values."line", new_values."on_date", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."reason", new_values."repetition", new_values."undone_by", new_values."undone_on", new_values."value" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="8f322d8aa84ee4cf12c57e179e2b2ab6e92ba060",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_590bf",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="continuity_adjustment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="adjustment",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "continuity_adjustmenthistory" ("by", "continuity_order_id", "event_key", "id", "kind", "line", "on_date", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "repetition", "undone_by", "undone_on", "value") SELECT old_values."by", old_values."continuity_order_id", old_values."event_key", old_values."id", old_values."kind", old_values."line", old_values."on_date", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."reason", old_values."repetition", old_values."undone_by", old_values."undone_on", old_values."value" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="2bb50c2f26abe5fac54bdf29e27132256ee37f74",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_855ab",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="continuity_adjustment",
                    when="AFTER",
                ),
            ),
        ),
    ]
