-- What there is to tell, of which nobody was told yet.

-- name: ahead
-- Shipments that leave within some days and can still be changed; of what ships together the leading occurrence. Who has no
-- address gets no message, and is not asked about night after night.
select c.order_id, coalesce(p.payer_id, c.customer_id), c.id, l.line, o.shipment, (array_agg(o.id order by o.position desc, o.id desc))[1]
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
  join customers_customer u on u.id = coalesce(p.payer_id, c.customer_id) and u.email <> ''
  join orders_orderline l on l.id = c.parent_line_id
  join continuity_waits w on w.continuity_order_id = c.id
 where o.status = 'scheduled' and o.blocked is null and o.ship_on > %(through)s and o.ship_on <= %(until)s
   and c.status = 'open' and not w.awaited and not w.on_hold
   and not exists (select from notices_notice n
                    where n.kind = 'shipment_ahead' and n.attempt_id is null and n.payment_id is null
                      and n.card_id is null and n.order_id = c.order_id and n.continuity_order_id = c.id
                      and n.occurrence_id = o.id and n.resends_id is null)
 group by c.order_id, p.payer_id, c.customer_id, c.id, l.line, o.shipment
 order by c.order_id, l.line, o.shipment

-- name: expiring
-- Cards that end within some days, with the first planned shipment, or part of a payment, that comes after that.
select distinct on (k.id) k.customer_id, k.id, k.token, k.brand, k.last4, k.expires_on, p.number, y.on_date, y.is_part
  from customers_storedcard k
  join customers_customer u on u.id = k.customer_id and u.email <> ''
  join charge_to_come y on y.card_id = k.id and y.on_date > k.expires_on
  join continuity_continuityorder c on c.id = y.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
 where k.expires_on >= %(on)s and k.expires_on <= %(until)s
   and not exists (select from notices_notice n
                    where n.kind = 'card_expiring' and n.attempt_id is null and n.payment_id is null
                      and n.card_id = k.id and n.resends_id is null)
 order by k.id, y.on_date, y.is_part, p.id

-- name: children
select k.id, k.number, k.parent_id, k.customer_id from orders_salesorder k where k.id = any(%(ids)s) order by k.id

-- name: ended
select c.id, c.order_id, coalesce(p.payer_id, c.customer_id), l.line
  from continuity_continuityorder c
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
 where c.id = any(%(ids)s) order by c.id

-- name: sold
select c.id, p.name, o.currency
  from continuity_continuityorder c
  join orders_orderline l on l.id = c.parent_line_id
  join catalog_product p on p.id = l.product_id
  join orders_salesorder o on o.id = c.order_id
 where c.id = any(%(ids)s)

-- name: days
select days from notices_noticekind where kind = %(kind)s
