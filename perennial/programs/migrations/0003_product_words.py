"""The words of products, by which a clerk finds what the customer wants among ten thousand."""

from django.db import migrations

MAKE = """
create function product_words(number text, name text) returns tsvector immutable parallel safe
return array_to_tsvector(array_remove(
  string_to_array(search_words(left(number, 200)) || ' ' || search_words(left(name, 200)), ' '), ''));
comment on function product_words(text, text) is 'The words by which a product is found: of its number and its name.';

create index product_words on catalog_product using gin (product_words(number, name));
"""
DROP = "drop index product_words; drop function product_words(text, text);"


class Migration(migrations.Migration):
    dependencies = [("programs", "0002_no_continuity_inside"), ("customers", "0002_search")]
    operations = [migrations.RunSQL(MAKE, DROP)]
