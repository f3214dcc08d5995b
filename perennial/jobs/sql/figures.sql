-- Figures for monitors.

-- name: open_nights
select count(*) from jobs_nightrun where finished_at is null

-- name: last_night
select on_date, extract(epoch from finished_at)::float8, extract(epoch from finished_at - started_at)::float8, report
  from jobs_nightrun where finished_at is not null order by on_date desc, id desc limit 1

-- name: last_answers
select report -> 'counts' from jobs_jobrun
 where job = 'process-payments' and status = 'done' and not dry order by id desc limit 1

-- name: requests
select status, count(*), extract(epoch from now() - min(asked_at))::float8
  from jobs_jobrequest where status in ('waiting', 'running') group by status

-- name: parked
select count(*) from continuity_parked
