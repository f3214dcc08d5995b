-- What a notice of a bundle is about: order, payment, try.

-- name: payment
select coalesce(o.parent_id, o.id, c.order_id), y.id, null::bigint
  from payments_payment y
  left join orders_salesorder o on o.id = y.order_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  left join orders_orderline l on l.id = c.parent_line_id
  left join orders_salesorder p on p.id = c.order_id
 where coalesce(o.number, p.number) = %(order)s and y.purpose = %(purpose)s and y.number = %(number)s
   and (c.id is null or l.line = %(line)s)

-- name: attempt
select coalesce(o.parent_id, o.id, c.order_id), y.id, a.id
  from payments_attempt a
  join payments_payment y on y.id = a.payment_id
  left join orders_salesorder o on o.id = y.order_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
 where a.key = %(key)s
