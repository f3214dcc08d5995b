-- What only the jobs can tell.

-- name: missed
-- Nothing due may be left behind by the last finished night, but what its limit left. Due is what ships within the days
-- before delivery, as many as there were when that night listed what is due: who sells behind that is made by the next.
with last as (
  select n.id, n.on_date, n.finished_at
    from jobs_nightrun n where n.finished_at is not null order by n.on_date desc, n.id desc limit 1),
listed as (
  select last.on_date, coalesce(r.started_at, last.finished_at) as at
    from last
    left join lateral (
      select r.started_at from jobs_jobrun r
       where r.job = 'create-child-orders' and not r.dry
         and (r.night_id = last.id or (r.on_date = last.on_date and r.started_at <= last.finished_at))
       order by r.night_id = last.id desc nulls last, r.id desc limit 1) r on true),
night as (
  select l.on_date, l.at,
         l.on_date + coalesce((select h.days_before_delivery from catalog_parametershistory h
                                where h.pgh_created_at <= l.at order by h.pgh_id desc limit 1),
                              (select p.days_before_delivery from catalog_parameters p)) as through
    from listed l)
select 'shipment_missed', p.number, l.line, null, o.shipment, null, o.ship_on
  from night
  join continuity_occurrence o on o.status = 'scheduled' and o.blocked is null and o.ship_on <= night.through
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
 where true
   and not exists (select from jobs_jobrun r
                    where r.job = 'create-child-orders' and not r.dry
                      and r.on_date >= night.on_date
                      and coalesce((r.report #>> '{counts,left}')::bigint, 0) > 0)
   -- what a person set free since then ships at the next run
   and not exists (select from orders_orderevent e
                    where e.order_id = p.id
                      and (e.on_date >= night.on_date or e.at >= night.at)
                      and e.kind not in ('child_created', 'closed', 'extended', 'parked', 'shipped', 'invoiced')
                      and not (starts_with(e.kind, 'payment') and starts_with(e.by, 'job:')))

-- name: unpaid
-- What was invoiced up to the last finished night: a child that was made here, costs something and has no payment at all;
-- and a payment by card or on account that nobody has asked for, though nothing stops it.
with night as (
  select n.on_date from jobs_nightrun n where n.finished_at is not null order by n.on_date desc limit 1)
select 'child_without_payment', p.number, l.line, k.number, k.shipment, null
  from night
  join orders_salesorder k on k.status = 'invoiced' and k.parent_id is not null and k.invoiced_on <= night.on_date
  join orders_salesorder p on p.id = k.parent_id
  join orders_orderline l on l.id = k.parent_line_id
  join continuity_continuityorder c on c.parent_line_id = k.parent_line_id and not c.upfront
 where k.taken_over_on is null and k.total_minor > 0
   and not exists (select from payments_payment y where y.order_id = k.id and y.purpose <> 'refund')
union all
select 'payment_not_asked', p.number, l.line, k.number, k.shipment, null
  from night
  join orders_salesorder k on k.status = 'invoiced' and k.parent_id is not null and k.invoiced_on <= night.on_date
  join orders_salesorder p on p.id = k.parent_id
  join orders_orderline l on l.id = k.parent_line_id
  join payments_payment y on y.order_id = k.id and y.at_invoice and y.purpose = 'shipment'
       and y.method in ('card', 'on_account') and y.status = 'due' and y.tried_on is null
 where not exists (select from charging_hold h
                    where h.order_id in (p.id, k.id) and coalesce(h.from_on <= night.on_date, true))
   and not exists (select from orders_orderevent e
                    where e.order_id = p.id and e.on_date >= night.on_date and e.kind in ('invoiced', 'released', 'payment_due_again', 'moved_in'))

-- name: cards_found
-- When a card that will have expired was last found: by the job, or where its customer was told so.
select greatest((select max(on_date) from jobs_jobrun where job = 'create-child-orders' and not dry),
                (select max(on_date) from notices_notice where kind = 'card_expired'))

-- name: modes_of_cards
select distinct delivery_mode_id from continuity_occurrence
 where blocked = 'card' and ship_on < %s and delivery_mode_id is not null
