-- What needs a person, by kind. Each list: day, id, parent order, what it is about, account, name, line, shipment, and
-- what the kind tells; ordered by day and id, behind a key. A program that is null is not asked for. Each counts itself in
-- `counts`.

-- name: declined
-- most urgent first: what should be paid soonest
select y.due_on, y.id, coalesce(p.number, o.number, w.number), coalesce(o.number, w.number), u.account, u.name,
       coalesce(l.line, cl.line), o.shipment,
       y.number, y.amount_minor, y.currency, y.status, y.attempts, y.tried_on, t.message, t.category, t.final, o.ship_on,
       (select reauthorization_limit from catalog_parameters),
       case when y.status = 'declined' then greatest(r.from_on, %(on)s) end
  from payments_payment y
  join payment_retry r on r.payment_id = y.id
  join customers_customer u on u.id = y.customer_id
  left join orders_salesorder o on o.id = y.order_id
  left join orders_salesorder p on p.id = o.parent_id
  left join orders_orderline l on l.id = o.parent_line_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  left join orders_orderline cl on cl.id = c.parent_line_id
  left join orders_salesorder w on w.id = c.order_id
  left join lateral (select a.message, a.category, a.final from payments_attempt a
                      where a.payment_id = y.id and a.outcome = 'declined' order by a.id desc limit 1) t on true
 where y.status = any(%(statuses)s) and (y.due_on, y.id) > (%(day)s, %(id)s)
   and (%(program)s is null or %(program)s = coalesce(c.program_id, (
        select x.program_id from continuity_continuityorder x where x.parent_line_id = o.parent_line_id)))
 order by y.due_on, y.id
 limit %(most)s

-- name: expiring
-- Lines whose card will have expired by the day of one of their charges; the first of those days. Cards that end are found
-- by the index of their ends, and the lines of a page by their first days alone; what is told is read of a page.
with found as materialized (
  select min(y.on_date) as on_date, y.continuity_order_id as id, y.card_id
    from customers_storedcard k
    join charge_to_come y on y.card_id = k.id and y.on_date > k.expires_on
   where k.expires_on < %(through)s
     and (%(program)s is null or exists (select from continuity_continuityorder c
                                          where c.id = y.continuity_order_id and c.program_id = %(program)s))
   group by y.continuity_order_id, y.card_id
  having (min(y.on_date), y.continuity_order_id) > (%(day)s, %(id)s)
   order by min(y.on_date), y.continuity_order_id
   limit %(most)s)
select f.on_date, f.id, p.number, p.number, u.account, u.name, l.line, x.shipment,
       k.token, k.brand, k.last4, k.expires_on, x.shipments, x.parts
  from found f
  join customers_storedcard k on k.id = f.card_id
  join continuity_continuityorder c on c.id = f.id
  join orders_salesorder p on p.id = c.order_id
  join orders_orderline l on l.id = c.parent_line_id
  join customers_customer u on u.id = c.customer_id
 cross join lateral (select min(y.shipment) as shipment, count(distinct y.shipment) filter (where not y.is_part) as shipments,
                            count(*) filter (where y.is_part) as parts
                       from charge_to_come y
                      where y.card_id = k.id and y.continuity_order_id = f.id and y.on_date > k.expires_on) x
 order by f.on_date, f.id

-- name: parked
select q.on_date, q.id, p.number, p.number, u.account, u.name, l.line, q.shipment, q.job, coalesce(q.because, to_jsonb(q.reason))
  from continuity_parked q
  join continuity_continuityorder c on c.id = q.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
  join orders_orderline l on l.id = c.parent_line_id
  join customers_customer u on u.id = c.customer_id
 where q.resolved_on is null and (q.on_date, q.id) > (%(day)s, %(id)s)
   and (%(program)s is null or c.program_id = %(program)s)
 order by q.on_date, q.id
 limit %(most)s

-- name: held
select h.on_date, h.id, coalesce(p.number, o.number), o.number, u.account, u.name, l.line, o.shipment,
       h.code, coalesce(h.because, to_jsonb(h.reason)), h.stops, h.by
  from orders_hold h
  join orders_salesorder o on o.id = h.order_id
  left join orders_salesorder p on p.id = o.parent_id
  left join orders_orderline l on l.id = o.parent_line_id
  join customers_customer u on u.id = o.customer_id
 where h.released_on is null and o.status <> 'cancelled' and (h.on_date, h.id) > (%(day)s, %(id)s)
   and (%(program)s is null or %(program)s in (
        select x.program_id from continuity_continuityorder x
         where x.order_id = coalesce(o.parent_id, o.id) and (o.parent_line_id is null or x.parent_line_id = o.parent_line_id)))
 order by h.on_date, h.id
 limit %(most)s

-- name: awaiting
select o.order_date, o.id, o.number, o.number, u.account, u.name, null, null
  from orders_salesorder o join customers_customer u on u.id = o.customer_id
 where o.acceptance = 'awaited' and o.status = 'open' and o.parent_id is null
   and (o.order_date, o.id) > (%(day)s, %(id)s)
   and (%(program)s is null or %(program)s in (
        select x.program_id from continuity_continuityorder x where x.order_id = o.id))
 order by o.order_date, o.id
 limit %(most)s

