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
    ]

    operations = [
        migrations.CreateModel(
            name="Program",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_id", perennial.db.models.Code(unique=True)),
                ("name", models.TextField(db_default="")),
                ("active", models.BooleanField(db_default=True)),
                ("current_key", perennial.db.models.Code(null=True)),
                ("current_event_id", models.IntegerField(null=True)),
                ("current_repetition", models.IntegerField(null=True)),
                ("current_since", models.DateField(null=True)),
                ("version", models.IntegerField(db_default=1)),
            ],
        ),
        migrations.CreateModel(
            name="ProgramHistory",
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
                        to="programs.program",
                    ),
                ),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.BigIntegerField()),
                ("schedule_id", perennial.db.models.Code()),
                ("name", models.TextField(db_default="")),
                ("active", models.BooleanField(db_default=True)),
                ("current_key", perennial.db.models.Code(null=True)),
                ("current_event_id", models.IntegerField(null=True)),
                ("current_repetition", models.IntegerField(null=True)),
                ("current_since", models.DateField(null=True)),
                ("version", models.IntegerField(db_default=1)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProgramRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="revisions", to="programs.program"
                    ),
                ),
                ("number", models.IntegerField()),
                ("released", models.BooleanField(db_default=True)),
                ("apply", models.BooleanField(db_default=False)),
                ("started_on", models.DateField(null=True)),
                ("order_start", models.TextField(db_default="first_event")),
                ("bill_upfront", models.BooleanField(db_default=False)),
                ("consolidate", models.BooleanField(db_default=False)),
                ("catch_up", models.TextField(db_default="resume")),
                ("prompt_for_start_date", models.BooleanField(db_default=False)),
                ("prompt_for_payment_schedule", models.BooleanField(db_default=False)),
                (
                    "payment_schedule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.paymentschedule",
                    ),
                ),
                ("days_after_order_date", models.IntegerField(db_default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("program", "number"), name="one_revision"),
                    models.UniqueConstraint(
                        condition=models.Q(("released", False)), fields=("program",), name="one_draft"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("order_start__in", ["first_event", "current_event"])),
                        name="revision_order_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("catch_up__in", ["resume", "skip", "send", "merge"])),
                        name="revision_catch_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("order_start", "first_event"), ("started_on__isnull", False), _connector="OR"
                        ),
                        name="current_event_needs_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProgramEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="programs.programrevision",
                    ),
                ),
                ("key", perennial.db.models.Code()),
                ("place", models.IntegerField()),
                ("event_id", models.IntegerField(null=True)),
                ("days_from_last", models.IntegerField(db_default=0)),
                ("interval_code", perennial.db.models.Code(null=True)),
                ("interval_rule", models.TextField(null=True)),
                ("interval_anchor", models.DateField(null=True)),
                ("start_order_date", models.DateField(null=True)),
                (
                    "delivery_mode",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.deliverymode",
                    ),
                ),
                (
                    "payment_schedule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.paymentschedule",
                    ),
                ),
                ("action", models.TextField(db_default="none")),
                ("times_to_repeat", models.IntegerField(db_default=0, null=True)),
                ("probability", models.DecimalField(decimal_places=6, max_digits=9, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("revision", "key"), name="one_event_key"),
                    models.UniqueConstraint(fields=("revision", "place"), name="one_event_place"),
                    models.UniqueConstraint(fields=("revision", "event_id"), name="one_event_id"),
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ["none", "skip", "end"])), name="event_action"
                    ),
                    models.CheckConstraint(condition=models.Q(("days_from_last__gte", 0)), name="event_days_from_0"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("times_to_repeat__isnull", True),
                            models.Q(("times_to_repeat__gte", 0), ("times_to_repeat__lte", 999)),
                            _connector="OR",
                        ),
                        name="event_times",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("times_to_repeat", 0),
                            ("interval_rule__isnull", False),
                            ("days_from_last__gt", 0),
                            _connector="OR",
                        ),
                        name="event_that_repeats_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProgramEventHistory",
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
                        to="programs.programevent",
                    ),
                ),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.BigIntegerField()),
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
                ("key", perennial.db.models.Code()),
                ("place", models.IntegerField()),
                ("event_id", models.IntegerField(null=True)),
                ("days_from_last", models.IntegerField(db_default=0)),
                ("interval_code", perennial.db.models.Code(null=True)),
                ("interval_rule", models.TextField(null=True)),
                ("interval_anchor", models.DateField(null=True)),
                ("start_order_date", models.DateField(null=True)),
                (
                    "delivery_mode",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.deliverymode",
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
                ("action", models.TextField(db_default="none")),
                ("times_to_repeat", models.IntegerField(db_default=0, null=True)),
                ("probability", models.DecimalField(decimal_places=6, max_digits=9, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProgramEventProduct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="products", to="programs.programevent"
                    ),
                ),
                ("line", models.IntegerField()),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.product"
                    ),
                ),
                ("product_kind", models.TextField(db_default="item")),
                ("quantity", models.DecimalField(decimal_places=3, max_digits=12)),
                ("unit", models.TextField(null=True)),
                ("price_minor", models.BigIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("event", "line"), name="one_event_product"),
                    models.CheckConstraint(condition=models.Q(("product_kind", "item")), name="no_continuity_inside"),
                    models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="event_quantity_above_0"),
                    models.CheckConstraint(
                        condition=models.Q(("price_minor__isnull", True), ("price_minor__gte", 0), _connector="OR"),
                        name="event_price_from_0",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProgramEventProductHistory",
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
                        to="programs.programeventproduct",
                    ),
                ),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.BigIntegerField()),
                (
                    "event",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="programs.programevent",
                    ),
                ),
                ("line", models.IntegerField()),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.product",
                    ),
                ),
                ("product_kind", models.TextField(db_default="item")),
                ("quantity", models.DecimalField(decimal_places=3, max_digits=12)),
                ("unit", models.TextField(null=True)),
                ("price_minor", models.BigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProgramRevisionHistory",
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
                        to="programs.programrevision",
                    ),
                ),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.BigIntegerField()),
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
                ("number", models.IntegerField()),
                ("released", models.BooleanField(db_default=True)),
                ("apply", models.BooleanField(db_default=False)),
                ("started_on", models.DateField(null=True)),
                ("order_start", models.TextField(db_default="first_event")),
                ("bill_upfront", models.BooleanField(db_default=False)),
                ("consolidate", models.BooleanField(db_default=False)),
                ("catch_up", models.TextField(db_default="resume")),
                ("prompt_for_start_date", models.BooleanField(db_default=False)),
                ("prompt_for_payment_schedule", models.BooleanField(db_default=False)),
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
                ("days_after_order_date", models.IntegerField(db_default=0)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ValidPaymentSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="valid_schedules",
                        to="programs.programrevision",
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.paymentschedule"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("revision", "schedule"), name="one_valid_schedule")],
            },
        ),
        migrations.CreateModel(
            name="ValidPaymentScheduleHistory",
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
                        to="programs.validpaymentschedule",
                    ),
                ),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.BigIntegerField()),
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
                (
                    "schedule",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.paymentschedule",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ContinuityProduct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="continuity", to="catalog.product"
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="products", to="programs.program"
                    ),
                ),
                ("event_duration", models.IntegerField(db_default=0)),
                ("shipments", models.IntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("event_duration__gte", 0),
                            models.Q(("event_duration", 0), ("shipments__isnull", True), _connector="OR"),
                        ),
                        name="duration_or_shipments",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContinuityProductHistory",
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
                        to="programs.continuityproduct",
                    ),
                ),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.BigIntegerField()),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.product",
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
                ("event_duration", models.IntegerField(db_default=0)),
                ("shipments", models.IntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="program",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_programhistory" ("active", "current_event_id", "current_key", "current_repetition", "current_since", "id", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "schedule_id", "version") SELECT new_values."active", new_values."current_event_id", new_values."current_key", new_values."current_repetition", new_values."current_since", new_values."id", new_values."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."schedule_id", new_values."version" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="65d2b056d027641d54760965b32104123c23cf55",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_5a554",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="programs_program",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="program",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_programhistory" ("active", "current_event_id", "current_key", "current_repetition", "current_since", "id", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "schedule_id", "version") SELECT new_values."active", new_values."current_event_id", new_values."current_key", new_values."current_repetition", new_values."current_since", new_values."id", new_values."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."schedule_id", new_values."version" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="918c6cf186203ee628bedbfb355ffb91352f797e",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_7f86c",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="programs_program",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="program",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_programhistory" ("active", "current_event_id", "current_key", "current_repetition", "current_since", "id", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "schedule_id", "version") SELECT old_values."active", old_values."current_event_id", old_values."current_key", old_values."current_repetition", old_values."current_since", old_values."id", old_values."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."schedule_id", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="74973c1ff0dddc6d7a985ed0ba053a3973d5f5ee",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_7c1d4",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="programs_program",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="continuityproduct",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_continuityproducthistory" ("event_duration", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "program_id", "shipments") SELECT new_values."event_duration", new_values."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."product_id", new_values."program_id", new_values."shipments" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="131e9199f2c3cc1b55b4a42c0b27d6e03cd09daf",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_b3aa8",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="programs_continuityproduct",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="continuityproduct",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_continuityproducthistory" ("event_duration", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "program_id", "shipments") SELECT new_values."event_duration", new_values."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."product_id", new_values."program_id", new_values."shipments" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="e233036d7400bbc7ea124a7504b40c6be6387601",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_9f30d",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="programs_continuityproduct",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="continuityproduct",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_continuityproducthistory" ("event_duration", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "program_id", "shipments") SELECT old_values."event_duration", old_values."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."product_id", old_values."program_id", old_values."shipments" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="96fe74a6c1828e86fa260f5ec135342983687584",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_f2276",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="programs_continuityproduct",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programeventproduct",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_programeventproducthistory" ("event_id", "id", "line", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_minor", "product_id", "product_kind", "quantity", "unit") SELECT new_values."event_id", new_values."id", new_values."line", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."price_minor", new_values."product_id", new_values."product_kind", new_values."quantity", new_values."unit" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="c518184f4f8eb7d72f02bc42148fd2a2ee4a1832",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_86a1d",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="programs_programeventproduct",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programeventproduct",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_programeventproducthistory" ("event_id", "id", "line", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_minor", "product_id", "product_kind", "quantity", "unit") SELECT new_values."event_id", new_values."id", new_values."line", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."price_minor", new_values."product_id", new_values."product_kind", new_values."quantity", new_values."unit" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="a56f298c0f953e23c1a00a7025643cac1e324f0f",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_98291",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="programs_programeventproduct",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programeventproduct",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_programeventproducthistory" ("event_id", "id", "line", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_minor", "product_id", "product_kind", "quantity", "unit") SELECT old_values."event_id", old_values."id", old_values."line", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."price_minor", old_values."product_id", old_values."product_kind", old_values."quantity", old_values."unit" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="6d33c69cb3820b6bd96d10771fe0db6152a3bd59",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_a82d4",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="programs_programeventproduct",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programrevision",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_programrevisionhistory" ("apply", "bill_upfront", "catch_up", "consolidate", "days_after_order_date", "id", "number", "order_start", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "program_id", "prompt_for_payment_schedule", "prompt_for_start_date", "released", "started_on") SELECT new_values."apply", new_values."bill_upfront", new_values."catch_up", new_values."consolidate", new_values."days_after_order_date", new_values."id", new_values."number", new_values."order_start", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."program_id", new_values."prompt_for_payment_schedule", new_values."prompt_for_start_date", new_values."released", new_values."started_on" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="a07f7b65ff5887fa98d068e06e62841c80996b4c",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_478a4",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="programs_programrevision",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programrevision",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_programrevisionhistory" ("apply", "bill_upfront", "catch_up", "consolidate", "days_after_order_date", "id", "number", "order_start", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "program_id", "prompt_for_payment_schedule", "prompt_for_start_date", "released", "started_on") SELECT new_values."apply", new_values."bill_upfront", new_values."catch_up", new_values."consolidate", new_values."days_after_order_date", new_values."id", new_values."number", new_values."order_start", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."program_id", new_values."prompt_for_payment_schedule", new_values."prompt_for_start_date", new_values."released", new_values."started_on" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="1a4375bc9cf36b9bdcd19c5699e4c69c88602e98",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_b3720",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="programs_programrevision",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programrevision",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_programrevisionhistory" ("apply", "bill_upfront", "catch_up", "consolidate", "days_after_order_date", "id", "number", "order_start", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "program_id", "prompt_for_payment_schedule", "prompt_for_start_date", "released", "started_on") SELECT old_values."apply", old_values."bill_upfront", old_values."catch_up", old_values."consolidate", old_values."days_after_order_date", old_values."id", old_values."number", old_values."order_start", old_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."program_id", old_values."prompt_for_payment_schedule", old_values."prompt_for_start_date", old_values."released", old_values."started_on" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="22fadc5ecf0a774d757d004a8969017353d01e91",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_54165",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="programs_programrevision",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programevent",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_programeventhistory" ("action", "days_from_last", "delivery_mode_id", "event_id", "id", "interval_anchor", "interval_code", "interval_rule", "key", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "probability", "revision_id", "start_order_date", "times_to_repeat") SELECT new_values."action", new_values."days_from_last", new_values."delivery_mode_id", new_values."event_id", new_values."id", new_values."interval_anchor", new_values."interval_code", new_values."interval_rule", new_values."key", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."place", new_values."probability", new_values."revision_id", new_values."start_order_date", new_values."times_to_repeat" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="4c2cdd6ff7e3e64cc611c374b7cabb7be65afec0",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_feb87",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="programs_programevent",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programevent",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_programeventhistory" ("action", "days_from_last", "delivery_mode_id", "event_id", "id", "interval_anchor", "interval_code", "interval_rule", "key", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "probability", "revision_id", "start_order_date", "times_to_repeat") SELECT new_values."action", new_values."days_from_last", new_values."delivery_mode_id", new_values."event_id", new_values."id", new_values."interval_anchor", new_values."interval_code", new_values."interval_rule", new_values."key", new_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."place", new_values."probability", new_values."revision_id", new_values."start_order_date", new_values."times_to_repeat" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="2da150cca45194e499c8c6d85e6b8976f0db61db",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_3462f",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="programs_programevent",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programevent",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_programeventhistory" ("action", "days_from_last", "delivery_mode_id", "event_id", "id", "interval_anchor", "interval_code", "interval_rule", "key", "payment_schedule_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "probability", "revision_id", "start_order_date", "times_to_repeat") SELECT old_values."action", old_values."days_from_last", old_values."delivery_mode_id", old_values."event_id", old_values."id", old_values."interval_anchor", old_values."interval_code", old_values."interval_rule", old_values."key", old_values."payment_schedule_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."place", old_values."probability", old_values."revision_id", old_values."start_order_date", old_values."times_to_repeat" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="f22c25f64c23170c32874920b61ba1e793f5122b",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_892ef",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="programs_programevent",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="validpaymentschedule",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_validpaymentschedulehistory" ("id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revision_id", "schedule_id") SELECT new_values."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."revision_id", new_values."schedule_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="136fd5eeb68adb15e608fbd0b350ea49f9f2228f",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_c61bb",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="programs_validpaymentschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="validpaymentschedule",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_validpaymentschedulehistory" ("id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revision_id", "schedule_id") SELECT new_values."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."revision_id", new_values."schedule_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="9a60ae573f94d7ff021f46f27c4feeab6d23b500",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_00557",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="programs_validpaymentschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="validpaymentschedule",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "programs_validpaymentschedulehistory" ("id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revision_id", "schedule_id") SELECT old_values."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."revision_id", old_values."schedule_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="7d6f89ae56bb49cd121d7a7919026849e17b289e",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_e90eb",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="programs_validpaymentschedule",
                    when="AFTER",
                ),
            ),
        ),
    ]
