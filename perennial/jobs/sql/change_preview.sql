-- What a version of a program changes on open orders: what was seen when it was counted, and what was counted.

-- name: seen
-- What the answer depends on besides the orders, in three words: the version and the one before it, the prices, the rules. And
-- the last thing that happened to any order.
select array[
         concat_ws('-', %(revision)s::text, (select max(r.id) from programs_programrevision r
                                              where r.program_id = %(program)s and r.released and r.id <> %(revision)s)),
         concat_ws('-', (select max(pgh_id) from catalog_producthistory), (select max(pgh_id) from catalog_pricehistory)),
         concat_ws('-', (select max(pgh_id) from catalog_parametershistory), (select max(pgh_id) from catalog_deliverymodehistory),
                   (select max(pgh_id) from catalog_paymentschedulehistory),
                   (select max(pgh_id) from catalog_paymentschedulelinehistory),
                   (select max(number) from catalog_tariff where applied_on is not null))],
       (select coalesce(max(e.id), 0) from orders_orderevent e)

-- name: stands
-- What the answer of an order depends on, in a word: where it stands, where it goes, whether its customer has an address to
-- write to, and the last thing that happened to it.
select c.id, c.order_id, c.status,
       md5(row(c.revision_id, c.tariff_id, c.complete, a.country, a.region, coalesce(p.email, '') <> '',
               (select max(e.id) from orders_orderevent e where e.order_id = c.order_id))::text)::uuid as stands
  from continuity_continuityorder c
  join orders_salesorder o on o.id = c.order_id
  join customers_customer p on p.id = coalesce(o.payer_id, o.customer_id)
  left join customers_address a on a.id = c.ship_to_id

-- name: otherwise
-- Of what is due now (``now``), and of what a preview was counted of: the orders that are not what they were.
otherwise as (
  select n.order_id from now n
    left join jobs_previewedorder p on p.run_id = %(preview)s and p.subject_id = n.id
   where p.stands is distinct from n.stands
   union
  select c.order_id from jobs_previewedorder p join continuity_continuityorder c on c.id = p.subject_id
   where p.run_id = %(preview)s and not exists (select from due where due.id = p.subject_id))

-- name: gone
select p.subject_id from jobs_previewedorder p
 where p.run_id = %(preview)s and not exists (select from due where due.id = p.subject_id)

-- name: recent
where c.program_id = %(program)s and c.order_id in (select order_id from orders_orderevent where id > %(event)s)

-- name: recently
-- The same of orders to which something has happened lately.
otherwise as (
  select n.order_id from now n left join jobs_previewedorder p on p.run_id = %(preview)s and p.subject_id = n.id
   where case when n.status = 'open' then p.stands is distinct from n.stands else p.subject_id is not null end
   union
  select c.order_id from jobs_previewedorder p join continuity_continuityorder c on c.id = p.subject_id
   where p.run_id = %(preview)s and p.stands is null)

-- name: listed
-- Nobody knows yet how large the two lists are: each is asked by its key.
select subject_id, stands from jobs_previewedorder
 where run_id = %(run)s and subject_id = any(array(
   select i.subject_id from jobs_jobitem i where i.run_id = %(run)s and i.seq between %(first)s and %(last)s))

-- name: made
select count(*) from orders_salesorder k
 where k.status = 'open' and k.parent_line_id in (
   select c.parent_line_id from continuity_continuityorder c
    where c.id in (select subject_id from jobs_previewedorder where run_id = %(run)s))

-- name: orders
-- The orders of a group, with who they belong to now, and what those that are billed up front are charged as a whole.
select g.seq, g."order", c.account, c.name, g.line, g.shipment, g.ship_on,
       case when g.number <> %(upfront_later)s then g.new_ship_on end, g.amount_minor, g.new_amount_minor, g.more_minor,
       exists (select from jobs_changedorder s
                where s.run_id = g.run_id and s.number = %(silent)s and s.seq = g.seq) as silent,
       u.now, u.later, u.later_on, u.less, u.back
  from jobs_changedorder g
  left join orders_salesorder o on o.number = g."order"
  left join customers_customer c on c.id = o.customer_id
 cross join lateral (
   select sum(m.more_minor) filter (where m.number = %(upfront_now)s)::bigint as now,
          sum(m.more_minor) filter (where m.number = %(upfront_later)s)::bigint as later,
          max(m.new_ship_on) filter (where m.number = %(upfront_later)s) as later_on,
          sum(m.more_minor) filter (where m.number = %(upfront_less)s)::bigint as less,
          sum(m.more_minor) filter (where m.number = %(upfront_back)s)::bigint as back
     from jobs_changedorder m
    where m.run_id = g.run_id and m.seq = g.seq
      and m.number in (%(upfront_now)s, %(upfront_later)s, %(upfront_less)s, %(upfront_back)s)) u
 where g.run_id = %(run)s and g.number = %(number)s and g.seq > %(after)s
 order by g.seq limit %(most)s

-- name: examples
-- The first order of each group, by its key.
select g.number, e."order", e.ship_on, e.new_ship_on
  from jobs_changegroup g
 cross join lateral (
   select c."order", c.ship_on, c.new_ship_on from jobs_changedorder c
    where c.run_id = g.run_id and c.number = g.number order by c.seq limit 1) e
 where g.run_id = %(run)s

-- name: forget_orders
-- Take orders out of the groups of a preview; by group how many, and their amounts.
with gone as (
  delete from jobs_changedorder where run_id = %(run)s and number = any(%(numbers)s) and seq = any(%(gone)s)
  returning number, amount_minor, new_amount_minor, more_minor)
select number, count(*), sum(amount_minor)::bigint, sum(new_amount_minor)::bigint, sum(more_minor)::bigint from gone group by number

-- name: forget_list
delete from jobs_previewedorder where run_id = %(run)s and subject_id = any(%(gone)s) returning counts::text

-- name: forget_touched
delete from jobs_jobtouched where run_id = %(run)s and seq = any(%(gone)s)

-- name: numbers
select o.number from continuity_continuityorder c join orders_salesorder o on o.id = c.order_id where c.id = any(%(gone)s)

-- name: take_orders
with taken as (
  delete from jobs_changedorder where run_id = %(new)s
  returning number, seq, "order", line, shipment, ship_on, new_ship_on, amount_minor, new_amount_minor, more_minor)
insert into jobs_changedorder(run_id, number, seq, "order", line, shipment, ship_on, new_ship_on, amount_minor, new_amount_minor, more_minor)
select %(run)s, n.now, t.seq, t."order", t.line, t.shipment, t.ship_on, t.new_ship_on, t.amount_minor, t.new_amount_minor, t.more_minor
  from taken t join unnest(%(were)s::int[], %(are)s::int[]) n(was, now) on n.was = t.number

-- name: take_list
update jobs_previewedorder set run_id = %(run)s where run_id = %(new)s returning counts::text

-- name: take_touched
insert into jobs_jobtouched(run_id, seq, number, name, line, shipment, what, before, after, because)
select %(run)s, seq, number, name, line, shipment, what, before, after, because from jobs_jobtouched where run_id = %(new)s
