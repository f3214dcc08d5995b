-- What must always be true. Each statement gives its faults: code, number of the parent order, line, number of the child,
-- shipment, id of the payment (null where a fault is of no such thing), and then, by the names of the columns, what else
-- its sentence says.
-- %(orders)s: the ids of the parent orders that are asked about; null: all there are.
-- %(as_told)s: these orders are as somebody tells them (a bundle), so that they are asked as orders that were taken over.

-- name: child_of_its_order
select 'child_of_another_line', p.number, null, k.number, o.shipment, null, o.event_key as event, o.repetition
  from continuity_continuityorder c
  join continuity_occurrence o on o.continuity_order_id = c.id
  join orders_salesorder p on p.id = c.order_id
  join orders_salesorder k on k.id = o.child_id
 where (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s))
   and (k.parent_line_id is distinct from c.parent_line_id or k.parent_id is distinct from c.order_id
        or k.shipment is distinct from o.shipment)

-- name: child_without_occurrence
select 'child_without_shipment', p.number, null, k.number, k.shipment, null, k.status
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
 where (%(orders)s::bigint[] is null or k.parent_id = any(%(orders)s)) and k.status <> 'cancelled'
   and not exists (select from continuity_continuityorder c
                     join continuity_occurrence o on o.continuity_order_id = c.id
                    where c.parent_line_id = k.parent_line_id
                      and o.child_id = coalesce((select r.of_id from orders_rest r where r.child_id = k.id), k.id))

-- name: child_lines
select 'child_lines_differ', p.number, null, k.number, k.shipment, null
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
  join continuity_continuityorder c on c.parent_line_id = k.parent_line_id
 where (%(orders)s::bigint[] is null or k.parent_id = any(%(orders)s)) and k.external is null and k.status <> 'cancelled'
   and not exists (select from orders_rest r where r.child_id = k.id or r.of_id = k.id)
   and (select coalesce(array_agg((l.product_id, l.quantity, l.price_minor)::text order by l.product_id, l.quantity, l.price_minor), '{}')
          from orders_orderline l where l.order_id = k.id)
    is distinct from
       (select coalesce(array_agg((l.product_id, l.quantity, l.price_minor)::text order by l.product_id, l.quantity, l.price_minor), '{}')
          from continuity_occurrence o join continuity_continuityline l on l.occurrence_id = o.id
         where o.continuity_order_id = c.id and o.child_id = k.id)

-- name: rest_lines
-- What went and what follows it are together what the plan brings; what follows counts also where it is cancelled.
select 'child_lines_differ', p.number, null, k.number, k.shipment, null
  from (select distinct of_id from orders_rest) r
  join orders_salesorder k on k.id = r.of_id
  join orders_salesorder p on p.id = k.parent_id
 where (%(orders)s::bigint[] is null or k.parent_id = any(%(orders)s))
   and (select array_agg((x.product_id, x.price_minor, x.sum)::text order by x.product_id, x.price_minor)
          from (select l.product_id, l.price_minor, sum(l.quantity) as sum from orders_orderline l
                 where l.order_id = k.id or l.order_id in (select f.child_id from orders_rest f where f.of_id = k.id)
                 group by 1, 2) x)
    is distinct from
       (select array_agg((x.product_id, x.price_minor, x.sum)::text order by x.product_id, x.price_minor)
          from (select l.product_id, l.price_minor, sum(l.quantity) as sum
                  from continuity_occurrence o join continuity_continuityline l on l.occurrence_id = o.id
                 where o.child_id = k.id group by 1, 2) x)

-- name: order_totals
-- With its tax or without: an order may have been entered under the other setting of prices_include_tax.
select 'order_total_differs', coalesce(p.number, k.number), null, case when p.id is not null then k.number end, k.shipment, null,
       k.number, k.total_minor,
       s.net + case when (select prices_include_tax from catalog_parameters limit 1) then 0 else k.tax_minor end as lines_minor
  from orders_salesorder k
  left join orders_salesorder p on p.id = k.parent_id
 cross join lateral (select k.delivery_minor + coalesce(sum(l.amount_minor), 0)::bigint as net
                       from orders_orderline l where l.order_id = k.id) s
 where (%(orders)s::bigint[] is null or k.id = any(%(orders)s) or k.parent_id = any(%(orders)s))
   and k.external is null and k.total_minor not in (s.net, s.net + k.tax_minor)

