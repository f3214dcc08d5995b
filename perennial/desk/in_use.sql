-- Which of some rows orders and payments refer to.

-- name: addresses
select x.id from unnest(%(asked)s::bigint[]) x(id)
 where exists (select from orders_salesorder o where o.ship_to_id = x.id)
    or exists (select from continuity_continuityorder c where c.ship_to_id = x.id)
    or exists (select from continuity_occurrence o where o.ship_to_id = x.id)

-- name: cards
select x.id from unnest(%(asked)s::bigint[]) x(id)
 where exists (select from orders_orderpay p where p.card_id = x.id)
    or exists (select from continuity_continuityorder c where c.card_id = x.id)
    or exists (select from payments_payment p where p.card_id = x.id)
    or exists (select from payments_attempt a where a.card_id = x.id)
    or exists (select from payments_cardlink l where x.id in (l.card_id, l.replaces_id))

-- name: products
select p.number from catalog_product p
 where p.number = any(%(asked)s) and exists (select from orders_orderline l where l.product_id = p.id)
