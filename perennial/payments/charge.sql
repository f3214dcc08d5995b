-- What there is to be done about payments, and the rows that say so. Read by next_step.py, charge.py and the job.
-- $scope is replaced by a select of payment ids; the rest are parameters.

-- name: by_ids
select id from payments_payment where id = any(%(ids)s)

-- name: all_open
select id from payments_payment
 where status in {states.TO_DO}
   and not at_invoice and due_on <= %(on)s::date + greatest(%(bill_days)s::int, 0)
union all
select id from payments_payment
 where status in {states.TO_DO}
   and at_invoice

-- name: facts
with scope as materialized ($scope),
ready as materialized (  -- each fact is found once, however often the steps ask for it
  select p.id, p.order_id, p.continuity_order_id, p.purpose, p.number, p.method, p.currency, p.amount_minor, p.due_on,
         p.status, p.at_invoice, p.attempts, p.tried_on, p.authorised_on, p.authorised_until, p.gateway_ref, p.approval_code, p.card_id,
         p.lapsed <= coalesce(%(renewals)s::int, p.lapsed) or %(force)s as renewable,
         coalesce(p.authorised_until, p.authorised_on + %(lives)s::int - 1) as last_day,
         case when p.refunds_id is null then p.gateway
              else (select b.gateway from payments_payment b where b.id = p.refunds_id) end as gateway,
         f.root_id, f.child, f.continuity_id, f.entered, f.cancelled, f.invoiced,
         exists (select from charging_hold h
                  where h.order_id in (f.root_id, p.order_id) and coalesce(h.from_on <= %(on)s, true)) as held,
         u.id as attempt_id, u.kind as attempt_kind,
         u.id is not null and now() - u.sent_at < interval '20 hours' as attempt_is_fresh,
         u.outcome is null or %(run)s::bigint is null or u.run_id is distinct from %(run)s::bigint as attempt_to_ask,
         t.from_on is not null and (t.from_on <= %(on)s or %(force)s)
           and not (%(catching_up)s and p.status = 'declined') as triable,
         not p.not_before_shipped or f.delivered as may_fall_due
    from scope s
    join payments_payment p on p.id = s.id
    join payment_subject f on f.payment_id = p.id
    join payment_retry t on t.payment_id = p.id
    left join unanswered_attempt u on u.payment_id = p.id
   where (p.purpose <> 'refund' or p.refunds_id is not null) $where)
select r.id, r.order_id, r.root_id, r.continuity_id, r.purpose, r.number, r.method, r.currency, r.amount_minor,
  r.due_on, r.status, r.at_invoice, r.attempts, r.authorised_on, r.gateway_ref, r.card_id, r.cancelled, r.held, r.entered, r.attempt_id,
  r.attempt_kind, r.attempt_is_fresh,
  case
    when r.attempt_id is not null then case when r.attempt_to_ask then 'reconcile' end
    when r.purpose = 'refund' then
      case
        when r.triable and r.due_on <= %(on)s
             -- while the bank may take it back as well it is not given back
             and not exists (select from payments_payment b join payments_dispute d on d.payment_id = b.refunds_id
                              where b.id = r.id and d.status in {states.DISPUTE_GOES_ON})
             -- nor what the bank has taken back, nor what another refund, asked for before, gives back of it
             and r.amount_minor <= (
               select b.captured_minor - b.refunded_minor
                      - coalesce((select sum(d.amount_minor) from payments_dispute d where d.payment_id = b.id and d.status = 'lost'), 0)
                      - coalesce((select sum(o.amount_minor) from payments_payment o
                                   where o.refunds_id = b.id and o.id <> a.id and o.status in {states.REFUND_OPEN}
                                     and (o.id < a.id or o.status in {states.NOT_ANSWERED})), 0)
                 from payments_payment a join payments_payment b on b.id = a.refunds_id where a.id = r.id) then 'refund'
      end
    when r.status = 'authorised' and r.approval_code is not null then  -- outside of any gateway
      case
        when r.cancelled then 'forget'
        when r.held then null
        when r.amount_minor > (select a.amount_minor from payments_attempt a
                                where a.payment_id = r.id and a.kind = 'authorise' and a.outcome = 'approved'
                                order by a.number desc limit 1) then 'forget'
        when r.at_invoice and r.invoiced then 'receive'
        when not r.at_invoice and r.due_on <= %(on)s and r.may_fall_due then 'receive'
      end
    when r.status = 'authorised' then
      case
        when exists (select from payments_attempt v where v.payment_id = r.id and v.kind = 'void'
                        and v.outcome = 'declined' and v.on_date >= %(on)s) then null
        when r.cancelled and r.gateway_ref is null then 'forget'
        when r.cancelled then 'void'
        when r.held then null
        when r.gateway_ref is null then 'forget'
        when r.invoiced and r.last_day >= %(on)s
             and r.amount_minor <= coalesce(
               (select a.amount_minor from payments_attempt a
                 where a.payment_id = r.id and a.kind = 'authorise' and a.outcome = 'approved'
                 order by a.number desc limit 1), r.amount_minor) then 'capture'
        when r.invoiced then 'void'
        when r.last_day <= %(on)s then 'void'
      end
    when r.cancelled or r.held or not r.entered or not r.triable then null
    when r.method = 'card' then
      case
        when r.at_invoice and r.invoiced then 'charge'
        when r.at_invoice and %(authorise)s and r.renewable and r.due_on - %(authorise_days)s::int <= %(on)s then 'authorise'
        when not r.at_invoice and r.due_on <= %(on)s and r.may_fall_due then 'charge'
      end
    when r.status = 'due' and r.method = 'on_account' then
      case
        when r.at_invoice and r.invoiced then 'bill'
        when not r.at_invoice and r.due_on - %(bill_days)s::int <= %(on)s and r.may_fall_due then 'bill'
      end
    when r.status = 'due' and r.method in {states.COUNT_AT_INVOICE}
         and r.invoiced then 'receive'
  end as step,
  r.child, r.gateway, r.authorised_until, r.approval_code, r.tried_on