-- name: late
-- children that should have left
select k.ship_on, k.id, p.number, k.number, u.account, u.name, l.line, k.shipment
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
  join orders_orderline l on l.id = k.parent_line_id
  join customers_customer u on u.id = k.customer_id
 where k.parent_id is not null and k.status = 'open' and k.ship_on < %(on)s and (k.ship_on, k.id) > (%(day)s, %(id)s)
   and (%(program)s is null or %(program)s in (
        select x.program_id from continuity_continuityorder x where x.parent_line_id = k.parent_line_id))
 order by k.ship_on, k.id
 limit %(most)s

-- name: uninvoiced
-- children that were sent, and long enough ago to have been invoiced; and whatever nobody invoices while its
-- authorisation has lapsed as often as it may
with lapsed as materialized (
  select coalesce(y.order_id, c.order_id) as order_id, sum(y.amount_minor)::bigint as amount_minor
    from payment_not_renewed r
    join payments_payment y on y.id = r.payment_id
    left join continuity_continuityorder c on c.id = y.continuity_order_id
   group by 1)
select coalesce(k.ship_on, k.order_date), k.id, coalesce(p.number, k.number), k.number, u.account, u.name, l.line, k.shipment,
       s.on_date, s.carrier, s.tracking, coalesce(x.amount_minor, k.total_minor), k.currency, x.order_id is not null
  from orders_salesorder k
  left join orders_shipment s on s.order_id = k.id
  left join orders_salesorder p on p.id = k.parent_id
  left join orders_orderline l on l.id = k.parent_line_id
  left join lapsed x on x.order_id = k.id
  join customers_customer u on u.id = k.customer_id
 where k.id in (
       select k.id from orders_salesorder k join orders_shipment s on s.order_id = k.id
        where k.parent_id is not null and k.status = 'shipped' and s.on_date <= %(sent_by)s
        union
       select order_id from lapsed)
   and (coalesce(k.ship_on, k.order_date), k.id) > (%(day)s, %(id)s)
   and (%(program)s is null or %(program)s in (
        select x.program_id from continuity_continuityorder x
         where x.order_id = coalesce(k.parent_id, k.id) and (k.parent_line_id is null or x.parent_line_id = k.parent_line_id)))
 order by coalesce(k.ship_on, k.order_date), k.id
 limit %(most)s

-- name: counted
-- the number of the last count, unless it is of another day or has grown old
select c.number from desk_counted c where c.id = %(id)s and c.on_date = %(on)s and c.at > now() - %(fresh)s

-- name: count
insert into desk_counted (id, on_date, number) values (%(id)s, %(on)s, %(number)s)
    on conflict (id) do update set on_date = excluded.on_date, number = excluded.number, at = now()

-- name: counts
-- of each kind but the cards, at most so many
select (select count(*) from (select from payments_payment y where y.status in {states.REFUSED} limit %(most)s) n),
       (select count(*) from (select from continuity_parked q where q.resolved_on is null limit %(most)s) n),
       (select count(*) from (
        select from orders_hold h join orders_salesorder o on o.id = h.order_id
         where h.released_on is null and o.status <> 'cancelled' limit %(most)s) n),
       (select count(*) from (
        select from orders_salesorder o
         where o.acceptance = 'awaited' and o.status = 'open' and o.parent_id is null limit %(most)s) n),
       (select count(*) from (
        select from orders_salesorder k
         where k.parent_id is not null and k.status = 'open' and k.ship_on < %(on)s limit %(most)s) n),
       (select count(*) from (select from payments_payment y where y.status = 'unknown' limit %(most)s) n),
       (select count(*) from (
        (select k.id from orders_salesorder k join orders_shipment s on s.order_id = k.id
          where k.parent_id is not null and k.status = 'shipped' and s.on_date <= %(sent_by)s limit %(most)s)
         union
        select coalesce(y.order_id, c.order_id) from payment_not_renewed r
          join payments_payment y on y.id = r.payment_id
          left join continuity_continuityorder c on c.id = y.continuity_order_id
         limit %(most)s) n)

-- name: expiring_count
-- at most so many; the cards that end last first, since of those that ended long ago most pay nothing any more
select count(*) from (
select from customers_storedcard k
 cross join lateral (select distinct y.continuity_order_id from charge_to_come y
                      where y.card_id = k.id and y.on_date > k.expires_on) x
 where k.expires_on < %(through)s
 order by k.expires_on desc
 limit %(most)s) n

-- name: refund
-- orders of which more was taken than came and will come
select p.order_date, p.id, p.number, p.number, u.account, u.name, null, null, s.minor, p.currency
  from ($surplus) s
  join orders_salesorder p on p.id = s.root
  join customers_customer u on u.id = p.customer_id
 where (p.order_date, p.id) > (%(day)s, %(id)s)
   and (%(program)s is null or %(program)s in (
        select x.program_id from continuity_continuityorder x where x.order_id = p.id))
 order by p.order_date, p.id
 limit %(most)s

-- name: refund_count
select count(*) from (select from ($surplus) s limit %(most)s) n