-- name: tax_rows
select 'child_tax_differs', p.number, null, k.number, k.shipment, null, k.tax_minor, t.sum as sum_minor
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
 cross join lateral (select coalesce(sum(tax_minor), 0)::bigint as sum from orders_ordertax where order_id = k.id) t
 where (%(orders)s::bigint[] is null or k.parent_id = any(%(orders)s)) and k.tax_minor <> t.sum and {MADE_HERE}

-- name: parts_sum
-- Of a child that was taken over all may have been paid elsewhere; where a payment of it is known, all of them are.
select 'child_payments_differ', p.number, null, k.number, k.shipment, null,
       coalesce(y.sum, 0) as sum_minor, k.total_minor
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
  join continuity_continuityorder c on c.parent_line_id = k.parent_line_id
 cross join lateral (select (sum(amount_minor) filter (where status not in {states.NOT_COUNTED}))::bigint as sum,
                            count(*) > 0 as known
                       from payments_payment where order_id = k.id and purpose = 'shipment') y
 where (%(orders)s::bigint[] is null or k.parent_id = any(%(orders)s)) and k.status <> 'cancelled' and k.external is null
   and (coalesce(y.sum, 0) > k.total_minor or coalesce(y.sum, 0) < k.total_minor and not c.upfront and (y.known or {MADE_HERE}))

-- name: upfront_sum
-- What was paid for too much is told as a refund; too little would be a gift. What was given back as overpaid pays nothing.
select 'upfront_payments_short', p.number, l.line, null, null, null, coalesce(y.sum, 0) as sum_minor, k.sum as total_minor
  from continuity_continuityorder c
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
  join (select parent_line_id, (sum(total_minor) filter (where status <> 'cancelled'))::bigint as sum,
               bool_or(external is not null) as theirs
          from orders_salesorder
         where (%(orders)s::bigint[] is null or parent_id = any(%(orders)s)) and parent_id is not null
         group by parent_line_id) k on k.parent_line_id = c.parent_line_id
  left join (select y.continuity_order_id,
                    sum(case when y.purpose = 'refund' then -coalesce(y.overpaid_minor, 0) else y.amount_minor end)::bigint as sum
               from continuity_continuityorder c join payments_payment y on y.continuity_order_id = c.id
              where (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s)) and c.upfront
                and y.purpose in ('order', 'refund') and y.status not in {states.NOT_COUNTED}
                and (y.purpose = 'order' or y.status <> 'written_off') group by 1) y
    on y.continuity_order_id = c.id
 where (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s))
   and c.upfront and not k.theirs and coalesce(y.sum, 0) < k.sum
   and not exists (select from continuity_occurrence o
                    where o.continuity_order_id = c.id and o.status in {states.TO_COME})

-- name: currency
select 'payment_currency_differs', coalesce(q.number, p.number), null, case when q.id is not null then p.number end, p.shipment,
       y.id, p.number, y.currency, p.currency as order_currency
  from {PAYMENTS} y
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  join orders_salesorder p on p.id = coalesce(y.order_id, c.order_id)
  left join orders_salesorder q on q.id = p.parent_id
 where y.currency <> p.currency

-- name: captured
-- What was captured before the order was taken over came without tries.
select 'payment_captured_differs', p.number, null, case when k.parent_id is not null then k.number end, k.shipment, y.id,
       coalesce(k.number, p.number) as number, y.captured_minor, coalesce(a.sum, 0) as tries_minor
  from {PAYMENTS} y
 cross join lateral (select (sum(amount_minor) filter (where kind in ('capture', 'charge') and outcome = 'approved'))::bigint as sum,
                            count(*) > 0 as tried
                       from payments_attempt where payment_id = y.id) a
  left join orders_salesorder k on k.id = y.order_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  join orders_salesorder p on p.id = coalesce(k.parent_id, k.id, c.order_id)
 where (y.method = 'card' or y.method <> 'on_account' and not %(as_told)s) and y.purpose <> 'refund' and y.captured_minor <> coalesce(a.sum, 0)
   and (a.tried
        or {ENTERED_HERE}
        or not %(as_told)s
           and exists (select from orders_orderevent e
                        where e.order_id = p.id and e.kind = 'payment_captured' and e.data ->> 'purpose' = y.purpose
                          and e.data ->> 'number' = y.number::text
                          and e.data ->> 'child' is not distinct from case when k.parent_id is not null then k.number end))

