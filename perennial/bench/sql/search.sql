-- Customers to search among. Names, towns and hosts of e-mail addresses are as uneven as in life: of 20,000 surnames
-- the most common is borne by 7 of 1,000, of 400 first names by 5 of 100; one of four people writes from the first host.

-- name: people
create temporary table people as
select n, floor(400 * power(random(), 2))::int as first, floor(20000 * power(random(), 2))::int as last,
       floor(2000 * power(random(), 2.5))::int as town, floor(3000 * power(random(), 6))::int as host
  from generate_series(1, %(customers)s) n;

create temporary table person as
select n, host,
       (array['Giulia', 'Marco', 'Anna', 'Luca', 'José', 'Jörg', 'Søren', 'Zoë', 'Łukasz', 'Anne-Marie', 'Mary', 'John', 'Emma',
              'Andrea', 'Sara', 'Paolo', 'Chiara', 'Matteo', 'Renée', 'Ada'])[1 + first %% 20]
         || (array['', 'na', 'lo', 'mi', 'ella', 'ro', 'ta', 'gio', 'be', 'vin', 'sa', 'de', 'fi', 'gu', 'le', 'ni', 'po', 'zi',
                   'ina', 'ano'])[1 + first / 20] as first_name,
       (array['Rossi', 'Ferrari', 'Russo', 'Bianchi', 'Smith', 'Müller', 'García', 'D''Angelo', 'O''Brien', 'Weiß', 'Đorđević',
              'Wójcik', 'Dubois', 'Jensen', 'Costa', 'Greco', 'Conti', 'Gallo', 'Fontana', 'Leone'])[1 + last %% 20]
         || (array['', 'ni', 'etti', 'ello', 'oni', 'son', 'man', 'ova', 'telli', 'ucci', 'ato', 'ardi', 'asco', 'ez', 'sen', 'er',
                   'ich', 'ski', 'aux', 'ano'])[1 + last / 20 %% 20]
         || (array['', ' Ba', ' Co', ' Di', ' Fe', ' Ga', ' Ho', ' Iz', ' Ju', ' Ka', '-La', '-Mo', '-Nu', '-Os', '-Pa', '-Qu',
                   '-Ri', '-Su', '-Ta', '-Ul'])[1 + last / 400 %% 20]
         || (array['', 'ro', 'li'])[1 + last / 8000] as last_name,
       (array['Roma', 'Milano', 'Napoli', 'Torino', 'Genève', 'Zürich', 'Reggio nell''Emilia', 'Forlì', 'Oslo', 'New York', 'Como',
              'Bari', 'Aosta', 'Lyon', 'Köln', 'San Marino', 'Castel', 'Monte', 'Villa', 'Borgo'])[1 + town %% 20]
         || case when town < 20 then '' else ' ' || chr(65 + town / 20 %% 26) || 'e' || chr(97 + town / 520) end as city,
       lpad((10000 + town * 40 + n %% 40)::text, 5, '0') as postcode
  from people

-- name: addresses
insert into customers_address(customer_id, code, street, city, postcode, country)
select n, 'home', 'Via Roma ' || n %% 200, city, postcode, 'IT' from person

-- name: customers
insert into customers_customer(id, account, name, email, phone, language)
select n, 'C-' || lpad(n::text, 7, '0'), first_name || ' ' || last_name,
       replace(search_joined(first_name), ' ', '') || '.' || replace(search_joined(last_name), ' ', '') || n %% 1000 || '@'
         || case when host < 8 then (array['gmail.com', 'libero.it', 'outlook.com', 'icloud.com', 'gmx.de', 'yahoo.com', 'mail.it',
                                           'example.com'])[host + 1] else 'host' || host || '.example' end,
       '+39 ' || (array['02', '06', '011', '328', '347'])[1 + n %% 5] || ' ' || lpad((n * 7919::bigint %% 10000000)::text, 7, '0'), 'it'
  from person

-- name: orders
insert into orders_salesorder(number, reference, customer_id, currency, order_date, status)
select 'SO-' || lpad(n::text, greatest(6, length(n::text)), '0'), 'SHOP-' || n * 3, n, 'EUR', date '2026-03-11' - n %% 700, 'open'
  from person where n %% 5 = 0

-- name: asked
-- What is typed of customers drawn by lot: a way of typing, and the words.
select w.way, w.words
  from (select c.*, a.city, a.postcode, row_number() over (order by hashint8(c.id), c.id) as place
          from customers_customer c join customers_address a on a.customer_id = c.id
         where c.id in (select (1 + hashint8(g)::bigint & 2147483647) %% %(customers)s from generate_series(1, %(asked)s) g)) c
 cross join lateral (values
   ('name', c.name), ('surname', substr(c.name, strpos(c.name, ' ') + 1)), ('first name', split_part(c.name, ' ', 1)),
   ('name, town begun', split_part(c.name, ' ', 2) || ' ' || left(c.city, 3)), ('name begun', left(c.name, 5)),
   ('postcode, name', c.postcode || ' ' || split_part(c.name, ' ', 1)), ('telephone', c.phone),
   ('last four digits', right(c.phone, 4)), ('e-mail', c.email), ('account', c.account),
   ('order', 'so' || c.id / 5 * 5), ('reference', 'shop ' || c.id / 5 * 5 * 3), ('one letter', left(c.name, 1)),
   ('two letters', left(c.name, 2)), ('town', c.city), ('nobody', c.name || ' qqq'),
   ('first name, host', split_part(c.name, ' ', 1) || ' ' || split_part(c.email, '@', 2))) w(way, words)
