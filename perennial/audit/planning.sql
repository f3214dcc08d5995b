-- What is still to come of open orders: their walks, those that are alike together.

-- name: walks
-- Who was stopped by a person has come to the end without the program's.
select w.revision_id, w.event_duration, w.shipments, w.times, w.first_event, w.complete, w.keys, w.repetitions, array_agg(w.id)
  from (select c.id, c.revision_id, c.event_duration, c.shipments, c.times, c.first_event, c.complete,
               array_agg(o.event_key::text order by o.position, o.id) filter (where o.id is not null) as keys,
               array_agg(o.repetition order by o.position, o.id) filter (where o.id is not null) as repetitions
          from continuity_continuityorder c
          left join continuity_occurrence o on o.continuity_order_id = c.id and o.status <> 'cancelled'
         where (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s))
           and c.status in {states.NOT_ENDED} and c.last_shipment is null
         group by c.id) w
 group by 1, 2, 3, 4, 5, 6, 7, 8
 order by min(w.id)

-- name: cut_short
-- An order may have been taken over whose next shipment had been cancelled elsewhere.
select 'plan_cut_short', p.number, l.line, null, null, null, n.key as event, n.repetition
  from unnest(%(ids)s::bigint[], %(keys)s::text[], %(repetitions)s::int[]) n(id, key, repetition)
  join continuity_continuityorder c on c.id = n.id
  join orders_salesorder p on p.id = c.order_id
  join orders_orderline l on l.id = c.parent_line_id
 where {ENTERED_HERE}
    or not exists (select from continuity_occurrence o
                    where o.continuity_order_id = c.id and o.event_key = n.key and o.repetition = n.repetition)
 order by p.number, l.line

-- name: at_its_end
-- Of an order that was taken over the next extension finds it.
select 'plan_not_ended', p.number, l.line, null, null, null
  from continuity_continuityorder c
  join orders_salesorder p on p.id = c.order_id
  join orders_orderline l on l.id = c.parent_line_id
 where c.id = any(%(ids)s) and {ENTERED_HERE}
 order by p.number, l.line