-- name: given_back
-- What we give back of a payment comes to no more than was captured; and once a dispute is lost, with what was lost. What was
-- given back by that day does not count with it: a bank may take the same money all the same, and no data of ours could mend that.
select 'payment_given_back_over', coalesce(q.number, p.number), null, case when q.id is not null then p.number end, p.shipment, y.id,
       p.number, y.captured_minor, greatest(y.refunded_minor, r.back) as refunded_minor, r.lost as lost_minor
  from (select distinct refunds_id from payments_payment where refunds_id is not null) m
  join {PAYMENTS} y on y.id = m.refunds_id
 cross join lateral (
       select coalesce(max(t.back), 0)::bigint as back, coalesce(max(t.lost), 0)::bigint as lost,
              coalesce(max(t.back + t.lost) filter (where t.lost > 0), 0)::bigint as after_loss
         from (select sum(b.captured_minor) over (order by w.day) as back,
                      (select coalesce(sum(d.amount_minor), 0) from payments_dispute d
                        where d.payment_id = y.id and d.status = 'lost' and d.closed_on < w.day) as lost
                 from payments_payment b
                cross join lateral (select coalesce((select max(a.on_date) from payments_attempt a
                                                      where a.payment_id = b.id and a.kind = 'refund' and a.outcome = 'approved'),
                                                    b.due_on) as day) w
                where b.refunds_id = y.id and b.captured_minor > 0) t) r
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  join orders_salesorder p on p.id = coalesce(y.order_id, c.order_id)
  left join orders_salesorder q on q.id = p.parent_id
 where y.captured_minor < greatest(y.refunded_minor, r.back)
    or y.captured_minor < r.after_loss + greatest(y.refunded_minor - r.back, 0)

-- name: refund_request
select 'refund_request_over', p.number, null, null, null, null, r.amount_minor, t.captured as captured_minor
  from payments_refundrequest r
  join orders_salesorder p on p.id = r.order_id
 cross join lateral (select coalesce(sum(captured_minor), 0)::bigint as captured from payments_payment
                      where id in (select b.refunds_id from payments_payment b where b.request_id = r.id)) t
 where (%(orders)s::bigint[] is null or r.order_id = any(%(orders)s)) and r.amount_minor > t.captured

-- name: blocked
-- %(found)s: when a card that will have expired was last found; %(modes)s, %(days)s: by delivery mode, the first working
-- day from then on.
select case when o.blocked is null then 'shipment_waits_for_nothing' else 'shipment_reason_gone' end,
       p.number, null, null, o.shipment, null, o.blocked as reason
  from continuity_continuityorder c
  join continuity_occurrence o on o.continuity_order_id = c.id
  join orders_salesorder p on p.id = c.order_id
  join continuity_waits w on w.continuity_order_id = c.id
  left join unnest(%(modes)s::bigint[], %(days)s::date[]) r(mode, day) on r.mode = o.delivery_mode_id
 where (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s)) and o.status = 'scheduled'
   and case o.blocked
         when 'acceptance' then not w.awaited
         when 'hold' then not w.on_hold
         when 'payment' then not w.payment_failed
         when 'parked' then not w.parked
         -- What was late would have shipped on the first working day from the run on that found it.
         when 'card' then not (select s.costs from shipment_costs s
                                where s.continuity_order_id = c.id and s.shipment = o.shipment)
           or w.card_ends_on >= greatest(o.ship_on, case when o.ship_on < %(found)s::date
                                                         then coalesce(r.day, %(found)s::date) end)
         else w.payment_failed or w.parked end

-- name: dense
-- Along the walk, shipments are numbered 1, 2, 3 …; what ships together shares its number.
select 'shipment_number_left_out', p.number, l.line, null, d.shipment, null, d.event_key as event, d.repetition
  from (select c.order_id, c.parent_line_id, o.event_key, o.repetition, o.shipment,
               coalesce(max(o.shipment) over (partition by o.continuity_order_id order by o.position, o.id
                                              rows between unbounded preceding and 1 preceding), 0) as before
          from continuity_continuityorder c join continuity_occurrence o on o.continuity_order_id = c.id
         where (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s))
           and c.last_shipment is null and o.status <> 'cancelled') d
  join orders_orderline l on l.id = d.parent_line_id
  join orders_salesorder p on p.id = d.order_id
 where d.shipment > d.before + 1

