-- Jobs by which a person changes many orders at once: an item of the work list is a parent order.

-- name: names
select p.number, null::int from jobs_jobitem i join orders_salesorder p on p.id = i.subject_id
 where i.run_id = %s and i.seq = %s

-- name: select
insert into jobs_jobitem(run_id, seq, subject_id, given)
select %(run)s, row_number() over (order by d.order_id), d.order_id, d.given from ({chosen}) d

-- name: asked
select subject_id, given::text from jobs_jobitem
 where run_id = %(run)s and seq between %(first)s and %(last)s order by seq

-- name: days
-- The first and the last day on which something ships, or is planned, of all that is asked.
select min(o.{day}), max(o.{day})
  from jobs_jobitem i
 cross join lateral jsonb_to_recordset(i.given) as g(line int, shipment int)
  join orders_orderline l on l.order_id = i.subject_id and l.line = g.line
  join continuity_continuityorder c on c.parent_line_id = l.id
  join continuity_occurrence o on o.continuity_order_id = c.id and o.shipment = g.shipment and o.status = 'scheduled'
 where i.run_id = %(run)s

-- name: done_already
select r.id, r.on_date from jobs_jobrun r
 where r.job = %(job)s and r.status = 'done' and not r.dry and r.arguments - 'reason' = %(arguments)s::jsonb - 'reason'
   and exists (select from desk_change d where d.run_id = r.id and d.undone_on is null)
 order by r.id desc limit 1

-- name: counted
-- The last dry run of the same, for whatever reason.
select * from jobs_jobrun
 where job = %(job)s and dry and status = 'done' and arguments - 'reason' = %(arguments)s::jsonb - 'reason'
 order by id desc limit 1

-- name: changed_by
select row_number() over (order by d.order_id), d.order_id, null::int
  from (select distinct order_id from desk_change where run_id = %(of_run)s and undone_on is null) d

-- name: to_put_back
select count(distinct order_id) from desk_change where run_id = %(of_run)s and undone_on is null

-- name: put_back_by
select r.* from jobs_jobrun r
 where r.job = %(job)s and not r.dry and (r.arguments->>'run')::bigint = %(run)s
   and not exists (select from desk_change d where d.run_id = %(run)s and d.undone_on is null)
   and not exists (select from jobs_jobrun o where o.job = r.job and not o.dry and o.status = 'open')
   and coalesce((r.report->'counts'->>'orders')::bigint, 0) > 0
 order by r.id desc limit 1

-- name: give_up
insert into jobs_jobtouched(run_id, seq, number, name, line, shipment, what, because)
select i.run_id, i.seq, g.number, p.number, (g.one->>'line')::int, (g.one->>'shipment')::int, 'passed_over', %(because)s
  from jobs_jobitem i
  join orders_salesorder p on p.id = i.subject_id
 cross join lateral jsonb_array_elements(i.given) with ordinality as g(one, number)
 where i.run_id = %(run)s and i.seq between %(first)s and %(last)s

-- name: passed_over
-- one reason where the same has happened: the same thing, done by the same person
select because->>'code', count(*), (array_agg(because::text order by seq, number))[1],
       (array_agg(name order by seq, number))[1:%(most)s]
  from jobs_jobtouched where run_id = %(run)s and what = 'passed_over'
 group by 1, because->>'action', because->>'kind', because->>'by' order by 2 desc, 1, min(seq)

-- name: examples
select seq, number, name, line, shipment, what, before::text, after::text, because::text
  from jobs_jobtouched where run_id = %(run)s and what <> all(%(not_these)s) order by seq, number limit %(most)s
