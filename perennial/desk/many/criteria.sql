-- Which open orders fit, by id, with the shipments of each of which a change is asked.

-- name: first_shipment
-- The first that is open; where none is, the last that fits: why it stays as it is will be told.
select c.order_id, jsonb_agg(jsonb_build_object('line', l.line, 'shipment', s.shipment) order by l.line) as given
  from continuity_continuityorder c
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
  left join lateral (
    select o.shipment from continuity_occurrence o
     where o.continuity_order_id = c.id and o.status <> 'cancelled'{of_shipment}
     order by o.status <> 'scheduled', case when o.status = 'scheduled' then o.position else -o.position end
     limit 1) s on true
 where c.status = 'open'{of_order}
 group by c.order_id

-- name: every_shipment
select c.order_id, jsonb_agg(jsonb_build_object('line', l.line, 'shipment', s.shipment) order by l.line, s.shipment) as given
  from continuity_continuityorder c
  join orders_orderline l on l.id = c.parent_line_id
  join orders_salesorder p on p.id = c.order_id
  left join lateral (
    select distinct d.shipment from (
      select o.shipment, o.status, rank() over (
               order by o.status <> 'scheduled', case when o.status = 'scheduled' then 0 else -o.position end) as place
        from continuity_occurrence o
       where o.continuity_order_id = c.id and o.status <> 'cancelled'{of_shipment}) d
     where d.place = 1) s on true
 where c.status = 'open'{of_order}
 group by c.order_id
