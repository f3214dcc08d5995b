-- A database of any size, made by sets. Parameters: orders, due, on (the business date, a Wednesday).
-- The walk of the orders is written as the kernel would plan it, words included (a test compares them).

-- name: set_up
update catalog_company set currency = 'USD', name = 'Bench', country = 'US';
update catalog_parameters set repeat_threshold = 3, days_before_delivery = 5;

insert into catalog_deliverymode(id, code, name, charge_minor, tax_group, working_days)
values (1, 'POST', 'Post', 490, 'standard', '{1,2,3,4,5}'),
       (2, 'COURIER', 'Courier', 750, 'standard', '{1,2,3,4,5,6}'),
       (3, 'LETTER', 'Letter', 0, null, '{1,2,3,4,5,6,7}');

insert into catalog_taxrate("group", country, region, percent, valid_from)
values ('standard', 'US', null, 2.9, null), ('standard', 'US', 'NY', 8.5, null), ('standard', 'US', 'NY', 8.875, '2024-01-01'),
       ('standard', 'US', 'CA', 7.25, null), ('standard', 'US', 'TX', 6.25, null), ('standard', 'IT', null, 22, null),
       ('reduced', 'US', null, 0, null), ('reduced', 'US', 'NY', 4, null), ('reduced', 'IT', null, 10, null);

insert into catalog_tariffcharge(tariff_id, delivery_mode_id, charge_minor, tax_group)
select 1, id, charge_minor, tax_group from catalog_deliverymode;
insert into catalog_tariffrate(tariff_id, rate_id, "group", country, region, percent, valid_from)
select 1, id, "group", country, region, percent, valid_from from catalog_taxrate;

insert into catalog_paymentschedule(id, name, allocation, unit, every, after, number_of_payments)
values (1, 'Three months', 'fixed_quantity', 'month', 1, 0, 3);

insert into catalog_product(id, number, name, kind, tax_group)
select i, 'ITEM-' || lpad(i::text, 3, '0'), 'Item ' || i, 'item',
       case when i % 5 = 0 then null when i % 5 = 1 then 'reduced' else 'standard' end
  from generate_series(1, 48) i
union all
select 100 + p, 'CLUB-' || lpad(p::text, 2, '0'), 'Club ' || p, 'continuity', null from generate_series(1, 16) p;

insert into catalog_price(product_id, price_minor)
select id, 900 + id * 37 from catalog_product where kind = 'item'

-- name: programs
-- Sixteen programs: 1-4 boxes, 5-6 monthly clubs, 7-8 paid in three parts, 9-10 billed up front, 11 of twelve events,
-- 12 bought on account, 13-16 with a second event that repeats. 1 has a newer revision that changes every order,
-- 2 one that changes none. The price of an event's first product is the event's, that of its second the product's.
create temporary table kind as
select p, 'PROG-' || lpad(p::text, 2, '0') as schedule_id,
       case when p in (5, 6) then 6 when p = 11 then 12 when p >= 13 then 2 else 4 end as events,
       p in (5, 6) as monthly, p in (9, 10) as upfront, p >= 13 as repeats,
       case when p in (13, 14) then null when p >= 13 then 23 else 0 end as times
  from generate_series(1, 16) p;

insert into programs_program(id, schedule_id, name) select p, schedule_id, 'Program ' || p from kind;

insert into programs_programrevision(id, program_id, number, started_on, bill_upfront, payment_schedule_id, days_after_order_date)
select p, p, 1, '2024-01-01'::date, upfront, case when p = 7 then 1 end, 5 from kind
union all
select 100 + p, p, 2, '2024-01-01', upfront, null, 5 from kind where p in (1, 2);

insert into programs_programevent(
  id, revision_id, key, place, event_id, days_from_last, interval_code, interval_rule, interval_anchor, delivery_mode_id,
  payment_schedule_id, times_to_repeat)
select r.id * 100 + e, r.id, 'e' || e, n.place, n.place,
       case when k.monthly then 0 when r.id = 101 then 30 else 28 end,
       case when k.monthly then 'MONTHLY' end, case when k.monthly then 'FREQ=MONTHLY' end, null,
       1 + (k.p + e) % 3, case when k.p = 8 and e % 2 = 0 then 1 end, case when k.repeats and e = 2 then k.times else 0 end
  from programs_programrevision r
  join kind k on k.p = r.program_id
 cross join lateral generate_series(1, k.events + (r.id = 101)::int) e
 -- the newer revision of program 1 puts its fifth event in front of the fourth
 cross join lateral (select case when r.id = 101 and e >= 4 then 9 - e else e end as place) n;