-- name: walk_in_order
select 'shipment_dated_before', p.number, l.line, null, d.shipment, null, d.event_key as event, d.repetition
  from (select c.order_id, c.parent_line_id, c.last_shipment, o.shipment, o.event_key, o.repetition, o.event_on,
               lag(o.event_on) over (partition by o.continuity_order_id order by o.position, o.id) as before
          from continuity_continuityorder c join continuity_occurrence o on o.continuity_order_id = c.id
         where (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s)) and o.status <> 'cancelled') d
  join orders_orderline l on l.id = d.parent_line_id
  join orders_salesorder p on p.id = d.order_id
 where d.event_on < d.before
   and (d.last_shipment is null or d.shipment <= d.last_shipment)  -- what was skipped behind it does not come

-- name: state_of_lines
select 'event_state_differs', p.number, l.line, null, o.shipment, null, o.event_key as event, o.repetition, o.status,
       c.status as continuity_status
  from continuity_continuityorder c
  join continuity_occurrence o on o.continuity_order_id = c.id
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
 where (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s))
   and (o.status = 'planned' and c.status <> 'draft' or o.status = 'scheduled' and c.status <> 'open'
        or o.status = 'ordered' and c.status = 'draft')

-- name: ended_orders
select 'child_not_as_its_order', p.number, null, k.number, k.shipment, null, p.status, k.status as other_status
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
 where (%(orders)s::bigint[] is null or k.parent_id = any(%(orders)s))
   and (p.status in {states.ENDED} and k.status in {states.NOT_INVOICED} or p.status = 'draft')
union all
select 'line_not_as_its_order', p.number, l.line, null, null, null, p.status, c.status
  from orders_salesorder p
  join continuity_continuityorder c on c.order_id = p.id
  join orders_orderline l on l.id = c.parent_line_id
 where (%(orders)s::bigint[] is null or p.id = any(%(orders)s))
   and p.status in {states.ENDED} and c.status in {states.NOT_ENDED}
union all
select 'line_not_as_its_order', p.number, l.line, null, null, null, p.status, l.status
  from orders_salesorder p
  join orders_orderline l on l.order_id = p.id
 where (%(orders)s::bigint[] is null or p.id = any(%(orders)s)) and p.parent_id is null
   and (p.status in {states.SENT} and l.status = 'open' or p.status = 'cancelled' and l.status <> 'cancelled'
        or p.status = 'draft' and l.status in {states.SENT})

-- name: child_state
select case when k.status in ('open', 'cancelled') and s.id is not null then 'child_was_sent'
            when k.status <> 'invoiced' and k.invoiced_on is not null then 'child_was_invoiced'
            when exists (select from orders_orderline l where l.order_id = k.id and l.status <> k.status)
              then 'child_lines_not_its_state'
            when k.status = 'invoiced' and k.invoiced_on is null then 'child_invoiced_on_no_day'
            else 'child_was_not_sent' end,
       p.number, null, k.number, k.shipment, null, k.status, k.invoiced_on, s.on_date as sent_on
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
  left join orders_shipment s on s.order_id = k.id
 where (%(orders)s::bigint[] is null or k.parent_id = any(%(orders)s))
   and (exists (select from orders_orderline l where l.order_id = k.id and l.status <> k.status) and {MADE_HERE}
        or k.status <> 'invoiced' and k.invoiced_on is not null
        or k.status in ('open', 'cancelled') and s.id is not null
        or (k.status = 'invoiced' and k.invoiced_on is null or k.status in {states.SENT} and s.id is null)
           and {ENTERED_HERE} and {MADE_HERE})

-- name: shipment_lines
select 'event_without_product', p.number, l.line, null, o.shipment, null, o.event_key as event, o.repetition, o.status
  from continuity_continuityorder c
  join continuity_occurrence o on o.continuity_order_id = c.id
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
 where (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s)) and o.status <> 'cancelled'
   and not exists (select from continuity_continuityline x where x.occurrence_id = o.id)

-- name: skips
select case when o.status = 'skipped' then 'event_skipped_by_nobody' else 'event_was_skipped' end,
       p.number, l.line, null, o.shipment, null, o.event_key as event, o.repetition, o.status
  from continuity_continuityorder c
  join continuity_occurrence o on o.continuity_order_id = c.id
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
 where (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s)) and o.status <> 'cancelled'
   and (o.status = 'skipped') <> exists (
     select from continuity_adjustment a
      where a.continuity_order_id = c.id and a.event_key = o.event_key and a.repetition = o.repetition
        and a.kind = 'skip' and a.undone_on is null)
   and (o.status <> 'skipped' or {ENTERED_HERE})

