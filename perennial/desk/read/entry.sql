-- What a draft order is asked and owes while it is entered: see entry.py.

-- name: asked
-- Of each continuity line: what its program's page asks, and which payment schedules may be chosen.
select l.line, r.prompt_for_start_date, r.prompt_for_payment_schedule, own.name,
       coalesce((select array_agg(s.name order by s.name)
                   from programs_validpaymentschedule v join catalog_paymentschedule s on s.id = v.schedule_id
                  where v.revision_id = r.id), '{}')
  from continuity_continuityorder c
  join orders_orderline l on l.id = c.parent_line_id
  join programs_programrevision r on r.id = c.revision_id
  left join catalog_paymentschedule own on own.id = r.payment_schedule_id
 where c.order_id = (select id from orders_salesorder where number = %(order)s)
 order by l.line

-- name: schedules
-- Of each shipment: by which schedule its child will be paid.
select distinct on (l.line, o.shipment) l.line, o.shipment, coalesce(o.payment_schedule_id, c.payment_schedule_id)
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_orderline l on l.id = c.parent_line_id
 where c.order_id = (select id from orders_salesorder where number = %(order)s) and o.shipment is not null
 order by l.line, o.shipment, o.position desc

-- name: deliveries
-- Of each ordinary line: its delivery mode.
select l.line, m.code
  from orders_orderline l
  join catalog_deliverymode m on m.id = l.delivery_mode_id
 where l.order_id = (select id from orders_salesorder where number = %(order)s)

-- name: usual_delivery
-- What is proposed for an ordinary line of a customer's order: what its first shipment has; what their newest parcel had;
-- what most events of the programs have; the only one that there is. None that is not in use.
with modes as (select id, code from catalog_deliverymode where active)
select m.code
  from modes m
 where m.id = coalesce(
       (select o.delivery_mode_id
          from continuity_continuityorder c
          join continuity_occurrence o on o.continuity_order_id = c.id
         where c.order_id = (select id from orders_salesorder where number = %(order)s)
           and o.delivery_mode_id in (select id from modes)
         order by o.ship_on, o.id limit 1),
       (select k.delivery_mode_id
          from orders_salesorder k
         where k.customer_id = (select id from customers_customer where account = %(account)s)
           and k.parent_id is not null and k.delivery_mode_id in (select id from modes)
         order by k.order_date desc, k.id desc limit 1),
       (select e.delivery_mode_id
          from programs_programevent e
          join programs_programrevision r on r.id = e.revision_id and r.released
          join programs_program g on g.id = r.program_id and g.active
         where e.delivery_mode_id in (select id from modes)
         group by e.delivery_mode_id order by count(*) desc, e.delivery_mode_id limit 1),
       (select min(w.id) from modes w having count(*) = 1))

-- name: pays
-- How the ordinary lines are paid as it was said.
select p.method, k.token, p.amount_minor, p.percent
  from orders_orderpay p left join customers_storedcard k on k.id = p.card_id
 where p.order_id = (select id from orders_salesorder where number = %(order)s)
 order by p.number

-- name: towns
-- By the index of words: every word of a postcode is one of its customer's.
select distinct a.city
  from customers_customersearch w
  join customers_address a on a.customer_id = w.customer_id
 where w.words @@ quote_literal(replace(search_joined(%(postcode)s), ' ', ''))::tsquery
   and a.postcode = %(postcode)s and a.country is not distinct from %(country)s and a.city <> ''
 limit 2
