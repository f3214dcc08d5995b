-- The rows of parent orders that a person's action may change: read before and after it, put back when it is undone.

-- name: read
with theirs as materialized (
  select o.id, coalesce(o.parent_id, o.id) as parent_id from orders_salesorder o
   where o.id = any(%(orders)s) or o.parent_id = any(%(orders)s)),
continuity as materialized (
  select c.*, l.line from continuity_continuityorder c join orders_orderline l on l.id = c.parent_line_id
   where c.order_id = any(%(orders)s)),
owed as (
  select t.parent_id, p.* from theirs t join payments_payment p on p.order_id = t.id
  union all
  select c.order_id, p.* from continuity c join payments_payment p on p.continuity_order_id = c.id)
select o.id as order_id, 'order' as kind, o.id, jsonb_build_object('ship_to_id', o.ship_to_id, 'status', o.status) as values
  from orders_salesorder o where o.id = any(%(orders)s)
union all
select o.id, 'gift', o.id, jsonb_build_object('gift_message', o.gift_message, 'hide_prices', o.hide_prices)
  from orders_salesorder o where o.id = any(%(orders)s)
union all
select o.id, 'payer', o.id, jsonb_build_object('payer_id', o.payer_id)
  from orders_salesorder o where o.id = any(%(orders)s)
union all
select y.order_id, 'share', y.id, jsonb_build_object('method', y.method, 'card_id', y.card_id)
  from orders_orderpay y where y.order_id = any(%(orders)s)
union all
select o.id, 'source', o.id, jsonb_build_object('source_code', o.source_code)
  from orders_salesorder o where o.id = any(%(orders)s)
union all
select l.order_id, 'line', l.id, jsonb_build_object('quantity', l.quantity, 'status', l.status)
  from orders_orderline l where l.order_id = any(%(orders)s)
union all
select k.parent_id, 'child', k.id, jsonb_build_object('status', k.status)
  from orders_salesorder k where k.parent_id = any(%(orders)s)
union all
select c.order_id, 'continuity', c.id, jsonb_build_object(
         'line', c.line, 'upfront', c.upfront, 'order_date', c.order_date, 'quantity', c.quantity, 'ship_to_id', c.ship_to_id, 'card_id', c.card_id,
         'payment_method', c.payment_method, 'shares', c.shares,
         'revision_id', c.revision_id, 'tariff_id', c.tariff_id, 'status', c.status, 'complete', c.complete, 'last_shipment', c.last_shipment,
         'every', c.every, 'times', c.times, 'prices', c.prices, 'payment_schedule_id', c.payment_schedule_id)
  from continuity c
union all
select c.order_id, 'occurrence', v.id, jsonb_build_object(
         'continuity_order_id', v.continuity_order_id, 'position', v.position, 'event_on', v.event_on,
         'ship_on', v.ship_on, 'shipment', v.shipment, 'status', v.status, 'child_id', v.child_id,
         'delivery_mode_id', v.delivery_mode_id, 'payment_schedule_id', v.payment_schedule_id,
         'ship_to_id', v.ship_to_id, 'why', v.why, 'why_cancelled', v.why_cancelled,
         'lines', (select jsonb_agg(jsonb_build_object(
                            'line', l.line, 'product_id', l.product_id, 'quantity', l.quantity,
                            'price_minor', l.price_minor, 'why', l.why) order by l.line)
                     from continuity_continuityline l where l.occurrence_id = v.id))
  from continuity_occurrence v join continuity c on c.id = v.continuity_order_id
union all
select c.order_id, 'adjustment', a.id, jsonb_build_object('undone_on', a.undone_on)
  from continuity_adjustment a join continuity c on c.id = a.continuity_order_id
union all
select t.parent_id, 'hold', h.id, jsonb_build_object('released_on', h.released_on, 'of', h.order_id || ' ' || h.code)
  from orders_hold h join theirs t on t.id = h.order_id
union all
select p.parent_id, 'payment', p.id, jsonb_build_object(
         'card_id', p.card_id, 'customer_id', p.customer_id, 'method', p.method, 'at_invoice', p.at_invoice, 'not_before_shipped', p.not_before_shipped,
         'status', p.status, 'attempts', p.attempts, 'tried_on', p.tried_on,
         'asked', p.status not in {states.CHANGEABLE})
  from owed p

