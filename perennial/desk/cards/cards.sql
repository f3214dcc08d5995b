-- Which orders a card pays, and which a new one takes over. What a card still pays, and what waits for one, is the view
-- continuity_card; the payments of ordinary lines name their card themselves.

-- name: cards_that_end
-- The first shipment of each line that comes after the last day of its card.
select distinct on (s.number, l.line) s.number, l.line, k.token, k.expires_on, o.shipment, o.ship_on
  from continuity_continuityorder c
  join continuity_waits w on w.continuity_order_id = c.id
  join orders_salesorder s on s.id = c.order_id
  join orders_orderline l on l.id = c.parent_line_id
  join customers_storedcard k on k.id = c.card_id
  join continuity_occurrence o on o.continuity_order_id = c.id
 where (k.customer_id = %(customer)s or c.order_id = %(order)s) and c.status in {states.NOT_ENDED}
   and o.status in {states.TO_COME} and w.card_ends_on < o.ship_on
 order by s.number, l.line, o.ship_on, o.shipment

-- name: continuity_orders_for
-- Those that a new card takes over: of the card that it replaces all, of a renewed one what waits for it; where neither
-- is named, where the card has expired or was refused, or something waits for one.
select c.order_id, c.id
  from continuity_continuityorder c
  join continuity_card w on w.continuity_order_id = c.id
  join orders_salesorder s on s.id = c.order_id
  left join customers_storedcard k on k.id = c.card_id
 where (c.customer_id = %(customer)s and s.payer_id is null or s.payer_id = %(customer)s)
   and c.payment_method = 'card' and w.still_pays
   and case when %(old)s::bigint is null and %(renewed)s::bigint is null
            then k.expires_on < %(on)s or k.refused or w.waits
            else c.card_id = %(old)s or c.card_id = %(renewed)s and w.waits end
 order by c.order_id, c.id

-- name: ordinary_for
-- The parents whose ordinary lines a new card pays, by the same rule.
select distinct y.order_id
  from orders_salesorder s
  join payments_payment y on y.order_id = s.id
  left join customers_storedcard k on k.id = y.card_id
 where (s.customer_id = %(customer)s and s.payer_id is null or s.payer_id = %(customer)s)
   and s.parent_id is null and y.purpose = 'ordinary' and y.method = 'card'
   and y.status in {states.CHANGEABLE}
   and case when %(old)s::bigint is null and %(renewed)s::bigint is null
            then k.expires_on < %(on)s or k.refused or y.status in {states.REFUSED}
            else y.card_id = %(old)s or y.card_id = %(renewed)s and y.status in {states.REFUSED} end

-- name: waited_for
-- Those of these cards for which something waits.
select c.card_id from continuity_continuityorder c join continuity_card w on w.continuity_order_id = c.id
 where c.card_id = any(%(ids)s) and w.waits
union
select y.card_id from payments_payment y
 where y.card_id = any(%(ids)s) and y.purpose = 'ordinary' and y.status in {states.REFUSED}

-- name: orders_of_card
-- The parent orders that a card pays, as far as something of them may be asked of it.
select p.number from orders_salesorder p
 where p.id in (select c.order_id from continuity_continuityorder c where c.card_id = %(card)s
                union
                select coalesce(o.parent_id, o.id) from payments_payment y join orders_salesorder o on o.id = y.order_id
                 where y.card_id = %(card)s and y.status in {states.CARD_OWES})
 order by p.number

-- name: links_to_look_at
-- Pages that were opened lately and of whose end nobody has told; cards of links that were not asked for what waited.
select id from payments_cardlink
 where page is not null and stored_at is null and revoked_at is null
   and coalesce(consented_at, opened_at) > now() - make_interval(days => %(days)s)
union
select id from payments_cardlink where stored_at is not null and charged_at is null
 order by 1

-- name: card_there
-- The newest card of a customer that a gateway keeps.
select token from customers_storedcard
 where customer_id = %(customer)s and coalesce(gateway, %(gateway)s) = %(gateway)s
 order by id desc limit 1

-- name: name_customer
insert into customers_gatewaycustomer(customer_id, gateway, reference) values (%(customer)s, %(gateway)s, %(reference)s)
on conflict (customer_id, gateway) do update set reference = excluded.reference
