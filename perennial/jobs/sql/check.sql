-- name: child_of_its_order
select 'occurrence ' || o.event_key || '/' || o.repetition || ' of ' || p.number || ' has child ' || k.number
       || ', which belongs to another line'
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
  join orders_salesorder k on k.id = o.child_id
 where k.parent_line_id is distinct from c.parent_line_id or k.parent_id is distinct from c.order_id
    or k.shipment is distinct from o.shipment

-- name: child_without_occurrence
select 'child ' || k.number || ' is ' || k.status || ' but no shipment of its order points to it'
  from orders_salesorder k
 where k.parent_id is not null and k.status <> 'cancelled'
   and not exists (select from continuity_continuityorder c
                     join continuity_occurrence o on o.continuity_order_id = c.id
                    where c.parent_line_id = k.parent_line_id and o.child_id = k.id)

-- name: child_lines
select 'child ' || k.number || ' does not carry what its shipment says'
  from orders_salesorder k
  join continuity_continuityorder c on c.parent_line_id = k.parent_line_id
 where k.parent_id is not null and k.external is null and k.status <> 'cancelled'
   and (select coalesce(array_agg((l.product_id, l.quantity, l.price_minor)::text order by l.product_id, l.quantity, l.price_minor), '{}')
          from orders_orderline l where l.order_id = k.id)
    is distinct from
       (select coalesce(array_agg((l.product_id, l.quantity, l.price_minor)::text order by l.product_id, l.quantity, l.price_minor), '{}')
          from continuity_occurrence o join continuity_continuityline l on l.occurrence_id = o.id
         where o.continuity_order_id = c.id and o.child_id = k.id)

-- name: order_totals
select 'order ' || k.number || ' costs ' || k.total_minor || ' but its lines, delivery and tax come to another sum'
  from orders_salesorder k
 where k.external is null
   and k.total_minor <> k.delivery_minor
       + case when (select prices_include_tax from catalog_parameters limit 1) then 0 else k.tax_minor end
       + coalesce((select sum(l.amount_minor) from orders_orderline l where l.order_id = k.id), 0)
   -- an order that was entered under the other setting of prices_include_tax
   and k.total_minor <> k.delivery_minor
       + case when (select prices_include_tax from catalog_parameters limit 1) then k.tax_minor else 0 end
       + coalesce((select sum(l.amount_minor) from orders_orderline l where l.order_id = k.id), 0)

-- name: tax_rows
select 'the tax of child ' || k.number || ' is ' || k.tax_minor || ', but that of its tax groups ' || coalesce(t.sum, 0)
  from orders_salesorder k
  left join (select order_id, sum(tax_minor) as sum from orders_ordertax group by order_id) t on t.order_id = k.id
 where k.parent_id is not null and k.tax_minor <> coalesce(t.sum, 0) and {MADE_HERE}

-- name: parts_sum
-- Of a child that was taken over, a part, or all of it, may have been paid elsewhere.
select 'the payments of child ' || k.number || ' sum to ' || coalesce(y.sum, 0) || ', not to ' || k.total_minor
  from orders_salesorder k
  join continuity_continuityorder c on c.parent_line_id = k.parent_line_id
  left join (select order_id, sum(amount_minor) as sum from payments_payment
              where purpose = 'shipment' and status not in {states.NOT_COUNTED} group by order_id) y on y.order_id = k.id
 where k.parent_id is not null and k.status <> 'cancelled' and k.external is null
   and (coalesce(y.sum, 0) > k.total_minor or coalesce(y.sum, 0) < k.total_minor and not c.upfront and {MADE_HERE})