insert into programs_programeventproduct(event_id, line, product_id, quantity, price_minor)
select e.id, l, 1 + (k.p * 7 + substr(e.key, 2)::int * 2 + l) % 48, case when l = 1 and substr(e.key, 2)::int % 3 = 0 then 2 else 1 end,
       case when l = 1 then 1500 + k.p * 10 + substr(e.key, 2)::int * 5 end
  from programs_programevent e
  join programs_programrevision r on r.id = e.revision_id
  join kind k on k.p = r.program_id
 cross join generate_series(1, 2) l;

insert into programs_continuityproduct(product_id, program_id) select 100 + p, p from kind;

-- the walk of revision 1, repetitions up to the threshold
create temporary table walk as
select k.p, row_number() over (partition by k.p order by e.place, x.repetition)::int as position, e.id as event, e.key, e.event_id,
       x.repetition, e.delivery_mode_id as mode, m.code as mode_code, e.payment_schedule_id as schedule,
       k.schedule_id || ' revision 1, event ' || e.event_id || ' (' || e.key || ')' as words
  from kind k
  join programs_programevent e on e.revision_id = k.p
  join catalog_deliverymode m on m.id = e.delivery_mode_id
 cross join lateral generate_series(0, case when k.repeats and e.place = 2 then 3 else 0 end) x(repetition)

-- name: customers
insert into customers_customer(id, account, name, email, language, allow_on_account)
select c, 'C-' || c, 'Customer ' || c, 'c' || c || '@example.com', 'en', true from generate_series(1, ceil(%(orders)s * 0.8)::int) c;

insert into customers_address(id, customer_id, code, number, recipient, street, city, postcode, region, country)
select id, id, 'home', 1, name, (id %% 900) || ' Main Street', 'Town', lpad((id %% 90000)::text, 5, '0'),
       (array['NY', 'CA', 'TX', 'WA', null])[1 + id %% 5], case when id %% 5 = 4 then 'IT' else 'US' end
  from customers_customer;

-- one card in 25 has expired
insert into customers_storedcard(id, customer_id, number, token, brand, last4, exp_month, exp_year, expires_on)
select id, id, 1, 'tok_' || id, 'visa', lpad((id %% 10000)::text, 4, '0'), extract(month from d), extract(year from d), d
  from (select c.id, (date_trunc('month', %(on)s::date) + m.months * interval '1 month' - interval '1 day')::date as d
          from customers_customer c
         cross join lateral (select abs(hashint8(c.id)) as h) x
         cross join lateral (select case when x.h %% 25 = 0 then 0 else 2 + x.h %% 30 end as months) m) y

-- name: orders
-- Which are due is scattered over all orders; a tenth of the due is so a week earlier already. One order in
-- twenty has come to its end, where there is room for it among those that are not due.
create temporary table made as
select o.*, w.first_on, w.first_on - 5 as order_date, 'SO-' || lpad(i::text, greatest(6, length(i::text)), '0') as number
  from (select i, p, rank, length, monthly, upfront, repeats, h, awaited, state, events,
               ceil(i * 0.8)::int as customer, case when h %% 20 = 0 then 2 else 1 end as quantity,
               case when state = 'ended' then length
                    when awaited then 0
                    else (array[0, 0, 0, 0, 1, 1, 2, 3])[1 + (h / 256) %% 8] end as shipped,
               case when p = 12 or h %% 16 = 7 then 'on_account' else 'card' end as method,
               case when p = 7 then 1 end as schedule,
               case state when 'early' then %(on)s::date - 6 + (h / 64) %% 5
                          when 'due' then %(on)s::date - 1 + (h / 64) %% 7
                          when 'later' then %(on)s::date + 6 + (h / 64) %% 28
                          else %(on)s::date - 60 - (h / 64) %% 200 end as target
          from (select x.*, k.events, k.monthly, k.upfront, k.repeats,
                       (select count(*)::int from walk w where w.p = k.p) as length, x.h %% 100 = 11 as awaited,
                       case when rank <= ceil(%(due)s * 0.1) then 'early' when rank <= %(due)s then 'due'
                            when rank <= %(due)s + %(orders)s / 20 and not k.repeats then 'ended' else 'later' end as state
                  from (select i, 1 + i %% %(programs)s as p, abs(hashint8(i)) as h,
                               row_number() over (order by hashint8extended(i, 7), i) as rank
                          from generate_series(1::bigint, %(orders)s) i) x
                  join kind k on k.p = x.p) y) o
 cross join lateral (
       select case when o.monthly then (o.target - least(o.shipped, o.length - 1) * interval '1 month')::date
                   else o.target - least(o.shipped, o.length - 1) * 28 end as first_on) w;