from ready r

-- name: lock_continuity
select c.id from continuity_continuityorder c where c.id in ($continuity_orders) order by c.id for no key update

-- name: lock_orders
select o.id from orders_salesorder o
 where o.id in (select p.order_id from payments_payment p where p.id = any(%(ids)s))
 order by o.id for no key update

-- name: lock_payments
select p.id from payments_payment p where p.id = any(%(ids)s) order by p.id for no key update

-- name: intend
with wanted as (
  select * from unnest(%(payments)s::bigint[], %(kinds)s::text[], %(amounts)s::bigint[], %(cards)s::bigint[],
                       %(gateways)s::text[], %(places)s::bigint[])
           as w(payment_id, kind, amount_minor, card_id, gateway, place)),
numbered as (
  select w.*, 1 + coalesce((select max(a.number) from payments_attempt a
                             where a.payment_id = w.payment_id and a.kind = w.kind), 0) as number
    from wanted w)
insert into payments_attempt(payment_id, kind, number, key, amount_minor, card_id, gateway, on_date, run_id, place)
select n.payment_id, n.kind, n.number, %(installation)s || '-' || n.payment_id || '-' || n.kind || '-' || n.number,
       n.amount_minor, n.card_id, n.gateway, %(on)s, %(run)s, n.place
  from numbered n

-- name: requests
select a.id, a.payment_id, a.kind, a.key,
       coalesce(o.number, root.number || '-' || l.line) || '/' || p.purpose || '/' || p.number || '/' ||
         case when a.kind in ('authorise', 'charge')
              then (select count(*) from payments_attempt t
                     where t.payment_id = p.id and t.kind in ('authorise', 'charge') and t.id <= a.id)::text
              else a.kind || ' ' || a.number end as about,
       a.amount_minor, p.currency, a.on_date, c.account, d.token, d.expires_on, d.network_transaction_id,
       case when a.kind in ('capture', 'void') then p.gateway_ref
            when a.kind = 'refund' then (select b.gateway_ref from payments_payment b where b.id = p.refunds_id)
            end as reference,
       a.gateway_ref as own_reference, g.reference as gateway_customer, a.gateway
  from payments_attempt a
  join payments_payment p on p.id = a.payment_id
  join customers_customer c on c.id = p.customer_id
  left join customers_storedcard d on d.id = a.card_id
  left join customers_gatewaycustomer g on g.customer_id = p.customer_id and g.gateway = a.gateway
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder co on co.id = p.continuity_order_id
  left join orders_orderline l on l.id = co.parent_line_id
  left join orders_salesorder root on root.id = co.order_id
 where a.payment_id = any(%(ids)s) and (a.outcome is null or a.outcome = 'unknown')
 order by a.payment_id

-- name: answer
with told as (
  select * from unnest(%(attempts)s::bigint[], %(outcomes)s::text[], %(categories)s::text[], %(references)s::text[],
                       %(networks)s::text[], %(messages)s::text[])
                  as t(id, outcome, category, reference, network, message))
