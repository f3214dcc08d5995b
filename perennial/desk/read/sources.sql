-- What became of the orders of each source code, and of those without one (null), that were placed within a period.
-- $placed is the first statement.

-- name: placed
-- a draft that was thrown away was never placed
select o.id, o.source_code, o.customer_id
  from orders_salesorder o
 where o.parent_id is null and (o.source_code is not null or %(without)s) and (%(code)s::text is null or o.source_code = %(code)s)
   and o.order_date >= coalesce(%(since)s, '-infinity'::date) and o.order_date <= coalesce(%(through)s, 'infinity'::date)
   and o.status <> 'draft'
   and (o.status <> 'cancelled'
        or exists (select from orders_orderevent e where e.order_id = o.id and e.kind in ('submitted', 'moved_in')))

-- name: codes
select s.code, s.description, count(distinct o.customer_id), count(o.id)
  from catalog_sourcecode s
  left join placed o on o.source_code = s.code
 where %(code)s::text is null or s.code = %(code)s
 group by s.code, s.description
union all
select null, '', count(distinct o.customer_id), count(*)
  from placed o
 where o.source_code is null and exists (select from catalog_sourcecode)
having count(*) > 0
 order by 1 nulls last

-- name: continuity
-- those that go on (null), and those that have ended or will, by what the person said who stopped them
select o.source_code,
       case when c.status in {states.NOT_ENDED} and c.last_shipment is null then 'open'
            when c.last_shipment is not null then 'stopped' else 'finished' end as became,
       case when c.last_shipment is not null then e.reason_code end as reason_code,
       count(*)
  from placed o
  join continuity_continuityorder c on c.order_id = o.id
  join orders_orderline l on l.id = c.parent_line_id
  left join lateral (
       select e.data->>'reason_code' as reason_code
         from orders_orderevent e
        where e.order_id = o.id
          and (e.kind = 'cancelled' and e.data->'lines' @> to_jsonb(l.line)
               or e.kind = 'ends_after' and e.data->'line' = to_jsonb(l.line))
        order by e.id desc limit 1) e on c.last_shipment is not null
 group by 1, 2, 3
 order by 1, 2, 3

-- name: sent
select o.source_code, count(*)
  from placed o join orders_salesorder k on k.parent_id = o.id and k.status in {states.SENT}
 group by 1

-- name: money
select o.source_code, y.currency, sum(y.captured_minor), sum(y.refunded_minor)
  from placed o
 cross join lateral (
       select y.id, y.currency, y.captured_minor, y.refunded_minor, y.purpose
         from payments_payment y where y.order_id = o.id
        union all
       select y.id, y.currency, y.captured_minor, y.refunded_minor, y.purpose
         from orders_salesorder k join payments_payment y on y.order_id = k.id where k.parent_id = o.id
        union all
       select y.id, y.currency, y.captured_minor, y.refunded_minor, y.purpose
         from continuity_continuityorder c join payments_payment y on y.continuity_order_id = c.id
        where c.order_id = o.id) y
 where y.purpose <> 'refund' and y.captured_minor > 0
 group by 1, 2
 order by 1, 2
