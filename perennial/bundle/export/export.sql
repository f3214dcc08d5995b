-- What an export says of a batch of parent orders beyond what `show order` prints.

-- name: parents
select o.id, o.ship_to_id, o.entry::text, o.invoiced_on, o.taken_over_on, s.on_date, s.carrier, s.tracking
  from orders_salesorder o left join orders_shipment s on s.order_id = o.id
 where o.id = any(%(orders)s)

-- name: lines
select l.order_id, l.line, m.code
  from orders_orderline l join catalog_deliverymode m on m.id = l.delivery_mode_id
 where l.order_id = any(%(orders)s)

-- name: taxes
-- of the parents and of their children
select t.order_id, t."group", t.base_minor, t.tax_minor, r.country, r.region, r.valid_from
  from orders_ordertax t left join catalog_taxrate r on r.id = t.rate_id
 where t.order_id = any(%(all)s)
 order by t.order_id, t."group"

-- name: pays
select p.order_id, p.method, k.token, p.percent, p.amount_minor
  from orders_orderpay p left join customers_storedcard k on k.id = p.card_id
 where p.order_id = any(%(orders)s)
 order by p.order_id, p.number

-- name: children
select k.id, k.parent_id, k.number, k.try_no, k.order_date, k.ship_to_id, m.code, k.invoiced_on, k.taken_over_on, s.on_date
  from orders_salesorder k
  left join catalog_deliverymode m on m.id = k.delivery_mode_id
  left join orders_shipment s on s.order_id = k.id
 where k.parent_id = any(%(orders)s)

-- name: child_lines
-- where they differ from their child
select l.order_id, l.line, l.status, k.status
  from orders_orderline l join orders_salesorder k on k.id = l.order_id
 where k.parent_id = any(%(orders)s) and l.status is distinct from k.status

-- name: holds
-- of the parents and of their children
select h.order_id, h.code, h.reason, h.stops, h.on_date, h.by, h.released_on, h.until, h.reason_code, h.released_by,
       h.because
  from orders_hold h
 where h.order_id = any(%(all)s)
 order by h.order_id, h.id

-- name: events
-- of the parents and of their children
select e.order_id, e.on_date, e.kind, e.by, e.reason, e.data::text, e.at
  from orders_history h join orders_orderevent e on e.id = h.id
 where h.order_id = any(%(all)s)
 order by h.order_id, h.position

-- name: continuity
select c.id, c.order_id, l.line, c.ship_to_id, c.order_date, c.first_event, c.event_duration, c.shipments,
       c.last_shipment, c.quantity, c.threshold, c.consolidate, c.upfront, c.schedule_chosen, c.owed_minor, c.prices::text,
       case when c.tariff_id < (select max(number) from catalog_tariff) then c.tariff_id end, c.keeps_tariff
  from continuity_continuityorder c join orders_orderline l on l.id = c.parent_line_id
 where c.order_id = any(%(orders)s)

-- name: occurrences
-- where they differ from the event of their revision
select o.continuity_order_id, o.event_key, o.repetition, m.code, s.name, o.ship_to_id,
       o.delivery_mode_id is distinct from e.delivery_mode_id,
       o.payment_schedule_id is distinct from e.payment_schedule_id
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  left join programs_programevent e on e.revision_id = c.revision_id and e.key = o.event_key
  left join catalog_deliverymode m on m.id = o.delivery_mode_id
  left join catalog_paymentschedule s on s.id = o.payment_schedule_id
 where c.order_id = any(%(orders)s)
   and (o.ship_to_id is not null or o.delivery_mode_id is distinct from e.delivery_mode_id
        or o.payment_schedule_id is distinct from e.payment_schedule_id)

-- name: undone
select a.continuity_order_id, a.event_key, a.repetition, a.line, a.kind, a.value::text, a.by, a.on_date, a.reason,
       a.undone_on, a.undone_by
  from continuity_adjustment a join continuity_continuityorder c on c.id = a.continuity_order_id
 where c.order_id = any(%(orders)s) and a.undone_on is not null
 order by a.continuity_order_id, a.id

