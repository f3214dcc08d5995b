-- Holds whose day has come.

-- name: due
-- The orders and children that have one, each with its parent.
select distinct h.order_id, coalesce(o.parent_id, o.id) as parent
  from orders_hold h join orders_salesorder o on o.id = h.order_id
 where h.released_on is null and h.until <= %(on)s
 order by parent, h.order_id

-- name: lock_continuity
select id from continuity_continuityorder where order_id = any(%(parents)s) order by id for no key update

-- name: lock_orders
select id from orders_salesorder where id = any(%(parents)s) order by id for no key update
