-- Disputes, and what speaks for us.

-- name: disputes
select d.id, coalesce(p.number, o.number, w.number), coalesce(o.number, w.number), y.purpose, y.number, d.amount_minor, d.currency,
       d.reason, d.status, d.opened_on, d.answer_by, d.answered_on, d.closed_on, d.gateway, d.reference, y.gateway_ref
  from payments_dispute d
  join payments_payment y on y.id = d.payment_id
  left join orders_salesorder o on o.id = y.order_id
  left join orders_salesorder p on p.id = o.parent_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  left join orders_salesorder w on w.id = c.order_id
 where d.id = %(id)s
    or %(order)s::text is not null and d.payment_id in (
         select x.id from payments_payment x join orders_salesorder k on k.id = x.order_id
          where k.number = %(order)s or k.parent_id = (select id from orders_salesorder where number = %(order)s)
          union
         select x.id from payments_payment x join continuity_continuityorder z on z.id = x.continuity_order_id
           join orders_salesorder k on k.id = z.order_id where k.number = %(order)s)
 order by d.id desc

-- name: consents
select k.consent, k.consented_at, k.channel, k.agent, coalesce(initcap(s.brand) || ' ' || s.last4, '')
  from payments_dispute d
  join payments_payment y on y.id = d.payment_id
  left join orders_salesorder o on o.id = y.order_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  join payments_cardlink k on k.customer_id = y.customer_id and k.consented_at is not null and k.stored_at is not null
   and (k.card_id = y.card_id or k.order_id = coalesce(o.parent_id, o.id, c.order_id))
  left join customers_storedcard s on s.id = k.card_id
 where d.id = %(id)s
 order by k.consented_at