create unique index on made(i);
analyze made;

-- They came from elsewhere, with what was paid there.
insert into orders_salesorder(id, number, customer_id, currency, order_date, taken_over_on, status, acceptance, ship_to_id)
select i, number, customer, 'USD', order_date, order_date, 'open', case when awaited and state <> 'ended' then 'awaited' when h %% 3 = 0 then 'given' else 'none' end, customer
  from made order by i;

insert into orders_orderline(id, order_id, line, product_id, quantity, price_minor, amount_minor, status)
select i, i, 1, 100 + p, quantity, 0, 0, 'open' from made order by i;

insert into continuity_continuityorder(
  id, parent_line_id, order_id, customer_id, program_id, revision_id, status, complete, order_date, quantity, threshold,
  upfront, prices, payment_method, card_id, payment_schedule_id, ship_to_id)
select m.i, m.i, m.i, m.customer, m.p, m.p, 'open', not m.repeats, m.order_date, m.quantity, 3, m.upfront, v.prices, m.method,
       case when m.method = 'card' then m.customer end, m.schedule, m.customer
  from made m
  join (select e.revision_id as p, jsonb_object_agg(i.number, v.price_minor) as prices
          from programs_programevent e
          join programs_programeventproduct l on l.event_id = e.id and l.price_minor is null
          join catalog_product i on i.id = l.product_id
          join catalog_price v on v.product_id = i.id group by 1) v on v.p = m.p
 order by m.i;

-- one in 50 is on hold; as many were, or have a hold that stops charging alone
insert into orders_hold(order_id, code, reason, stops, on_date, by, released_on)
select i, 'call', 'the customer asked to wait', case when (h / 50) %% 2 = 0 then 'both' else 'shipping' end,
       order_date, 'clerk:anna', null from made where h %% 50 = 21 and state <> 'ended'
union all
select i, 'credit', 'to be looked at', case when h %% 2 = 0 then 'both' else 'charging' end, order_date, 'clerk:anna',
       case when h %% 2 = 0 then order_date + 1 end from made where h %% 50 in (22, 23) and state <> 'ended'

-- name: occurrences
create temporary table step as
select row_number() over (order by m.i, w.position) as id, m.i, w.position, w.event, d.event_on, d.event_on + r.days as ship_on,
       w.mode, coalesce(w.schedule, m.schedule) as schedule, m.customer, m.p, m.quantity, w.position <= m.shipped as ordered, m.state, m.h
  from made m
  join walk w on w.p = m.p
 cross join lateral (select case when m.monthly then (m.first_on + (w.position - 1) * interval '1 month')::date
                                 else m.first_on + (w.position - 1) * 28 end as event_on) d
 cross join lateral (select case when w.mode = 1 and extract(isodow from d.event_on) = 6 then 2
                                 when w.mode in (1, 2) and extract(isodow from d.event_on) = 7 then 1 else 0 end as days) r;
create index on step(id);
create index on step(i, position);
analyze step;

-- What one child costs depends on its event, its quantity and its place alone: once for all.
create temporary table cost_tax as
select b.event, b.quantity, b.place, b.tax_group, b.base, round(b.base * coalesce(r.percent, 0) / 100)::bigint as tax, r.id as rate
  from (select event, quantity, place, tax_group, sum(amount)::bigint as base
          from (select l.event_id as event, q as quantity, i.tax_group, round(l.quantity * q * coalesce(l.price_minor, v.price_minor))::bigint as amount
                  from programs_programeventproduct l
                  join catalog_product i on i.id = l.product_id join catalog_price v on v.product_id = i.id
                 cross join generate_series(1, 2) q
                union all
                select e.id, q, m.tax_group, m.charge_minor
                  from programs_programevent e join catalog_deliverymode m on m.id = e.delivery_mode_id
                 cross join generate_series(1, 2) q) x
         cross join generate_series(0, 4) place(place)
         where tax_group is not null and amount > 0
         group by 1, 2, 3, 4) b
  left join lateral (
       select t.id, t.percent from catalog_taxrate t
        where t."group" = b.tax_group and t.country = case when b.place = 4 then 'IT' else 'US' end
          and (t.region is null or t.region = (array['NY', 'CA', 'TX', 'WA', null])[1 + b.place])
        order by t.region is null, t.valid_from desc nulls last, t.id desc limit 1) r on true;

