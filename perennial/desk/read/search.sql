-- What a hit of a search shows, for a page of hits at once.

-- name: orders
-- What was typed as a number or a reference: all of it (place 0), or one of its words, where the customer fits the others.
with named as (
  select o.id, n.place
    from unnest(%(numbers)s::text[], %(number_places)s::int[]) n(number, place)
    join orders_salesorder o on o.number = n.number
   union
  select o.id, r.place
    from unnest(%(references)s::text[], %(reference_places)s::int[]) r(reference, place)
    join orders_salesorder o on replace(search_joined(o.reference), ' ', '') = r.reference and o.reference is not null)
select c.id, o.number, o.reference, c.account, c.name, o.status, o.order_date, o.ship_on, min(d.place) = 0
  from named d
  join orders_salesorder o on o.id = d.id
  join customers_customer c on c.id = o.customer_id
  join customers_customersearch s on s.customer_id = c.id
 where d.place = 0 or s.words @@ nullif((%(others)s::text[])[d.place], '')::tsquery
 group by o.id, c.id
 order by min(d.place), o.number
 limit %(most)s

-- name: customers
-- The address is the one to which an order goes.
select c.id, c.account, c.name, c.email, c.phone, a.postcode, a.city,
       (select count(*) from orders_salesorder o
         where o.customer_id = c.id and o.parent_id is null and o.status = 'open'),
       (select min(x.ship_on) from continuity_continuityorder k join continuity_occurrence x on x.continuity_order_id = k.id
         where k.customer_id = c.id and k.status = 'open' and x.status = 'scheduled'),
       exists (select from orders_salesorder o join payments_payment p on p.order_id = o.id
                where o.customer_id = c.id and p.status in {states.REFUSED})
         or exists (select from continuity_continuityorder k join payments_payment p on p.continuity_order_id = k.id
                       and p.order_id is null
                     where k.customer_id = c.id and p.status in {states.REFUSED}),
       search_account(c.account), search_words(c.name), search_words(t.towns), search_words(t.postcodes),
       search_phone(c.phone), search_email(c.email)
  from customers_customer c
  left join lateral (
       select x.postcode, x.city from customers_address x where x.customer_id = c.id and x.code is not null
        order by x.purpose <> 'delivery', x.number, x.id limit 1) a on true
  left join lateral (
       select string_agg(x.city, ' ') as towns, string_agg(concat_ws(' ', x.postcode, replace(x.postcode, ' ', '')), ' ') as postcodes
         from customers_address x where x.customer_id = c.id) t on true
 where c.id = any(%(customers)s)
