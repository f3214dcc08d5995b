-- name: coming
-- The planned shipments of open orders that would follow a tariff, of what ships together one row; an order without any
-- has a row too.
with orders as (
  select c.id, c.tariff_id, c.order_id, c.parent_line_id, c.customer_id, c.upfront, c.order_date, c.ship_to_id
    from continuity_continuityorder c
   where c.status = 'open' and c.tariff_id < %(target)s and c.id > %(last)s
     and (%(ids)s::bigint[] is null or c.id = any(%(ids)s))
     and not exists (select from keeps_tariff k where k.continuity_order_id = c.id)
   order by c.id limit %(most)s)
select c.id, c.tariff_id, p.id, p.number, l.line, coalesce(p.payer_id, c.customer_id), c.upfront, c.order_date,
       y.pays_on, y.to_pay, s.shipment, s.ship_on, s.mode, a.country, a.region, g.groups, g.amounts
  from orders c
  join orders_salesorder p on p.id = c.order_id
  join orders_orderline l on l.id = c.parent_line_id
  cross join lateral (
       select min(n.due_on) as pays_on, coalesce(sum(n.amount_minor), 0)::bigint as to_pay from payments_payment n
        where c.upfront and n.continuity_order_id = c.id and n.purpose = 'order' and n.status in {states.CHANGEABLE}) y
  left join lateral (
       select o.shipment, (array_agg(o.ship_on order by o.position desc, o.id desc))[1] as ship_on,
              (array_agg(o.delivery_mode_id order by o.position desc, o.id desc))[1] as mode,
              (array_agg(coalesce(o.ship_to_id, c.ship_to_id) order by o.position desc, o.id desc))[1] as ship_to
         from continuity_occurrence o
        where o.continuity_order_id = c.id and o.status in {states.TO_COME}
        group by o.shipment) s on true
  left join lateral (
       select array_agg(x.tax_group) as groups, array_agg(x.amount) as amounts
         from (select i.tax_group, sum(round(n.quantity * n.price_minor))::bigint as amount
                 from continuity_occurrence o
                 join continuity_continuityline n on n.occurrence_id = o.id
                 join catalog_product i on i.id = n.product_id
                where o.continuity_order_id = c.id and o.shipment = s.shipment and o.status in {states.TO_COME}
                group by i.tax_group) x) g on true
  left join customers_address a on a.id = s.ship_to
 order by c.id, s.shipment

-- name: kept
select count(*) from continuity_continuityorder c
  join keeps_tariff k on k.continuity_order_id = c.id
 where c.status = 'open' and c.tariff_id < %(target)s

-- name: keep_for_good
update continuity_continuityorder c set keeps_tariff = true
  from keeps_tariff k
 where k.continuity_order_id = c.id and c.status = 'open' and not c.keeps_tariff
   and c.tariff_id < (select max(t.number) from catalog_tariff t where t.applied_on is not null)
