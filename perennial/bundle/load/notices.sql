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

-- name: order
select o.id, k.id, c.id, x.id, r.id
  from orders_salesorder o
  left join orders_salesorder k on k.parent_id = o.id and k.number = %(child)s
  left join orders_orderline l on l.order_id = o.id and l.line = %(line)s
  left join continuity_continuityorder c on c.parent_line_id = l.id
  left join continuity_occurrence x on x.continuity_order_id = c.id and x.event_key = %(event)s
        and x.repetition = %(repetition)s
  left join programs_programrevision r on r.program_id = c.program_id and r.number = %(revision)s
 where o.number = %(order)s and o.parent_id is null
