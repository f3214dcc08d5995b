-- name: money
-- What the runs of a night charged, billed and gave back, by method and currency; and how often a card was declined.
with mine as (
  select distinct r.id as run_id, i.subject_id as payment_id
    from jobs_jobrun r join jobs_jobitem i on i.run_id = r.id
   where r.night_id = %(night)s and r.job = 'process-payments'),
sums as (
  select p.method, p.currency, case when a.outcome = 'declined' then 1 else 0 end as declined,
         case when a.outcome = 'approved' and a.kind = 'authorise' then a.amount_minor else 0 end as authorised,
         case when a.outcome = 'approved' and a.kind in ('charge', 'capture') then a.amount_minor else 0 end as captured,
         0::bigint as billed,
         case when a.outcome = 'approved' and a.kind = 'refund' then a.amount_minor else 0 end as refunded
    from mine m
    join payments_attempt a on a.payment_id = m.payment_id and a.run_id = m.run_id
    join payments_payment p on p.id = m.payment_id
  union all
  select p.method, p.currency, 0, 0, 0, b.amount_minor, 0
    from mine m
    join payments_bill b on b.payment_id = m.payment_id and b.run_id = m.run_id
    join payments_payment p on p.id = m.payment_id)
select method, currency, sum(declined)::int, sum(authorised), sum(captured), sum(billed), sum(refunded)
  from sums group by method, currency order by method, currency
