-- name: select
-- Parents with a continuity order that has come to its end: all planned, nothing planned or scheduled any more.
-- And those whose continuity orders have all ended before, and that waited for their ordinary lines.
select row_number() over (order by d.order_id), d.order_id, null::int
  from (select c.order_id
          from continuity_continuityorder c
         where c.status = 'open' and c.complete
           and not exists (select from continuity_occurrence o
                            where o.continuity_order_id = c.id and o.status in {states.TO_COME})
        union
        select p.id
          from orders_salesorder p
         where p.status = 'open' and p.parent_id is null
           and exists (select from continuity_continuityorder c where c.order_id = p.id)
           and not exists (select from continuity_continuityorder c
                            where c.order_id = p.id and c.status in {states.NOT_ENDED})) d

-- name: lock
select c.id from continuity_continuityorder c
 where c.order_id in (select subject_id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s)
 order by c.id for no key update

-- name: lock_orders
select id from orders_salesorder
 where id in (select subject_id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s)
 order by id for no key update

-- name: temporary
create temporary table if not exists close_work (
  continuity_order_id bigint, order_id bigint, parent_line_id bigint, waits_for text, invoiced boolean
) on commit delete rows

-- name: empty
delete from close_work

-- name: read
insert into close_work
select c.id, c.order_id, c.parent_line_id,
       (select min(k.number) from orders_salesorder k
         where k.parent_id = c.order_id and k.parent_line_id = c.parent_line_id
           and k.status not in {states.DONE}),
       exists (select from orders_salesorder k
                where k.parent_id = c.order_id and k.parent_line_id = c.parent_line_id and k.status = 'invoiced')
  from jobs_jobitem i
  join continuity_continuityorder c on c.order_id = i.subject_id
 where i.run_id = %(run)s and i.seq between %(first)s and %(last)s
   and c.status = 'open' and c.complete
   and not exists (select from continuity_occurrence o
                    where o.continuity_order_id = c.id and o.status in {states.TO_COME})

-- name: close_continuity
update continuity_continuityorder c set status = 'closed'
  from close_work w where c.id = w.continuity_order_id and c.status = 'open' and w.waits_for is null

-- name: close_lines
update orders_orderline l set status = case when w.invoiced then 'invoiced' else 'cancelled' end
  from close_work w where l.id = w.parent_line_id and w.waits_for is null and l.status in {states.NOT_INVOICED}

-- name: close_orders
update orders_salesorder p
   set status = case when exists (select from orders_orderline l where l.order_id = p.id and l.status = 'invoiced')
                     then 'invoiced' else 'cancelled' end
 where p.id in (select subject_id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s)
   and p.status = 'open'
   and not exists (select from orders_orderline l
                    where l.order_id = p.id and l.status not in {states.DONE})
returning p.id, p.status

-- name: touch
-- The lines that are over, then the orders.
insert into jobs_jobtouched(run_id, seq, number, name, line, what, before, after)
select %(run)s, i.seq, l.line, p.number, l.line, 'line_closed', null::jsonb, jsonb_build_object('status', l.status)
  from close_work w
  join jobs_jobitem i on i.run_id = %(run)s and i.subject_id = w.order_id and i.seq between %(first)s and %(last)s
  join orders_salesorder p on p.id = w.order_id
  join orders_orderline l on l.id = w.parent_line_id
 where w.waits_for is null
union all
select %(run)s, i.seq, 1000000, p.number, null, 'closed', '{"status": "open"}', jsonb_build_object('status', p.status)
  from jobs_jobitem i join orders_salesorder p on p.id = i.subject_id
 where i.run_id = %(run)s and i.seq between %(first)s and %(last)s and p.id = any(%(closed)s)

-- name: events
insert into orders_orderevent(order_id, on_date, kind, by, data)
select p.id, %(on)s, 'closed', %(by)s, jsonb_build_object('status', p.status)
  from orders_salesorder p where p.id = any(%(closed)s) order by p.id

-- name: still_open
-- of which child, or of none: of its ordinary lines
select p.number, w.waits_for
  from close_work w join orders_salesorder p on p.id = w.order_id
 where p.status = 'open' and w.waits_for is not null
union all
select p.number, null
  from jobs_jobitem i join orders_salesorder p on p.id = i.subject_id
 where i.run_id = %(run)s and i.seq between %(first)s and %(last)s and p.status = 'open'
   and not exists (select from continuity_continuityorder c where c.order_id = p.id and c.status = 'open')
 order by 1, 2
