-- The rules that rows decide, each said once: read by the jobs, the desk, the import, the check and the demo alike.
-- None knows the date: what depends on it is left to the reader as a comparison with a column ``..._on``.
-- The database holds them as the migration made them that names this text (db/views.py): a change of it wants a new one.

-- name: order_waits
-- Of a parent order: does it make no child because the customer has not accepted it yet, or because it is on hold?
select p.id as order_id, p.acceptance = 'awaited' as awaited,
       exists (select from orders_hold h
                where h.order_id = p.id and h.released_on is null and h.stops in {states.HOLDS_CHILDREN}) as on_hold
  from orders_salesorder p

-- name: continuity_payment
-- What is owed for a continuity order: the payments of the whole, where it is billed up front, else of its children.
select y.continuity_order_id, y.id as payment_id, y.purpose, y.method, y.status
  from payments_payment y where y.continuity_order_id is not null and y.purpose <> 'refund'
union all
select c.id, y.id, y.purpose, y.method, y.status
  from continuity_continuityorder c
  join orders_salesorder k on k.parent_id = c.order_id and k.parent_line_id = c.parent_line_id
  join payments_payment y on y.order_id = k.id and y.purpose <> 'refund'

-- name: continuity_waits
-- Of a continuity order: all that keeps its scheduled shipments from becoming children. card_ends_on: the last day of
-- the card that pays them, infinity where none does; what ships later and costs something waits for another card.
select c.id as continuity_order_id, w.awaited, w.on_hold,
       exists (select from continuity_payment y
                where y.continuity_order_id = c.id and y.status in {states.STOPS_CHILDREN}) as payment_failed,
       exists (select from continuity_parked q
                where q.continuity_order_id = c.id and q.resolved_on is null) as parked,
       coalesce(case when c.payment_method = 'card' and not c.upfront then k.expires_on end, 'infinity') as card_ends_on
  from continuity_continuityorder c
  join order_waits w on w.order_id = c.order_id
  left join customers_storedcard k on k.id = c.card_id

-- name: continuity_card
-- Of a continuity order that is paid by card. still_pays: its card may still be asked for something, also for what was
-- shipped of one that is closed or cancelled. waits: something waits for another card, or for another try.
select c.id as continuity_order_id,
       c.status in {states.NOT_ENDED}
         or exists (select from continuity_payment y
                     where y.continuity_order_id = c.id and y.method = 'card' and y.status in {states.CARD_OWES}) as still_pays,
       exists (select from continuity_occurrence o
                where o.continuity_order_id = c.id and o.blocked in ('card', 'payment'))
         or exists (select from continuity_payment y
                     where y.continuity_order_id = c.id and y.status in {states.REFUSED}) as waits
  from continuity_continuityorder c

-- name: charge_to_come
-- What a card will be asked for, and when: of planned shipments the day on which each leaves and those of its parts, of
-- parts that are owed already their days (``is_part``). Which card: that of the continuity order, or of the payment. Whether a part of a fixed amount
-- comes is reckoned from the lines, before delivery and tax.
select c.card_id, c.id as continuity_order_id, o.shipment, d.is_part, d.on_date
  from continuity_continuityorder c
  join continuity_occurrence o on o.continuity_order_id = c.id and o.status in {states.TO_COME}
  left join catalog_paymentschedule s on s.id = coalesce(o.payment_schedule_id, c.payment_schedule_id)
 cross join lateral (
       select false as is_part, o.ship_on as on_date
        union all
       select true, (o.ship_on + case s.unit when 'day' then make_interval(days => u.units)
                                       when 'month' then make_interval(months => u.units)
                                       else make_interval(years => u.units) end)::date
         from (select s.after + n.k * s.every as units
                 from generate_series(0, case s.allocation
                        when 'fixed_quantity' then s.number_of_payments - 1
                        when 'fixed_amount' then least(999, ceil((
                          select sum(l.quantity * l.price_minor) from continuity_continuityline l
                           where l.occurrence_id = o.id) / s.amount_minor)::int - 1)
                        when 'total' then 0 end) n(k)
                union all
               select l.after from catalog_paymentscheduleline l
                where l.schedule_id = s.id and s.allocation = 'specified' and l.percent > 0) u) d
 where c.payment_method = 'card' and not c.upfront and c.status in {states.NOT_ENDED}