update payments_attempt a
   set outcome = t.outcome, category = t.category, gateway_ref = coalesce(t.reference, a.gateway_ref),
       network_transaction_id = t.network, message = t.message,
       run_id = coalesce(%(run)s, a.run_id)
  from told t
 where a.id = t.id and (a.outcome is null or a.outcome = 'unknown')
returning a.id

-- name: take_back
-- What a gateway has not admitted was never sent: its payment stands as before, and the next try is the same one, with its key.
with given as (
  select * from unnest(%(attempts)s::bigint[], %(statuses)s::text[], %(tried)s::date[]) as g(id, status, tried_on)),
gone as (
  delete from payments_attempt a using given g where a.id = g.id and a.outcome is null
  returning a.payment_id, a.kind, g.status, g.tried_on)
update payments_payment p
   set status = g.status, tried_on = g.tried_on,
       attempts = p.attempts - case when g.kind in ('authorise', 'charge', 'refund') then 1 else 0 end
  from gone g where p.id = g.payment_id

-- name: bill
with billed as (
  select * from unnest(%(payments)s::bigint[], %(due_ons)s::date[]) as b(payment_id, due_on)),
marked as (
  update payments_payment p set status = 'billed', due_on = b.due_on
    from billed b where p.id = b.payment_id and p.status = 'due'
  returning p.id, p.due_on, p.amount_minor)
insert into payments_bill(payment_id, on_date, due_on, amount_minor, run_id)
select m.id, %(on)s, m.due_on, m.amount_minor, %(run)s from marked m

-- name: invoiced_on
select p.id,
       case p.purpose
         when 'order' then (select min(k.invoiced_on) from orders_salesorder k
                             where k.parent_line_id = c.parent_line_id and k.status = 'invoiced')
         else (select k.invoiced_on from orders_salesorder k where k.id = p.order_id)
       end
  from payments_payment p
  left join continuity_continuityorder c on c.id = p.continuity_order_id
 where p.id = any(%(ids)s)

-- name: declined_softly
-- Those that were declined today for a reason that may pass: money that was not there, a bank that did not answer.
select p.id
  from payments_payment p
 cross join lateral (select a.category, a.on_date from payments_attempt a
                      where a.payment_id = p.id order by a.id desc limit 1) last
 where p.id = any(%(ids)s) and p.status = 'declined' and last.category = 'soft' and last.on_date = %(on)s
 order by p.id

-- name: forbidden
-- Is there one of them whose last try the bank has declined for good, by the card that pays it now?
select exists (
  select from payments_payment p
   cross join lateral (select a.category, a.card_id from payments_attempt a
                        where a.payment_id = p.id and a.outcome = 'declined' and a.kind <> 'void'
                        order by a.id desc limit 1) last
   where p.id = any(%(ids)s) and last.category = 'hard' and coalesce(last.card_id, p.card_id) is not distinct from p.card_id)

-- name: receive
with found as (
  select p.id, case when p.approval_code is null then 'charge' else 'capture' end as kind, p.approval_code,
         coalesce('approved by code ' || p.approval_code, 'received by ' || replace(p.method, '_', ' ')) as message
    from payments_payment p
   where p.id = any(%(ids)s) and p.status = case when p.approval_code is null then 'due' else 'authorised' end),
marked as (
  update payments_payment p set status = 'captured', captured_minor = amount_minor
    from found f where p.id = f.id
  returning p.id, p.amount_minor, f.kind, f.approval_code, f.message),
numbered as (
  select m.*, 1 + coalesce((select max(a.number) from payments_attempt a
                             where a.payment_id = m.id and a.kind = m.kind), 0) as number
    from marked m)
insert into payments_attempt(payment_id, kind, number, key, amount_minor, on_date, run_id, outcome, gateway_ref, message)
select n.id, n.kind, n.number, %(installation)s || '-' || n.id || '-' || n.kind || '-' || n.number, n.amount_minor, %(on)s,
       %(run)s, 'approved', n.approval_code, n.message
  from numbered n

-- name: hold
with failed as (
  select * from unnest(%(orders)s::bigint[], %(because)s::jsonb[]) as f(order_id, because)),
placed as (
  insert into orders_hold(order_id, code, because, stops, on_date, by)
  select distinct on (f.order_id) f.order_id, 'payment', f.because, 'both', %(on)s, %(by)s from failed f
   order by f.order_id
  on conflict (order_id, code) where released_on is null do nothing
  returning order_id, because)
