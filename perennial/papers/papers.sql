-- What papers ask beyond what is told of orders.

-- name: to_slip
-- the orders of these numbers, in the order in which they are given; parent null: a parent
select o.id, o.parent_id, o.number, u.language, coalesce(nullif(m.name, ''), m.code)
  from unnest(%(numbers)s::text[]) with ordinality w(number, place)
  join orders_salesorder o on o.number = w.number
  join customers_customer u on u.id = o.customer_id
  left join catalog_deliverymode m on m.id = o.delivery_mode_id
 order by w.place

-- name: numbers
select o.number
  from unnest(%(ids)s::bigint[]) with ordinality w(id, place) join orders_salesorder o on o.id = w.id
 order by w.place

-- name: language
-- of who pays: the confirmation is theirs
select u.language from orders_salesorder o join customers_customer u on u.id = coalesce(o.payer_id, o.customer_id)
 where o.number = %(number)s

-- name: payer_address
-- of who pays an order for somebody else, the first of their addresses
select a.id from orders_salesorder o join customers_address a on a.customer_id = o.payer_id and a.code is not null
 where o.number = %(number)s order by a.purpose = 'delivery', a.number, a.id limit 1

-- name: to_pick
-- the lines of these children, and the ordinary ones of parents, in the order in which they are given
select k.number, coalesce(k.ship_on, %(on)s), coalesce(a.recipient, u.name), a.city, p.number, p.name, l.quantity
  from unnest(%(ids)s::bigint[]) with ordinality w(id, place)
  join orders_salesorder k on k.id = w.id
  join customers_customer u on u.id = k.customer_id
  left join customers_address a on a.id = k.ship_to_id
  join orders_orderline l on l.order_id = k.id and l.status <> 'cancelled'
   and (k.parent_id is not null or l.status = 'open' and not exists (
        select from continuity_continuityorder c where c.parent_line_id = l.id))
  join catalog_product p on p.id = l.product_id
 order by w.place, l.line
