-- What needs a person, by kind. Each list: day, id, parent order, what it is about, account, name, line, shipment, and
-- what the kind tells; ordered by day and id, behind a key. A program that is null is not asked for. Each counts itself in
-- `counts`.

-- name: declined
-- most urgent first: what should be paid soonest
select y.due_on, y.id, coalesce(p.number, o.number, w.number), coalesce(o.number, w.number), u.account, u.name,
       coalesce(l.line, cl.line), o.shipment,
       y.number, y.amount_minor, y.currency, y.status, y.attempts, y.tried_on, t.message, t.category, t.final, o.ship_on,
       r.most,
       case when y.status = 'declined' then greatest(r.from_on, %(on)s) end, y.purpose = 'refund'
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
-- Lines whose card will have expired by the day of one of their charges; the first of those days, as it is noted. What is
-- told is read of a page.
with found as materialized (
  select e.first_on as on_date, e.continuity_order_id as id, e.card_id
    from payments_cardend e
    join customers_storedcard k on k.id = e.card_id and k.expires_on < e.first_on
   where k.expires_on < %(through)s and (e.first_on, e.continuity_order_id) > (%(day)s, %(id)s)
     and (%(until)s::date is null or e.first_on <= %(until)s)
     and (%(program)s is null or exists (select from continuity_continuityorder c
                                          where c.id = e.continuity_order_id and c.program_id = %(program)s))
   order by e.first_on, e.continuity_order_id
   limit %(most)s)
select f.on_date, f.id, p.number, p.number, u.account, u.name, l.line, x.shipment,
       k.token, k.brand, k.last4, k.expires_on, k.expires_on < %(on)s, x.shipments, x.parts,
       coalesce(goods.minor, 0) + coalesce(owed.minor, 0), p.currency, told.on_date
  from found f
  join customers_storedcard k on k.id = f.card_id
  join continuity_continuityorder c on c.id = f.id
  join orders_salesorder p on p.id = c.order_id
  join orders_orderline l on l.id = c.parent_line_id
  join customers_customer u on u.id = c.customer_id
 cross join lateral (select min(y.shipment) as shipment, count(distinct y.shipment) filter (where not y.is_part) as shipments,
                            count(*) filter (where y.is_part) as parts
                       from charge_to_come y
                      where y.card_id = k.id and y.continuity_order_id = f.id and y.on_date > k.expires_on
                        and y.on_date <= coalesce(%(until)s::date, 'infinity')) x
  left join lateral (  -- what ships meanwhile, with its delivery and before taxes
       select sum(s.minor)::bigint as minor
         from (select round(sum(v.quantity * v.price_minor))
                      + coalesce((array_agg(m.charge_minor order by o.position desc, o.id desc))[1], 0) as minor
                 from continuity_occurrence o
                 join continuity_continuityline v on v.occurrence_id = o.id
                 left join catalog_tariffcharge m on m.tariff_id = c.tariff_id and m.delivery_mode_id = o.delivery_mode_id
                where o.continuity_order_id = c.id and o.status in {states.TO_COME} and c.card_id = k.id and not c.upfront
                  and o.ship_on > k.expires_on and o.ship_on <= coalesce(%(until)s::date, 'infinity')
                group by o.shipment) s) goods on true
  left join lateral (
       select sum(y.amount_minor)::bigint as minor
         from payments_payment y left join orders_salesorder o on o.id = y.order_id
        where y.card_id = k.id and y.status in {states.NOT_ASKED} and y.purpose in ('order', 'shipment')
          and (not y.at_invoice or y.purpose = 'order')
          and (y.continuity_order_id = c.id or o.parent_line_id = c.parent_line_id)
          and y.due_on > k.expires_on and y.due_on <= coalesce(%(until)s::date, 'infinity')) owed on true
  left join lateral (
       select max(n.on_date) as on_date from notices_notice n
        where n.card_id = k.id and n.kind in ('card_expiring', 'card_expired') and n.status <> 'off') told on true
 order by f.on_date, f.id

-- name: check
-- checks that have not come though they are due for some days; the one that was due first comes first
select y.due_on, y.id, w.number, coalesce(f.child, w.number), u.account, u.name, l.line, null,
       y.number, y.amount_minor, y.currency, f.invoiced
  from payments_payment y
  join payment_subject f on f.payment_id = y.id and f.entered and not f.cancelled
  join orders_salesorder w on w.id = f.root_id
  join customers_customer u on u.id = y.customer_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  left join orders_orderline l on l.id = c.parent_line_id
 where y.status = 'due' and y.method = 'check' and y.purpose <> 'refund' and y.due_on <= %(check_by)s
   and (y.due_on, y.id) > (%(day)s, %(id)s) and (%(program)s is null or %(program)s in (
        select x.program_id from continuity_continuityorder x where x.order_id = f.root_id))
 order by y.due_on, y.id
 limit %(most)s

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
       h.code, coalesce(h.because, to_jsonb(h.reason)), h.stops, h.by, coalesce(k.released_by, '{}')
  from orders_hold h left join catalog_holdcode k on k.code = h.code
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
-- authorisation has lapsed as often as it may. Those that were sent are found in the order of the list, no more than it shows.
with lapsed as materialized (
  select coalesce(y.order_id, c.order_id) as order_id, sum(y.amount_minor)::bigint as amount_minor
    from payment_not_renewed r
    join payments_payment y on y.id = r.payment_id
    left join continuity_continuityorder c on c.id = y.continuity_order_id
   group by 1),
