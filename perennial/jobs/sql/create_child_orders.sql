-- name: temporary
create temporary table if not exists child_work (
  occurrence_id bigint, continuity_order_id bigint, shipment int, position int, lead boolean, ship_on date, waits text,
  number text, try_no int, parent_id bigint, parent_line_id bigint, parent_line int, customer_id bigint, payer_id bigint, currency text,
  order_date date, ship_to_id bigint, delivery_mode_id bigint, payment_schedule_id bigint, upfront boolean,
  payment_method text, card_id bigint, tariff_id int, tax_included boolean, delivery_minor bigint, delivery_group text,
  child_id bigint
) on commit delete rows;
create temporary table if not exists child_line (
  child_id bigint, line int, product_id bigint, quantity numeric(12,3), price_minor bigint, amount_minor bigint,
  tax_group text
) on commit delete rows;
create temporary table if not exists child_tax (
  child_id bigint, tax_group text, base_minor bigint, tax_minor bigint, rate_id bigint
) on commit delete rows;

-- name: empty
delete from child_work; delete from child_line; delete from child_tax

-- name: select
-- Of one day in the order of the orders, so that it does not matter when a shipment was planned.
select row_number() over (order by d.ship_on, d.continuity_order_id, d.shipment),
       d.continuity_order_id, d.shipment
  from (select o.continuity_order_id, o.shipment, min(o.ship_on) as ship_on
          from continuity_occurrence o {criteria}
         where o.status = 'scheduled' and o.blocked is null and o.ship_on <= %(through)s {where}
         group by o.continuity_order_id, o.shipment
         order by min(o.ship_on), o.continuity_order_id, o.shipment
         limit %(limit)s) d

-- name: has_product
and exists (select from continuity_occurrence xo join continuity_continuityline xl on xl.occurrence_id = xo.id
             where xo.continuity_order_id = o.continuity_order_id and xo.shipment = o.shipment
               and xl.product_id = %(product)s)

-- name: count_due
select count(*) from (
  select from continuity_occurrence o {criteria}
   where o.status = 'scheduled' and o.blocked is null and o.ship_on <= %(through)s {where}
   group by o.continuity_order_id, o.shipment) d

-- name: count_waiting
select o.blocked, count(distinct (o.continuity_order_id, o.shipment))
  from continuity_occurrence o {criteria}
 where o.blocked is not null and o.ship_on <= %(through)s {where}
 group by o.blocked

-- name: reasons_waiting
select x.number, x.shipment, x.blocked,
       case x.blocked
         when 'hold' then (select coalesce(h.because, to_jsonb(coalesce(nullif(h.reason, ''), h.code))) from orders_hold h
                            where h.order_id = x.id and h.released_on is null order by h.id limit 1)
         when 'parked' then (select coalesce(q.because, to_jsonb(q.reason)) from continuity_parked q
                               join continuity_continuityorder c on c.id = q.continuity_order_id
                              where c.order_id = x.id and q.resolved_on is null order by q.id limit 1) end
  from (select distinct p.id, p.number, o.shipment, o.blocked, o.continuity_order_id
          from continuity_occurrence o {criteria}
          join continuity_continuityorder w on w.id = o.continuity_order_id
          join orders_salesorder p on p.id = w.order_id
         where o.blocked is not null and o.ship_on <= %(through)s {where}
         order by p.number, o.shipment, o.continuity_order_id
         limit %(most)s) x
 order by x.number, x.shipment, x.continuity_order_id

-- name: lock
select id from continuity_continuityorder
 where id in (select subject_id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s)
 order by id for no key update

-- name: late_modes
-- What is late ships on the first working day of its delivery mode: of those alone it is asked.
select distinct o.delivery_mode_id
  from jobs_jobitem i
  join continuity_occurrence o on o.continuity_order_id = i.subject_id and o.shipment = i.shipment
 where i.run_id = %(run)s and i.seq between %(first)s and %(last)s
   and o.ship_on < %(on)s and o.delivery_mode_id is not null