insert into orders_orderevent(order_id, on_date, kind, by, data, place)
select coalesce(o.parent_id, o.id), %(on)s, 'held', %(by)s,
       jsonb_build_object('code', 'payment', 'stops', 'both', 'child', case when o.parent_id is not null then o.number end,
                          'because', p.because),
       o.parent_line_id
  from placed p join orders_salesorder o on o.id = p.order_id
 order by coalesce(o.parent_id, o.id), o.number

-- name: children_to_hold
select k.id, p.id
  from payments_payment p
  join continuity_continuityorder c on c.id = p.continuity_order_id
  join orders_salesorder k on k.parent_line_id = c.parent_line_id and k.status = 'open'
 where p.id = any(%(ids)s)
 order by p.due_on, p.number

-- name: tell_declined
insert into notices_notice(customer_id, kind, order_id, payment_id, attempt_id, on_date, status, facts, language)
select p.customer_id, 'declined', coalesce(o.parent_id, o.id, co.order_id), p.id, a.id, %(on)s,
       case when company.notices_on and coalesce(switch.is_on, true) then 'queued' else 'off' end,
       jsonb_build_object('order', coalesce(o.number, root.number), 'amount_minor', a.amount_minor, 'currency', p.currency,
                          'brand', d.brand, 'last4', d.last4, 'category', a.category),
       coalesce(c.language, company.languages[1])
  from payments_attempt a
  join payments_payment p on p.id = a.payment_id
  join customers_customer c on c.id = p.customer_id
  left join customers_storedcard d on d.id = a.card_id
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder co on co.id = p.continuity_order_id
  left join orders_salesorder root on root.id = co.order_id
 cross join (select notices_on, languages from catalog_company) company
  left join notices_noticekind switch on switch.kind = 'declined'
 where a.id = any(%(ids)s)
   and not exists (select from payments_attempt e
                    where e.payment_id = a.payment_id and e.card_id is not distinct from a.card_id
                      and e.outcome = 'declined' and e.id < a.id)
on conflict do nothing

-- name: tell_billed
insert into notices_notice(customer_id, kind, order_id, payment_id, on_date, status, facts, language)
select p.customer_id, 'bill', coalesce(o.parent_id, o.id, co.order_id), p.id, %(on)s,
       case when company.notices_on and coalesce(switch.is_on, true) then 'queued' else 'off' end,
       jsonb_build_object('order', coalesce(o.number, root.number), 'amount_minor', p.amount_minor, 'currency', p.currency,
                          'due_on', p.due_on),
       coalesce(c.language, company.languages[1])
  from payments_payment p
  join customers_customer c on c.id = p.customer_id
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder co on co.id = p.continuity_order_id
  left join orders_salesorder root on root.id = co.order_id
 cross join (select notices_on, languages from catalog_company) company
  left join notices_noticekind switch on switch.kind = 'bill'
 where p.id = any(%(ids)s)
on conflict do nothing

-- name: tell_refunded
insert into notices_notice(customer_id, kind, order_id, payment_id, on_date, status, facts, language)
select p.customer_id, 'refunded', coalesce(o.parent_id, o.id, co.order_id), p.id, %(on)s, 'queued',
       jsonb_build_object('order', coalesce(o.number, root.number), 'amount_minor', p.amount_minor, 'currency', p.currency,
                          'brand', d.brand, 'last4', d.last4),
       coalesce(c.language, company.languages[1])
  from payments_payment p
  join customers_customer c on c.id = p.customer_id
  left join customers_storedcard d on d.id = p.card_id
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder co on co.id = p.continuity_order_id
  left join orders_salesorder root on root.id = co.order_id
 cross join (select notices_on, languages from catalog_company) company
 where p.id = any(%(ids)s) and company.notices_on and c.email <> ''
   and exists (select from notices_noticekind where kind = 'refunded' and is_on)
on conflict do nothing

-- name: settle
update payments_payment p
   set status = v.status, attempts = p.attempts + v.more_attempts, lapsed = p.lapsed + v.lapsed, captured_minor = v.captured_minor,
       authorised_on = v.authorised_on, authorised_until = v.authorised_until, gateway = v.gateway,
       gateway_ref = v.gateway_ref, approval_code = case when v.status = 'authorised' then p.approval_code end, tried_on = coalesce(v.tried_on, p.tried_on),
       card_id = coalesce(v.card_id, p.card_id),
       -- whose card is asked now: another customer may pay than when an authorisation lapsed
       customer_id = case when v.card_id is distinct from p.card_id
                          then coalesce((select d.customer_id from customers_storedcard d where d.id = v.card_id), p.customer_id)
                          else p.customer_id end
  from unnest(%(ids)s::bigint[], %(olds)s::text[], %(statuses)s::text[], %(more)s::int[], %(lapsed)s::int[], %(captured)s::bigint[],
              %(authorised)s::date[], %(until)s::date[], %(gateways)s::text[], %(references)s::text[], %(tried)s::date[],
              %(cards)s::bigint[])
       as v(id, old, status, more_attempts, lapsed, captured_minor, authorised_on, authorised_until, gateway, gateway_ref, tried_on,
            card_id)
 where p.id = v.id and p.status = v.old

