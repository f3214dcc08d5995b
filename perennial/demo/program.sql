-- What the demo counts and shows of an installation. Read by program.py.

-- name: figures
-- One line a program. Payments of ordinary lines stand with the program of the order that they came with.
with pays as (
  select y.id, y.method, y.status, y.amount_minor, y.captured_minor, y.refunded_minor, c.program_id
    from payments_payment y
    left join orders_salesorder o on o.id = y.order_id
    join lateral (
      select x.program_id from continuity_continuityorder x
       where x.id = y.continuity_order_id or x.parent_line_id = o.parent_line_id
          or (o.parent_id is null and x.order_id = o.id)
       order by x.id limit 1) c on true
   where y.purpose <> 'refund'),
billed as (
  select program_id, sum(case when status in {states.OF_BILLS} then amount_minor
                              else captured_minor - refunded_minor end)::bigint as minor
    from pays group by program_id),
declined as (
  select p.program_id, count(*) as many from payments_attempt a join pays p on p.id = a.payment_id
   where a.outcome = 'declined' and a.kind in ('authorise', 'charge', 'capture') group by p.program_id),
planned as (
  select c.program_id, count(distinct (o.continuity_order_id, o.shipment)) as many
    from continuity_occurrence o join continuity_continuityorder c on c.id = o.continuity_order_id
   where o.status <> 'cancelled' group by c.program_id),
shipped as (
  select c.program_id, count(*) as many
    from orders_salesorder k join continuity_continuityorder c on c.parent_line_id = k.parent_line_id
   where k.status in {states.SENT} group by c.program_id),
orders as (
  select c.program_id, count(*) as many,
         count(*) filter (where c.status = 'closed' and c.last_shipment is null) as closed,
         count(*) filter (where c.status = 'cancelled' or c.last_shipment is not null) as stopped,
         count(*) filter (where {waits} is not null) as waiting
    from continuity_continuityorder c join continuity_waits s on s.continuity_order_id = c.id
   group by c.program_id)
select g.schedule_id, coalesce(o.many, 0), coalesce(n.many, 0), coalesce(s.many, 0), coalesce(b.minor, 0),
       coalesce(d.many, 0), coalesce(o.closed, 0), coalesce(o.stopped, 0), coalesce(o.waiting, 0)
  from programs_program g
  left join orders o on o.program_id = g.id
  left join planned n on n.program_id = g.id
  left join shipped s on s.program_id = g.id
  left join billed b on b.program_id = g.id
  left join declined d on d.program_id = g.id
 order by g.id

-- name: waits
-- Why a continuity order (c, what stops it: s) waits: null when all is well or nothing is to come.
case when c.status <> 'open' then null
     when not exists (select from continuity_occurrence w
                       where w.continuity_order_id = c.id and w.status = 'scheduled')
      and not exists (select from orders_salesorder k
                       where k.parent_line_id = c.parent_line_id and k.status = 'open') then null
     when s.awaited then 'acceptance'
     when s.on_hold then 'hold'
     when s.payment_failed then 'payment'
     when s.parked then 'parked'
     when exists (select from continuity_occurrence w
                   where w.continuity_order_id = c.id and w.blocked = 'card') then 'card'
     when exists (select from orders_salesorder k join orders_hold h on h.order_id = k.id
                   where k.parent_line_id = c.parent_line_id and k.status = 'open' and h.released_on is null) then 'hold'
end

-- name: examples
-- The oldest of each kind, those first of which a shipment is late already, and which a card pays.
with found as (
  select c.id, c.card_id, c.customer_id, c.payment_method, p.id as order_id, p.number, coalesce({waits}, 'running') as kind
    from continuity_continuityorder c
    join orders_salesorder p on p.id = c.order_id
    join continuity_waits s on s.continuity_order_id = c.id
   where c.status = 'open' and c.last_shipment is null),
next as (
  select f.*, n.shipment,
         row_number() over (partition by f.kind order by n.blocked is null, f.payment_method <> 'card', n.children < 3,
                            exists (select from orders_hold h where h.order_id = f.order_id), f.id) as place
    from found f
    left join lateral (
      select o.shipment, o.blocked,
             (select count(*) from continuity_occurrence x where x.continuity_order_id = f.id and x.status = 'ordered')
               as children
        from continuity_occurrence o
       where o.continuity_order_id = f.id and o.status = 'scheduled'
       order by o.position limit 1) n on true
   where f.kind <> 'running' or n.shipment is not null)
select n.kind, n.number, u.account, u.name,
       case n.kind
         when 'hold' then (select coalesce(h.because, to_jsonb(coalesce(nullif(h.reason, ''), h.code))) from orders_hold h
                             join orders_salesorder k on k.id = h.order_id
                            where (k.id = n.order_id or k.parent_id = n.order_id) and h.released_on is null
                            order by h.id limit 1)
         when 'card' then (select jsonb_build_object('code', 'card_last_day', 'on', jsonb_build_object('date', d.expires_on)) from customers_storedcard d where d.id = n.card_id)
         when 'payment' then (select to_jsonb(a.message) from payments_attempt a
                                join payments_payment y on y.id = a.payment_id
                                left join orders_salesorder k on k.id = y.order_id
                               where (y.continuity_order_id = n.id or k.parent_id = n.order_id)
                                 and y.status = 'failed' and a.outcome = 'declined'
                               order by a.id desc limit 1)
         when 'parked' then (select coalesce(q.because, to_jsonb(q.reason)) from continuity_parked q
                              where q.continuity_order_id = n.id and q.resolved_on is null order by q.id limit 1)
       end,
       n.shipment
  from next n join customers_customer u on u.id = n.customer_id
 where n.place = 1
 order by n.kind

-- name: next_shipment
select o.shipment, o.ship_on
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join orders_salesorder p on p.id = c.order_id
 where p.number = %(number)s and c.status in {states.NOT_ENDED} and o.status in {states.TO_COME}
   and o.ship_on >= %(on)s
 order by o.position, o.id limit 1

-- name: looked_at
select (select count(*) from orders_salesorder where parent_id is not null),
       (select count(*) from payments_attempt where kind in ('charge', 'capture') and outcome = 'approved')