-- name: read
-- A statement of its own after the lock: it sees what was committed while the lock was waited for. The child's id is
-- drawn here, for the leading occurrence of what ships.
insert into child_work
select d.*, case when d.lead and d.waits is null then nextval(pg_get_serial_sequence('orders_salesorder', 'id')) end
  from (
select o.id, c.id, o.shipment, o.position,
       row_number() over (partition by c.id, o.shipment order by o.position desc, o.id desc) = 1 as lead,
       s.ship_on,
       case when w.awaited then 'acceptance'
            when w.on_hold then 'hold'
            when w.card_ends_on < s.ship_on
             and (select x.costs from shipment_costs x where x.continuity_order_id = c.id and x.shipment = o.shipment)
            then 'card' end as waits,
       p.number || '-' || l.line || '-' || lpad(o.shipment::text, greatest(3, length(o.shipment::text)), '0')
         || case when t.try_no is null then '' else '-' || (t.try_no + 1) end,
       coalesce(t.try_no, 0) + 1,
       p.id, c.parent_line_id, l.line, c.customer_id, coalesce(p.payer_id, c.customer_id), p.currency, c.order_date,
       coalesce(o.ship_to_id, c.ship_to_id), o.delivery_mode_id, coalesce(o.payment_schedule_id, c.payment_schedule_id),
       c.upfront, c.payment_method, c.card_id, c.tariff_id, f.prices_include_tax, coalesce(m.charge_minor, 0), m.tax_group
  from jobs_jobitem i
  join continuity_occurrence o on o.continuity_order_id = i.subject_id and o.shipment = i.shipment
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
  join catalog_tariff f on f.number = c.tariff_id
  left join catalog_tariffcharge m on m.tariff_id = c.tariff_id and m.delivery_mode_id = o.delivery_mode_id
  join continuity_waits w on w.continuity_order_id = c.id
  left join unnest(%(modes)s::bigint[], %(days)s::date[]) r(mode, day) on r.mode = o.delivery_mode_id
 cross join lateral (select case when o.ship_on >= %(on)s then o.ship_on else coalesce(r.day, %(on)s) end as ship_on) s
  left join lateral (select max(x.try_no) as try_no from orders_salesorder x
                      where x.parent_line_id = c.parent_line_id and x.shipment = o.shipment) t on true
 where i.run_id = %(run)s and i.seq between %(first)s and %(last)s
   and o.status = 'scheduled' and o.blocked is null and o.ship_on <= %(through)s) d

-- name: blocked_since
-- What was due when the work list was written and waits by now: its order was parked, or held, or a payment failed.
select p.number, x.shipment, x.blocked,
       case x.blocked
         when 'hold' then (select coalesce(h.because, to_jsonb(coalesce(nullif(h.reason, ''), h.code))) from orders_hold h
                            where h.order_id = p.id and h.released_on is null order by h.id limit 1)
         when 'parked' then (select coalesce(q.because, to_jsonb(q.reason)) from continuity_parked q
                              where q.continuity_order_id = x.continuity_order_id and q.resolved_on is null
                              order by q.id limit 1) end
  from (select o.continuity_order_id, o.shipment, min(o.blocked) as blocked
          from jobs_jobitem i
          join continuity_occurrence o on o.continuity_order_id = i.subject_id and o.shipment = i.shipment
         where i.run_id = %(run)s and i.seq between %(first)s and %(last)s
           and o.status = 'scheduled' and o.blocked is not null and o.ship_on <= %(through)s
         group by o.continuity_order_id, o.shipment) x
  join continuity_continuityorder c on c.id = x.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
 order by p.number, x.shipment

-- name: block
update continuity_occurrence o set blocked = w.waits
  from child_work w where o.id = w.occurrence_id and w.waits is not null