-- name: parked
select q.continuity_order_id, q.shipment, q.job, q.sqlstate, q.reason, q.on_date, q.resolved_on, q.because
  from continuity_parked q join continuity_continuityorder c on c.id = q.continuity_order_id
 where c.order_id = any(%(orders)s)
 order by q.continuity_order_id, q.id

-- name: payments
select y.id, coalesce(c.order_id, k.parent_id, k.id), coalesce(k.number, p.number), y.purpose,
       case when c.id is not null then l.line end, y.number, d.token, y.at_invoice, y.not_before_shipped, y.tried_on,
       y.authorised_on, y.authorised_until, y.lapsed, y.gateway, y.gateway_ref, y.approval_code, f.number,
       case when y.customer_id <> coalesce(p.payer_id, o.payer_id, k.payer_id, p.customer_id, o.customer_id, k.customer_id)
            then u.account end,
       b.on_date, b.due_on, b.amount_minor, y.request_id,
       y.overpaid_minor
  from payments_payment y
  join customers_customer u on u.id = y.customer_id
  left join orders_salesorder k on k.id = y.order_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  left join orders_salesorder p on p.id = c.order_id
  left join orders_salesorder o on o.id = k.parent_id
  left join orders_orderline l on l.id = c.parent_line_id
  left join customers_storedcard d on d.id = y.card_id
  left join payments_bill b on b.payment_id = y.id
  left join payments_payment f on f.id = y.refunds_id
 where y.order_id = any(%(all)s) or y.continuity_order_id = any(%(continuity)s)

-- name: refund_requests
select r.order_id, r.id, r.amount_minor, r.asked_by, r.asked_on, r.reason, r.approved, r.decided_by, r.decided_on
  from payments_refundrequest r
 where r.order_id = any(%(orders)s)
 order by r.order_id, r.id

-- name: disputes
select d.payment_id, d.gateway, d.reference, d.amount_minor, d.reason, d.status, d.opened_on, d.answer_by, d.answered_on,
       d.closed_on, d.told_at
  from payments_dispute d
 where d.payment_id = any(%(payments)s)
 order by d.payment_id, d.id

-- name: tries
select a.payment_id, a.kind, a.number, a.key, a.amount_minor, a.on_date, a.sent_at, a.outcome, a.category, a.final,
       a.gateway, a.gateway_ref, a.network_transaction_id, a.message, d.token,
       case when d.customer_id <> y.customer_id then u.account end
  from payments_attempt a
  join payments_payment y on y.id = a.payment_id
  left join customers_storedcard d on d.id = a.card_id
  left join customers_customer u on u.id = d.customer_id
 where a.payment_id = any(%(payments)s)
 order by a.payment_id, a.id

-- name: notices
-- what each is about by its name: the card's token, the key of the try, the order, line, purpose and number of the payment,
-- or the order with its child, line, event and revision; what was sent again is told once; links
-- work in this installation alone
select n.id, c.account, n.kind, d.token, a.key, coalesce(o.number, p.number), case when co.id is not null then l.line end,
       y.purpose, y.number, n.on_date, n.status, n.facts::text, n.language, n.channel, n.attempts, n.sent_text,
       m.number, k.number, tl.line, x.event_key, x.repetition, case when n.kind = 'charges_changed' then n.revision_id else r.number end, n.recipient, n.subject, n.sent_html, n.message_id
  from notices_notice n
  join customers_customer c on c.id = n.customer_id
  left join customers_storedcard d on d.id = n.card_id
  left join payments_attempt a on a.id = n.attempt_id
  left join payments_payment y on y.id = n.payment_id
  left join orders_salesorder o on o.id = y.order_id
  left join continuity_continuityorder co on co.id = y.continuity_order_id
  left join orders_orderline l on l.id = co.parent_line_id
  left join orders_salesorder p on p.id = co.order_id
  left join orders_salesorder m on m.id = n.order_id
  left join orders_salesorder k on k.id = n.child_id
  left join continuity_continuityorder t on t.id = n.continuity_order_id
  left join orders_orderline tl on tl.id = t.parent_line_id
  left join continuity_occurrence x on x.id = n.occurrence_id
  left join programs_programrevision r on r.id = n.revision_id and n.kind <> 'charges_changed'
 where n.id > %(last)s and n.resends_id is null and n.kind <> 'card_link'
 order by n.id
 limit %(most)s
