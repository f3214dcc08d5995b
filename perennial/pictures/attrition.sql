-- How many of those who came to an event stayed, and got it.

-- name: cohorts
-- a draft that was thrown away never joined
insert into pictures_cohort(program_id, joined, members)
select c.program_id, date_trunc('month', c.order_date)::date, count(*)
  from continuity_continuityorder c
 where c.status <> 'draft'
   and (c.status <> 'cancelled' or exists (
        select from orders_orderevent e where e.order_id = c.order_id and e.kind in ('submitted', 'moved_in')))
 group by 1, 2

-- name: steps
-- Whoever has stopped is lost at the first event that was cancelled, on the day on which it would have shipped; what is behind
-- it says nothing. What was cancelled of an order that goes on (by a new revision, or one parcel alone) says nothing either.
-- A parcel that was made and is not sent is still to come, on whatever day, unless its payment is declined.
with lost as (
  select o.continuity_order_id, min(o.position) as position
    from continuity_continuityorder c join continuity_occurrence o on o.continuity_order_id = c.id
   where c.last_shipment is not null and c.status <> 'draft' and o.status = 'cancelled'
     and (c.status <> 'cancelled' or exists (
          select from orders_orderevent e where e.order_id = c.order_id and e.kind in ('submitted', 'moved_in')))
   group by 1),
ends as (
  select o.continuity_order_id, max(o.position) as position
    from continuity_continuityorder c join continuity_occurrence o on o.continuity_order_id = c.id
   where c.complete and c.last_shipment is null and c.status not in ('draft', 'cancelled') and o.status <> 'cancelled'
   group by 1),
steps as (
  select c.program_id, date_trunc('month', c.order_date)::date as joined, o.position, o.event_key, o.repetition,
         case when o.status = 'ordered' and k.id is null then 'got'
              when o.status = 'skipped' and o.ship_on < %(on)s then 'skipped'
              when l.position = o.position and o.ship_on < %(on)s then 'lost'
              when o.status in ('scheduled', 'ordered') and o.ship_on >= %(on)s then 'ahead'
              when o.status = 'ordered' and not exists (
                   select from payments_payment p where p.order_id = k.id and p.status = 'declined') then 'ahead'
              end as became, o.position = e.position as ends
    from continuity_continuityorder c
    join continuity_occurrence o on o.continuity_order_id = c.id
    left join orders_salesorder k on k.id = o.child_id and k.parent_id is not null and k.status = 'open'
    left join lost l on l.continuity_order_id = c.id and o.status = 'cancelled'
    left join ends e on e.continuity_order_id = c.id and o.status <> 'cancelled'
   where c.status <> 'draft' and (o.status <> 'cancelled' or l.position is not null))
insert into pictures_step(program_id, joined, position, event_key, repetition, came, stayed, got, ahead, ends)
select program_id, joined, position, event_key, repetition, count(*) filter (where became in ('got', 'skipped', 'lost')),
       count(*) filter (where became in ('got', 'skipped')), count(*) filter (where became = 'got'),
       count(*) filter (where became = 'ahead'), count(*) filter (where ends)
  from steps
 group by 1, 2, 3, 4, 5

-- name: history
-- from the last told repetition on all of an event together
select program_id, event_key, least(repetition, %(told)s), sum(came)::bigint, sum(stayed)::bigint, sum(got)::bigint
  from pictures_step
 group by 1, 2, 3

-- name: probabilities
-- of each event of a program what its newest released revision that has it says, in percent
select distinct on (r.program_id, e.key) r.program_id, e.key, e.probability
  from programs_programrevision r join programs_programevent e on e.revision_id = r.id
 where r.released
 order by r.program_id, e.key, r.number desc
