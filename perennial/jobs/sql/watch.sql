-- What somebody should look at.

-- name: orders_without_night
-- orders that should have had a night by now, of an installation that never had one
select exists (select from orders_salesorder o
                where o.parent_id is null and o.status = 'open' and o.order_date < %(on)s::date - 1
                  and exists (select from continuity_continuityorder c where c.order_id = o.id and c.status = 'open'))

-- name: stopped_runs
-- runs that are open, and nobody works on them
select r.job, r.id, r.on_date from jobs_jobrun r
 where r.status = 'open' and not r.dry and r.started_at < now() - %(still)s::interval
   and not exists (select from pg_locks l
                    where l.locktype = 'advisory' and l.classid = %(lock)s and l.objid = r.id and l.objsubid = 2
                      and l.database = (select oid from pg_database where datname = current_database()))
 order by r.id

-- name: night_stopped
-- a night that is not finished, between two of its runs
select n.started_at < now() - %(still)s::interval
       and not exists (select from jobs_jobrun r
                        where r.night_id = n.id
                          and (r.status = 'open' or r.ended_at > now() - %(still)s::interval))
  from jobs_nightrun n
 where n.on_date = %(night)s and n.finished_at is null

-- name: declines
-- charges and declines of the last run that made any, and of so many before it
with runs as (
  select r.on_date, r.id,
         coalesce((r.report #>> '{counts,declined}')::bigint, 0)
           + coalesce((r.report #>> '{counts,failed}')::bigint, 0) as declined,
         coalesce((r.report #>> '{counts,authorised}')::bigint, 0)
           + coalesce((r.report #>> '{counts,captured}')::bigint, 0) as taken
    from jobs_jobrun r
   where r.job = 'process-payments' and r.status = 'done' and not r.dry
   order by r.id desc limit %(before)s + 1),
numbered as (select *, row_number() over (order by id desc) as place from runs)
select l.on_date, l.taken + l.declined, l.declined,
       coalesce((select sum(n.taken + n.declined) from numbered n where n.place > 1), 0)::bigint,
       coalesce((select sum(n.declined) from numbered n where n.place > 1), 0)::bigint
  from numbered l where l.place = 1

-- name: money_back
-- refunds that have failed; disputes that nobody has answered and that run out, and by when the first one does
select (select count(*) from payments_payment p where p.purpose = 'refund' and p.status = 'failed'),
       count(*), min(d.answer_by)
  from payments_dispute d where d.status = 'open' and d.answer_by <= %(soon)s

-- name: lost_besides
-- payments of which a bank has taken since a day more than was left of them, what we gave back apart; and the order of the first
select count(*), min(t.number)
  from (select coalesce(q.number, p.number) as number
          from payments_payment y
         cross join lateral (select sum(d.amount_minor) as lost, max(d.closed_on) as closed_on from payments_dispute d
                              where d.payment_id = y.id and d.status = 'lost') d
          left join continuity_continuityorder c on c.id = y.continuity_order_id
          join orders_salesorder p on p.id = coalesce(y.order_id, c.order_id)
          left join orders_salesorder q on q.id = p.parent_id
         where y.id in (select payment_id from payments_dispute where status = 'lost' and closed_on > %(since)s)
           and y.captured_minor < y.refunded_minor + d.lost) t
