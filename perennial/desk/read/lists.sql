-- Lists by day and id. First the keys of a page, read behind a key from an index in the order of the list: of each status
-- by itself, merged. Then what is told of its rows. A customer, program or product that is null is not asked for; each row
-- on the way is looked at for it (``in`` a subquery about that row: ``exists`` would read all of the program, and hash it).

-- name: child_keys
-- what ships first comes first
select k.ship_on, k.id
  from unnest(%(statuses)s::text[]) s
 cross join lateral (
       select k.ship_on, k.id
         from orders_salesorder k
        where k.parent_id is not null and k.status = s and (k.ship_on, k.id) > (%(day)s, %(id)s)
          and (%(customer)s is null or k.customer_id = %(customer)s)
          and (%(program)s is null or %(program)s in (
               select c.program_id from continuity_continuityorder c where c.parent_line_id = k.parent_line_id))
          and (%(sent_by)s is null or %(sent_by)s >= (select s.on_date from orders_shipment s where s.order_id = k.id))
        order by k.ship_on, k.id
        limit %(most)s) k
 order by k.ship_on, k.id
 limit %(most)s;

-- name: children
select k.id, k.number, p.number, u.account, u.name, g.schedule_id, l.line, k.shipment, k.status, k.ship_on,
       k.total_minor, k.currency
  from orders_salesorder k
  join orders_salesorder p on p.id = k.parent_id
  join orders_orderline l on l.id = k.parent_line_id
  join continuity_continuityorder c on c.parent_line_id = k.parent_line_id
  join programs_program g on g.id = c.program_id
  join customers_customer u on u.id = k.customer_id
 where k.id = any(%(ids)s)
 order by k.ship_on, k.id;

-- name: sent_by_children
select l.order_id, p.number, p.name, l.quantity, l.price_minor, k.currency
  from orders_salesorder k
  join orders_orderline l on l.order_id = k.id
  join catalog_product p on p.id = l.product_id
 where k.id = any(%(ids)s)
 order by l.order_id, l.line;

-- name: payment_keys
-- what is due first comes first
select y.due_on, y.id
  from unnest(%(statuses)s::text[]) s
 cross join lateral (
       select y.due_on, y.id
         from payments_payment y
        where y.status = s and (y.due_on, y.id) > (%(day)s, %(id)s)
        order by y.due_on, y.id
        limit %(most)s) y
 order by y.due_on, y.id
 limit %(most)s;

-- name: payment_keys_of_customer
select y.due_on, y.id
  from (select y.due_on, y.id, y.status
          from orders_salesorder o join payments_payment y on y.order_id = o.id
         where o.customer_id = %(customer)s
         union all
        select y.due_on, y.id, y.status
          from continuity_continuityorder c join payments_payment y on y.continuity_order_id = c.id
         where c.customer_id = %(customer)s) y
 where y.status = any(%(statuses)s) and (y.due_on, y.id) > (%(day)s, %(id)s)
 order by y.due_on, y.id
 limit %(most)s;

-- name: payments
-- With the card that was charged and when, else the card that pays.
select y.id, coalesce(w.number, p.number, o.number), u.account, u.name, coalesce(w.number, o.number),
       coalesce(cl.line, l.line), o.shipment, y.purpose, y.number, y.method, y.amount_minor, y.currency, y.due_on, y.status,
       y.attempts, y.captured_minor, y.refunded_minor, t.on_date, k.token, k.brand, k.last4, k.expires_on, k.refused
  from payments_payment y
  join customers_customer u on u.id = y.customer_id
  left join orders_salesorder o on o.id = y.order_id
  left join orders_salesorder p on p.id = o.parent_id
  left join orders_orderline l on l.id = o.parent_line_id
  left join continuity_continuityorder c on c.id = y.continuity_order_id
  left join orders_orderline cl on cl.id = c.parent_line_id
  left join orders_salesorder w on w.id = c.order_id
  left join lateral (
       select a.card_id, a.on_date from payments_attempt a
        where a.payment_id = y.id and a.kind in ('capture', 'charge') and a.outcome = 'approved'
        order by a.id desc limit 1) t on true
  left join customers_storedcard k on k.id = coalesce(t.card_id, y.card_id)
 where y.id = any(%(ids)s)
 order by y.due_on, y.id;

-- name: shipment_keys
-- what ships first comes first; what is blocked by each of these words and, for the null among them, what is not blocked,
-- each in the order of its index, so that they are merged
select o.ship_on, o.id
  from unnest(%(blocked)s::text[]) b
 cross join lateral (
       select o.ship_on, o.id
         from ((select * from continuity_occurrence
                 where status = 'scheduled' and blocked is null and b is null and (ship_on, id) > (%(day)s, %(id)s)
                 order by ship_on, id)
                union all
               (select * from continuity_occurrence
                 where status = 'scheduled' and blocked = b and (ship_on, id) > (%(day)s, %(id)s)
                 order by ship_on, id)) o
        where (%(program)s is null or %(program)s in (
               select c.program_id from continuity_continuityorder c where c.id = o.continuity_order_id))
          and (%(product)s is null or %(product)s in (
               select l.product_id from continuity_continuityline l where l.occurrence_id = o.id
                union all
               select l.product_id from continuity_continuityorder c join orders_orderline l on l.id = c.parent_line_id
                where c.id = o.continuity_order_id))
        order by o.ship_on, o.id
        limit %(most)s) o
 order by o.ship_on, o.id
 limit %(most)s;

-- name: shipment_keys_of_customer
select o.ship_on, o.id
  from continuity_continuityorder c
  join continuity_occurrence o on o.continuity_order_id = c.id
  join orders_orderline s on s.id = c.parent_line_id
 where c.customer_id = %(customer)s and o.status = 'scheduled' and (o.ship_on, o.id) > (%(day)s, %(id)s)
   and (%(program)s is null or c.program_id = %(program)s)
   and (%(product)s is null or s.product_id = %(product)s or %(product)s in (
        select l.product_id from continuity_continuityline l where l.occurrence_id = o.id))
 order by o.ship_on, o.id
 limit %(most)s;

-- name: shipments
select o.id, p.number, u.account, u.name, g.schedule_id, l.line, o.shipment, o.ship_on, o.blocked, c.id
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
  join orders_orderline l on l.id = c.parent_line_id
  join programs_program g on g.id = c.program_id
  join customers_customer u on u.id = c.customer_id
 where o.id = any(%(ids)s)
 order by o.ship_on, o.id;

-- name: sent_by_shipments
select l.occurrence_id, p.number, p.name, l.quantity, l.price_minor, w.currency
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_salesorder w on w.id = c.order_id
  join continuity_continuityline l on l.occurrence_id = o.id
  join catalog_product p on p.id = l.product_id
 where o.id = any(%(ids)s)
 order by l.occurrence_id, l.line
