-- name: tried
-- The payment of a try by its key, and whether anybody has to ask what became of it.
select p.id, coalesce(o.parent_id, o.id, c.order_id), coalesce(u.id, 0) > 0,
       coalesce(u.outcome is null and u.sent_at > now() - make_interval(secs => %(seconds)s), false), a.on_date
  from payments_attempt a
  join payments_payment p on p.id = a.payment_id
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder c on c.id = p.continuity_order_id
  left join payments_attempt u on u.payment_id = p.id and (u.outcome is null or u.outcome = 'unknown')
 where a.key = %(key)s and a.gateway = %(gateway)s
