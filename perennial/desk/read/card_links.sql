-- Links by which customers give cards, and what became of them.

-- name: links
select l.id, c.account, o.number, r.token, r.brand, r.last4, r.expires_on, r.refused, l.channel, l.language, l.by, l.on_date,
       l.expires_on, l.created_at, n.status, n.sent_at, l.opened_at, l.stored_at, k.token, k.brand, k.last4, k.expires_on,
       k.refused, l.revoked_at, l.revoked_by, l.charged_at, a.asked
  from payments_cardlink l
  join customers_customer c on c.id = l.customer_id
  left join orders_salesorder o on o.id = l.order_id
  left join customers_storedcard r on r.id = l.replaces_id
  left join customers_storedcard k on k.id = l.card_id
  left join lateral (
    select m.status, m.sent_at from notices_notice m
     where m.customer_id = l.customer_id and m.kind = 'card_link' and m.revision_id = l.id
     order by m.id desc limit 1) n on true
  -- what was asked of the card when it was stored
  left join lateral (
    select jsonb_agg(jsonb_build_array(coalesce(i.number, p.number), t.amount_minor, y.currency, y.status) order by t.id) asked
      from payments_attempt t
      join payments_payment y on y.id = t.payment_id
      left join orders_salesorder i on i.id = y.order_id
      left join continuity_continuityorder x on x.id = y.continuity_order_id
      left join orders_salesorder p on p.id = x.order_id
     where t.card_id = l.card_id and t.kind in ('authorise', 'charge') and t.sent_at >= l.stored_at
       and t.sent_at <= coalesce(l.charged_at, now())) a on true
 where (%(account)s::text is null or c.account = %(account)s)
   and (%(link)s::bigint is null or l.id = %(link)s)
   and (%(before)s::bigint is null or l.id < %(before)s)
 order by l.id desc
 limit %(most)s
