-- Who is found by words: see search.py, and the triggers of migration 0002.

-- name: plain
-- What was typed as search_words writes it down.
select word, replace(search_joined(word), ' ', ''), search_apart(word)
  from unnest(%(words)s::text[]) with ordinality given(word, place) order by place

-- name: among_first_names
select name, customer_id
  from (select name, customer_id, words from customers_customersearch
         where (name, customer_id) > (%(name)s, %(customer)s)
         order by name, customer_id limit %(read)s) near
 where words @@ %(all)s::tsquery and customer_id <> all(%(without)s::bigint[])
 order by name, customer_id limit %(most)s

-- name: by_words
-- Short words begin too many: they are looked for in what the long ones find.
with found as materialized (
  select name, customer_id, words from customers_customersearch where words @@ %(long)s::tsquery)
select name, customer_id from found
 where words @@ %(all)s::tsquery and (name, customer_id) > (%(name)s, %(customer)s)
   and customer_id <> all(%(without)s::bigint[])
 order by name, customer_id limit %(most)s

-- name: exactly
with found as materialized (
  select name, customer_id from customers_customersearch where words @@ %(query)s::tsquery)
select name, customer_id from found order by name, customer_id limit %(most)s
