-- Customers, for a batch of them at once.

-- name: customers
select c.id, c.account, c.name, c.email, c.phone, c.language, c.allow_on_account, c.credit_limit_minor, c.source_code
  from customers_customer c
 where c.id = any(%(customers)s);

-- name: addresses
-- those that have a code, as they are listed
select a.customer_id, a.id, a.code, a.purpose, a.recipient, a.street, a.city, a.postcode, a.region, a.country
  from customers_address a
 where a.customer_id = any(%(customers)s) and a.code is not null
 order by a.customer_id, a.number, a.id;

-- name: cards
select k.customer_id, k.token, k.brand, k.last4, k.expires_on, k.refused, k.network_transaction_id
  from customers_storedcard k
 where k.customer_id = any(%(customers)s)
 order by k.customer_id, k.number, k.id;

-- name: notes
select n.customer_id, n.on_date, n.by, n.text from orders_note n
 where n.customer_id = any(%(customers)s) and n.order_id is null
 order by n.customer_id, n.id;

-- name: numbers
-- of all parent orders, as they were made: received (true), or paid for somebody else
select o.customer_id, o.number, true, o.id
  from orders_salesorder o
 where o.customer_id = any(%(customers)s) and o.parent_id is null
union all
select o.payer_id, o.number, false, o.id from orders_salesorder o where o.payer_id = any(%(customers)s)
 order by 1, 4;

-- name: open_orders
-- the parent orders of which something is still to come, as they were made: received, or paid for somebody else
select o.id
  from orders_salesorder o
 where o.customer_id = %(customer)s and o.parent_id is null and o.status in {states.NOT_ENDED}
union
select o.id from orders_salesorder o where o.payer_id = %(customer)s and o.status in {states.NOT_ENDED}
 order by 1;

-- name: last_orders
-- the newest parent orders, received or paid, with what is sold, how many of their children were sent,
-- and how their continuity orders stand
with theirs as materialized (
  select o.id from orders_salesorder o where o.customer_id = %(customer)s and o.parent_id is null
  union all
  select o.id from orders_salesorder o where o.payer_id = %(customer)s)
select o.number, o.status, o.order_date,
       array(select p.name from orders_orderline l join catalog_product p on p.id = l.product_id
              where l.order_id = o.id order by l.line),
       (select count(*) from orders_salesorder k where k.parent_id = o.id and k.status in {states.SENT}),
       p.on_date, p.carrier, p.tracking,
       coalesce((select true from orders_hold h where h.order_id = o.id and h.released_on is null limit 1), false),
       case when o.customer_id <> %(customer)s then c.name end,
       array(select x.status from continuity_continuityorder x where x.order_id = o.id order by x.id),
       array(select x.last_shipment from continuity_continuityorder x where x.order_id = o.id order by x.id)
  from (select t.id from theirs t order by t.id desc limit %(most)s) t
  join orders_salesorder o on o.id = t.id
  join customers_customer c on c.id = o.customer_id
  left join lateral (
       select s.on_date, s.carrier, s.tracking
         from orders_shipment s join orders_salesorder k on k.id = s.order_id
        where k.id = o.id or k.parent_id = o.id
        order by s.on_date desc, s.id desc limit 1) p on true
 order by o.id desc
