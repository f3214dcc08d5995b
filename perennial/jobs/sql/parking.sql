-- Putting an order aside that a job could not do.

-- name: item
select i.subject_id, i.shipment, p.id, p.number, l.id, l.line from jobs_jobitem i
  join continuity_continuityorder c on c.id = i.subject_id join orders_salesorder p on p.id = c.order_id
  join orders_orderline l on l.id = c.parent_line_id
 where i.run_id = %(run)s and i.seq = %(seq)s

-- name: park
update continuity_occurrence set blocked = 'parked'
 where continuity_order_id = %(subject)s and status = 'scheduled' and blocked is null
