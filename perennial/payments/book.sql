-- Our tries as they are compared with a gateway's own book.

-- name: gateways
select distinct a.gateway from payments_attempt a where a.gateway is not null order by 1

-- name: tries
-- That move money. Settled by a person: what they found out counts as it stands, when it was taken.
select a.key, coalesce(o.number, root.number), case when a.kind = 'refund' then -a.amount_minor else a.amount_minor end,
       p.currency, a.outcome = 'approved', coalesce(a.outcome, 'unknown') <> 'unknown',
       a.outcome = 'approved' and coalesce(a.message, '') like 'settled by %%', a.on_date
  from payments_attempt a
  join payments_payment p on p.id = a.payment_id
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder c on c.id = p.continuity_order_id
  left join orders_salesorder root on root.id = c.order_id
 where a.gateway = %(gateway)s and a.kind in ('charge', 'capture', 'refund') and a.key like %(prefix)s
   and a.on_date between %(since)s and %(through)s
 order by a.id

-- name: sent
-- When the tries of a period were really sent: the nights of some days may have been run later.
select min(a.sent_at)::date, max(a.sent_at)::date from payments_attempt a
 where a.gateway = %(gateway)s and a.key like %(prefix)s and a.on_date between %(since)s and %(through)s

-- name: known
select a.key from payments_attempt a where a.key = any(%(keys)s) and a.kind in ('charge', 'capture', 'refund')

-- name: orders
-- Whose money it was, by the gateway's name of a charge or capture.
select p.gateway_ref, min(coalesce(o.number, root.number))
  from payments_payment p
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder c on c.id = p.continuity_order_id
  left join orders_salesorder root on root.id = c.order_id
 where p.gateway = %(gateway)s and p.gateway_ref = any(%(references)s)
 group by 1
