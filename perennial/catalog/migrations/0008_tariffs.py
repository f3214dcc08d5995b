"""Tariffs: what is set up of taxes and delivery charges becomes the first one."""

import django.db.models.deletion
from django.db import migrations, models

import perennial.db.models

FIRST = """
insert into catalog_tariff(number, prices_include_tax) select 1, prices_include_tax from catalog_parameters;
insert into catalog_tariffcharge(tariff_id, delivery_mode_id, charge_minor, tax_group)
select f.number, m.id, m.charge_minor, m.tax_group from catalog_tariff f cross join catalog_deliverymode m;
insert into catalog_tariffrate(tariff_id, rate_id, "group", country, region, percent, valid_from)
select f.number, r.id, r."group", r.country, r.region, r.percent, r.valid_from
  from catalog_tariff f cross join catalog_taxrate r;
set constraints all immediate;
set constraints all deferred;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0007_codes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tariff",
            fields=[
                ("number", models.IntegerField(primary_key=True, serialize=False)),
                ("prices_include_tax", models.BooleanField()),
                ("made_on", models.DateField(null=True)),
                ("made_by", models.TextField(db_default="")),
                ("made_because", models.TextField(null=True)),
                ("applied_on", models.DateField(null=True)),
                ("applied_by", models.TextField(null=True)),
                ("applied_because", models.TextField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="tariff_number_from_1")
                ],
            },
        ),
        migrations.CreateModel(
            name="TariffCharge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("charge_minor", models.BigIntegerField()),
                ("tax_group", perennial.db.models.Code(null=True)),
                (
                    "delivery_mode",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.deliverymode",
                    ),
                ),
                (
                    "tariff",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="charges",
                        to="catalog.tariff",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tariff", "delivery_mode"), name="one_tariff_charge"),
                    models.CheckConstraint(condition=models.Q(("charge_minor__gte", 0)), name="tariff_charge_from_0"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TariffRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("group", perennial.db.models.Code()),
                ("country", perennial.db.models.Code()),
                ("region", perennial.db.models.Code(null=True)),
                ("percent", models.DecimalField(decimal_places=6, max_digits=9)),
                ("valid_from", models.DateField(null=True)),
                (
                    "rate",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.taxrate",
                    ),
                ),
                (
                    "tariff",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rates",
                        to="catalog.tariff",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tariff", "group", "country"], name="rates_of_tariff")],
                "constraints": [
                    models.UniqueConstraint(fields=("tariff", "rate"), name="one_tariff_rate"),
                    models.CheckConstraint(
                        condition=models.Q(("percent__gte", 0), ("percent__lte", 1000)), name="tariff_percent_from_0"
                    ),
                ],
            },
        ),
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
    ]
