-- An order whole, for a batch of parent orders at once. Every list has its order here.

-- name: orders
select o.id, o.number, o.reference, o.status, c.account, c.name, o.order_date, o.currency, o.acceptance, o.ship_to_id,
       o.delivery_minor, o.tax_minor, o.total_minor, s.on_date, s.carrier, s.tracking, o.gift_message, o.hide_prices,
       p.account, p.name, o.source_code
  from orders_salesorder o
  join customers_customer c on c.id = o.customer_id
  left join customers_customer p on p.id = o.payer_id
  left join orders_shipment s on s.order_id = o.id
 where o.id = any(%(orders)s);

-- name: children
select k.id, k.parent_id, k.number, l.line, k.shipment, k.status, k.ship_on, k.ship_to_id,
       k.delivery_minor, k.tax_minor, k.total_minor, s.on_date, s.carrier, s.tracking, k.external,
       k.invoiced_on, f.number
  from orders_salesorder k
  join orders_orderline l on l.id = k.parent_line_id
  left join orders_shipment s on s.order_id = k.id
  left join orders_rest r on r.child_id = k.id
  left join orders_salesorder f on f.id = r.of_id
 where k.parent_id = any(%(orders)s)
 order by k.parent_id, k.number;

-- name: lines
-- of the parents and of their children
select l.order_id, l.line, p.number, p.name, p.kind = 'continuity', l.quantity, l.price_minor, l.amount_minor, l.status
  from orders_orderline l join catalog_product p on p.id = l.product_id
 where l.order_id = any(%(all)s)
 order by l.order_id, l.line;

-- name: holds
-- of the parents and of their children
select h.order_id, h.code, coalesce(h.because, to_jsonb(h.reason)), h.stops, h.on_date, h.by, h.released_on, h.until,
       h.reason_code, coalesce(k.released_by, '{}')
  from orders_hold h left join catalog_holdcode k on k.code = h.code
 where h.order_id = any(%(all)s)
 order by h.order_id, h.id;

-- name: events
select e.order_id, e.id, e.on_date, e.kind, e.by, coalesce(e.data -> 'because', to_jsonb(e.reason)), e.data - 'because'
  from orders_history h join orders_orderevent e on e.id = h.id
 where h.order_id = any(%(orders)s)
 order by h.order_id, h.position;

-- name: notes
select n.order_id, n.on_date, n.by, n.text from orders_note n
 where n.order_id = any(%(orders)s) and n.order_id is not null
 order by n.order_id, n.id;

-- name: continuity
select c.id, c.order_id, l.line, p.number, p.name, g.schedule_id, r.id, r.number, c.status, c.complete, c.start_date,
       c.payment_method, s.name, c.ship_to_id, c.upfront, c.tariff_id,
       c.tariff_id < (select max(number) from catalog_tariff), c.last_shipment,
       c.every::text, c.times, c.shares::text, k.token, k.brand, k.last4, k.expires_on, k.refused
  from continuity_continuityorder c
  join orders_orderline l on l.id = c.parent_line_id
  join catalog_product p on p.id = l.product_id
  join programs_program g on g.id = c.program_id
  join programs_programrevision r on r.id = c.revision_id
  left join customers_storedcard k on k.id = c.card_id
  left join catalog_paymentschedule s on s.id = c.payment_schedule_id
 where c.order_id = any(%(orders)s)
 order by c.order_id, l.line;

-- name: adjustments
-- the open ones, in the order in which they were made
select a.continuity_order_id, a.event_key, a.repetition, a.line, a.kind, a.value, a.by, a.on_date, a.reason
  from continuity_adjustment a
 where a.continuity_order_id = any(%(continuity)s) and a.undone_on is null
 order by a.continuity_order_id, a.id;

-- name: occurrences
-- in the order of the walk, then by line; cancelled ones last
select o.continuity_order_id, o.event_key, o.repetition, o.event_on, o.ship_on, o.shipment, o.status, o.blocked,
       o.child_id, o.ship_to_id, o.delivery_mode_id, o.why, l.line, p.number, p.name, p.tax_group, l.quantity,
       l.price_minor, l.why, o.why_cancelled, coalesce(o.payment_schedule_id, c.payment_schedule_id)
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join continuity_continuityline l on l.occurrence_id = o.id
  join catalog_product p on p.id = l.product_id
 where o.continuity_order_id = any(%(continuity)s)
 order by o.continuity_order_id, o.status = 'cancelled', o.position, o.id, l.line;

-- name: places
-- where an event stands in a revision
select e.revision_id, e.key, e.event_id
  from programs_programevent e
 where e.revision_id = any(%(revisions)s) and e.event_id is not null;

-- name: parked
select q.continuity_order_id, q.shipment, q.job, coalesce(q.because, to_jsonb(q.reason)), q.on_date
  from continuity_parked q
 where q.continuity_order_id = any(%(continuity)s) and q.resolved_on is null
 order by q.continuity_order_id, q.id;

-- name: payments
-- With the card that was charged and when, else the card that pays; is it disputed, and what was lost; which payment a refund gives back.
select y.order_id, y.continuity_order_id, y.purpose, y.number, y.method, y.amount_minor, y.due_on, y.status,
       y.attempts, y.captured_minor, y.refunded_minor, t.on_date, k.token, k.brand, k.last4, k.expires_on, k.refused,
       coalesce(d.goes_on, false), coalesce(d.lost, 0)::bigint, b.purpose, b.number
  from (select * from payments_payment where order_id = any(%(all)s)
        union all
        select * from payments_payment where continuity_order_id = any(%(continuity)s)) y
  left join lateral (
       select a.card_id, a.on_date from payments_attempt a
        where a.payment_id = y.id and a.kind in ('capture', 'charge') and a.outcome = 'approved'
        order by a.id desc limit 1) t on true
  left join customers_storedcard k on k.id = coalesce(t.card_id, y.card_id)
  left join lateral (
       select bool_or(d.status in {states.DISPUTE_GOES_ON}) as goes_on,
              sum(d.amount_minor) filter (where d.status = 'lost') as lost
         from payments_dispute d where d.payment_id = y.id) d on true
  left join payments_payment b on b.id = y.refunds_id;

-- name: addresses
select a.id, a.code, a.purpose, a.recipient, a.street, a.city, a.postcode, a.region, a.country
  from customers_address a
 where a.id = any(%(addresses)s)
