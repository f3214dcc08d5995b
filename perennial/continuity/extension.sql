-- name: short
-- Open orders whose planning is not complete and which run short: too few open occurrences, or the last one is near.
-- orders: of these parent orders alone; null: of all.
select c.id
  from continuity_continuityorder c
  join lateral (
       select count(*) filter (where o.status in {states.TO_COME}) as open,
              (array_agg(o.ship_on order by o.position desc) filter (where o.status <> 'cancelled'))[1] as last
         from continuity_occurrence o where o.continuity_order_id = c.id) w on true
 where c.status = 'open' and not c.complete
   and (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s))
   and (w.open < greatest(coalesce(c.threshold, %(threshold)s), 1) or w.last is null or w.last <= %(through)s)
