-- What only the jobs can tell.

-- name: missed
-- Nothing due may be left behind by the last finished night, but what its limit left.
select 'shipment_missed', p.number, l.line, null, o.shipment, null, o.ship_on
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
 where o.status = 'scheduled' and o.blocked is null
   and o.ship_on <= (select max(on_date) from jobs_nightrun where finished_at is not null)
   and not exists (select from jobs_jobrun r
                    where r.job = 'create-child-orders' and not r.dry
                      and r.on_date >= (select max(on_date) from jobs_nightrun where finished_at is not null)
                      and coalesce((r.report #>> '{counts,left}')::bigint, 0) > 0)
   -- what a person set free since then ships at the next run
   and not exists (select from orders_orderevent e
                    where e.order_id = p.id
                      and (e.on_date >= (select max(on_date) from jobs_nightrun where finished_at is not null)
                           or e.at >= (select max(finished_at) from jobs_nightrun))
                      and e.kind not in ('child_created', 'closed', 'extended', 'parked', 'shipped', 'invoiced')
                      and not (starts_with(e.kind, 'payment') and starts_with(e.by, 'job:')))

-- name: cards_found
-- When a card that will have expired was last found: by the job, or where its customer was told so.
select greatest((select max(on_date) from jobs_jobrun where job = 'create-child-orders' and not dry),
                (select max(on_date) from notices_notice where kind = 'card_expired'))

-- name: modes_of_cards
select distinct delivery_mode_id from continuity_occurrence
 where blocked = 'card' and ship_on < %s and delivery_mode_id is not null
