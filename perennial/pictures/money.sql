-- Money week by week, by method and purpose.

-- name: write
-- What moved, by the day of the try that moved it; what was billed on account, and of bills that are paid what was paid, by the day
-- on which it was due, as no other is noted; what is still to come, late sums in the week that
-- runs. Of what is given back the purpose of what paid.
with moved as (
  select date_trunc('week', a.on_date)::date as week, p.method, coalesce(b.purpose, p.purpose) as purpose, p.currency,
         case when a.kind = 'refund' then 0 else a.amount_minor end as taken, 0::bigint as billed,
         case when a.kind = 'refund' then a.amount_minor else 0 end as refunded, 0::bigint as to_come
    from payments_attempt a
    join payments_payment p on p.id = a.payment_id
    left join payments_payment b on b.id = p.refunds_id
   where a.outcome = 'approved' and a.kind in ('charge', 'capture', 'refund')
  union all
  select date_trunc('week', b.on_date)::date, p.method, p.purpose, p.currency, 0, b.amount_minor, 0, 0
    from payments_bill b join payments_payment p on p.id = b.payment_id
   where p.status in {states.OF_BILLS}
  union all
  select date_trunc('week', least(p.due_on, %(on)s::date))::date, p.method, p.purpose, p.currency, p.amount_minor, 0, 0, 0
    from payments_payment p
   where p.status = 'paid'
  union all
  select date_trunc('week', greatest(p.due_on, %(week)s::date))::date, p.method, p.purpose, p.currency, 0, 0, 0, p.amount_minor
    from payments_payment p
   where p.status = any(%(to_come)s) and p.purpose <> 'refund')
insert into pictures_moneyofweek(week, method, purpose, currency, taken_minor, billed_minor, refunded_minor, to_come_minor)
select week, method, purpose, currency, sum(taken), sum(billed), sum(refunded), sum(to_come)
  from moved group by 1, 2, 3, 4

-- name: weeks
select week, method, purpose, currency, taken_minor, billed_minor, refunded_minor, to_come_minor
  from pictures_moneyofweek
 where week >= %(since)s and week < %(until)s
 order by week, method, purpose, currency
