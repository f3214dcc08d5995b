-- Products that can be sold: see products.py.

-- name: found
-- Every word begins the number or a word of the name; the number that was meant comes first, then what sells a program.
with asked as (
  select string_agg(quote_literal(word) || ':*', ' & ')::tsquery as query
    from (select replace(search_joined(w), ' ', '') as word from unnest(%(words)s::text[]) w) words where word <> '')
select p.id, p.number, p.name, p.kind, g.schedule_id, lower(p.number) = lower(%(typed)s) as exact
  from catalog_product p
  left join programs_continuityproduct c on c.product_id = p.id
  left join programs_program g on g.id = c.program_id
 where product_words(p.number, p.name) @@ (select query from asked)
   and (p.active or not %(to_give)s)
   and case p.kind
       when 'continuity' then g.active and exists (
         select from programs_programrevision r where r.program_id = g.id and r.released)
       else exists (select from catalog_price x where x.product_id = p.id) end
 order by exact desc, p.kind = 'item', p.number
 limit %(most)s

-- name: numbered
-- The product of exactly this number, sold today or not: entry says what stands against it.
select p.number, p.kind from catalog_product p where p.number in (%(typed)s, upper(%(typed)s), lower(%(typed)s))
 order by p.number = %(typed)s desc limit 1

-- name: first_event
-- Of the programs that these products stand for: what the first event of the newest released revision sends.
select c.product_id, x.product_id, x.quantity, x.price_minor
  from programs_continuityproduct c
  join lateral (select e.id
                  from programs_programrevision r
                  join programs_programevent e on e.revision_id = r.id and e.event_id is not null
                 where r.program_id = c.program_id and r.released
                 order by r.number desc, e.event_id limit 1) e on true
  join programs_programeventproduct x on x.event_id = e.id
 where c.product_id = any(%(ids)s)
 order by c.product_id, x.line