-- name: finals
update payments_attempt set final = true where id = any(%(ids)s)

-- name: lock_answers
-- The cards that were asked by these attempts: whoever records answers about one waits for those who did before. The
-- cards' own rows are not locked, because who changes a card may have to wait for an order of it.
select k.card_id, pg_advisory_xact_lock(%(space)s, k.key)
  from (select distinct a.card_id, hashint8(a.card_id) as key
          from payments_attempt a where a.id = any(%(attempts)s) and a.card_id is not null
         order by key) k

-- name: refused_cards
-- Of each card what was said last: on its last date, to the run that asked last, about the last of its work list.
update customers_storedcard c set refused = said.declined
  from unnest(%(cards)s::bigint[]) k(id)
 cross join lateral (
       select (array_agg(a.outcome = 'declined' order by a.place desc nulls last, a.id desc))[1] as declined
         from payments_attempt a
        where a.card_id = k.id and a.kind in ('authorise', 'charge') and a.outcome in ('approved', 'declined')
          and a.on_date = (select max(l.on_date) from payments_attempt l
                            where l.card_id = k.id and l.kind in ('authorise', 'charge')
                              and l.outcome in ('approved', 'declined'))
        group by a.run_id, case when a.run_id is null then a.id end
        order by max(a.id) desc limit 1) said
 where c.id = k.id and c.refused is distinct from said.declined

-- name: given_back
update payments_payment p set refunded_minor = p.refunded_minor + r.minor
  from (select refunds_id, sum(captured_minor) as minor from payments_payment where id = any(%(ids)s) group by refunds_id) r
 where p.id = r.refunds_id

-- name: card_gateways
select id, gateway from customers_storedcard where id = any(%(ids)s) and gateway is not null

-- name: keep_networks
-- the first that a card was given, for ever
with given as (
  select a.card_id, min(a.network_transaction_id) as network from payments_attempt a
   where a.id = any(%(attempts)s) and a.network_transaction_id is not null group by a.card_id),
kept as (
  select d.id from customers_storedcard d
   where d.id in (select card_id from given) and d.network_transaction_id is null
   order by d.id for no key update)
update customers_storedcard c set network_transaction_id = g.network
  from given g where c.id = g.card_id and c.id in (select id from kept)

-- name: keep_customers
insert into customers_gatewaycustomer(customer_id, gateway, reference)
select p.customer_id, k.gateway, min(k.reference)
  from unnest(%(payments)s::bigint[], %(gateways)s::text[], %(references)s::text[]) as k(payment_id, gateway, reference)
  join payments_payment p on p.id = k.payment_id
 group by p.customer_id, k.gateway
 order by p.customer_id, k.gateway
on conflict do nothing

-- name: present_cards
select p.id, coalesce(c1.card_id, c2.card_id)
  from payments_payment p
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder c1 on c1.id = p.continuity_order_id
  left join continuity_continuityorder c2 on c2.parent_line_id = o.parent_line_id
 where p.id = any(%(ids)s)

-- name: of_order
with asked as (select id, parent_id from orders_salesorder where id = %(order)s)
select p.id from payments_payment p where p.order_id = (select id from asked)
union
select p.id from payments_payment p join orders_salesorder k on k.id = p.order_id
 where k.parent_id = (select id from asked)
union
select p.id from payments_payment p join continuity_continuityorder c on c.id = p.continuity_order_id
 where c.order_id = (select coalesce(parent_id, id) from asked)
order by id

-- name: standing
-- Payments, each with the number of the order or child that it pays and the last call about it.
select p.id, coalesce(o.number, root.number), p.purpose, p.number, p.amount_minor, p.currency, p.status,
       a.id, a.outcome, a.message, a.category
  from payments_payment p
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder c on c.id = p.continuity_order_id
  left join orders_salesorder root on root.id = c.order_id
  left join lateral (
       select t.id, t.outcome, t.message, t.category from payments_attempt t
        where t.payment_id = p.id order by t.id desc limit 1) a on true
 where p.id = any(%(ids)s)
 order by coalesce(o.number, root.number), p.purpose, p.continuity_order_id, p.number, p.id
