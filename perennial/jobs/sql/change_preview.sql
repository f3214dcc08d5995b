-- What a version of a program changes on open orders: what was seen when it was counted, and what was counted.

-- name: seen
-- What the answer depends on, in one word: the version and the one before it, the rules and prices, and of each open order of
-- the program where it stands and the last thing that happened to it. And the last thing that happened to any order.
with orders as (
  select c.id, c.revision_id, c.tariff_id, c.complete,
         (select max(e.id) from orders_orderevent e where e.order_id = c.order_id) as event
    from continuity_continuityorder c where c.program_id = %(program)s and c.status = 'open'),
rules as (
  select array[
    (select max(pgh_id) from catalog_parametershistory), (select max(pgh_id) from catalog_deliverymodehistory),
    (select max(pgh_id) from catalog_paymentschedulehistory), (select max(pgh_id) from catalog_paymentschedulelinehistory),
    (select max(pgh_id) from catalog_producthistory), (select max(pgh_id) from catalog_pricehistory),
    (select max(number) from catalog_tariff where applied_on is not null),
    (select max(pgh_id) from notices_noticekindhistory)] as of)
select md5(concat_ws('|', %(revision)s::text,
                     (select max(r.id) from programs_programrevision r where r.program_id = %(program)s and r.released),
                     (select of::text from rules),
                     (select coalesce(md5(string_agg(md5(o::text), '' order by o.id)), '') from orders o))),
       (select coalesce(max(e.id), 0) from orders_orderevent e)

-- name: changed_since
-- How many orders of the program something has happened to since, and when last.
select count(distinct c.order_id), max(e.at)
  from orders_orderevent e join continuity_continuityorder c on c.order_id = e.order_id
 where e.id > %(event)s and c.program_id = %(program)s

-- name: made
select count(*) from orders_salesorder k
 where k.status = 'open' and k.parent_line_id in (
   select c.parent_line_id from continuity_continuityorder c
    where c.id in (select subject_id from jobs_jobitem where run_id = %(run)s))

-- name: orders
-- The orders of a group, with who they belong to now.
select g.seq, g."order", c.account, c.name, g.line, g.shipment, g.ship_on, g.new_ship_on, g.amount_minor,
       g.new_amount_minor, g.more_minor,
       exists (select from jobs_changedorder s
                where s.run_id = g.run_id and s.number = %(silent)s and s.seq = g.seq) as silent
  from jobs_changedorder g
  left join orders_salesorder o on o.number = g."order"
  left join customers_customer c on c.id = o.customer_id
 where g.run_id = %(run)s and g.number = %(number)s and g.seq > %(after)s
 order by g.seq limit %(most)s