found as materialized (
  (select k.id, k.ship_on as on_date from orders_salesorder k join orders_shipment s on s.order_id = k.id
    where k.parent_id is not null and k.status = 'shipped' and s.on_date <= %(sent_by)s
      and (k.ship_on, k.id) > (%(day)s, %(id)s)
      and (%(program)s is null or %(program)s in (
           select x.program_id from continuity_continuityorder x where x.parent_line_id = k.parent_line_id))
    order by k.ship_on, k.id
    limit %(most)s)
  union
  select k.id, coalesce(k.ship_on, k.order_date) from lapsed x join orders_salesorder k on k.id = x.order_id
   where (coalesce(k.ship_on, k.order_date), k.id) > (%(day)s, %(id)s)
     and (%(program)s is null or %(program)s in (
          select x.program_id from continuity_continuityorder x
           where x.order_id = coalesce(k.parent_id, k.id) and (k.parent_line_id is null or x.parent_line_id = k.parent_line_id))))
select f.on_date, k.id, coalesce(p.number, k.number), k.number, u.account, u.name, l.line, k.shipment,
       s.on_date, s.carrier, s.tracking, coalesce(x.amount_minor, k.total_minor), k.currency, x.order_id is not null
  from (select * from found order by on_date, id limit %(most)s) f
  join orders_salesorder k on k.id = f.id
  left join orders_shipment s on s.order_id = k.id
  left join orders_salesorder p on p.id = k.parent_id
  left join orders_orderline l on l.id = k.parent_line_id
  left join lapsed x on x.order_id = k.id
  join customers_customer u on u.id = k.customer_id
 order by f.on_date, f.id

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
         limit %(most)s) n),
       (select count(*) from (select from payments_refundrequest q where q.approved is null limit %(most)s) n),
       (select count(*) from (select from payments_dispute d where d.status in {states.DISPUTE_GOES_ON} limit %(most)s) n),
       (select count(*) from (
        select from payments_payment y join payment_subject f on f.payment_id = y.id and f.entered and not f.cancelled
         where y.status = 'due' and y.method = 'check' and y.purpose <> 'refund' and y.due_on <= %(check_by)s
         limit %(most)s) n)

-- name: expiring_count
-- at most so many
select count(*) from (
select from payments_cardend e
  join customers_storedcard k on k.id = e.card_id and k.expires_on < e.first_on
 where k.expires_on < %(through)s
 order by e.first_on
 limit %(most)s) n

-- name: refund
-- orders of which more was taken or billed than came and will come
select p.order_date, p.id, p.number, p.number, u.account, u.name, null, null, s.minor, p.currency
  from payments_surplus s
  join orders_salesorder p on p.id = s.order_id
  join customers_customer u on u.id = p.customer_id
 where (p.order_date, p.id) > (%(day)s, %(id)s)
   and (%(program)s is null or %(program)s in (
        select x.program_id from continuity_continuityorder x where x.order_id = p.id))
 order by p.order_date, p.id
 limit %(most)s

-- name: refund_count
select count(*) from (select from payments_surplus s limit %(most)s) n

-- name: approval
-- what somebody wants to give back, and nobody has decided about
select q.asked_on, q.id, p.number, p.number, u.account, u.name, null, null, q.amount_minor, q.currency, q.asked_by, q.reason
  from payments_refundrequest q
  join orders_salesorder p on p.id = q.order_id
  join customers_customer u on u.id = p.customer_id
 where q.approved is null and (q.asked_on, q.id) > (%(day)s, %(id)s)
   and (%(program)s is null or %(program)s in (
        select x.program_id from continuity_continuityorder x where x.order_id = p.id))
 order by q.asked_on, q.id
 limit %(most)s

-- name: dispute
-- charges that a customer does not accept, of which the bank has not decided; the one that is to be answered first comes first
select coalesce(d.answer_by, d.opened_on), d.id, coalesce(p.number, o.number, w.number), coalesce(o.number, w.number), u.account, u.name,
       coalesce(l.line, cl.line), o.shipment,
       d.id, d.amount_minor, d.currency, d.reason, d.status, d.answer_by, d.opened_on
  from payments_dispute d
  join payments_payment y on y.id = d.payment_id
  join customers_customer u on u.id = y.customer_id
  left join orders_salesorder o on o.id = y.order_id
  left join orders_salesorder p on p.id = o.parent_id
  left join orders_orderline l on l.id = o.parent_line_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  left join orders_orderline cl on cl.id = c.parent_line_id
  left join orders_salesorder w on w.id = c.order_id
 where d.status in {states.DISPUTE_GOES_ON} and (coalesce(d.answer_by, d.opened_on), d.id) > (%(day)s, %(id)s)
   and (%(program)s is null or %(program)s = coalesce(c.program_id, (
        select x.program_id from continuity_continuityorder x where x.parent_line_id = o.parent_line_id)))
 order by coalesce(d.answer_by, d.opened_on), d.id
 limit %(most)s
