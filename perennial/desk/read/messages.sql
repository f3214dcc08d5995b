-- The outbox as a list, the newest first, behind an id.

-- name: messages
select n.id, n.kind, n.status, n.on_date, n.sent_at, n.next_try_at, u.account, u.name, coalesce(n.recipient, u.email),
       n.subject, n.facts->>'order', n.language, n.attempts, n.because::text, n.resends_id,
       (select max(r.id) from notices_notice r where r.resends_id = n.id)
  from notices_notice n join customers_customer u on u.id = n.customer_id
 where n.id < %(before)s $where
 order by n.id desc
 limit %(most)s

-- name: message
select n.sent_text, n.sent_html, n.message_id, n.facts::text from notices_notice n where n.id = %(id)s

-- name: counts
select s.status, c.number
  from unnest(%(statuses)s::text[]) as s(status)
 cross join lateral (select count(*) as number from (select from notices_notice n where n.status = s.status limit %(most)s) few) c

-- name: kinds
select kind, is_on, days, by, changed_on from notices_noticekind

-- name: own_texts
select kind, language, by, changed_on from notices_noticetext order by kind, language

-- name: queued
select kind, count(*) from notices_notice where status in ('queued', 'sending') group by kind