-- name: upfront_sum
-- What was paid for too much is told as a refund; too little would be a gift.
select 'line ' || l.line || ' of ' || p.number || ' is billed up front with ' || coalesce(y.sum, 0) || ', but its children come to '
       || k.sum
  from continuity_continuityorder c
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
  join (select parent_line_id, sum(total_minor) filter (where status <> 'cancelled') as sum, bool_or(external is not null) as theirs
          from orders_salesorder where parent_id is not null group by parent_line_id) k on k.parent_line_id = c.parent_line_id
  left join (select continuity_order_id, sum(amount_minor) as sum from payments_payment
              where purpose = 'order' and status not in {states.NOT_COUNTED} group by 1) y
    on y.continuity_order_id = c.id
 where c.upfront and not k.theirs and coalesce(y.sum, 0) < k.sum
   and not exists (select from continuity_occurrence o
                    where o.continuity_order_id = c.id and o.status in {states.TO_COME})

-- name: currency
select 'payment ' || y.id || ' of ' || p.number || ' is in ' || y.currency || ', its order in ' || p.currency
  from payments_payment y
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  join orders_salesorder p on p.id = coalesce(y.order_id, c.order_id)
 where y.currency <> p.currency

-- name: captured
-- What was captured before the order was taken over came without tries.
select 'payment ' || y.id || ' of ' || coalesce(k.number, p.number) || ' says ' || y.captured_minor || ' captured, its tries say '
       || coalesce(a.sum, 0)
  from payments_payment y
  left join (select payment_id, sum(amount_minor) as sum from payments_attempt
              where kind in ('capture', 'charge') and outcome = 'approved' group by payment_id) a on a.payment_id = y.id
  left join orders_salesorder k on k.id = y.order_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  join orders_salesorder p on p.id = coalesce(k.parent_id, k.id, c.order_id)
 where y.method <> 'on_account' and y.purpose <> 'refund' and y.captured_minor <> coalesce(a.sum, 0)
   and (exists (select from payments_attempt x where x.payment_id = y.id)
        or {ENTERED_HERE}
        or exists (select from orders_orderevent e
                    where e.order_id = p.id and e.kind = 'payment_captured' and e.data ->> 'purpose' = y.purpose
                      and e.data ->> 'number' = y.number::text
                      and e.data ->> 'child' is not distinct from case when k.parent_id is not null then k.number end))

-- name: blocked
select 'shipment ' || o.shipment || ' of ' || p.number || ' waits for ' || coalesce(o.blocked, 'nothing')
       || case when o.blocked is null then ', but a payment has failed or the order is parked'
               else ', but that reason is gone' end
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
  join continuity_waits w on w.continuity_order_id = c.id
  left join unnest(%(modes)s::bigint[], %(days)s::date[]) r(mode, day) on r.mode = o.delivery_mode_id
 where o.status = 'scheduled'
   and case o.blocked
         when 'acceptance' then not w.awaited
         when 'hold' then not w.on_hold
         when 'payment' then not w.payment_failed
         when 'parked' then not w.parked
         -- What was late would have shipped on the first working day from the run on that found it.
         when 'card' then not (select s.costs from shipment_costs s
                                where s.continuity_order_id = c.id and s.shipment = o.shipment)
           or w.card_ends_on >= greatest(o.ship_on, case when o.ship_on < %(found)s then coalesce(r.day, %(found)s) end)
         else w.payment_failed or w.parked end

-- name: dense
select 'the shipments of line ' || l.line || ' of ' || p.number || ' are not numbered 1 to ' || d.highest
  from (select continuity_order_id, max(shipment) as highest, count(distinct shipment) as many
          from continuity_occurrence where status <> 'cancelled' group by continuity_order_id) d
  join continuity_continuityorder c on c.id = d.continuity_order_id
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
 where d.many <> d.highest and c.last_shipment is null

-- name: walk_in_order
select 'shipment ' || d.shipment || ' of ' || p.number || ' is dated before the one before it'
  from (select o.continuity_order_id, o.shipment, o.event_on,
               lag(o.event_on) over (partition by o.continuity_order_id order by o.position, o.id) as before
          from continuity_occurrence o where o.status <> 'cancelled') d
  join continuity_continuityorder c on c.id = d.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
 where d.event_on < d.before
   and (c.last_shipment is null or d.shipment <= c.last_shipment)  -- what was skipped behind it does not come

