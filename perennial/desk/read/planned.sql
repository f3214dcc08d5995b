-- Planned shipments by their days: see planned.py.

-- name: due_within
select count(distinct (o.continuity_order_id, o.shipment)) from continuity_occurrence o
 where o.status = 'scheduled' and o.blocked is null and o.ship_on > %(after)s and o.ship_on <= %(through)s

-- name: on_days
-- What is held up keeps its day as well: it is read apart, for each of them has an index of its own.
select d.ship_on, count(distinct (d.continuity_order_id, d.shipment))
  from (select o.ship_on, o.continuity_order_id, o.shipment, o.delivery_mode_id from continuity_occurrence o
         where o.status = 'scheduled' and o.blocked is null and o.ship_on = any(%(days)s::date[])
         union all
        select o.ship_on, o.continuity_order_id, o.shipment, o.delivery_mode_id from continuity_occurrence o
         where o.status = 'scheduled' and o.blocked is not null and o.ship_on = any(%(days)s::date[])) d
  join catalog_deliverymode m on m.id = d.delivery_mode_id and m.code = %(mode)s
 group by d.ship_on order by d.ship_on