union all
select y.card_id, coalesce(y.continuity_order_id, c.id), o.shipment, true, y.due_on
  from payments_payment y
  left join orders_salesorder o on o.id = y.order_id
  left join continuity_continuityorder c on c.parent_line_id = o.parent_line_id
 where y.status in {states.NOT_ASKED} and y.purpose in ('order', 'shipment') and (not y.at_invoice or y.purpose = 'order')

-- name: shipment_costs
-- Is there something to pay for what is scheduled of a shipment: a product, or the delivery by the mode of what is last, as
-- the tariff of its order has it?
select o.continuity_order_id, o.shipment,
       bool_or(l.quantity * l.price_minor >= 0.5)
         or coalesce((array_agg(m.charge_minor order by o.position desc, o.id desc))[1], 0) > 0 as costs
  from continuity_occurrence o
  join continuity_continuityline l on l.occurrence_id = o.id
  join continuity_continuityorder c on c.id = o.continuity_order_id
  left join catalog_tariffcharge m on m.tariff_id = c.tariff_id and m.delivery_mode_id = o.delivery_mode_id
 where o.status = 'scheduled'
 group by o.continuity_order_id, o.shipment

-- name: stands_in_the_way
-- What keeps a child, or the ordinary lines of a parent order, from being sent, from being invoiced, or from both: a row for
-- each reason. It holds on the dates from from_on on and before opens_on, on which its delivery window opens.
select k.id as order_id, 'acceptance' as because, '-infinity'::date as from_on, 'infinity'::date as opens_on,
       null::bigint as hold_id, null::bigint as payment_id, true as from_sending, true as from_invoicing
  from orders_salesorder k where k.acceptance = 'awaited'
union all
select h.order_id, 'hold', '-infinity', 'infinity', h.id, null,
       h.stops in {states.HOLDS_SENDING}, h.stops in {states.HOLDS_INVOICING}
  from orders_hold h where h.released_on is null
union all
select y.order_id, 'payment', y.due_on, 'infinity', null, y.id, true, true
  from payments_payment y where y.order_id is not null and y.status in {states.STOPS_SHIPPING} and y.purpose <> 'refund'
union all
select k.id, 'upfront', y.due_on, 'infinity', null, y.id, true, true
  from orders_salesorder k
  join continuity_continuityorder c on c.parent_line_id = k.parent_line_id and c.upfront
  join payments_payment y on y.continuity_order_id = c.id and y.status in {states.STOPS_SHIPPING} and y.purpose <> 'refund'
union all
select k.id, 'window', '-infinity', k.ship_on - s.delivery_window_days, null, null, true, true
  from orders_salesorder k cross join catalog_parameters s where k.parent_id is not null

-- name: may_not_ship
-- Why a child, or the ordinary lines of a parent order, may not be sent: what stands in the way, or it is not open.
select k.id as order_id, 'status' as because, '-infinity'::date as from_on, 'infinity'::date as opens_on,
       null::bigint as hold_id, null::bigint as payment_id
  from orders_salesorder k where k.status <> 'open'
union all
select order_id, because, from_on, opens_on, hold_id, payment_id from stands_in_the_way where from_sending

-- name: may_not_invoice
-- Why a child, or the ordinary lines of a parent order, may not be invoiced once it was sent.
select order_id, because, from_on, opens_on, hold_id, payment_id from stands_in_the_way where from_invoicing

-- name: ordinary_line
-- The lines of an order that are sent themselves: of a child all, of a parent those that stand for no program.
select l.order_id, l.status from orders_orderline l
 where not exists (select from continuity_continuityorder c where c.parent_line_id = l.id)

-- name: charging_hold
-- From which date on an order is not charged; null: on any. What fails tonight stops the others from tomorrow on:
-- which payment comes first does not matter.
select h.order_id, case when h.code = 'payment' then h.on_date + 1 end as from_on
  from orders_hold h where h.released_on is null and h.stops in {states.HOLDS_CHARGING}

-- name: unanswered_attempt
-- The one call about a payment of which nobody knows yet what became.
select a.payment_id, a.id, a.kind, a.sent_at, a.run_id, a.outcome
  from payments_attempt a where a.outcome is null or a.outcome = 'unknown'