-- name: used
-- What a job may make of a change beyond its own rows: shipments planned behind it; money taken or given back of an order
-- billed up front, whose amounts follow every change; that it is closed; children, which a hold keeps back; of what was cancelled, money that
-- a card had reserved is let go, and the customer is told.
with theirs as materialized (
  select o.id, coalesce(o.parent_id, o.id) as parent_id from orders_salesorder o
   where o.id = any(%(orders)s) or o.parent_id = any(%(orders)s)),
continuity as materialized (
  select c.id, c.order_id, c.upfront, c.status from continuity_continuityorder c where c.order_id = any(%(orders)s)),
owed as (
  select t.parent_id, p.id from theirs t join payments_payment p on p.order_id = t.id
  union all
  select c.order_id, p.id from continuity c join payments_payment p on p.continuity_order_id = c.id),
voids as (
  select p.parent_id, count(*) as asked from owed p join payments_attempt a on a.payment_id = p.id and a.kind = 'void'
   group by 1),
told as (
  select n.order_id, count(*) as gone from notices_notice n
   where n.order_id = any(%(orders)s) and n.kind = 'ended' and n.status <> 'queued' group by 1)
select c.order_id, 'plan' as kind, c.id, jsonb_build_object('last', coalesce((
         select max(v.id) from continuity_occurrence v where v.continuity_order_id = c.id), 0)) as values
  from continuity c
union all
select c.order_id, 'closed', c.id, jsonb_build_object('closed', c.status = 'closed') from continuity c
union all
select c.order_id, 'money', c.id, jsonb_build_object(
         'asked', coalesce(sum(p.amount_minor) filter (where p.status not in {states.SPREAD_ANEW}), 0),
         'refunds', count(*) filter (where p.purpose = 'refund'))
  from continuity c join payments_payment p on p.continuity_order_id = c.id
 where c.upfront
 group by c.order_id, c.id
union all
select o.id, 'voids', o.id, jsonb_build_object('asked', coalesce(v.asked, 0))
  from unnest(%(orders)s::bigint[]) o(id) left join voids v on v.parent_id = o.id
union all
select o.id, 'told', o.id, jsonb_build_object('left', coalesce(t.gone, 0))
  from unnest(%(orders)s::bigint[]) o(id) left join told t on t.order_id = o.id
union all
select o.id, 'children', o.id, jsonb_build_object('made', (
         select count(*) from orders_salesorder k where k.parent_id = o.id))
  from unnest(%(orders)s::bigint[]) o(id)

-- name: last_events
select e.order_id, max(e.id) from orders_orderevent e where e.order_id = any(%(orders)s) group by 1

-- name: events_since
select e.kind, e.by, e.on_date, (e.data->>'line')::int, (e.data->>'shipment')::int,
       coalesce((e.data->>'following')::boolean, false) from orders_orderevent e where e.order_id = %(order)s and e.id > %(event)s order by e.id

-- name: put_back_order
update orders_salesorder o set ship_to_id = n.ship_to_id, status = coalesce(n.status, o.status)
  from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, ship_to_id bigint, status text) where o.id = n.id

-- name: put_back_child
with given as (select * from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, status text)),
lines as (
  update orders_orderline l set status = 'open' from given n
   where l.order_id = n.id and n.status = 'open' and l.status = 'cancelled')
update orders_salesorder k set status = n.status from given n where k.id = n.id

-- name: put_back_gift
update orders_salesorder o set gift_message = n.gift_message, hide_prices = n.hide_prices
  from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, gift_message text, hide_prices boolean) where o.id = n.id

-- name: put_back_payer
update orders_salesorder o set payer_id = n.payer_id
  from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, payer_id bigint) where o.id = n.id

-- name: put_back_share
update orders_orderpay y set method = n.method, card_id = n.card_id
  from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, method text, card_id bigint) where y.id = n.id

-- name: put_back_source
update orders_salesorder o set source_code = n.source_code
  from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, source_code text) where o.id = n.id

-- name: put_back_line
update orders_orderline l set quantity = n.quantity, status = coalesce(n.status, l.status)
  from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, quantity numeric, status text) where l.id = n.id

-- name: put_back_continuity
update continuity_continuityorder c
   set quantity = n.quantity, ship_to_id = n.ship_to_id, card_id = n.card_id, payment_method = coalesce(n.payment_method, c.payment_method),
       shares = case when n.prices is null then c.shares else nullif(n.shares, 'null'::jsonb) end,
       status = n.status, complete = n.complete, last_shipment = n.last_shipment,
       every = nullif(n.every, 'null'::jsonb), times = n.times,
       revision_id = coalesce(n.revision_id, c.revision_id), tariff_id = coalesce(n.tariff_id, c.tariff_id),
       -- What older changes do not have noted is as it was: no action of theirs has changed it.
       prices = coalesce(n.prices, c.prices),
       payment_schedule_id = case when n.prices is null then c.payment_schedule_id else n.payment_schedule_id end
  from jsonb_to_recordset(%(rows)s::jsonb) as n(
         id bigint, quantity numeric, ship_to_id bigint, card_id bigint, payment_method text, status text, complete boolean,
         last_shipment int, every jsonb, times int, revision_id bigint, tariff_id bigint, prices jsonb,
         payment_schedule_id bigint, shares jsonb)
 where c.id = n.id

