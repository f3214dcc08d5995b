-- What the warehouse reports. Which orders may be sent is the view may_not_ship, which may be invoiced the view
-- may_not_invoice; ``overridden``: reasons that a person passes over. A row that waited for another
-- transaction is looked at once more by its own state alone, which is therefore named beside it. With offset 0 the view
-- is asked child by child: these are few, and all orders are many.

-- name: children_that_may_ship
select k.id from orders_salesorder k
 where k.parent_id is not null and k.ship_on <= %(on)s and k.status = 'open'
   and not exists (select from may_not_ship n
                    where n.order_id = k.id and n.from_on <= %(on)s and %(on)s < n.opens_on offset 0)
 order by k.ship_on, k.parent_id, k.parent_line_id, k.shipment, k.try_no

-- name: ready_to_send
-- the children, and the parents of whose ordinary lines nothing is still to be paid; what is bought on account is billed
-- when it has gone
select k.id
  from (select k.id, k.ship_on as day, k.parent_id, k.parent_line_id, k.shipment, k.try_no
          from orders_salesorder k
         where k.parent_id is not null and k.ship_on <= %(on)s and k.status = 'open'
        union all
        select k.id, k.order_date, k.id, null, null, null
          from orders_salesorder k
         where k.parent_id is null and k.status = 'open' and k.total_minor > 0 and k.order_date <= %(on)s
           and exists (select from ordinary_line l where l.order_id = k.id and l.status = 'open' offset 0)
           and not exists (select from payments_payment y
                            where y.order_id = k.id and y.purpose = 'ordinary' and y.method <> 'on_account'
                              and y.status in {states.NOT_PAID})) k
 where not exists (select from may_not_ship n
                    where n.order_id = k.id and n.from_on <= %(on)s and %(on)s < n.opens_on offset 0)
 order by k.day, k.parent_id, k.parent_line_id, k.shipment, k.try_no

-- name: ship
update orders_salesorder k set status = 'shipped'
 where k.id = any(%(ids)s) and k.parent_id is not null and k.status = 'open'
   and not exists (select from may_not_ship n
                    where n.order_id = k.id and n.from_on <= %(on)s and %(on)s < n.opens_on
                      and n.because <> all(%(overridden)s) offset 0)
returning k.id

-- name: ship_lines
update orders_orderline set status = 'shipped' where order_id = any(%(ids)s) and status = 'open'

-- name: shipments
insert into orders_shipment(order_id, carrier, tracking, on_date)
select id, %(carrier)s, %(tracking)s, %(on)s from unnest(%(ids)s::bigint[]) u(id) order by id

-- name: invoice
update orders_salesorder k set status = 'invoiced', invoiced_on = %(on)s
 where k.id = any(%(ids)s) and k.parent_id is not null
   and (k.status = 'shipped' or k.status = 'open' and 'not_shipped' = any(%(overridden)s))
   and not exists (select from may_not_invoice n
                    where n.order_id = k.id and n.from_on <= %(on)s and %(on)s < n.opens_on
                      and n.because <> all(%(overridden)s) offset 0)
returning k.id

-- name: invoice_lines
update orders_orderline set status = 'invoiced' where order_id = any(%(ids)s) and status in {states.NOT_INVOICED}

-- name: sent_unreported
-- What is invoiced before anybody has reported that it was sent counts as sent on that day.
insert into orders_shipment(order_id, on_date)
select u.id, %(on)s from unnest(%(ids)s::bigint[]) u(id)
 where not exists (select from orders_shipment s where s.order_id = u.id) order by u.id

-- name: events
insert into orders_orderevent(order_id, on_date, kind, by, reason, data)
select k.parent_id, %(on)s, %(kind)s, %(by)s, %(reason)s,
       jsonb_build_object('child', k.number, 'shipment', k.shipment)
       || case when %(told)s::jsonb = '[]' then '{}' else jsonb_build_object('overridden', %(told)s::jsonb) end
       || jsonb_strip_nulls(jsonb_build_object('reason_code', %(code)s::text))
  from orders_salesorder k where k.id = any(%(ids)s)
 order by k.parent_id, k.parent_line_id, k.shipment, k.try_no
