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
-- of all parent orders, as they were made
select o.customer_id, o.number
  from orders_salesorder o
 where o.customer_id = any(%(customers)s) and o.parent_id is null
 order by o.customer_id, o.id;

-- name: open_orders
-- the parent orders of which something is still to come, as they were made
select o.id
  from orders_salesorder o
 where o.customer_id = %(customer)s and o.parent_id is null and o.status in {states.NOT_ENDED}
 order by o.id;

-- name: last_orders
-- the newest parent orders, with what is sold and how many of their children were sent
select o.number, o.status, o.order_date,
       array(select p.name from orders_orderline l join catalog_product p on p.id = l.product_id
              where l.order_id = o.id order by l.line),
       (select count(*) from orders_salesorder k where k.parent_id = o.id and k.status in {states.SENT}),
       p.on_date, p.carrier, p.tracking,
       exists (select from orders_hold h where h.order_id = o.id and h.released_on is null)
  from orders_salesorder o
  left join lateral (
       select s.on_date, s.carrier, s.tracking
         from orders_shipment s join orders_salesorder k on k.id = s.order_id
        where k.id = o.id or k.parent_id = o.id
        order by s.on_date desc, s.id desc limit 1) p on true
 where o.customer_id = %(customer)s and o.parent_id is null
 order by o.id desc
 limit %(most)s
