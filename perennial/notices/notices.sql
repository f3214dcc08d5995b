-- The outbox: what is queued, what is sent, what became of it.

-- name: which_are_on
select k.kind from unnest(%(kinds)s::text[], %(at_first)s::boolean[]) as k(kind, at_first)
  left join notices_noticekind n on n.kind = k.kind
 where coalesce(n.is_on, k.at_first) and exists (select from catalog_company where notices_on)

-- name: queue
-- once for what each is about, in the customer's language, else the company's first; who has no address gets no message
insert into notices_notice(
  customer_id, kind, order_id, payment_id, card_id, child_id, continuity_order_id, occurrence_id, revision_id, on_date,
  status, facts, language)
select c.id, %(kind)s, t.order_id, t.payment_id, t.card_id, t.child_id, t.continuity_order_id, t.occurrence_id,
       t.revision_id, %(on)s, 'queued', t.facts, coalesce(c.language, company.languages[1])
  from unnest(%(customers)s::bigint[], %(orders)s::bigint[], %(payments)s::bigint[], %(cards)s::bigint[],
              %(children)s::bigint[], %(continuity_orders)s::bigint[], %(occurrences)s::bigint[],
              %(revisions)s::bigint[], %(facts)s::jsonb[])
         with ordinality as t(customer_id, order_id, payment_id, card_id, child_id, continuity_order_id, occurrence_id,
                              revision_id, facts, place)
  join customers_customer c on c.id = t.customer_id and c.email <> ''
 cross join (select languages from catalog_company limit 1) company
 order by t.place
on conflict do nothing

-- name: dead
-- Who hands a message over holds its lock; of whom it is free, that process is gone, and nobody knows what came of it.
update notices_notice n
   set status = 'unsure', because = %(because)s
 where n.id in (select s.id from notices_notice s where s.status = 'sending' offset 0)
   and n.status = 'sending'
   and pg_try_advisory_xact_lock(%(space)s, (n.id %% 2147483647)::int)
returning n.id

-- name: due
select exists (select from notices_notice
                where status = 'queued' and channel = 'email' and coalesce(next_try_at <= now(), true))

-- name: claim
-- The oldest that nobody else is at, and until when it makes sense. Who has it commits it as `sending` before it
-- leaves the house.
select n.id, n.kind, n.facts::text, n.language, n.on_date, n.message_id, n.attempts, c.name, c.email,
       case when n.kind = 'shipment_ahead' and n.facts->>'change_until' ~ '^\d{4}-\d\d-\d\d$'
            then (n.facts->>'change_until')::date end,
       n.customer_id, n.order_id, n.card_id, case when n.kind = 'card_link' then n.revision_id end
  from notices_notice n join customers_customer c on c.id = n.customer_id
 where n.status = 'queued' and n.channel = 'email' and coalesce(n.next_try_at <= now(), true)
 order by n.id
 limit 1
   for no key update of n skip locked

-- name: hold
select pg_advisory_lock(%(space)s, (%(id)s %% 2147483647)::int)

-- name: let_go
select pg_advisory_unlock(%(space)s, (%(id)s %% 2147483647)::int)

-- name: sending
update notices_notice
   set status = 'sending', attempts = attempts + 1, message_id = %(message_id)s, recipient = %(recipient)s,
       subject = %(subject)s, sent_text = %(text)s, sent_html = %(html)s, next_try_at = null, because = null
 where id = %(id)s and status = 'queued'

-- name: sent
update notices_notice set status = 'sent', sent_at = now() where id = %(id)s and status = 'sending'

-- name: ended
update notices_notice
   set status = %(status)s, because = %(because)s, subject = null, sent_text = null, sent_html = null
 where id = %(id)s and status in ('queued', 'sending')

-- name: unsure
update notices_notice set status = 'unsure', because = %(because)s where id = %(id)s and status = 'sending'

-- name: again
-- twice as long from try to try, from five minutes on to half a day
update notices_notice
   set status = 'queued', because = %(because)s, subject = null, sent_text = null, sent_html = null,
       next_try_at = now() + least(interval '5 minutes' * 2 ^ (attempts - 1), interval '12 hours')
 where id = %(id)s and status = 'sending'

-- name: waiting
select count(*), min(next_try_at) from notices_notice where status = 'queued' and channel = 'email'

-- name: drop_link
-- the message with a link that works no more
update notices_notice set status = 'off' where status = 'queued' and kind = 'card_link' and revision_id = %(link)s

-- name: told_of_prices
select count(*) from notices_notice
 where kind = 'price_changed' and revision_id = %(revision)s and status in {states.NOTICE_GONE}

-- name: drop_queued
update notices_notice set status = 'off' where status = 'queued' and kind = %(kind)s

-- name: copy
-- the same again, as a new message that points to the old one
insert into notices_notice(
  customer_id, kind, order_id, payment_id, attempt_id, card_id, child_id, continuity_order_id, occurrence_id, revision_id,
  resends_id, on_date, status, facts, language, channel)
select customer_id, kind, order_id, payment_id, attempt_id, card_id, child_id, continuity_order_id, occurrence_id,
       revision_id, id, %(on)s, 'queued', facts, language, channel
  from notices_notice where id = %(id)s
returning id

-- name: correct
update notices_notice set facts = facts || %(facts)s
 where kind = %(kind)s and order_id = %(order)s and child_id is not distinct from %(child)s and status = 'queued'
