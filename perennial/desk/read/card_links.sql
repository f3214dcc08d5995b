-- Links by which customers give cards, and what became of them.

-- name: links
select l.id, c.account, o.number, r.token, r.brand, r.last4, r.expires_on, r.refused, l.channel, l.language, l.by, l.on_date,
       l.expires_on, l.created_at, n.status, n.sent_at, l.opened_at, l.stored_at, k.token, k.brand, k.last4, k.expires_on,
       k.refused, l.revoked_at, l.revoked_by, l.charged_at
  from payments_cardlink l
  join customers_customer c on c.id = l.customer_id
  left join orders_salesorder o on o.id = l.order_id
  left join customers_storedcard r on r.id = l.replaces_id
  left join customers_storedcard k on k.id = l.card_id
  left join lateral (
    select m.status, m.sent_at from notices_notice m
     where m.customer_id = l.customer_id and m.kind = 'card_link' and m.revision_id = l.id
     order by m.id desc limit 1) n on true
 where (%(account)s::text is null or c.account = %(account)s)
   and (%(before)s::bigint is null or l.id < %(before)s)
 order by l.id desc
 limit %(most)s

-- name: asked
-- What was asked of the card of a link when it was stored.
select coalesce(o.number, p.number), a.amount_minor, y.currency, y.status
  from payments_cardlink l
  join payments_attempt a on a.card_id = l.card_id and a.sent_at >= l.stored_at and a.sent_at <= coalesce(l.charged_at, now())
  join payments_payment y on y.id = a.payment_id
  left join orders_salesorder o on o.id = y.order_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  left join orders_salesorder p on p.id = c.order_id
 where l.id = %(link)s and a.kind in ('authorise', 'charge')
 order by a.id