-- name: state_of_lines
select 'line ' || o.event_key || '/' || o.repetition || ' of ' || p.number || ' is ' || o.status || ' in a '
       || c.status || ' continuity order'
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
 where (o.status = 'planned' and c.status <> 'draft') or (o.status = 'scheduled' and c.status <> 'open')

-- name: ended_orders
select 'order ' || p.number || ' is ' || p.status || ', but line ' || l.line || ' of it is ' || c.status
  from orders_salesorder p
  join continuity_continuityorder c on c.order_id = p.id
  join orders_orderline l on l.id = c.parent_line_id
 where p.status in {states.ENDED} and c.status in {states.NOT_ENDED}
union all
select 'order ' || p.number || ' is ' || p.status || ', but its child ' || k.number || ' is ' || k.status
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
 where p.status in {states.ENDED} and k.status in {states.NOT_INVOICED}

-- name: child_state
select 'child ' || k.number || ' is ' || k.status
       || case when exists (select from orders_orderline l where l.order_id = k.id and l.status <> k.status)
               then ', but its lines are not'
               when k.status = 'invoiced' and k.invoiced_on is null then ', but nobody knows on which day'
               when k.status <> 'invoiced' and k.invoiced_on is not null then ', but it was invoiced on ' || k.invoiced_on
               when s.id is null then ', but nothing was sent'
               else ', but it was sent on ' || s.on_date end
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
  left join orders_shipment s on s.order_id = k.id
 where (exists (select from orders_orderline l where l.order_id = k.id and l.status <> k.status)
        or k.status <> 'invoiced' and k.invoiced_on is not null
        or k.status in ('open', 'cancelled') and s.id is not null
        or (k.status = 'invoiced' and k.invoiced_on is null or k.status in {states.SENT} and s.id is null) and {ENTERED_HERE})
   and {MADE_HERE}

-- name: shipment_lines
select 'event ' || o.event_key || '/' || o.repetition || ' of ' || p.number || ' is ' || o.status || ', but has no product'
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
 where o.status <> 'cancelled'
   and not exists (select from continuity_continuityline l where l.occurrence_id = o.id)

-- name: skips
select 'event ' || o.event_key || '/' || o.repetition || ' of ' || p.number || ' is ' || o.status
       || case when o.status = 'skipped' then ', but nobody has skipped it' else ', but it was skipped' end
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
 where o.status in {states.PLANNED_ANEW}
   and (o.status = 'skipped') <> exists (
     select from continuity_adjustment a
      where a.continuity_order_id = c.id and a.event_key = o.event_key and a.repetition = o.repetition
        and a.kind = 'skip' and a.undone_on is null)
   and {ENTERED_HERE}

-- name: prices
-- Behind the last shipment of which a child was made all stands as the order's revision plans it.
select 'event ' || o.event_key || '/' || o.repetition || ' of ' || p.number || ' costs ' || l.price_minor || ' in line ' || l.line
       || ', but was planned at ' || coalesce(x.price_minor, (c.prices ->> i.number)::bigint)
  from continuity_continuityorder c
  join orders_salesorder p on p.id = c.order_id
  join continuity_occurrence o on o.continuity_order_id = c.id and o.status in {states.TO_COME}
  join continuity_continuityline l on l.occurrence_id = o.id
  join programs_programevent e on e.revision_id = c.revision_id and e.key = o.event_key
  join programs_programeventproduct x on x.event_id = e.id and x.line = l.line
  join catalog_product i on i.id = x.product_id
 where c.status in {states.NOT_ENDED} and l.price_minor <> coalesce(x.price_minor, (c.prices ->> i.number)::bigint)
   and not exists (select from orders_salesorder k where k.parent_line_id = c.parent_line_id and k.shipment >= o.shipment)
   and not exists (select from continuity_adjustment a
                    where a.continuity_order_id = c.id and a.event_key = o.event_key and a.repetition = o.repetition
                      and a.kind in ('price', 'substitute') and a.undone_on is null)
   and {ENTERED_HERE}

