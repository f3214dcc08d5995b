-- name: last_runs
-- of each of these jobs the last run that was not dry, with how much of its work list is done
select r.id, r.job, r.on_date, r.dry, r.status, r.by, r.arguments, r.stopped_by, r.night_id, r.started_at, r.ended_at, r.selected,
       coalesce((select sum(c.last_seq - c.first_seq + 1) from jobs_jobchunk c
                  where c.run_id = r.id and c.status = 'done'), 0)::bigint,
       r.start, r.report
  from unnest(%(jobs)s::text[]) with ordinality as j(name, place)
  cross join lateral (select * from jobs_jobrun x where x.job = j.name and not x.dry order by x.id desc limit 1) r
 order by j.place

-- name: runs_of_nights
select r.id, r.job, r.on_date, r.dry, r.status, r.by, r.arguments, r.stopped_by, r.night_id, r.started_at, r.ended_at, r.selected,
       coalesce((select sum(c.last_seq - c.first_seq + 1) from jobs_jobchunk c
                  where c.run_id = r.id and c.status = 'done'), 0)::bigint,
       r.start, r.report
  from jobs_jobrun r
 where r.night_id = any(%(nights)s)
 order by r.night_id, r.id

-- name: runs
-- the newest first
select r.id, r.job, r.on_date, r.dry, r.status, r.by, r.arguments, r.stopped_by, r.night_id, r.started_at, r.ended_at, r.selected,
       coalesce((select sum(c.last_seq - c.first_seq + 1) from jobs_jobchunk c
                  where c.run_id = r.id and c.status = 'done'), 0)::bigint,
       r.start, r.report
  from jobs_jobrun r
 where r.id = any(%(runs)s)
 order by r.id desc

-- name: nights
-- the newest first
select n.id, n.on_date, n.started_at, n.finished_at
  from jobs_nightrun n
 where %(before)s::date is null or n.on_date < %(before)s
 order by n.on_date desc, n.id desc
 limit %(most)s

-- name: counted
-- what the done chunks of open runs have counted
select c.run_id, c.counts from jobs_jobchunk c
 where c.run_id = any(%(runs)s) and c.status = 'done' and c.counts is not null
 order by c.run_id, c.number
