-- create-child-orders as somebody would write it by hand: one script, one transaction. The same rows, totals and
-- exclusions as the job; no chunks, no work list, no locks against clerks, no reasons, no report, no parking of
-- what is wrong, no limit or criteria, no shared shipments, no second tries, and payment schedules of one kind alone.

-- name: settings
set local work_mem = '64MB';
set constraints all immediate

-- name: due
create temporary table due on commit drop as
select d.*, case when d.waits is null then nextval(pg_get_serial_sequence('orders_salesorder', 'id')) end as child_id
  from (select o.id as occurrence_id, o.shipment, s.day as ship_on, p.id as parent_id, c.parent_line_id, l.line as parent_line,
               c.customer_id, p.currency, c.order_date, coalesce(o.ship_to_id, c.ship_to_id) as ship_to_id, o.delivery_mode_id,
               coalesce(m.charge_minor, 0) as charge, m.tax_group as charge_group,
               coalesce(o.payment_schedule_id, c.payment_schedule_id) as schedule_id, c.upfront, c.payment_method, c.card_id,
               p.number || '-' || l.line || '-' || lpad(o.shipment::text, greatest(3, length(o.shipment::text)), '0') as number,
               case when p.acceptance = 'awaited' then 'acceptance'
                    when exists (select from orders_hold h where h.order_id = p.id and h.released_on is null
                                    and h.stops in ('shipping', 'both')) then 'hold'
                    when c.payment_method = 'card' and not c.upfront and k.expires_on < s.day then 'card' end as waits
          from continuity_occurrence o
          join continuity_continuityorder c on c.id = o.continuity_order_id
          join orders_orderline l on l.id = c.parent_line_id
          join orders_salesorder p on p.id = c.order_id
          left join catalog_deliverymode m on m.id = o.delivery_mode_id
          left join customers_storedcard k on k.id = c.card_id
          -- what is late is sent today, or on the next working day of its delivery mode
          left join (select w.id, min(d)::date as day
                       from catalog_deliverymode w, generate_series(%(on)s::date, %(on)s::date + 6, '1 day') d
                      where extract(isodow from d) = any(w.working_days) group by w.id) r on r.id = o.delivery_mode_id
         cross join lateral (select case when o.ship_on >= %(on)s then o.ship_on else coalesce(r.day, %(on)s::date) end as day) s
         where o.status = 'scheduled' and o.blocked is null and o.ship_on <= %(through)s
         order by o.ship_on, o.id) d

-- name: analyze_due
analyze due

-- name: block
update continuity_occurrence o set blocked = d.waits from due d where o.id = d.occurrence_id and d.waits is not null

-- name: tell
insert into notices_notice(customer_id, kind, card_id, on_date, status, facts, language)
select w.customer_id, 'card_expired', w.card_id, %(on)s::date,
       case when company.notices_on then 'queued' else 'off' end,
       jsonb_build_object('brand', d.brand, 'last4', d.last4, 'expires_on', d.expires_on),
       coalesce(c.language, company.languages[1])
  from (select distinct customer_id, card_id from due where waits = 'card') w
  join customers_storedcard d on d.id = w.card_id
  join customers_customer c on c.id = w.customer_id
 cross join (select notices_on, languages from catalog_company) company
on conflict do nothing

-- name: forget
delete from due where waits is not null

-- name: lines
create temporary table due_line on commit drop as
select d.child_id, row_number() over (partition by d.child_id order by l.line) as line, l.product_id, l.quantity, l.price_minor,
       round(l.quantity * l.price_minor)::bigint as amount, p.tax_group
  from due d
  join continuity_continuityline l on l.occurrence_id = d.occurrence_id
  join catalog_product p on p.id = l.product_id

-- name: analyze_lines
analyze due_line

-- name: taxes
create temporary table due_tax on commit drop as
select b.child_id, b.tax_group, b.base, coalesce(round(b.base * r.percent / 100), 0)::bigint as tax, r.id as rate_id
  from (select child_id, tax_group, sum(amount)::bigint as base
          from (select child_id, tax_group, amount from due_line where tax_group is not null
                union all
                select child_id, charge_group, charge from due where charge_group is not null and charge > 0) x
         group by child_id, tax_group having sum(amount) > 0) b
  join due d on d.child_id = b.child_id
  left join customers_address a on a.id = d.ship_to_id
  left join lateral (
       select t.id, t.percent from catalog_taxrate t
        where t."group" = b.tax_group and t.country = a.country and (t.region is null or t.region = a.region)
          and (t.valid_from is null or t.valid_from <= case when d.upfront then d.order_date else d.ship_on end)
        order by t.region is null, t.valid_from desc nulls last, t.id desc limit 1) r on true

-- name: orders
insert into orders_salesorder(
  id, number, customer_id, currency, order_date, status, ship_to_id, parent_id, parent_line_id, shipment, try_no, ship_on,
  delivery_mode_id, delivery_minor, tax_minor, total_minor)
select d.child_id, d.number, d.customer_id, d.currency, %(on)s, 'open', d.ship_to_id, d.parent_id, d.parent_line_id, d.shipment, 1,
       d.ship_on, d.delivery_mode_id, d.charge, coalesce(t.tax, 0), coalesce(s.amount, 0) + d.charge + coalesce(t.tax, 0)
  from due d
  left join (select child_id, sum(amount)::bigint as amount from due_line group by 1) s on s.child_id = d.child_id
  left join (select child_id, sum(tax)::bigint as tax from due_tax group by 1) t on t.child_id = d.child_id

-- name: order_lines
insert into orders_orderline(order_id, line, product_id, quantity, price_minor, amount_minor)
select child_id, line, product_id, quantity, price_minor, amount from due_line

-- name: order_taxes
insert into orders_ordertax(order_id, "group", base_minor, tax_minor, rate_id)
select child_id, tax_group, base, tax, rate_id from due_tax

-- name: payments
insert into payments_payment(
  order_id, customer_id, purpose, number, method, card_id, currency, amount_minor, due_on, status, at_invoice, not_before_shipped)
select d.child_id, d.customer_id, 'shipment', n, d.payment_method, case when d.payment_method = 'card' then d.card_id end,
       d.currency, a.amount, a.due_on, 'due', s.id is null or (a.due_on = d.ship_on and d.payment_method <> 'on_account'),
       s.id is not null and a.due_on <> d.ship_on and d.payment_method <> 'on_account'
  from due d
  join orders_salesorder k on k.id = d.child_id
  left join catalog_paymentschedule s on s.id = d.schedule_id
 cross join lateral generate_series(1, coalesce(s.number_of_payments, 1)) n
 cross join lateral (
       select case when s.id is null then k.total_minor
                   when n < s.number_of_payments then round(k.total_minor::numeric / s.number_of_payments)::bigint
                   else k.total_minor - (n - 1) * round(k.total_minor::numeric / s.number_of_payments)::bigint end as amount,
              case when s.id is null then d.ship_on
                   else (d.ship_on + (s.after + (n - 1) * s.every) * ('1 ' || s.unit)::interval)::date end as due_on) a
 where not d.upfront and a.amount > 0

-- name: events
insert into orders_orderevent(order_id, on_date, kind, by, data)
select parent_id, %(on)s, 'child_created', %(by)s,
       jsonb_build_object('child', number, 'line', parent_line, 'shipment', shipment, 'ship_on', ship_on) from due

-- name: mark
update continuity_occurrence o set status = 'ordered', child_id = d.child_id from due d where o.id = d.occurrence_id