-- name: ends
select 'program ' || p.schedule_id || ' revision ' || r.number || ' has gaps in its event ids'
  from programs_programrevision r
  join programs_program p on p.id = r.program_id
  join (select revision_id, max(event_id) as highest, count(event_id) as many from programs_programevent group by 1) e
    on e.revision_id = r.id
 where e.highest is distinct from e.many

-- name: current_event
select 'program ' || p.schedule_id || ' stands at event ' || p.current_key || ', which it does not have'
  from programs_program p
 where p.current_key is not null
   and not exists (select from programs_programevent e join programs_programrevision r on r.id = e.revision_id
                    where r.program_id = p.id and e.key = p.current_key)

-- name: once_child
select 'shipment ' || k.shipment || ' of ' || p.number || ' was made ' || count(*) || ' times'
  from orders_salesorder k join orders_salesorder p on p.id = k.parent_id
 where k.status <> 'cancelled'
 group by k.parent_line_id, k.shipment, p.number having count(*) > 1

-- name: once_product_step
select 'event ' || o.event_key || '/' || o.repetition || ' of ' || p.number || ' stands twice'
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
 group by o.continuity_order_id, o.event_key, o.repetition, p.number having count(*) > 1

-- name: once_shipped_occurrence
select 'child ' || k.number || ' and another child carry the same shipment step'
  from orders_salesorder k
  join continuity_continuityorder c on c.parent_line_id = k.parent_line_id
  join continuity_occurrence o on o.continuity_order_id = c.id and o.shipment = k.shipment and o.child_id <> k.id
 where k.status in {states.SENT}

-- name: once_charged
select 'payment ' || y.id || ' of ' || p.number || ' was charged ' || a.many || ' times'
  from (select payment_id, count(*) as many from payments_attempt
         where kind in ('capture', 'charge') and outcome = 'approved' group by payment_id having count(*) > 1) a
  join payments_payment y on y.id = a.payment_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  join orders_salesorder p on p.id = coalesce(y.order_id, c.order_id)
 where y.purpose <> 'refund'

-- name: once_paid
select 'child ' || k.number || ' is paid ' || count(*) || ' times over'
  from orders_salesorder k join payments_payment y on y.order_id = k.id and y.purpose = 'shipment'
 where y.captured_minor > 0
 group by k.id, k.number, k.total_minor having sum(y.captured_minor - y.refunded_minor) > k.total_minor

-- name: missed
-- Nothing due may be left behind by the last finished night, but what its limit left.
select 'shipment ' || o.shipment || ' of ' || p.number || ' was due on ' || o.ship_on || ' and was not made'
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
 where o.status = 'scheduled' and o.blocked is null
   and o.ship_on <= (select max(on_date) from jobs_nightrun where finished_at is not null)
   and not exists (select from jobs_jobrun r
                    where r.job = 'create-child-orders' and not r.dry
                      and r.on_date >= (select max(on_date) from jobs_nightrun where finished_at is not null)
                      and coalesce((r.report #>> '{counts,left}')::bigint, 0) > 0)
   -- what a person set free since then ships at the next run
   and not exists (select from orders_orderevent e
                    where e.order_id = p.id
                      and (e.on_date >= (select max(on_date) from jobs_nightrun where finished_at is not null)
                           or e.at >= (select max(finished_at) from jobs_nightrun))
                      and e.kind not in ('child_created', 'closed', 'extended', 'parked', 'shipped', 'invoiced')
                      and not (starts_with(e.kind, 'payment') and starts_with(e.by, 'job:')))
