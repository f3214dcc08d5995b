"""The words by which customers are found, kept by the database itself, so that COPY and an import keep them too."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

# No extension is needed: accents are taken off by the standard's own normal form. Each function is one expression
# that is bound when it is made, so that an index can be built on it whatever the search path is.
FUNCTIONS = r"""
create function search_plain(words text) returns text immutable parallel safe
return lower(case when octet_length(words) = length(words) then words else
  replace(replace(replace(replace(replace(replace(
    translate(regexp_replace(normalize(words, NFD), '[\u0300-\u036f]', '', 'g'), 'ØøŁłĐđı', 'OoLlDdi'),
    'ẞ', 'ss'), 'ß', 'ss'), 'Æ', 'ae'), 'æ', 'ae'), 'Œ', 'oe'), 'œ', 'oe') end);
comment on function search_plain(text) is 'A text as people type it who have no such keys: é is e, ø is o, ß is ss.';

create function search_joined(words text) returns text immutable parallel safe
return translate(search_plain(words), E' \t\n\r\u00a0!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~’‘“”„«»–—‐‑·…', '     ');
comment on function search_joined(text) is 'Its words without what stands inside them: rossi-bianchi is rossibianchi.';

create function search_apart(words text) returns text immutable parallel safe
return translate(search_plain(words), E'\t\n\r\u00a0!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~’‘“”„«»–—‐‑·…', repeat(' ', 49));
comment on function search_apart(text) is 'Its words apart at what stands inside them: rossi-bianchi is rossi and bianchi.';

create function search_words(words text) returns text immutable parallel safe
return search_joined(words) || ' ' || search_apart(words);
comment on function search_words(text) is 'The words by which a name or a town is found.';

create function search_account(account text) returns text immutable parallel safe
return '=' || replace(search_joined(account), ' ', '') || ' ' || ltrim(regexp_replace(account, '\D', '', 'g'), '0');
comment on function search_account(text) is 'Of C-0012: =c0012 and 12.';

create function search_email(email text) returns text immutable parallel safe
return '@' || replace(search_joined(email), ' ', '') || ' ' || search_joined(split_part(email, '@', 2))
       || ' ' || regexp_replace(search_apart(split_part(email, '@', 1)), '\d+', ' ', 'g');
comment on function search_email(text) is 'Of ada.b7@example.com: @adab7examplecom, examplecom, ada and b.';

create function search_phone(phone text) returns text immutable parallel safe
return '~' || reverse(regexp_replace(phone, '\D', '', 'g'))
       || ' ' || regexp_replace(phone, '\D+|\m\d{1,2}\M', ' ', 'g');
comment on function search_phone(text) is
  'Of +39 02 5550 1234: ~432105552093, by which its last digits are the first, 5550 and 1234.';

create function search_write(ids bigint[]) returns void language plpgsql as $$
begin
  -- Whoever changes the same customers at this moment is waited for, and seen by the statements behind this one.
  perform from customers_customersearch where customer_id = any(ids) order by customer_id for update;
  delete from customers_customersearch s
   where s.customer_id = any(ids) and not exists (select from customers_customer c where c.id = s.customer_id);
  insert into customers_customersearch as s (customer_id, words)
  select c.id,
         -- A word has at most 2,046 bytes.
         array_to_tsvector(array_remove(string_to_array(concat_ws(' ',
           search_account(c.account), search_words(left(c.name, 200)), search_email(left(c.email, 200)),
           search_phone(left(c.phone, 200)), search_words(a.towns)), ' '), ''))
    from unnest(ids) given(id)
    join customers_customer c on c.id = given.id
    left join lateral (
         select string_agg(concat_ws(' ', left(a.city, 200), left(a.postcode, 200), replace(left(a.postcode, 200), ' ', '')), ' ') as towns
           from customers_address a where a.customer_id = c.id) a on true
      on conflict (customer_id) do update set words = excluded.words where s.words <> excluded.words;
end $$;

create function search_follow() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'customers_customer' then
    perform search_write(array(select id from changed));
  else
    perform search_write(array(select distinct customer_id from changed));
  end if;
  return null;
end $$;

create trigger search_insert after insert on customers_customer referencing new table as changed
  for each statement execute function search_follow();
create trigger search_update after update on customers_customer referencing new table as changed
  for each statement execute function search_follow();
create trigger search_delete after delete on customers_customer referencing old table as changed
  for each statement execute function search_follow();
create trigger search_insert after insert on customers_address referencing new table as changed
  for each statement execute function search_follow();
create trigger search_update after update on customers_address referencing new table as changed
  for each statement execute function search_follow();
create trigger search_delete after delete on customers_address referencing old table as changed
  for each statement execute function search_follow();

select search_write(array(select id from customers_customer));
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="CustomerSearch",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["words"], gin_pending_list_limit=1024, name="customers_by_words"
                    ),
                ],
            },
        ),
        migrations.RunSQL(FUNCTIONS),
    ]
