-- Parent orders in a list, the newest first.

-- name: orders
select o.number, o.reference, o.status, o.acceptance,
       exists (select from orders_hold h where h.order_id = o.id and h.released_on is null),
       o.order_date, c.account, c.name,
       array(select p.name from orders_orderline l join catalog_product p on p.id = l.product_id
              where l.order_id = o.id order by l.line),
       least((select min(k.ship_on) from orders_salesorder k where k.parent_id = o.id and k.status = 'open'),
             (select min(t.ship_on) from continuity_continuityorder x
                join continuity_occurrence t on t.continuity_order_id = x.id
               where x.order_id = o.id and t.status in {states.TO_COME})),
       o.source_code
  from orders_salesorder o
  join customers_customer c on c.id = o.customer_id
 where o.id = any(%(ids)s)
 order by o.id desc
