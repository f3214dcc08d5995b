-- Customers to search among: names, towns and hosts of e-mail addresses are as uneven as in life, the first of each list
-- the most common; one of ten has an order.

-- name: people
create temporary table people as
select n,
       (array['Giulia', 'Marco', 'Anna', 'Luca', 'Francesca', 'Andrea', 'Sara', 'Matteo', 'Chiara', 'Paolo', 'Emma', 'John',
              'Mary', 'José', 'Jörg', 'Søren', 'Zoë', 'Łukasz', 'Anne-Marie', 'Renée'])
         [1 + floor(20 * power(random(), 2))::int] as first_name,
       left((array['Rossi', 'Ferrari', 'Russo', 'Bianchi', 'Romano', 'Smith', 'Müller', 'García', 'Nuñez', 'D''Angelo', 'O''Brien',
                   'Weiß', 'Đorđević', 'Wójcik', 'Dubois', 'Jensen'])[1 + floor(16 * power(random(), 2))::int], 10)
         || (array['', '', '', 'ni', 'no', 'etti', 'ello', 'ini', 'oni', 'ato', 'son', 'man', 'ova', 'i', 'ti', 'telli', 'acci', 'ucci'])
         [1 + floor(18 * random())::int]
         || case when random() < 0.6 then '' else (array['ba', 'co', 'di', 'fe', 'ga', 'lo', 'mi', 'nu', 'pa', 're', 'si', 'to'])
         [1 + floor(12 * random())::int] end as last_name,
       floor(300 * power(random(), 2))::int as town,
       floor(3000 * power(random(), 2))::int as host
  from generate_series(1, %(customers)s) n

-- name: addresses
insert into customers_address(customer_id, code, street, city, postcode, region, country)
select n, 'home', 'Via Roma ' || n %% 200,
       (array['Milano', 'Roma', 'Torino', 'Napoli', 'Genève', 'Zürich', 'Reggio nell''Emilia', 'Forlì', 'Oslo', 'New York', 'Como',
              'Bari', 'Aosta', 'Lyon', 'Köln'])[1 + town %% 15] || case when town < 15 then '' else ' ' || chr(65 + town / 15) end,
       lpad((10000 + town * 37 + n %% 30)::text, 5, '0'), null, 'IT'
  from people

-- name: customers
insert into customers_customer(id, account, name, email, phone, language)
select n, 'C-' || lpad(n::text, 7, '0'), first_name || ' ' || last_name,
       replace(search_joined(first_name || '.' || last_name), ' ', '') || n %% 1000 || '@'
         || case when host < 8 then (array['gmail.com', 'libero.it', 'outlook.com', 'icloud.com', 'gmx.de', 'yahoo.com', 'example.com',
                                           'mail.it'])[host + 1] else 'host' || host || '.example' end,
       '+39 ' || (array['02', '06', '011', '328', '347'])[1 + n %% 5] || ' ' || lpad((n * 7919::bigint %% 10000000)::text, 7, '0'), 'it'
  from people