-- name: declined_payment
-- Why a payment was declined the last time, and after how many days it is asked again, try by try (null: always again).
select p.id as payment_id, a.category,
       case a.category when 'expired' then s.expired_retry_days
                       when 'authentication' then s.authentication_retry_days
                       else s.soft_retry_days end as days
  from payments_payment p
 cross join catalog_parameters s
  left join lateral (select t.category from payments_attempt t
                      where t.payment_id = p.id and t.outcome = 'declined' and t.kind <> 'void'
                      order by t.id desc limit 1) a on true

-- name: payment_retry
-- From which date on a payment may be asked for: one that is due on any, one that was declined so many days after its
-- last try as the list for that kind of decline says of that try (payments/retry.py has the rule); null: not at all. most:
-- of one that was declined, how many tries there are in all; null: any number.
select p.id as payment_id,
       case p.status
         when 'due' then '-infinity'::date
         when 'declined' then coalesce(p.tried_on + (
           select coalesce(d.days[p.attempts], s.days_between_tries)
             from declined_payment d cross join catalog_parameters s where d.payment_id = p.id), '-infinity')
       end as from_on,
       case when p.status = 'declined' then (
         select least(s.reauthorization_limit, cardinality(d.days) + 1)
           from declined_payment d cross join catalog_parameters s where d.payment_id = p.id)
       end as most
  from payments_payment p

-- name: payment_not_renewed
-- A payment whose authorisation has lapsed as often as it may be made anew, and of which nothing is invoiced: a person
-- sees to it. When it is invoiced its card is charged.
select y.id as payment_id
  from payments_payment y
 where y.status = 'due' and y.lapsed > 0
   and y.lapsed > (select p.authorization_renewals from catalog_parameters p)

-- name: payment_subject
-- What a payment pays, and how far that has come: the parent order in whose history it stands, the child's number, the
-- continuity order; ``entered``: ordered for good; ``cancelled``: nothing of it comes; ``invoiced``; ``delivered``: sent.
select p.id as payment_id, root.id as root_id, case when o.parent_id is not null then o.number end as child,
       coalesce(c.id, of_child.id) as continuity_id,
       root.status <> 'draft' and root.acceptance <> 'awaited' as entered,
       case p.purpose
         when 'shipment' then o.status = 'cancelled'
         when 'order' then c.status = 'cancelled' or coalesce((
           select bool_and(v.status not in {states.COUNTED} or k.status is not distinct from 'cancelled')
             from continuity_occurrence v left join orders_salesorder k on k.id = v.child_id
            where v.continuity_order_id = c.id), false)
         else o.status = 'cancelled'
           or not exists (select from ordinary_line l where l.order_id = o.id and l.status <> 'cancelled')
       end as cancelled,
       case p.purpose
         when 'shipment' then o.status = 'invoiced'
         when 'order' then p.at_invoice and exists (
           select from orders_salesorder k where k.parent_line_id = c.parent_line_id and k.status = 'invoiced')
         else o.status = 'invoiced'
           or exists (select from ordinary_line l where l.order_id = o.id and l.status = 'invoiced')
       end as invoiced,
       case p.purpose
         when 'shipment' then o.status in {states.SENT}
         when 'order' then p.at_invoice and exists (
           select from orders_salesorder k where k.parent_line_id = c.parent_line_id and k.status = 'invoiced')
         else o.status in {states.SENT}
           or exists (select from ordinary_line l where l.order_id = o.id and l.status in {states.SENT})
       end as delivered
  from payments_payment p
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder c on c.id = p.continuity_order_id
  left join continuity_continuityorder of_child on of_child.parent_line_id = o.parent_line_id
  join orders_salesorder root on root.id = coalesce(c.order_id, o.parent_id, o.id)

-- name: keeps_tariff
-- A continuity order that no other tariff reaches: it is billed up front, and all of it is paid or asked for, now or when
-- one was applied.
select c.id as continuity_order_id
  from continuity_continuityorder c
 where c.keeps_tariff or c.upfront
   and not exists (select from payments_payment y
                    where y.continuity_order_id = c.id and y.purpose = 'order' and y.status in {states.NOT_ASKED})
