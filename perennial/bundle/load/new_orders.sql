-- name: first_payment
-- the first day on which money is to be taken that is owed already
select min(case when y.method = 'on_account' and y.at_invoice then y.due_on + %(terms)s
                when y.method = 'on_account' and y.status = 'due' then greatest(y.due_on, %(on)s::date + greatest(%(bill_days)s, 0))
                else y.due_on end)
  from payments_payment y
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  left join orders_salesorder k on k.id = y.order_id
 where coalesce(c.order_id, k.parent_id, k.id) = any(%(ids)s) and y.purpose <> 'refund'
   and y.status in {states.TO_DO}

-- name: first_shipments
-- of each way to pay the first shipment that costs something; whether it does is asked one by one, in their order. What
-- is late leaves on the first working day from %(on)s on; what ships together goes and is paid as the last of it.
with shipments as materialized (
  select l.* from (
    select distinct on (o.continuity_order_id, o.shipment)
           c.payment_method = 'on_account' as on_account,
           coalesce(o.payment_schedule_id, c.payment_schedule_id) as schedule, o.continuity_order_id, o.shipment,
           case when o.ship_on >= %(on)s then o.ship_on else coalesce(r.day, %(on)s) end as ship_on
      from continuity_occurrence o join continuity_continuityorder c on c.id = o.continuity_order_id
      left join unnest(%(modes)s::bigint[], %(days)s::date[]) r(mode, day) on r.mode = o.delivery_mode_id
     where c.order_id = any(%(ids)s) and not c.upfront and c.status = 'open' and o.status = 'scheduled'
     order by o.continuity_order_id, o.shipment, o.position desc, o.id desc) l
    join continuity_waits w on w.continuity_order_id = l.continuity_order_id
   where w.card_ends_on >= l.ship_on)
select w.on_account, w.schedule, f.ship_on
  from (select distinct on_account, schedule from shipments) w
 cross join lateral (
       select o.ship_on
         from (select * from shipments s
                where s.on_account = w.on_account and s.schedule is not distinct from w.schedule
                order by s.ship_on offset 0) o
        where (select c.costs from shipment_costs c
                where c.continuity_order_id = o.continuity_order_id and c.shipment = o.shipment)
        limit 1) f

-- name: late
-- orders with shipments of the past, each with the first of their days
select p.number, min(case when o.ship_on < %(on)s then o.ship_on else o.event_on end)
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
  join order_waits w on w.order_id = p.id
 where c.order_id = any(%(ids)s) and o.status = 'scheduled' and o.blocked is null
   and (o.ship_on < %(on)s or (o.event_on < least(c.order_date, %(on)s) and not c.consolidate))
   and not w.awaited and not w.on_hold
 group by p.number
