"""The sequence of parent order numbers; and no second index on columns that sort byte by byte anyway."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.RunSQL("create sequence parent_order_number as bigint start 1", "drop sequence parent_order_number"),
        migrations.RunSQL(
            """
            do $$ declare i record; begin
              for i in select indexrelid::regclass as name from pg_index
                        where indrelid = 'orders_salesorder'::regclass and indexrelid::regclass::text like '%\\_like'
              loop execute 'drop index ' || i.name; end loop;
            end $$
            """,
            migrations.RunSQL.noop,
        ),
    ]