create temporary table cost as
select e.id as event, q as quantity, place.place, x.amount, m.charge_minor as delivery, coalesce(t.tax, 0) as tax,
       x.amount + m.charge_minor + coalesce(t.tax, 0) as total
  from programs_programevent e
  join catalog_deliverymode m on m.id = e.delivery_mode_id
 cross join generate_series(1, 2) q
 cross join generate_series(0, 4) place(place)
 cross join lateral (select sum(round(l.quantity * q * coalesce(l.price_minor, v.price_minor)))::bigint as amount
                       from programs_programeventproduct l join catalog_price v on v.product_id = l.product_id where l.event_id = e.id) x
  left join (select event, quantity, place, sum(tax)::bigint as tax from cost_tax group by 1, 2, 3) t
    on t.event = e.id and t.quantity = q and t.place = place.place;
analyze cost_tax;
analyze cost;

-- the children of what was shipped before, all invoiced, but of one order in twenty that has ended the last one
create temporary table child as
select %(orders)s + row_number() over (order by s.ship_on, s.id) as id, s.id as step, s.i, s.position, s.event, s.ship_on, s.mode,
       s.schedule, s.customer, s.p, s.quantity, c.delivery, c.tax, c.total,
       case when s.state = 'ended' and s.h %% 20 = 1 and s.position = (select length from made where i = s.i) then 'shipped' else 'invoiced' end as status
  from step s
  join cost c on c.event = s.event and c.quantity = s.quantity and c.place = s.customer %% 5
 where s.ordered;
create unique index on child(step);
create unique index on child(id);
analyze child;

insert into orders_salesorder(
  id, number, customer_id, currency, order_date, taken_over_on, status, ship_to_id, parent_id, parent_line_id, shipment, try_no, ship_on,
  delivery_mode_id, delivery_minor, tax_minor, total_minor)
select c.id, m.number || '-1-' || lpad(c.position::text, 3, '0'), c.customer, 'USD', c.ship_on - 5, c.ship_on - 5, c.status, c.customer, c.i, c.i,
       c.position, 1, c.ship_on, c.mode, c.delivery, c.tax, c.total
  from child c join made m on m.i = c.i order by c.id;

insert into continuity_occurrence(
  id, continuity_order_id, event_key, repetition, position, event_on, ship_on, shipment, status, child_id, delivery_mode_id,
  payment_schedule_id, why)
select s.id, s.i, w.key, w.repetition, s.position, s.event_on, s.ship_on, s.position, case when s.ordered then 'ordered' else 'scheduled' end,
       c.id, w.mode, w.schedule,
       case when s.position = 1 then jsonb_build_object('rule', 'first', 'days', 5, 'base', m.order_date)
            when m.monthly then jsonb_build_object('rule', 'interval', 'previous', b.event_on, 'grid', m.first_on,
                                                   'interval', jsonb_build_object('code', 'MONTHLY', 'rule', 'FREQ=MONTHLY'))
            else jsonb_build_object('rule', 'days', 'days', 28, 'previous', b.event_on) end
         || case when s.ship_on = s.event_on then '{}' else jsonb_build_object('mode', w.mode_code) end
  from step s
  join made m on m.i = s.i
  join walk w on w.p = m.p and w.position = s.position
  left join step b on b.id = s.id - 1 and b.i = s.i
  left join child c on c.step = s.id
 order by s.id

-- name: lines
insert into continuity_continuityline(occurrence_id, line, product_id, quantity, price_minor, why)
select s.id, l.line, l.product_id, l.quantity * s.quantity, coalesce(l.price_minor, v.price_minor),
       case when l.price_minor is not null then '{"price": "event"}'::jsonb end
  from step s
  join made m on m.i = s.i
  join walk w on w.p = m.p and w.position = s.position
  join programs_programeventproduct l on l.event_id = s.event
  join catalog_product i on i.id = l.product_id
  join catalog_price v on v.product_id = i.id
 order by s.id, l.line

-- name: children
insert into orders_orderline(id, order_id, line, product_id, quantity, price_minor, amount_minor, status)
select %(orders)s + row_number() over (order by c.id, l.line), c.id, l.line, l.product_id, l.quantity * c.quantity, coalesce(l.price_minor, v.price_minor),
       round(l.quantity * c.quantity * coalesce(l.price_minor, v.price_minor)), c.status
  from child c
  join programs_programeventproduct l on l.event_id = c.event
  join catalog_price v on v.product_id = l.product_id
 order by c.id, l.line;

