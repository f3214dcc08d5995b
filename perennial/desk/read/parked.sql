-- What runs put aside, in the order in which they did.

-- name: parked_by
select q.id, p.number, l.line, q.shipment, u.account, u.name, q.job, q.run_id, q.on_date,
       coalesce(q.because, to_jsonb(q.reason))::text, q.resolved_on
  from continuity_parked q
  join continuity_continuityorder c on c.id = q.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
  join orders_orderline l on l.id = c.parent_line_id
  join customers_customer u on u.id = c.customer_id
 where q.run_id = any(%(runs)s) and q.id > %(after)s
 order by q.id limit %(most)s
