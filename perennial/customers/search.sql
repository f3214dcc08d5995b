-- Who is found by words: see search.py, and the triggers of migration 0002.

-- name: plain
-- What was typed as the words of customers are written down.
select word, replace(search_joined(word), ' ', ''), search_apart(word)
  from unnest(%(words)s::text[]) with ordinality given(word, place) order by place

-- name: among_newest
select customer_id
  from (select customer_id, words from customers_customersearch
         where customer_id < %(before)s
         order by customer_id desc limit %(read)s) newest
 where words @@ %(all)s::tsquery and customer_id <> all(%(without)s::bigint[])
 order by customer_id desc limit %(most)s

-- name: by_words
-- Short words begin too many: they are looked for in what the long ones find.
with found as materialized (
  select customer_id, words from customers_customersearch where words @@ %(long)s::tsquery)
select customer_id from found
 where words @@ %(all)s::tsquery and customer_id < %(before)s and customer_id <> all(%(without)s::bigint[])
 order by customer_id desc limit %(most)s

-- name: exactly
with found as materialized (
  select customer_id from customers_customersearch where words @@ %(query)s::tsquery)
select customer_id from found order by customer_id desc limit %(most)s
