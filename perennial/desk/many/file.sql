-- What there is of the orders that a file names, a row for each of its lines.

-- name: rows
select r.place, p.id, p.parent_id is not null, coalesce(theirs.lines, '{}'),
       case when cardinality(theirs.lines) = 1 or r.line is not null then chosen.line end, chosen.has_shipment is true
  from unnest(%(places)s::int[], %(orders)s::text[], %(shipments)s::int[], %(lines)s::int[])
         as r(place, number, shipment, line)
  left join orders_salesorder p on p.number = r.number
  left join lateral (
    select array_agg(l.line || ' (' || g.schedule_id || ')' order by l.line) as lines
      from continuity_continuityorder c
      join orders_orderline l on l.id = c.parent_line_id
      join programs_program g on g.id = c.program_id
     where c.order_id = p.id) theirs on true
  left join lateral (
    select l.line, exists (select from continuity_occurrence o
                            where o.continuity_order_id = c.id and o.shipment = r.shipment) as has_shipment
      from continuity_continuityorder c join orders_orderline l on l.id = c.parent_line_id
     where c.order_id = p.id and (r.line is null or l.line = r.line)
     order by l.line limit 1) chosen on true
 order by r.place