insert into orders_ordertax(order_id, "group", base_minor, tax_minor, rate_id)
select c.id, t.tax_group, t.base, t.tax, t.rate
  from child c join cost_tax t on t.event = c.event and t.quantity = c.quantity and t.place = c.customer %% 5
 order by c.id, t.tax_group;

-- what was charged by card is captured, what was sent a bill is paid
insert into payments_payment(
  order_id, continuity_order_id, customer_id, purpose, number, method, card_id, currency, amount_minor, captured_minor, due_on,
  status, at_invoice, not_before_shipped)
select x.order_id, x.continuity_order_id, x.customer, x.purpose, x.number, m.method, case when m.method = 'card' then m.customer end,
       'USD', x.amount, case when x.made and m.method = 'card' then x.amount else 0 end, x.due_on,
       case when not x.made then 'due' when m.method = 'card' then 'captured' else 'paid' end, x.at_invoice, x.later
  from (select c.id as order_id, null::bigint as continuity_order_id, c.i, c.customer, 'shipment' as purpose, n as number,
               case when c.schedule is null then c.total when n < 3 then round(c.total / 3.0)::bigint
                    else c.total - 2 * round(c.total / 3.0)::bigint end as amount,
               (c.ship_on + (n - 1) * interval '1 month')::date as due_on, n = 1 as at_invoice, n > 1 as later,
               c.ship_on + (n - 1) * interval '1 month' < %(on)s::date and c.status = 'invoiced' as made
          from child c
         cross join lateral generate_series(1, case when c.schedule is null then 1 else 3 end) n
         where c.p not in (9, 10)
        union all
        select null, s.i, s.i, s.customer, 'order', 1, sum(c.total), greatest(min(s.ship_on), min(m.order_date)), true, false,
               bool_or(s.ordered)
          from step s
          join made m on m.i = s.i
          join cost c on c.event = s.event and c.quantity = s.quantity and c.place = s.customer %% 5
         where s.p in (9, 10) group by s.i, s.customer) x
  join made m on m.i = x.i
 order by x.order_id, x.continuity_order_id, x.number;

insert into orders_shipment(order_id, carrier, tracking, on_date) select id, 'UPS', '1Z' || id, ship_on from child order by id;

insert into orders_orderevent(order_id, on_date, at, kind, by, data)
select c.i, c.ship_on - 5, c.ship_on - 5, 'child_created', 'job:1',
       jsonb_build_object('child', k.number, 'line', 1, 'shipment', c.position, 'ship_on', c.ship_on)
  from child c join orders_salesorder k on k.id = c.id order by c.id

-- name: sequences
select setval(pg_get_serial_sequence(quote_ident(t), 'id'), greatest(1, n)) from (
  select 'orders_salesorder' as t, (select max(id) from orders_salesorder) as n
  union all select 'orders_orderline', (select max(id) from orders_orderline)
  union all select 'continuity_occurrence', (select max(id) from continuity_occurrence)
  union all select 'continuity_continuityorder', %(orders)s
  union all select 'customers_customer', (select max(id) from customers_customer)
  union all select 'customers_address', (select max(id) from customers_address)
  union all select 'customers_storedcard', (select max(id) from customers_storedcard)
  union all select 'catalog_deliverymode', 3 union all select 'catalog_paymentschedule', 1
  union all select 'catalog_product', 116 union all select 'programs_program', 16
  union all select 'programs_programrevision', 102
  union all select 'programs_programevent', (select max(id) from programs_programevent)) x;
select setval('parent_order_number', %(orders)s)

-- name: foreign_keys
select conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) from pg_constraint
 where contype = 'f' and connamespace = 'public'::regnamespace
   and conrelid::regclass::text ~ '^(orders|continuity|payments|customers)_' and conrelid::regclass::text !~ 'history$'
 order by 1, oid

-- name: block_all_due
-- Everything that is due waits: for a hold, an acceptance or a card, found by an earlier night.
with d as (
  select o.id, o.continuity_order_id as i from continuity_occurrence o
   where o.status = 'scheduled' and o.blocked is null and o.ship_on <= %(through)s),
held as (
  insert into orders_hold(order_id, code, reason, stops, on_date, by)
  select distinct i, 'bench', 'the customer asked to wait', 'both', %(on)s::date, 'clerk:anna' from d where i %% 3 <> 0),
offered as (update orders_salesorder set acceptance = 'awaited' where id in (select i from d where i %% 3 = 0))
update continuity_occurrence o set blocked = case when d.i %% 3 = 0 then 'acceptance' else 'hold' end from d where o.id = d.id
