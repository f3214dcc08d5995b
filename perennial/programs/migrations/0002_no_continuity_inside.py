"""An event's product is an item for ever: the composite key refuses a continuity product, whoever writes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("programs", "0001_initial"), ("catalog", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            alter table programs_programeventproduct add constraint event_product_is_item
              foreign key (product_id, product_kind) references catalog_product(id, kind) deferrable initially deferred
            """,
            "alter table programs_programeventproduct drop constraint event_product_is_item",
        )
    ]
