-- name: waiting
-- the parent orders of which something waits for a person: held, unpaid for good or nobody knows, not authorised
-- anew, its check has not come by a day or before it was invoiced, blocked
select coalesce(o.parent_id, o.id)
  from orders_hold h join orders_salesorder o on o.id = h.order_id
 where h.released_on is null and o.status <> 'cancelled'
union
select coalesce(o.parent_id, o.id, c.order_id)
  from payments_payment y
  left join orders_salesorder o on o.id = y.order_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
 where y.status in ('failed', 'unknown')
union
select f.root_id
  from payments_payment y join payment_subject f on f.payment_id = y.id and f.entered and not f.cancelled
 where y.status = 'due' and y.method = 'check' and y.purpose <> 'refund' and (f.invoiced or y.due_on <= %s)
union
select f.root_id
  from payment_not_renewed r join payment_subject f on f.payment_id = r.payment_id
union
select c.order_id
  from continuity_occurrence o join continuity_continuityorder c on c.id = o.continuity_order_id
 where o.blocked is not null
union
select c.order_id
  from continuity_parked q join continuity_continuityorder c on c.id = q.continuity_order_id
 where q.resolved_on is null
