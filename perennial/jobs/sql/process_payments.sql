-- The statements of process-payments.

-- name: of_product
and (f.continuity_id in (select c.id from continuity_continuityorder c join orders_orderline l on l.id = c.parent_line_id
                           where l.product_id = %(product)s)
  or p.order_id in (select l.order_id from orders_orderline l join catalog_product pr on pr.id = l.product_id
               where l.product_id = %(product)s and pr.kind = 'item'))

-- name: select
-- Of one order as its history tells them, whatever chunks they fall into.
select row_number() over (order by w.due_on, w.root_id, w.purpose, w.continuity_id, o.number, w.number), w.id, null::int
  from ($facts) w left join orders_salesorder o on o.id = w.order_id
 where w.step is not null

-- name: named
select coalesce(o.number, r.number), o.shipment
  from jobs_jobitem m
  join payments_payment p on p.id = m.subject_id
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder c on c.id = p.continuity_order_id
  left join orders_salesorder r on r.id = c.order_id
 where m.run_id = %s and m.seq = %s

-- name: subjects
select subject_id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s

-- name: counts
with mine as (
  select subject_id as id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s),
tries as (
  select a.* from mine m join payments_attempt a on a.payment_id = m.id where a.run_id = %(run)s)
select count(*) filter (where t.outcome = 'approved' and t.kind = 'authorise'),
       count(*) filter (where t.outcome = 'approved' and t.kind in ('charge', 'capture')),
       (select count(*) from mine m join payments_bill b on b.payment_id = m.id where b.run_id = %(run)s),
       count(*) filter (where t.outcome = 'declined' and t.kind <> 'void' and not t.final),
       count(*) filter (where t.outcome = 'declined' and t.final),
       count(*) filter (where t.outcome is null or t.outcome = 'unknown'),
       count(*) filter (where t.outcome = 'approved' and t.kind = 'void'),
       (select count(*) from tries x join notices_notice n on n.kind = 'declined' and n.attempt_id = x.id
         where n.status <> 'off' and n.resends_id is null)
       + (select count(*) from mine m join payments_bill b on b.payment_id = m.id
            join notices_notice n on n.kind = 'bill' and n.attempt_id is null and n.payment_id = m.id
           where b.run_id = %(run)s and n.status <> 'off' and n.resends_id is null),
       count(*) filter (where t.outcome = 'approved' and t.kind = 'refund')
  from tries t

-- name: amounts
with mine as (
  select subject_id as id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s),
sums as (
  select p.currency,
         case when a.kind = 'authorise' then a.amount_minor else 0 end as authorised,
         case when a.kind in ('charge', 'capture') then a.amount_minor else 0 end as captured,
         case when a.kind = 'refund' then a.amount_minor else 0 end as refunded,
         0 as billed
    from mine m join payments_payment p on p.id = m.id join payments_attempt a on a.payment_id = m.id
   where a.run_id = %(run)s and a.outcome = 'approved'
  union all
  select p.currency, 0, 0, 0, b.amount_minor
    from mine m join payments_payment p on p.id = m.id join payments_bill b on b.payment_id = m.id
   where b.run_id = %(run)s)
select currency, sum(authorised), sum(captured), sum(billed), sum(refunded) from sums group by currency order by currency

-- name: touched
-- The calls and bills of a run, by its work list.
select m.seq, x.number, coalesce(o.number, r.number), l.line, o.shipment, x.what, null, x.after::text, x.because::text
  from jobs_jobitem m
  join payments_payment p on p.id = m.subject_id
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder c on c.id = p.continuity_order_id
  left join orders_salesorder r on r.id = c.order_id
  left join orders_orderline l on l.id = coalesce(o.parent_line_id, c.parent_line_id)
 cross join lateral (
   select 10 * a.number + array_position(array['authorise', 'charge', 'capture', 'void', 'refund'], a.kind) as number,
          case when a.outcome is null or a.outcome = 'unknown' then 'unknown'
               when a.outcome = 'declined' and a.final then 'failed'
               when a.outcome = 'declined' then 'declined'
               when a.kind = 'authorise' then 'authorised'
               when a.kind = 'void' then 'voided'
               when a.kind = 'refund' then 'refunded'
               else 'captured' end as what,
          jsonb_build_object('payment', p.number, 'purpose', p.purpose, 'method', p.method, 'currency', p.currency,
                             'amount_minor', a.amount_minor) as after,
          to_jsonb(a.message) as because
     from payments_attempt a where a.payment_id = p.id and a.run_id = %(run)s
   union all
   select 1, 'billed',
          jsonb_build_object('payment', p.number, 'purpose', p.purpose, 'method', p.method, 'currency', p.currency,
                             'amount_minor', b.amount_minor, 'due_on', b.due_on), null
     from payments_bill b where b.payment_id = p.id and b.run_id = %(run)s) x
 where m.run_id = %(run)s and m.seq >= %(seq)s and (m.seq, x.number) > (%(seq)s, %(number)s)
 order by m.seq, x.number limit %(most)s

-- name: reasons
select coalesce(o.number, r.number), o.shipment, a.final, coalesce(a.outcome, 'unknown'), a.message
  from jobs_jobitem m
  join payments_payment p on p.id = m.subject_id
  join payments_attempt a on a.payment_id = p.id
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder c on c.id = p.continuity_order_id
  left join orders_salesorder r on r.id = c.order_id
 where m.run_id = %(run)s and m.seq between %(first)s and %(last)s
   and a.run_id = %(run)s and (a.outcome is null or a.outcome in ('declined', 'unknown'))
 order by m.seq, a.id