-- name: put_back_occurrence
update continuity_occurrence v
   set position = n.position, event_on = n.event_on, ship_on = n.ship_on, shipment = n.shipment, status = n.status,
       blocked = null, delivery_mode_id = n.delivery_mode_id, payment_schedule_id = n.payment_schedule_id,
       ship_to_id = n.ship_to_id, child_id = n.child_id, why = n.why, why_cancelled = nullif(n.why_cancelled, 'null'::jsonb)
  from jsonb_to_recordset(%(rows)s::jsonb) as n(
         id bigint, position int, event_on date, ship_on date, shipment int, status text, delivery_mode_id bigint, child_id bigint,
         payment_schedule_id bigint, ship_to_id bigint, why jsonb, why_cancelled jsonb)
 where v.id = n.id and (v.child_id is null or v.child_id = n.child_id)

-- name: drop_occurrence
-- What a change had planned besides: as if it had never been.
with ids as (select n.id from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint)),
lines as (delete from continuity_continuityline l using ids where l.occurrence_id = ids.id)
delete from continuity_occurrence v using ids where v.id = ids.id and v.child_id is null

-- name: put_back_lines
with given as (
  select n.id as occurrence_id, l.line, l.product_id, l.quantity, l.price_minor, nullif(l.why, 'null'::jsonb) as why
    from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, lines jsonb)
    cross join lateral jsonb_to_recordset(n.lines)
                    as l(line int, product_id bigint, quantity numeric, price_minor bigint, why jsonb)),
gone as (
  delete from continuity_continuityline c
   using jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint)
   where c.occurrence_id = n.id and not exists (
     select from given g where g.occurrence_id = c.occurrence_id and g.line = c.line))
insert into continuity_continuityline(occurrence_id, line, product_id, quantity, price_minor, why)
select g.occurrence_id, g.line, g.product_id, g.quantity, g.price_minor, g.why from given g
on conflict (occurrence_id, line) do update
   set product_id = excluded.product_id, quantity = excluded.quantity, price_minor = excluded.price_minor,
       why = excluded.why

-- name: put_back_adjustment
update continuity_adjustment a
   set undone_on = n.undone_on, undone_by = case when n.undone_on is not null then %(by)s end
  from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, undone_on date) where a.id = n.id

-- name: put_back_hold
update orders_hold h set released_on = n.released_on, released_by = case when n.released_on is not null then %(by)s end
  from jsonb_to_recordset(%(rows)s::jsonb) as n(id bigint, released_on date) where h.id = n.id

-- name: put_back_payment
-- What had failed fails again, and is not asked for; what was declined keeps its count of tries.
update payments_payment p
   set card_id = n.card_id, customer_id = coalesce(n.customer_id, p.customer_id), method = coalesce(n.method, p.method), at_invoice = coalesce(n.at_invoice, p.at_invoice),
       not_before_shipped = coalesce(n.not_before_shipped, p.not_before_shipped), attempts = n.attempts, tried_on = n.tried_on,
       status = case when n.status = 'failed' and p.status = 'due' then 'failed'
                     when p.status = 'cancelled' and n.status in {states.TAKEN_BACK} then n.status else p.status end
  from jsonb_to_recordset(%(rows)s::jsonb) as n(
         id bigint, card_id bigint, customer_id bigint, method text, at_invoice boolean, not_before_shipped boolean,
         status text, attempts int, tried_on date)
 where p.id = n.id and (p.status in {states.CHANGEABLE} or p.status = 'cancelled')

-- name: withdraw_updated
-- What an update has queued for the customers of these orders, by the versions that they stood on before they were put back.
delete from notices_notice n
 where n.order_id = any(%(orders)s) and n.status = 'queued'
   and ((n.kind = 'price_changed' and n.revision_id = any(%(revisions)s))
     or (n.kind = 'charges_changed' and n.revision_id = any(%(tariffs)s)))

-- name: withdraw_ended
delete from notices_notice where order_id = %(order)s and kind = 'ended' and status = 'queued'
