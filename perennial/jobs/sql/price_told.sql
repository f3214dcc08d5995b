-- Of which orders a version raises a price, as its preview has counted them, and what became of the message of that.

-- name: rising
-- with who pays now, and the newest message (none: status null)
rising as (
  select g.seq, g."order", g.line, p.account, p.name, coalesce(p.email, '') = '' as without_email, m.id, m.status, m.sent_at,
         m.because
    from jobs_changedorder g
    left join continuity_continuityorder c on c.id = g.seq
    left join orders_salesorder o on o.id = c.order_id
    left join customers_customer p on p.id = coalesce(o.payer_id, o.customer_id)
    left join lateral (
      select n.id, n.status, n.sent_at, n.because::text from notices_notice n
       where n.order_id = c.order_id and n.kind = 'price_changed' and n.continuity_order_id = c.id
         and n.revision_id = %(revision)s
       order by n.id desc limit 1) m on true
   where g.run_id = %(run)s and g.number = any(%(numbers)s) and g.seq > %(after)s)

-- name: by_mail
coalesce(status in {states.NOTICE_TELLS}, false)

-- name: counts
select count(*) filter (where $by_mail), count(*) filter (where not $by_mail),
       count(*) filter (where not $by_mail and without_email)
  from rising

-- name: rows
select seq, "order", line, account, name, without_email, id, status, sent_at, because from rising
 where $by_mail = %(mailed)s order by seq limit %(most)s
