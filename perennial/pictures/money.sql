-- Money week by week, by method and purpose.

-- name: write
-- What moved, by the day of the try that moved it; what was billed on account, so far as it was not credited, and of bills that are paid what was paid, by the day
-- on which it was due, as no other is noted; what is still to come, late sums in the week that
-- runs. Of what is given back the purpose of what paid. What was lost in disputes, by the day on which they were lost: as given
-- back, with the purpose 'dispute', by which 'weeks' tells it apart.
with moved as (
  select date_trunc('week', a.on_date)::date as week, p.method, coalesce(b.purpose, p.purpose) as purpose, p.currency,
         case when a.kind = 'refund' then 0 else a.amount_minor end as taken, 0::bigint as billed,
         case when a.kind = 'refund' then a.amount_minor else 0 end as refunded, 0::bigint as to_come
    from payments_attempt a
    join payments_payment p on p.id = a.payment_id
    left join payments_payment b on b.id = p.refunds_id
   where a.outcome = 'approved' and a.kind in ('charge', 'capture', 'refund')
  union all
  select date_trunc('week', b.on_date)::date, p.method, p.purpose, p.currency, 0, p.amount_minor, 0, 0
    from payments_bill b join payments_payment p on p.id = b.payment_id
   where p.status in {states.OF_BILLS}
  union all
  select date_trunc('week', least(p.due_on, %(on)s::date))::date, p.method, p.purpose, p.currency, p.amount_minor, 0, 0, 0
    from payments_payment p
   where p.status = 'paid'
  union all
  select date_trunc('week', d.closed_on)::date, p.method, 'dispute', d.currency, 0, 0, d.amount_minor, 0
    from payments_dispute d join payments_payment p on p.id = d.payment_id
   where d.status = 'lost'
  union all
  select date_trunc('week', greatest(p.due_on, %(week)s::date))::date, p.method, p.purpose, p.currency, 0, 0, 0, p.amount_minor
    from payments_payment p
   where p.status = any(%(to_come)s) and p.purpose <> 'refund')
insert into pictures_moneyofweek(week, method, purpose, currency, taken_minor, billed_minor, refunded_minor, to_come_minor)
select week, method, purpose, currency, sum(taken), sum(billed), sum(refunded), sum(to_come)
  from moved group by 1, 2, 3, 4

-- name: planned
-- Shipments of open orders that are no children yet and will be asked for, those together that cost the same: what is late and
-- waits for nothing leaves today; what is late and waits is in no week. It goes by what is last of it, as its child will.
with coming as materialized (
  select c.id, o.shipment, c.tariff_id, c.payment_method as method, c.order_id,
         (array_agg(o.delivery_mode_id order by o.position desc, o.id desc))[1] as mode,
         (array_agg(coalesce(o.ship_to_id, c.ship_to_id) order by o.position desc, o.id desc))[1] as ship_to,
         (array_agg(greatest(o.ship_on, %(on)s::date) order by o.position desc, o.id desc))[1] as day
    from continuity_continuityorder c
    join continuity_occurrence o on o.continuity_order_id = c.id and o.status = 'scheduled' and o.ship_on < %(until)s
                                and (o.blocked is null or o.ship_on >= %(week)s)
   where c.status = 'open' and not c.upfront
   group by c.id, o.shipment),
sends as (
  select o.continuity_order_id, o.shipment, i.tax_group, sum(round(n.quantity * n.price_minor))::bigint as amount
    from continuity_continuityorder c
    join continuity_occurrence o on o.continuity_order_id = c.id and o.status = 'scheduled' and o.ship_on < %(until)s
                                and (o.blocked is null or o.ship_on >= %(week)s)
    join continuity_continuityline n on n.occurrence_id = o.id
    join catalog_product i on i.id = n.product_id
   where c.status = 'open' and not c.upfront
   group by 1, 2, 3),
costs as (
  select continuity_order_id, shipment, array_agg(tax_group order by tax_group) as groups,
         array_agg(amount order by tax_group) as amounts
    from sends group by 1, 2)
select s.tariff_id, s.method, p.currency, s.mode, a.country, a.region, s.day, k.groups, k.amounts, count(*)
  from coming s
  join orders_salesorder p on p.id = s.order_id
  left join costs k on k.continuity_order_id = s.id and k.shipment = s.shipment
  left join customers_address a on a.id = s.ship_to
 group by 1, 2, 3, 4, 5, 6, 7, 8, 9

-- name: add_planned
insert into pictures_moneyofweek(week, method, purpose, currency, taken_minor, billed_minor, refunded_minor, to_come_minor)
select week, method, 'shipment', currency, 0, 0, 0, minor
  from unnest(%(weeks)s::date[], %(methods)s::text[], %(currencies)s::text[], %(amounts)s::bigint[]) as x(week, method, currency, minor)
on conflict (week, method, purpose, currency) do update set to_come_minor = pictures_moneyofweek.to_come_minor + excluded.to_come_minor

-- name: weeks
select week, method, purpose, currency, taken_minor, billed_minor,
       case when purpose = 'dispute' then 0 else refunded_minor end,
       case when purpose = 'dispute' then refunded_minor else 0 end, to_come_minor
  from pictures_moneyofweek
 where week >= %(since)s and week < %(until)s
 order by week, method, purpose, currency
