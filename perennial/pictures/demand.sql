-- What ships, week by week: pieces of each product, and parcels (without a product).
-- $chance is the statement of that name.

-- name: chance
select * from unnest(%(programs)s::bigint[], %(keys)s::text[], %(repetitions)s::int[], %(stays)s::float8[], %(gets)s::float8[],
                     %(histories)s::boolean[]) as x(program_id, event_key, repetition, stays, gets, by_history)

-- name: planned
-- Lines of open orders that are no children yet. What is late and waits for nothing goes out in the week that runs; what is late
-- and waits is in no week. A shipment that was skipped is not sent, but its member has to stay through it.
with chance as materialized ($chance),
coming as materialized (
  select c.program_id, o.id, date_trunc('week', greatest(o.ship_on, %(week)s::date))::date as week,
         o.status = 'scheduled' and (o.blocked is null or o.ship_on >= %(week)s) as counts,
         o.shipment is distinct from lag(o.shipment) over walk as leads,
         coalesce(h.gets, 1) * exp(coalesce(sum(ln(greatest(h.stays, 1e-9))) over (
           walk rows between unbounded preceding and 1 preceding), 0)) as chance,
         coalesce(h.by_history, false) as by_history
    from continuity_continuityorder c
    join continuity_occurrence o on o.continuity_order_id = c.id and o.ship_on < %(until)s
                                and (o.status = 'scheduled' or o.status = 'skipped' and o.ship_on >= %(on)s)
    left join chance h on h.program_id = c.program_id and h.event_key = o.event_key
                      and h.repetition = least(o.repetition, %(told)s)
   where c.status = 'open'
  window walk as (partition by c.id order by o.position))
select week, program_id, null::bigint, count(*)::numeric, sum(chance)::float8, bool_or(by_history), bool_or(not by_history)
  from coming where counts and leads
 group by 1, 2
union all
select s.week, s.program_id, l.product_id, sum(l.quantity), sum(l.quantity::float8 * s.chance), bool_or(s.by_history),
       bool_or(not s.by_history)
  from coming s join continuity_continuityline l on l.occurrence_id = s.id
 where s.counts
 group by 1, 2, 3

-- name: children
-- Children in these states of a time: parcels, and pieces of their products.
with children as materialized (
  select k.id, c.program_id, date_trunc('week', k.ship_on)::date as week
    from orders_salesorder k join continuity_continuityorder c on c.parent_line_id = k.parent_line_id
   where k.parent_id is not null and k.status = any(%(states)s) and k.ship_on >= %(since)s and k.ship_on < %(until)s)
select week, program_id, null::bigint, count(*)::numeric from children group by 1, 2
union all
select k.week, k.program_id, l.product_id, sum(l.quantity)
  from children k join orders_orderline l on l.order_id = k.id
 group by 1, 2, 3

-- name: beyond
-- Open orders that are not planned to their end, those together whose next shipments fall on the same days: of one revision, with
-- the same last event on the same day, and the same wishes. Where the event is repeated until stopped, it does not matter how often
-- it was; the first day matters only where an interval is counted from it, how many there are only where an order ends by number.
with chance as materialized ($chance),
from_order as (select distinct revision_id from programs_programevent where interval_rule is not null and interval_anchor is null),
ends as (
  select distinct on (c.id) c.id, c.program_id, c.revision_id, c.event_duration, c.shipments, c.times, c.every, c.last_shipment,
         c.quantity, o.event_key, o.repetition, o.event_on, o.shipment,
         count(*) over (partition by c.id) as total, min(o.event_on) over (partition by c.id) as first_on,
         exp(coalesce(sum(ln(greatest(h.stays, 1e-9))) filter (where o.status = 'scheduled' or o.status = 'skipped' and o.ship_on >= %(on)s)
               over (partition by c.id), 0)) as stays
    from continuity_continuityorder c
    join continuity_occurrence o on o.continuity_order_id = c.id and o.status <> 'cancelled'
    left join chance h on h.program_id = c.program_id and h.event_key = o.event_key
                      and h.repetition = least(o.repetition, %(told)s)
   where c.status = 'open' and not c.complete
   order by c.id, o.position desc)
select e.program_id, e.revision_id, e.event_duration, e.shipments, e.times, e.every, e.quantity, e.event_key,
       case when v.times_to_repeat is null and coalesce(e.times, e.shipments, e.last_shipment) is null
            then least(e.repetition, %(told)s) else e.repetition end,
       e.event_on, e.last_shipment, case when e.last_shipment is not null then e.shipment end,
       case when coalesce(e.times, e.shipments) is not null then e.total end,
       case when f.revision_id is not null or e.every ? 'interval' then e.first_on end,
       case when e.event_duration > 0 then (
         select array_agg(distinct o.event_key order by o.event_key) from continuity_occurrence o
          where o.continuity_order_id = e.id and o.status <> 'cancelled') end,
       count(*)::bigint, sum(e.stays)::float8
  from ends e
  left join programs_programevent v on v.revision_id = e.revision_id and v.key = e.event_key
  left join from_order f on f.revision_id = e.revision_id
 where e.event_on < %(until)s
 group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15

-- name: kept
-- What was kept of these weeks and later ones.
select week, program_id, product_id, foreseen_planned, foreseen, foreseen_by_history, foreseen_by_program
  from pictures_demand where week >= %(since)s and foreseen is not null

-- name: weeks
-- Of all programs or of one, from a week to before another: pieces of each product, and parcels.
select d.week, p.number, p.name, sum(d.planned), sum(d.projected), sum(d.expected), bool_or(d.by_history), bool_or(d.by_program),
       sum(d.foreseen_planned), sum(d.foreseen), bool_or(d.foreseen_by_history), bool_or(d.foreseen_by_program), sum(d.happened)
  from pictures_demand d
  left join catalog_product p on p.id = d.product_id
 where d.week >= %(since)s and d.week < %(until)s and (%(program)s::bigint is null or d.program_id = %(program)s)
 group by 1, 2, 3
 order by 1, 2
