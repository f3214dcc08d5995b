-- A draft that is edited: what is entered anew, or goes, is deleted row by row; the rest keeps its rows.

-- name: drop_payments
-- Of the lines that are billed up front, and of all ordinary lines: a draft was never asked for money.
delete from payments_payment p
 where (p.order_id = %(order)s and p.purpose = 'ordinary')
    or p.continuity_order_id in (select c.id from continuity_continuityorder c where c.parent_line_id = any(%(lines)s))

-- name: drop_ordinary
with taxes as (delete from orders_ordertax where order_id = %(order)s)
delete from orders_orderpay where order_id = %(order)s

-- name: drop_adjustments
-- Of lines that go. Of one that is entered anew they stay, and have been applied again.
with gone as (select c.id from continuity_continuityorder c where c.parent_line_id = any(%(gone)s)),
parked as (delete from continuity_parked where continuity_order_id in (select id from gone))
delete from continuity_adjustment where continuity_order_id in (select id from gone)

-- name: drop_continuity_lines
delete from continuity_continuityline l using continuity_occurrence o, continuity_continuityorder c
 where l.occurrence_id = o.id and o.continuity_order_id = c.id and c.parent_line_id = any(%(lines)s)

-- name: drop_occurrences
delete from continuity_occurrence o using continuity_continuityorder c
 where o.continuity_order_id = c.id and c.parent_line_id = any(%(lines)s)

-- name: drop_continuity
delete from continuity_continuityorder where parent_line_id = any(%(lines)s)

-- name: drop_lines
delete from orders_orderline where id = any(%(lines)s)

-- name: free_numbers
-- No two lines have one number, not even for a moment.
update orders_orderline set line = -line where order_id = %(order)s

-- name: number
update orders_orderline l set line = n.line
  from unnest(%(ids)s::bigint[], %(numbers)s::int[]) as n(id, line) where l.id = n.id

-- name: total
update orders_salesorder set delivery_minor = %(delivery)s, tax_minor = %(tax)s, total_minor = %(total)s
 where id = %(order)s