-- name: prices
-- Behind the last shipment of which a child was made all stands as the order's revision plans it.
select 'event_price_differs', p.number, null, null, o.shipment, null, o.event_key as event, o.repetition, l.price_minor,
       l.line as event_line, coalesce(x.price_minor, (c.prices ->> i.number)::bigint) as planned_minor
  from continuity_continuityorder c
  join orders_salesorder p on p.id = c.order_id
  join continuity_occurrence o on o.continuity_order_id = c.id and o.status in {states.TO_COME}
  join continuity_continuityline l on l.occurrence_id = o.id
  join programs_programevent e on e.revision_id = c.revision_id and e.key = o.event_key
  join programs_programeventproduct x on x.event_id = e.id and x.line = l.line
  join catalog_product i on i.id = x.product_id
 where (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s))
   and c.status in {states.NOT_ENDED} and l.price_minor <> coalesce(x.price_minor, (c.prices ->> i.number)::bigint)
   and not exists (select from orders_salesorder k where k.parent_line_id = c.parent_line_id and k.shipment >= o.shipment)
   and not exists (select from continuity_adjustment a
                    where a.continuity_order_id = c.id and a.event_key = o.event_key and a.repetition = o.repetition
                      and a.kind in ('price', 'substitute') and a.undone_on is null)
   and {ENTERED_HERE}

-- name: ends
-- Of programs: asked with everything only.
select 'program_event_gaps', null, null, null, null, null, p.schedule_id as program, r.number as revision
  from programs_programrevision r
  join programs_program p on p.id = r.program_id
  join (select revision_id, max(event_id) as highest, count(event_id) as many from programs_programevent group by 1) e
    on e.revision_id = r.id
 where %(orders)s::bigint[] is null and e.highest is distinct from e.many

-- name: current_event
select 'program_event_gone', null, null, null, null, null, p.schedule_id as program, p.current_key as event
  from programs_program p
 where %(orders)s::bigint[] is null and p.current_key is not null
   and not exists (select from programs_programevent e join programs_programrevision r on r.id = e.revision_id
                    where r.program_id = p.id and e.key = p.current_key)

-- name: once_child
select 'shipment_made_again', p.number, l.line, null, k.shipment, null, count(*) as times
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
  join orders_orderline l on l.id = k.parent_line_id
 where (%(orders)s::bigint[] is null or k.parent_id = any(%(orders)s)) and k.status <> 'cancelled'
   and not exists (select from orders_rest r where r.child_id = k.id)
 group by l.id, k.shipment, p.number having count(*) > 1

-- name: once_product_step
select 'event_stands_again', p.number, l.line, null, null, null, o.event_key as event, o.repetition
  from continuity_continuityorder c
  join continuity_occurrence o on o.continuity_order_id = c.id
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
 where (%(orders)s::bigint[] is null or c.order_id = any(%(orders)s))
 group by l.id, o.event_key, o.repetition, p.number having count(*) > 1

-- name: once_shipped_occurrence
select 'child_step_carried_again', p.number, null, k.number, k.shipment, null
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
  join continuity_continuityorder c on c.parent_line_id = k.parent_line_id
  join continuity_occurrence o on o.continuity_order_id = c.id and o.shipment = k.shipment
   and o.child_id <> coalesce((select r.of_id from orders_rest r where r.child_id = k.id), k.id)
 where (%(orders)s::bigint[] is null or k.parent_id = any(%(orders)s)) and k.status in {states.SENT}

-- name: once_charged
select 'payment_charged_again', coalesce(q.number, p.number), null, case when q.id is not null then p.number end, p.shipment, a.id,
       p.number, a.times
  from (select y.id, y.order_id, y.continuity_order_id, count(*) as times
          from {PAYMENTS} y join payments_attempt a on a.payment_id = y.id
         where y.purpose <> 'refund' and a.kind in ('capture', 'charge') and a.outcome = 'approved'
         group by 1, 2, 3 having count(*) > 1) a
  left join continuity_continuityorder c on c.id = a.continuity_order_id
  join orders_salesorder p on p.id = coalesce(a.order_id, c.order_id)
  left join orders_salesorder q on q.id = p.parent_id

-- name: once_paid
select 'child_paid_over', p.number, null, k.number, k.shipment, null, count(*) as times,
       sum(y.captured_minor - y.refunded_minor)::bigint as sum_minor, k.total_minor
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
  join payments_payment y on y.order_id = k.id and y.purpose = 'shipment'
 where (%(orders)s::bigint[] is null or k.parent_id = any(%(orders)s)) and y.captured_minor > 0
 group by k.id, p.number having sum(y.captured_minor - y.refunded_minor) > k.total_minor
