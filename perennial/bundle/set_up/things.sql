-- Things of set-up: see things.py.

-- name: fitting_products
-- Products whose number, or a word of whose name, begins with each of the words.
select p.id from catalog_product p
 where product_words(p.number, p.name) @@ (
   select string_agg(quote_literal(word) || ':*', ' & ')::tsquery
     from (select left(replace(search_joined(w), ' ', ''), 200) as word from unnest(%s::text[]) w) words where word <> '')

-- name: counts
select 'delivery_modes', count(*) from catalog_deliverymode
union all select 'date_intervals', count(*) from catalog_dateinterval
union all select 'payment_schedules', count(*) from catalog_paymentschedule
union all select 'tax_rates', count(*) from catalog_taxrate
union all select 'products', count(*) from catalog_product
union all select 'source_codes', count(*) from catalog_sourcecode
union all select 'reason_codes', count(*) from catalog_reasoncode
union all select 'hold_codes', count(*) from catalog_holdcode