-- name: tell_expired
insert into notices_notice(customer_id, kind, card_id, on_date, status, facts, language)
select d.customer_id, 'card_expired', w.card_id, %(on)s::date,
       case when company.notices_on and coalesce(switch.is_on, true) then 'queued' else 'off' end,
       jsonb_build_object('brand', d.brand, 'last4', d.last4, 'expires_on', d.expires_on),
       coalesce(c.language, company.languages[1])
  from (select distinct card_id from child_work where waits = 'card') w
  join customers_storedcard d on d.id = w.card_id
  join customers_customer c on c.id = d.customer_id
 cross join (select notices_on, languages from catalog_company limit 1) company
  left join notices_noticekind switch on switch.kind = 'card_expired'
 order by 1, 3
on conflict do nothing

-- name: blocked
select p.number, w.shipment, w.waits, w.ship_on,
       case when w.waits = 'hold' then (select coalesce(h.because, to_jsonb(coalesce(nullif(h.reason, ''), h.code))) from orders_hold h
                                         where h.order_id = p.id and h.released_on is null order by h.id limit 1) end
  from child_work w join orders_salesorder p on p.id = w.parent_id
 where w.lead and w.waits is not null
 order by p.number, w.shipment

-- name: forget_blocked
delete from child_work where waits is not null

-- name: share
-- What ships together shares the leading occurrence's child, and goes by its delivery mode (the last one's).
update child_work w set child_id = x.child_id, ship_on = x.ship_on
  from child_work x
 where x.lead and not w.lead and x.continuity_order_id = w.continuity_order_id and x.shipment = w.shipment

-- name: lines
insert into child_line
select w.child_id, row_number() over (partition by w.child_id order by w.position, w.occurrence_id, l.line),
       l.product_id, l.quantity, l.price_minor, round(l.quantity * l.price_minor)::bigint, p.tax_group
  from child_work w
  join continuity_continuityline l on l.occurrence_id = w.occurrence_id
  join catalog_product p on p.id = l.product_id

-- name: taxes
-- By child and tax group on the sum of its lines and the delivery charge, rounded once, by the most specific
-- rate of the order's tariff in force on the tax date: the ship_on, of an order billed up front the order date.
insert into child_tax
select b.child_id, b.tax_group, b.base,
       case when r.id is null then 0
            -- round(a / b) of the exact quotient, which a division would have rounded before
            when w.tax_included then div(2 * b.base * r.percent + 100 + r.percent, 2 * (100 + r.percent))
            else div(2 * b.base * r.percent + 100, 200) end,
       r.id
  from (select child_id, tax_group, sum(amount)::bigint as base
          from (select child_id, tax_group, amount_minor as amount from child_line where tax_group is not null
                union all
                select w.child_id, w.delivery_group, w.delivery_minor
                  from child_work w
                 where w.lead and w.delivery_group is not null and w.delivery_minor > 0) x
         group by child_id, tax_group having sum(amount) > 0) b
  join child_work w on w.child_id = b.child_id and w.lead
  left join customers_address a on a.id = w.ship_to_id
  left join lateral (
       select t.rate_id as id, t.percent from catalog_tariffrate t
        where t.tariff_id = w.tariff_id and t."group" = b.tax_group and t.country = a.country and (t.region is null or t.region = a.region)
          and (t.valid_from is null or t.valid_from <= case when w.upfront then w.order_date else w.ship_on end)
        order by t.region is null, t.valid_from desc nulls last, t.rate_id desc limit 1) r on true

-- name: orders
insert into orders_salesorder(
  id, number, customer_id, currency, order_date, status, acceptance, ship_to_id, parent_id, parent_line_id, shipment,
  try_no, ship_on, delivery_mode_id, delivery_minor, tax_minor, total_minor)
select w.child_id, w.number, w.customer_id, w.currency, %(on)s, 'open', 'none', w.ship_to_id, w.parent_id,
       w.parent_line_id, w.shipment, w.try_no, w.ship_on, w.delivery_mode_id, w.delivery_minor,
       coalesce(t.tax, 0),
       coalesce(s.amount, 0) + w.delivery_minor + case when w.tax_included then 0 else coalesce(t.tax, 0) end
  from child_work w
  left join (select child_id, sum(amount_minor)::bigint as amount from child_line group by child_id) s
         on s.child_id = w.child_id
  left join (select child_id, sum(tax_minor)::bigint as tax from child_tax group by child_id) t
         on t.child_id = w.child_id
 where w.lead

