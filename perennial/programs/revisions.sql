-- Revisions whole, as the kernel plans from them: read in one go by each run of a job.

-- name: revisions
select r.id, r.program_id, p.schedule_id, r.number, r.started_on, r.order_start, r.bill_upfront, r.consolidate,
       r.catch_up, r.payment_schedule_id, r.prompt_for_payment_schedule, r.days_after_order_date
  from programs_programrevision r
  join programs_program p on p.id = r.program_id
 where r.id = any(%(ids)s)
 order by r.id

-- name: events
select e.revision_id, e.id, e.key, e.event_id, e.days_from_last, e.interval_code, e.interval_rule, e.interval_anchor,
       e.start_order_date, e.action, e.times_to_repeat, e.delivery_mode_id, e.payment_schedule_id
  from programs_programevent e
 where e.revision_id = any(%(ids)s)
 order by e.revision_id, e.place

-- name: products
select x.event_id, x.line, x.product_id, i.number, x.quantity, x.price_minor
  from programs_programevent e
  join programs_programeventproduct x on x.event_id = e.id
  join catalog_product i on i.id = x.product_id
 where e.revision_id = any(%(ids)s)
 order by x.event_id, x.line

-- name: naming
-- The active programs whose version for new orders names these products, or these delivery modes, in an event.
with newest as (
  select distinct on (r.program_id) r.id, p.schedule_id
    from programs_programrevision r join programs_program p on p.id = r.program_id and p.active
   where r.released
   order by r.program_id, r.number desc)
select 'product', i.number, n.schedule_id
  from newest n
  join programs_programevent e on e.revision_id = n.id and e.event_id is not null
  join programs_programeventproduct x on x.event_id = e.id
  join catalog_product i on i.id = x.product_id
 where i.number = any(%(products)s)
union
select 'delivery_mode', m.code, n.schedule_id
  from newest n
  join programs_programevent e on e.revision_id = n.id and e.event_id is not null
  join catalog_deliverymode m on m.id = e.delivery_mode_id
 where m.code = any(%(modes)s)
 order by 1, 2, 3

-- name: newest_released
select distinct on (program_id) program_id, id from programs_programrevision
 where released and (%(programs)s::bigint[] is null or program_id = any(%(programs)s))
 order by program_id, number desc
