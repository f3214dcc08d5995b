-- name: tariffs
-- Tariffs with their charges; without numbers the newest.
select t.number, t.prices_include_tax, c.delivery_mode_id, c.charge_minor, c.tax_group
  from catalog_tariff t left join catalog_tariffcharge c on c.tariff_id = t.number
 where t.number = any(coalesce(%(numbers)s::int[], array[(select max(number) from catalog_tariff)]))

-- name: rates
select tariff_id, rate_id, "group", country, region, percent, valid_from
  from catalog_tariffrate where tariff_id = any(%(numbers)s::int[]) order by rate_id

-- name: rate_keys
select id, "group", country, region, valid_from from catalog_taxrate

-- name: know_modes
-- What nobody could order yet is in every tariff as it is set up.
insert into catalog_tariffcharge(tariff_id, delivery_mode_id, charge_minor, tax_group)
select t.number, m.id, m.charge_minor, m.tax_group from catalog_tariff t cross join catalog_deliverymode m
on conflict do nothing

-- name: differs
-- Is something set up otherwise than a tariff has it?
select exists (select prices_include_tax from catalog_parameters
               except select prices_include_tax from catalog_tariff where number = %(number)s)
    or exists (select id, charge_minor, tax_group from catalog_deliverymode
               except select delivery_mode_id, charge_minor, tax_group from catalog_tariffcharge where tariff_id = %(number)s)
    or exists (select id, percent from catalog_taxrate
               except select rate_id, percent from catalog_tariffrate where tariff_id = %(number)s)
    or (select count(*) from catalog_taxrate) <> (select count(*) from catalog_tariffrate where tariff_id = %(number)s)

-- name: note
insert into catalog_tariff(number, prices_include_tax, made_on, made_by, made_because)
select %(number)s, prices_include_tax, %(on)s, %(by)s, %(reason)s from catalog_parameters

-- name: note_charges
insert into catalog_tariffcharge(tariff_id, delivery_mode_id, charge_minor, tax_group)
select %(number)s, id, charge_minor, tax_group from catalog_deliverymode

-- name: note_rates
insert into catalog_tariffrate(tariff_id, rate_id, "group", country, region, percent, valid_from)
select %(number)s, id, "group", country, region, percent, valid_from from catalog_taxrate