-- name: order_lines
insert into orders_orderline(order_id, line, product_id, quantity, price_minor, amount_minor, status)
select child_id, line, product_id, quantity, price_minor, amount_minor, 'open' from child_line

-- name: order_taxes
insert into orders_ordertax(order_id, "group", base_minor, tax_minor, rate_id)
select child_id, tax_group, base_minor, tax_minor, rate_id from child_tax

-- name: payments
-- A child that is paid in full: one payment, due on its ship_on and captured when it is invoiced.
insert into payments_payment(
  order_id, customer_id, purpose, number, method, card_id, currency, amount_minor, due_on, status, at_invoice)
select w.child_id, w.payer_id, 'shipment', 1, w.payment_method,
       case when w.payment_method = 'card' then w.card_id end, w.currency, k.total_minor, w.ship_on, 'due', true
  from child_work w join orders_salesorder k on k.id = w.child_id
 where w.lead and not w.upfront and w.payment_schedule_id is null and k.total_minor > 0

-- name: to_split
select w.child_id, w.payer_id, w.payment_method, w.card_id, w.currency, k.total_minor, w.ship_on,
       w.payment_schedule_id
  from child_work w join orders_salesorder k on k.id = w.child_id
 where w.lead and not w.upfront and w.payment_schedule_id is not null and k.total_minor > 0
 order by w.child_id

-- name: events
insert into orders_orderevent(order_id, on_date, kind, by, data, place)
select w.parent_id, %(on)s, 'child_created', %(by)s,
       jsonb_build_object('child', w.number, 'line', w.parent_line, 'shipment', w.shipment, 'ship_on', w.ship_on),
       w.parent_line_id
  from child_work w where w.lead
 order by w.parent_id, w.parent_line, w.shipment

-- name: touch_waiting
-- What was due, and waits now.
insert into jobs_jobtouched(run_id, seq, number, name, line, shipment, what, after)
select %(run)s, i.seq, 1, p.number, l.line, i.shipment, 'waits', jsonb_build_object('blocked', min(o.blocked))
  from jobs_jobitem i
  join continuity_occurrence o on o.continuity_order_id = i.subject_id and o.shipment = i.shipment
  join continuity_continuityorder c on c.id = i.subject_id
  join orders_salesorder p on p.id = c.order_id
  join orders_orderline l on l.id = c.parent_line_id
 where i.run_id = %(run)s and i.seq between %(first)s and %(last)s and o.status = 'scheduled' and o.blocked is not null
 group by i.seq, p.number, l.line, i.shipment

-- name: touched
-- The children of a run, by its work list: each has its event.
select i.seq, 1, p.number, l.line, i.shipment, 'child_created', null,
       jsonb_build_object('child', e.data -> 'child', 'ship_on', e.data -> 'ship_on')::text, null
  from jobs_jobitem i
  join continuity_continuityorder c on c.id = i.subject_id
  join orders_salesorder p on p.id = c.order_id
  join orders_orderline l on l.id = c.parent_line_id
  join orders_orderevent e on e.order_id = c.order_id and e.by = %(by)s and e.kind = 'child_created'
                          and e.place = c.parent_line_id and (e.data ->> 'shipment')::int = i.shipment
 where i.run_id = %(run)s and i.seq > %(seq)s
 order by i.seq limit %(most)s

-- name: mark
update continuity_occurrence o set status = 'ordered', child_id = w.child_id
  from child_work w where o.id = w.occurrence_id and o.status = 'scheduled' and o.blocked is null

-- name: sweep
-- Reading what was due by its index marks there what has been taken out of it, so that the next run need not look.
select count(*) from continuity_occurrence o
 where o.status = 'scheduled' and o.blocked is null and o.ship_on <= %(through)s
