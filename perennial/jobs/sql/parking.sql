-- Putting an order aside that a job could not do.

-- name: item
select subject_id, shipment from jobs_jobitem where run_id = %(run)s and seq = %(seq)s

-- name: order
select p.id, p.number, l.id, l.line from continuity_continuityorder c
  join orders_salesorder p on p.id = c.order_id join orders_orderline l on l.id = c.parent_line_id
 where c.id = %(subject)s

-- name: park
update continuity_occurrence set blocked = 'parked'
 where continuity_order_id = %(subject)s and status = 'scheduled' and blocked is null
